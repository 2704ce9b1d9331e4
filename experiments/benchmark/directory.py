"""The directory of a benchmark: rows as they are measured, and what they were measured on."""

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from spikemodes.models.files import atomic_write

from .plan import Plan, decode, encode
from .rows import Result, Row

Results = dict[Row, Result]
_PACKAGES = ("spikemodes", "brian2", "torch", "numba", "numpy", "snntorch")


@dataclass(frozen=True)
class BenchmarkDirectory:
    """The files of one benchmark."""

    path: Path

    @property
    def json(self) -> Path:
        """Everything measured; written anew after each row."""
        return self.path / "benchmark.json"

    @property
    def csv(self) -> Path:
        """The rows as a table."""
        return self.path / "benchmark.csv"

    @property
    def report(self) -> Path:
        """Tables and figures on one page."""
        return self.path / "report.html"

    @property
    def figures(self) -> Path:
        """Directory of the figures."""
        return self.path / "figures"

    @property
    def cache(self) -> Path:
        """Compiled code of this benchmark, empty at its start and gone at its end."""
        return self.path / "cache"

    def open(self, plan: Plan) -> Results:
        """Make the directory, or take what an earlier benchmark has measured there.

        Raises `FileExistsError` if it holds something else, `ValueError` if it holds a damaged
        file, rows that are not of `plan`, or rows from another machine or other versions.
        """
        if self.json.is_file():
            return self._read(plan)
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise FileExistsError(
                f"`{self.path}` must be a new or empty directory, or a benchmark to continue:"
                " it is neither. Choose another with --out."
            )
        self.path.mkdir(parents=True, exist_ok=True)
        self.write(plan, {}, {})  # from here on it is a benchmark to continue
        return {}

    def write(self, plan: Plan, results: Results, findings: Mapping[str, Any]) -> None:
        """Write the JSON file, whole or not at all."""
        content = {
            "plan": plan.name,
            "environment": environment(),
            "findings": findings,
            "rows": [
                {"name": row.name, "row": encode(row), **asdict(result)}
                for row, result in results.items()
            ],
        }
        with atomic_write(self.json) as temporary:
            text = json.dumps(content, indent=1, ensure_ascii=False)
            temporary.write_text(text + "\n", encoding="utf-8")

    def read(self) -> dict[str, Any]:
        """Read the JSON file."""
        return json.loads(self.json.read_text(encoding="utf-8"))

    def forget_cache(self) -> None:
        """Remove compiled code that no row needs any more."""
        shutil.rmtree(self.cache, ignore_errors=True)

    def _read(self, plan: Plan) -> Results:
        try:
            stored = self.read()
            then, name = stored["environment"], stored["plan"]
            rows = {
                decode(entry["row"]): Result(entry["measured"], entry["reason"], entry["failed"])
                for entry in stored["rows"]
            }
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ValueError(
                f"`{self.json}` must be a file that `spikemodes benchmark` wrote: it cannot be"
                " read. Choose another directory with --out."
            ) from None
        if name != plan.name or not rows.keys() <= set(plan.rows):
            raise ValueError(
                f"`{self.path}` must hold rows of the {plan.name} benchmark to continue it: got"
                f" those of a {name} one with other sizes. Choose another directory with --out."
            )
        for key, now in environment().items():
            if then.get(key) not in (None, now):  # what was missing may have been installed
                raise ValueError(
                    f"`{self.path}` must be of this environment to continue: its {key} was"
                    f" {then[key]}, got {now}. Choose another directory with --out."
                )
        return rows


def environment() -> dict[str, Any]:
    """Give what times depend on: versions, commit and machine."""
    return {
        **{name: _version(name) for name in _PACKAGES},
        "commit": _commit(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit of this source, with ``-dirty`` if files differ from it; none if installed."""
    here = Path(__file__).resolve()
    known = ["ls-files", "--error-unmatch", here.name]
    for command in (known, ["describe", "--always", "--dirty"]):
        try:
            completed = subprocess.run(
                ["git", *command], cwd=here.parent, capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError):
            return None
    return completed.stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
