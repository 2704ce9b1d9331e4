"""A study: cells that workers do, and a directory that keeps what they found, in a tidy table.

What is finished stays finished: called again, a study does the cells that are not.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from ..display.progress import CellDisplay
from ..display.tables import FINISHED, Row, write_rows
from .workers import Job, Outcome, Workers


class Named(Protocol):
    """A cell."""

    @property
    def name(self) -> str:
        """What people call it; no other cell of the study bears it."""
        ...


Cell = TypeVar("Cell", bound=Named)


@dataclass(frozen=True, eq=False)
class Study(ABC, Generic[Cell]):
    """What is to be done, and where it is kept.

    Parameters
    ----------
    outcomes
        What became of cells since the study was last carried out, by their names.
    """

    outcomes: dict[str, Outcome] = field(default_factory=dict, init=False, repr=False)

    @property
    @abstractmethod
    def cells(self) -> Sequence[Cell]:
        """All cells, in the order of the table."""

    @property
    @abstractmethod
    def table(self) -> Path:
        """The file with a row for each cell, a column for each number."""

    @abstractmethod
    def is_finished(self, cell: Cell) -> bool:
        """Whether there is nothing left to do."""

    @abstractmethod
    def job(self, cell: Cell) -> Job:
        """What a worker does."""

    @abstractmethod
    def row(self, cell: Cell) -> Row | None:
        """The row of a cell, as far as it has got; ``None`` for none yet."""

    def prepare(self, workers: Workers, display: CellDisplay) -> None:
        """Do what cells need first; a cell with an outcome is not begun."""

    def in_words(self, cell: Cell) -> str:
        """What became of a cell."""
        reason = self.outcomes[cell.name].reason
        return f"{cell.name} {f'failed: {reason}' if reason else FINISHED}"

    def open_cells(self) -> list[Cell]:
        """The cells that are not finished."""
        return [cell for cell in self.cells if not self.is_finished(cell)]

    def rows(self) -> list[Row]:
        """The table."""
        return [row for row in map(self.row, self.cells) if row is not None]

    def write(self, rows: Iterable[Row]) -> None:
        """Write the table, whole or not at all."""
        write_rows(rows, self.table)

    def carry_out(self, workers: Workers, display: CellDisplay) -> dict[str, str]:
        """Let workers do the open cells; gives why cells failed by their names.

        The table is written anew after each cell. What the workers raise passes through.
        """
        self.outcomes.clear()
        self.table.parent.mkdir(parents=True, exist_ok=True)
        if workers.dashboard:
            display.say(f"dashboard of the workers: {workers.dashboard}")
        self.prepare(workers, display)
        todo = {c.name: c for c in self.open_cells() if c.name not in self.outcomes}
        rows = {cell.name: self.row(cell) for cell in self.cells}
        with display.cells(len(todo)) as show:
            started = time.monotonic()
            ended = workers.run({name: self.job(cell) for name, cell in todo.items()})
            for done, (name, outcome) in enumerate(ended, start=1):
                self.outcomes[name] = outcome
                rows[name] = self.row(todo[name])
                self.write(filter(None, rows.values()))
                left = (time.monotonic() - started) / done * (len(todo) - done)
                show(done, left, self.in_words(todo[name]))
        return {name: outcome.reason for name, outcome in self.outcomes.items() if outcome.reason}
