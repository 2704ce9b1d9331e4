"""A comparison of methods: every cell trains one network and measures it, each in a process.

What is finished stays finished: called again, a comparison runs the cells that are not.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ..config.nested_keys import read_config
from ..config.spec import parse_spec, require_same
from ..display.progress import Display
from ..display.tables import FAILED, FINISHED, OPEN, write_rows
from ..pipeline.directory import RunDirectory
from .cell import run_apart
from .contestants import Contestant
from .plan import Budget, ComparedCell, ComparisonPlan, Updates

Thing = TypeVar("Thing")
_WARM_UP = 1.0  # seconds of a pilot that only has to compile


@dataclass(frozen=True)
class Comparison:
    """A plan and the directory in which it is carried out.

    Parameters
    ----------
    plan
        Methods, seeds, effort.
    path
        Holds ``comparison.csv``, ``cells/`` with a run directory for each, and ``pilots/``.

    Raises
    ------
    ValueError
        If a cell was run with other settings than those of the plan.
    """

    plan: ComparisonPlan
    path: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))
        for cell in self.plan.cells:
            run, updates = self.run_of(cell), self.updates(cell.contestant)
            if run.config.is_file() and updates is not None:
                wanted = self.plan.spec(cell, updates)
                require_same(parse_spec(read_config(run.config)), wanted, run.path)

    @property
    def table(self) -> Path:
        """One row for each cell."""
        return self.path / "comparison.csv"

    def run_of(self, cell: ComparedCell) -> RunDirectory:
        """The run directory of a cell."""
        return RunDirectory(self.path / "cells" / cell.name)

    def is_finished(self, cell: ComparedCell) -> bool:
        """Whether a cell has been trained and measured."""
        return self.run_of(cell).read_summary().comparison is not None

    def open_cells(self) -> list[ComparedCell]:
        """The cells that are not finished."""
        return [cell for cell in self.plan.cells if not self.is_finished(cell)]

    def updates(self, contestant: Contestant) -> int | None:
        """How many updates a network of a method gets; ``None`` before its pilot.

        Raises `ValueError` if the pilot was for another budget.
        """
        effort, pilot = self.plan.effort, self._pilot(contestant)
        if isinstance(effort, Updates):
            return effort.updates
        if not pilot.exists():
            return None
        found = json.loads(pilot.read_text(encoding="utf-8"))
        if found["seconds"] != effort.seconds:
            raise ValueError(
                f"`--budget` must be {found['seconds']:g}s to continue `{self.path}`: got"
                f" {effort.seconds:g}s. Leave it out, or choose another --out."
            )
        return found["updates"]

    def carry_out(self, workers: int, display: Display) -> dict[str, str]:
        """Run the open cells, `workers` at once; gives why cells failed by their names.

        The table is written anew after each cell.
        """
        todo = self.open_cells()
        contestants = [c for c in self.plan.contestants if any(c == t.contestant for t in todo)]
        pilots = [c for c in contestants if not self._pilot(c).exists()]
        reasons: dict[str, str] = {}
        if pilots:
            display.say("preparing: compiling, and timing updates")
        for contestant, reason in _side_by_side(self._run_pilot, pilots, workers):
            if reason:
                reasons[contestant.name] = reason
        ready = [cell for cell in todo if cell.contestant.name not in reasons]
        failures = {c.name: reasons[c.contestant.name] for c in todo if c not in ready}
        with display.cells(len(ready)) as show:
            started = time.monotonic()
            ended = _side_by_side(self._run_cell, ready, workers)
            for done, (cell, reason) in enumerate(ended, start=1):
                if reason:
                    failures[cell.name] = reason
                self.write_table(failures)
                left = (time.monotonic() - started) / done * (len(ready) - done)
                show(done, left, f"{cell.name} {f'failed: {reason}' if reason else FINISHED}")
        self.write_table(failures)
        return failures

    def write_table(self, failures: Mapping[str, str]) -> None:
        """Write the table as the run directories have it."""
        write_rows(self.rows(failures), self.table)

    def rows(self, failures: Mapping[str, str]) -> list[dict[str, Any]]:
        """The table: one row for each cell."""
        return [self._row(cell, failures.get(cell.name, "")) for cell in self.plan.cells]

    def _row(self, cell: ComparedCell, reason: str) -> dict[str, Any]:
        found = self.run_of(cell).read_summary()
        status = FAILED if reason else OPEN
        row = {
            "method": cell.contestant.name,
            "seed": cell.seed,
            "status": status if found.comparison is None else FINISHED,
            "reason": reason,
        }
        if found.comparison is None:
            return row
        assert found.training is not None  # written before
        assert found.network is not None
        return row | {
            "seconds": found.training.seconds,
            "updates": found.training.steps,
            "trainable_parameters": found.network.trainable_parameters,
            **(found.memory or {}),
            **found.comparison,
        }

    def _pilot(self, contestant: Contestant) -> Path:
        of_what = "" if isinstance(self.plan.effort, Budget) else "-compiled"
        return self.path / "pilots" / f"{contestant.name}{of_what}.json"

    def _run_pilot(self, contestant: Contestant) -> str:
        effort, path = self.plan.effort, self._pilot(contestant)
        job = {
            "do": "pilot",
            "path": str(path),
            "config": contestant.spec(self.plan.given).resolved(),
            "seconds": effort.seconds if isinstance(effort, Budget) else _WARM_UP,
        }
        return run_apart(job, path.with_suffix(".log"))

    def _run_cell(self, cell: ComparedCell) -> str:
        updates = self.updates(cell.contestant)
        assert updates is not None  # its pilot has ended
        run = self.run_of(cell)
        job = {
            "do": "cell",
            "path": str(run.path),
            "config": self.plan.spec(cell, updates).resolved(),
        }
        return run_apart(job, run.path.with_name(f"{cell.name}.log"))


def _side_by_side(
    work: Callable[[Thing], str], things: Iterable[Thing], workers: int
) -> Iterator[tuple[Thing, str]]:
    """Give each thing with what became of it, in the order in which they end."""
    with ThreadPoolExecutor(workers) as pool:
        futures = {pool.submit(work, thing): thing for thing in things}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:  # interrupted, say: what has not begun does not begin any more
            pool.shutdown(wait=False, cancel_futures=True)
            raise
