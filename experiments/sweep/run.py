"""A sweep: every cell of a grid is a run in a directory of its own, on the workers of a cluster.

What is finished stays finished: called again, a sweep runs the cells that are not.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.nested_keys import read_config
from ..config.spec import parse_spec, require_same
from ..display.progress import Display
from ..display.tables import FAILED, FINISHED, OPEN, Row, write_rows
from ..pipeline.directory import RunDirectory
from .plan import Cell, SweepPlan
from .results import row

if TYPE_CHECKING:
    from distributed import Client, Future


class SchedulerLostError(RuntimeError):
    """The scheduler ended before the sweep did."""


@dataclass(frozen=True)
class Sweep:
    """A plan and the directory in which it is carried out.

    Parameters
    ----------
    plan
        The cells.
    path
        Holds ``results.csv`` and ``cells/``, one run directory for each.

    Raises
    ------
    ValueError
        If a cell was run with other settings than those of the plan.
    """

    plan: SweepPlan
    path: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))
        for cell in self.plan.cells:
            run = self.run_of(cell)
            if run.config.is_file():
                require_same(parse_spec(read_config(run.config)), cell.spec, run.path)

    @property
    def results(self) -> Path:
        """The table of all cells."""
        return self.path / "results.csv"

    def run_of(self, cell: Cell) -> RunDirectory:
        """The run directory of a cell."""
        return RunDirectory(self.path / "cells" / cell.name)

    def open_cells(self) -> list[Cell]:
        """The cells that are not finished."""
        until = self.plan.until
        return [cell for cell in self.plan.cells if not self.run_of(cell).has_taken(until)]

    def carry_out(self, client: Client, display: Display) -> dict[str, str]:
        """Run the open cells on the workers of `client`; gives why cells failed by their names.

        The table is written anew after each cell. Raises `SchedulerLostError` if the scheduler
        ends before the sweep.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        display.say(f"dashboard of the workers: {client.dashboard_link}")
        rows = {cell.name: self._row(cell) for cell in self.plan.cells}
        todo, failures = self.open_cells(), {}
        with display.cells(len(todo)) as show:
            started = time.monotonic()
            for done, (cell, reason) in enumerate(_run_all(client, todo, self), start=1):
                if reason:
                    failures[cell.name] = reason
                rows[cell.name] = self._row(cell) | ({"status": FAILED} if reason else {})
                write_rows(rows.values(), self.results)
                left = (time.monotonic() - started) / done * (len(todo) - done)
                outcome = f"failed: {reason}" if reason else FINISHED
                show(done, left, f"{cell.name} {outcome}")
        return failures

    def write_results(self) -> None:
        """Write the table as the run directories have it."""
        write_rows(map(self._row, self.plan.cells), self.results)

    def _row(self, cell: Cell) -> Row:
        run = self.run_of(cell)
        unfinished = FAILED if run.failure.exists() else OPEN
        status = FINISHED if run.has_taken(self.plan.until) else unfinished
        return row(cell, self.plan.varied, status, run)


def _run_all(client: Client, cells: list[Cell], sweep: Sweep) -> Iterator[tuple[Cell, str]]:
    """Give each cell with its reason to fail, ``""`` for none, in the order in which they end."""
    from distributed import as_completed

    from .cell import run_cell

    futures = {
        client.submit(
            run_cell,
            str(sweep.run_of(cell).path.resolve()),
            cell.spec.resolved(),
            sweep.plan.until,
            pure=False,
        ): cell
        for cell in cells
    }
    for future in as_completed(futures):
        # popped: what nobody holds is not computed again when its worker dies
        yield futures.pop(future), _reason(future)


def _reason(future: Future) -> str:
    from distributed import KilledWorker

    try:
        error = future.exception()
    except CancelledError:
        raise SchedulerLostError(
            "the scheduler went away; what is finished is kept, and the same command goes on"
        ) from None
    if error is None:
        return future.result()
    if isinstance(error, KilledWorker):
        return "every worker that tried it died, for want of memory perhaps"
    return " ".join(str(error).split()) or type(error).__name__
