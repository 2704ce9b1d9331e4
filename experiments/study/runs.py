"""Studies of runs: every cell trains a network in a run directory of its own."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from filelock import FileLock

from ..config.nested_keys import read_stored_config
from ..config.spec import Spec, parse_spec, require_same
from ..display.tables import FAILED, FINISHED, OPEN
from ..pipeline.directory import RunDirectory
from .study import Cell, Study

Some = TypeVar("Some", covariant=True)


class Plan(Protocol[Some]):
    """What is asked for."""

    @property
    def cells(self) -> Sequence[Some]:
        """All cells."""
        ...


@dataclass(frozen=True, eq=False)
class RunStudy(Study[Cell]):
    """A plan of runs and the directory in which it is carried out.

    Parameters
    ----------
    plan
        The cells.
    path
        Holds the table and ``cells/``, a run directory for each.

    Raises
    ------
    ValueError
        If a cell was run with other settings than those of the plan.
    """

    plan: Plan[Cell]
    path: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))
        for cell in self.cells:
            run = self.run_of(cell)
            if run.config.is_file() and (wanted := self.spec_of(cell)):
                require_same(parse_spec(read_stored_config(run.config)), wanted, run.path)

    @abstractmethod
    def spec_of(self, cell: Cell) -> Spec | None:
        """The configuration of a cell; ``None`` as long as it is not known."""

    @property
    def cells(self) -> Sequence[Cell]:
        """See `Study`."""
        return self.plan.cells

    def run_of(self, cell: Cell) -> RunDirectory:
        """The run directory of a cell."""
        return RunDirectory(self.path / "cells" / cell.name)

    def settings_of(self, cell: Cell) -> tuple[str, dict[str, Any]]:
        """Where a cell is run, wherever its worker is, and with which configuration."""
        spec = self.spec_of(cell)
        assert spec is not None  # known before any cell begins
        return str(self.run_of(cell).path.resolve()), spec.resolved()

    def reason(self, cell: Cell) -> str:
        """Why a cell has failed, as far as this process knows."""
        return self.outcomes[cell.name].reason if cell.name in self.outcomes else ""

    def status(self, cell: Cell) -> str:
        """What the table says of a cell."""
        if self.reason(cell):
            return FAILED
        if self.is_finished(cell):
            return FINISHED
        return FAILED if self.run_of(cell).failure.exists() else OPEN


@contextmanager
def run_at(path: str, config: Mapping[str, Any]) -> Iterator[RunDirectory]:
    """Make the run directory `path`, or go on with it.

    A cell is never worked on twice at once: a second worker waits, and finds it done.
    """
    directory = Path(path)
    directory.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(directory.with_name(f".{directory.name}.lock")):
        run = RunDirectory(directory)
        yield run if run.config.is_file() else RunDirectory.create(directory, config)
