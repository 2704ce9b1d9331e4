"""A sweep: every cell of a grid is a run in a directory of its own."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..config.spec import Spec
from ..display.tables import Row
from ..study.runs import RunStudy
from ..study.workers import Job
from .cell import run_cell
from .plan import Cell, SweepPlan
from .results import row


@dataclass(frozen=True, eq=False)
class Sweep(RunStudy[Cell]):
    """A grid and the directory in which it is carried out; see `RunStudy`."""

    plan: SweepPlan

    @property
    def table(self) -> Path:
        """See `Study`."""
        return self.path / "results.csv"

    def spec_of(self, cell: Cell) -> Spec:
        """See `RunStudy`."""
        return cell.spec

    def is_finished(self, cell: Cell) -> bool:
        """See `Study`."""
        return self.run_of(cell).has_taken(self.plan.until)

    def job(self, cell: Cell) -> Job:
        """See `Study`."""
        return partial(run_cell, *self.settings_of(cell), self.plan.until)

    def row(self, cell: Cell) -> Row:
        """See `Study`."""
        return row(cell, self.plan.varied, self.status(cell), self.run_of(cell))
