"""The workers of `sweep`, `compare` and `stress`: where they are, and what if they are stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from .console import FAILED, INTERRUPTED, bad_input, say

if TYPE_CHECKING:
    from ..study.workers import Workers

Scheduler = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Dask scheduler [a cluster on this machine]."),
]
Processes = Annotated[
    int | None,
    typer.Option("--workers", metavar="N", min=1, help="Processes on this machine [its cores]."),
]


def require_one_place(scheduler: str | None, processes: int | None) -> None:
    """Raise `ValueError` if both options are given."""
    if scheduler and processes:
        raise ValueError(
            "`--workers` must be left out with `--scheduler`, which has its own:"
            f" got {processes}. Leave out one of them."
        )


@contextmanager
def reached(
    console: Console, scheduler: str | None, processes: int | None, jobs: int
) -> Iterator[Workers]:
    """Reach the workers of a scheduler, or start some here, no more than there are jobs."""
    from ..cores import n_cores
    from ..study.cluster import workers_for

    with ExitStack() as stack:
        with bad_input(console), console.status("reaching the workers"):
            number = min(processes or n_cores(), jobs)
            workers = stack.enter_context(workers_for(scheduler, number))
        yield workers


@contextmanager
def resumable(console: Console, again: str) -> Iterator[None]:
    """Say how to go on with a study that was interrupted, or lost its scheduler."""
    from ..study.cluster import SchedulerLostError

    try:
        yield
    except KeyboardInterrupt:
        say(console, f"interrupted: what is finished is kept; {again} goes on")
        raise typer.Exit(INTERRUPTED) from None
    except SchedulerLostError as error:
        say(console, f"error: {error}; what is finished is kept, and {again} goes on")
        raise typer.Exit(FAILED) from None
