"""The directory of a run: where its files are, and how they are written without losing any."""

import json
import os
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from spikemodes.models.files import (
    AnyPath,
    atomic_write,
    is_temporary,
    require_known_format,
)

from ..config.keys_of_options import reason_of
from .plain import to_plain
from .summary import FORMAT, Summary

Step = Literal["train", "validate", "report"]
"""The steps of a run that leave results; `report` includes the analysis."""


def default_path(task: str, now: datetime) -> Path:
    """Name the directory of a run of `task` that starts `now`."""
    return Path("runs") / f"{task.replace(':', '-')}-{now:%Y%m%d-%H%M%S}"


def require_makeable(path: Path) -> None:
    """Raise `ValueError` unless `path` is a directory or one can be made there; makes none."""
    there = next(p for p in (path, *path.absolute().parents) if p.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise ValueError(
            f"`{path}` must be a directory that can be made: `{there}` is none that can be written"
            " to. Choose another with --out."
        )


@dataclass(frozen=True)
class RunDirectory:
    """The files of one run.

    Make one with `create` for a new run, with `open` for one that exists.
    """

    path: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))

    @classmethod
    def create(cls, path: AnyPath, config: Mapping[str, Any]) -> Self:
        """Make the directory and write its configuration.

        Raises `FileExistsError` if it exists and is not empty; nothing in it is touched.
        """
        path = Path(path)
        if path.exists() and (not path.is_dir() or not all(map(is_temporary, path.iterdir()))):
            raise FileExistsError(f"`{path}` must be a new or empty directory: it exists.")
        path.mkdir(parents=True, exist_ok=True)
        run = cls(path)
        with atomic_write(run.config) as temporary:
            temporary.write_text(yaml.safe_dump(dict(config), sort_keys=False), encoding="utf-8")
        return run

    @classmethod
    def open(cls, path: AnyPath) -> Self:
        """Take a directory that `create` made.

        Raises `FileNotFoundError` if it is none, `ValueError` if its summary is damaged.
        """
        run = cls(Path(path))
        if not run.config.is_file():
            raise FileNotFoundError(
                f"`{path}` must be the directory of a run: there is no {run.config.name} in it."
                " Start one with `spikemodes run`."
            )
        run.read_summary()
        return run

    def result_of(self, step: Step) -> Path:
        """The file that a step writes last."""
        return {"train": self.network, "validate": self.recording, "report": self.report}[step]

    def has_taken(self, step: Step) -> bool:
        """Whether a step has ended, which the file that it writes last shows."""
        return self.result_of(step).exists()

    @property
    def config(self) -> Path:
        """The resolved configuration."""
        return self.path / "config.yaml"

    @property
    def metrics(self) -> Path:
        """One JSON line per update of the training; see `Metrics`."""
        return self.path / "metrics.jsonl"

    @property
    def probe(self) -> Path:
        """One JSON line for each time that Brian2 was asked while training; see `ProbeInBrian2`."""
        return self.path / "probe.jsonl"

    @property
    def probed_trial(self) -> Path:
        """Brian2's recording of one trial, the last time."""
        return self.path / "probe.npz"

    @property
    def work(self) -> Path:
        """What processes hold a lock on as long as they work on the run; see `at_work`."""
        return self.path / ".working"

    @property
    def network(self) -> Path:
        """The trained network."""
        return self.path / "network.safetensors"

    @property
    def before(self) -> Path:
        """The network before it learned on under conditions."""
        return self.path / "network-before.safetensors"

    @property
    def checkpoint(self) -> Path:
        """Directory of the optimiser's and generators' state."""
        return self.path / "checkpoint"

    @property
    def recording(self) -> Path:
        """Brian2's recording of the validation trials."""
        return self.path / "recording.npz"

    @property
    def analysis(self) -> Path:
        """Arrays that the report needs beside the recording."""
        return self.path / "analysis.npz"

    @property
    def answers(self) -> Path:
        """What the network computes, in numbers."""
        return self.path / "analysis.json"

    @property
    def answer_arrays(self) -> Path:
        """The arrays that belong to these numbers."""
        return self.path / "computation.npz"

    @property
    def plausibility(self) -> Path:
        """Table of statistics beside what was reported for cortex."""
        return self.path / "plausibility.csv"

    @property
    def stress(self) -> Path:
        """The table of the stress test."""
        return self.path / "stress.csv"

    @property
    def perturb(self) -> Path:
        """The table of interventions."""
        return self.path / "perturb.csv"

    @property
    def returns(self) -> Path:
        """Courses of modes after kicks."""
        return self.path / "perturb.npz"

    @property
    def populations(self) -> Path:
        """The table of resampled networks of several sizes."""
        return self.path / "populations.csv"

    @property
    def figures(self) -> Path:
        """Directory of the report's figures."""
        return self.path / "figures"

    @property
    def report(self) -> Path:
        """The report."""
        return self.path / "report.html"

    @property
    def log(self) -> Path:
        """What a run without a terminal, the cell of a sweep, would have shown on it."""
        return self.path / "log.txt"

    @property
    def failure(self) -> Path:
        """Traceback of a failed step; see `write_failure`."""
        return self.path / "failure.txt"

    def write_failure(self, error: Exception) -> str:
        """Write the traceback of `error`, and give its reason in one line."""
        self.failure.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        return reason_of(error)

    @property
    def summary(self) -> Path:
        """The results in numbers."""
        return self.path / "summary.json"

    def read_summary(self) -> Summary:
        """Read what the steps so far have found, nothing before the first.

        Raises `ValueError` if the file is damaged or in a newer format.
        """
        if not self.summary.exists():
            return Summary()
        try:
            entries = json.loads(self.summary.read_text(encoding="utf-8"))
            if not isinstance(entries, dict):
                raise ValueError(f"it holds a {type(entries).__name__}")
        except (ValueError, OSError, RecursionError) as error:
            raise ValueError(
                f"`{self.summary}` must be JSON: {error}. Restore it or start a new run."
            ) from None
        require_known_format(entries.get("format", FORMAT), FORMAT, self.summary)
        try:
            return Summary.of(entries)
        except ValueError as error:
            raise ValueError(
                f"`{self.summary}` must be written by spikemodes: {error}."
                " Restore it or start a new run."
            ) from None

    def update_summary(self, **parts: Any) -> Summary:
        """Replace parts of the summary, keep the others, and give the whole."""
        summary = replace(self.read_summary(), **parts)
        with atomic_write(self.summary) as temporary:
            temporary.write_text(summary.text() + "\n", encoding="utf-8")
        return summary


class Metrics:
    """A file of JSON lines, one per update, each update once.

    The first row of a process replaces all rows from its step on: those that a killed run wrote
    after its last checkpoint.
    """

    def __init__(self, path: AnyPath) -> None:
        self.path = Path(path)
        self._continued = False

    def append(self, row: Mapping[str, Any]) -> None:
        """Write one row; ``row["step"]`` grows from row to row."""
        if not self._continued:
            self._drop_from(row["step"])
            self._continued = True
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(to_plain(row), allow_nan=False) + "\n")

    def read(self) -> list[dict[str, Any]]:
        """Read all whole rows; a line that a kill cut short counts as not written."""
        if not self.path.exists():
            return []
        lines = self.path.read_text(encoding="utf-8").split("\n")
        return [json.loads(line) for line in lines[:-1]]

    def _drop_from(self, step: int) -> None:
        kept = [row for row in self.read() if row["step"] < step]
        with atomic_write(self.path) as temporary:
            temporary.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
