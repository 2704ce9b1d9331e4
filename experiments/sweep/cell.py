"""One cell of a sweep, as a worker runs it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numba
from filelock import FileLock
from rich.console import Console
from spikemodes.learning.kernels.threads import one_thread

from ..config.spec import parse_spec
from ..display.progress import Lines
from ..pipeline.directory import RunDirectory, Step
from ..steps import run_steps


def run_cell(path: str, config: Mapping[str, Any], until: Step) -> str:
    """Make the run directory `path`, or go on with it, up to the step `until`.

    Gives the reason if the run fails, and ``""`` if it succeeds. A cell is never worked on twice
    at once: a second worker waits, and finds it done.
    """
    directory = Path(path)
    directory.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(directory.with_name(f".{directory.name}.lock")), _one_thread():
        run = RunDirectory(directory)
        if run.has_taken(until):
            return ""
        if not run.config.is_file():
            run = RunDirectory.create(directory, config)
        run.failure.unlink(missing_ok=True)
        with run.log.open("a", encoding="utf-8") as log:
            display = Lines(Console(file=log, force_terminal=False))
            try:
                run_steps(run, parse_spec(config), display, until=until, resume=True)
            except Exception as error:
                return run.write_failure(error)
    return ""


@contextmanager
def _one_thread() -> Iterator[None]:
    """Leave the other cores to the other workers."""
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        with one_thread():
            yield
    finally:
        numba.set_num_threads(before)
