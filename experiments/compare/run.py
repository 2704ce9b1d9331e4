"""A comparison: contestants × seeds, each network trained and measured in a process of its own.

Pilots come first: they compile, and find out how many updates a budget is.
"""

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..config.spec import Spec
from ..display.progress import CellDisplay
from ..display.tables import Row
from ..study.apart import ONE_THREAD, run_apart
from ..study.runs import RunStudy
from ..study.workers import Job, Workers
from .cell import pilot, run_cell
from .contestants import Contestant
from .plan import Budget, ComparedCell, ComparisonPlan, Updates

_WARM_UP = 1.0  # seconds of a pilot that only has to compile


@dataclass(frozen=True, eq=False)
class Comparison(RunStudy[ComparedCell]):
    """Methods, seeds and effort, and the directory in which they are compared; see `RunStudy`.

    Beside the cells there are ``pilots/``. Raises `ValueError` if they were for another budget.
    """

    plan: ComparisonPlan

    def __post_init__(self) -> None:
        super().__post_init__()
        for contestant in self.plan.contestants:
            self.updates(contestant)

    @property
    def table(self) -> Path:
        """See `Study`."""
        return self.path / "comparison.csv"

    def spec_of(self, cell: ComparedCell) -> Spec | None:
        """See `RunStudy`; it is known after the pilot."""
        updates = self.updates(cell.contestant)
        return None if updates is None else self.plan.spec(cell, updates)

    def is_finished(self, cell: ComparedCell) -> bool:
        """Whether a cell has been trained and measured."""
        return self.run_of(cell).read_summary().comparison is not None

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

    def prepare(self, workers: Workers, display: CellDisplay) -> None:
        """Run the pilots; the cells of one that fails fail like it."""
        todo: dict[str, list[ComparedCell]] = {}
        jobs: dict[str, Job] = {}
        for cell in self.open_cells():
            if not self._pilot(cell.contestant).exists():
                todo.setdefault(cell.contestant.name, []).append(cell)
                jobs[cell.contestant.name] = self._pilot_job(cell.contestant)
        if jobs:
            display.say("preparing: compiling, and timing updates")
        for name, outcome in workers.run(jobs):
            if outcome.reason:
                self.outcomes.update((cell.name, outcome) for cell in todo[name])
                self.write(self.rows())

    def job(self, cell: ComparedCell) -> Job:
        """See `Study`."""
        path, config = self.settings_of(cell)
        return partial(run_apart, run_cell, path, config, log=Path(f"{path}.log"), env=ONE_THREAD)

    def row(self, cell: ComparedCell) -> Row:
        """See `Study`."""
        found = self.run_of(cell).read_summary()
        row = {
            "method": cell.contestant.name,
            "seed": cell.seed,
            "status": self.status(cell),
            "reason": self.reason(cell),
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

    def _pilot_job(self, contestant: Contestant) -> Job:
        effort, path = self.plan.effort, self._pilot(contestant).resolve()
        seconds = effort.seconds if isinstance(effort, Budget) else _WARM_UP
        config = contestant.spec(self.plan.given).resolved()
        log = path.with_suffix(".log")
        return partial(run_apart, pilot, str(path), config, seconds, log=log, env=ONE_THREAD)
