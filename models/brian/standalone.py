"""Brian2's C++ standalone target: compiled once per structure, kept on disk, run with new values.

A build is kept under a key made of its generated code, so that a change of Brian2, of this package
or of the compiler flags makes a new one. Runs use their own result directory: several may go on at
once.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock

from ..brian_state import brian_standalone
from ..files import cache_directory
from .objects import CONNECTIONS, BrianNetwork, build
from .structure import Structure

# No -ffast-math, Brian2's default: it reorders sums, and spiking networks amplify rounding.
COMPILE_FLAGS = ["-w", "-O3", "-ffp-contract=off", "-march=native", "-std=c++11"]
MANIFEST = "spikemodes.json"
SEED = "SPIKEMODES_SEED"  # the environment variable through which a run gets its seed
_AT_START = f"""
if (const char* seed = std::getenv("{SEED}"))
    brian::_random_generators[0].seed(std::strtoul(seed, nullptr, 10));
for (const auto& arg : args)  // connections decide how many synapses there will be to give values
    if (arg.compare(0, {len(CONNECTIONS)}, "{CONNECTIONS}") == 0) set_from_command_line({{arg}});
"""
_COUNTED = re.compile(rb"(_codeobject|\bnetwork)_\d+")  # Brian2 counts names within a process


@dataclass(frozen=True)
class StandaloneProgram:
    """A compiled Brian2 network.

    Parameters
    ----------
    directory
        The build: program, generated code and manifest.
    newly_compiled
        False if it came from the cache.
    """

    directory: Path
    newly_compiled: bool

    @staticmethod
    def build(
        structure: Structure, on_compile: Callable[[], None] | None = None
    ) -> "StandaloneProgram":
        """Generate the C++ code; compile it unless the cache has it.

        Raises `RuntimeError` with the compiler's messages if compilation fails.
        """
        cache = cache_directory() / "brian2"
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".generated-") as temporary:
            generated = Path(temporary) / "code"
            manifest = _generate(structure, generated)
            directory = cache / _key(generated)
            with FileLock(f"{directory}.lock"):
                if (directory / MANIFEST).is_file():
                    return StandaloneProgram(directory, newly_compiled=False)
                if on_compile is not None:
                    on_compile()
                shutil.rmtree(directory, ignore_errors=True)  # an interrupted build
                shutil.move(generated, directory)
                _compile(directory)
                (directory / MANIFEST).write_text(json.dumps(manifest))
        return StandaloneProgram(directory, newly_compiled=True)

    def run(self, values: dict[str, np.ndarray], seed: int = 0) -> dict[str, np.ndarray]:
        """Run the program with `values` by ``object.variable``; gives the monitors' arrays.

        What it draws at random follows from `seed`.

        Raises `RuntimeError` with the program's output if it fails.
        """
        manifest = json.loads((self.directory / MANIFEST).read_text())
        with tempfile.TemporaryDirectory(prefix="spikemodes-") as temporary:
            results = Path(temporary) / "results"
            results.mkdir()
            arguments = ["--results_dir", f"{results}{os.sep}"]
            for name, value in values.items():
                arguments.append(f"{name}={_argument(value, Path(temporary) / name)}")
            completed = subprocess.run(
                [self.directory / "main", *arguments],
                cwd=self.directory,
                env={**os.environ, SEED: str(seed)},
                capture_output=True,
                text=True,
                check=False,
            )
            # the program goes on with other values where it cannot read those it was given
            if completed.returncode or completed.stderr:
                raise RuntimeError(
                    f"The compiled simulation in {self.directory} failed with exit code"
                    f" {completed.returncode}: {(completed.stdout + completed.stderr).strip()}"
                )
            return {name: _read(results, entry) for name, entry in manifest.items()}


def _generate(structure: Structure, directory: Path) -> dict[str, dict]:
    """Write the C++ project, uncompiled; gives where each result array will lie."""
    with brian_standalone(COMPILE_FLAGS) as device:
        device.insert_code("after_start", _AT_START)
        brian = build(structure)
        device.apply_run_args()  # before delays are read, which happens ahead of the first step
        brian.network.run(brian.duration, namespace={})
        device.build(directory=str(directory), compile=False, run=False, with_output=False)
        return {name: _entry(device, brian, name) for name in brian.results}


def _entry(device, brian: BrianNetwork, name: str) -> dict:
    owner, _, variable = name.partition(".")
    source = brian.objects[owner].variables[variable]
    columns = len(brian.objects[owner].record) if owner.endswith("_monitor") else 0
    return {
        "file": Path(device.get_array_filename(source)).name,
        "dtype": np.dtype(source.dtype).str,
        "columns": columns,
    }


def _read(results: Path, entry: dict) -> np.ndarray:
    array = np.fromfile(results / entry["file"], dtype=entry["dtype"])
    return array.reshape(-1, entry["columns"]) if entry["columns"] else array


def _argument(value: np.ndarray, path: Path) -> str:
    """A value as the program takes it: a number as text, an array as a file."""
    if value.size == 1:
        return repr(float(value.item()))
    np.ascontiguousarray(value, dtype=np.float64).tofile(path)
    return str(path)


def _key(directory: Path) -> str:
    texts = []
    for path in (p for p in directory.rglob("*") if p.is_file()):
        text = bytes(path.relative_to(directory)) + b"\n" + path.read_bytes()
        is_code = path.parent.name != "static_arrays"  # numbers take seconds to look through
        texts.append(_COUNTED.sub(rb"\1", text) if is_code else text)
    digest = hashlib.sha256()
    for text in sorted(texts):
        digest.update(text)
    return digest.hexdigest()[:24]


def _compile(directory: Path) -> None:
    completed = subprocess.run(
        ["make", f"-j{os.cpu_count() or 1}"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    if completed.returncode:
        raise RuntimeError(
            f"Compilation of the Brian2 code in {directory} failed:"
            f" {completed.stderr.strip()[-2000:]}"
        )
