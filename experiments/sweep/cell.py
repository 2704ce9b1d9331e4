"""One cell of a sweep, as a worker runs it."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from ..config.spec import parse_spec
from ..cores import one_core
from ..display.progress import Lines
from ..pipeline.directory import Step
from ..steps import run_steps
from ..study.runs import run_at


def run_cell(path: str, config: Mapping[str, Any], until: Step) -> None:
    """Make the run directory `path`, or go on with it, up to the step `until`.

    If the run fails, its directory says why.
    """
    with run_at(path, config) as run, one_core():
        if run.has_taken(until):
            return
        run.failure.unlink(missing_ok=True)
        with run.log.open("a", encoding="utf-8") as log:
            display = Lines(Console(file=log, force_terminal=False))
            try:
                run_steps(run, parse_spec(config), display, until=until, resume=True)
            except Exception as error:
                run.write_failure(error)
                raise
