"""A comparison: contestants × seeds, each network trained and measured in a process of its own.

First each method is prepared: what it needs is compiled, and its learning rate searched.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..config.nested_keys import flat
from ..config.spec import Spec, parse_spec, require_same
from ..display.progress import CellDisplay
from ..display.tables import Row
from ..study.apart import ONE_THREAD, run_apart
from ..study.runs import RunStudy
from ..study.workers import Job, Workers
from .cell import prepare_method, run_cell
from .contestants import Contestant
from .plan import ComparedCell, ComparisonPlan

_NOT_IN_TABLE = ("course",)
_COURSE = ("trials", "seconds", "performance")


@dataclass(frozen=True, eq=False)
class Comparison(RunStudy[ComparedCell]):
    """Methods, seeds and effort, and the directory in which they are compared; see `RunStudy`.

    Beside the cells there is ``prepared/``. Raises `ValueError` if that was for another effort or
    other settings, or lacks what cells need: older versions had none.
    """

    plan: ComparisonPlan

    def __post_init__(self) -> None:
        super().__post_init__()
        for cell in self.cells:
            if self.prepared(cell.contestant) is None and self.run_of(cell).config.is_file():
                raise ValueError(
                    f"`--out` must be a comparison that this version began: `{self.path}` has"
                    f" networks of {cell.contestant.name} from another. Choose another --out."
                )

    @property
    def table(self) -> Path:
        """See `Study`."""
        return self.path / "comparison.csv"

    def spec_of(self, cell: ComparedCell) -> Spec | None:
        """See `RunStudy`; it is known when the method is prepared."""
        found = self.prepared(cell.contestant)
        return None if found is None else self.plan.spec(cell, found["updates"], found["chosen"])

    def is_finished(self, cell: ComparedCell) -> bool:
        """Whether a cell has been trained and measured."""
        return self.run_of(cell).read_summary().comparison is not None

    def prepared(self, contestant: Contestant) -> dict[str, Any] | None:
        """Give what a method was prepared with, see `preparation`; ``None`` before that.

        Raises `ValueError` if it was for something else.
        """
        path = self._prepared(contestant)
        if not path.exists():
            return None
        found = json.loads(path.read_text(encoding="utf-8"))
        before, effort = found["effort"], asdict(self.plan.effort)
        if before != effort:
            ((kind, value),) = before.items()
            option = {"trials": "--trials", "seconds": "--budget", "updates": "--updates"}[kind]
            raise ValueError(
                f"`{option}` must be {value:g}{'s' * (kind == 'seconds')} to continue"
                f" `{self.path}`: got {self.plan.effort}. Leave it out, or choose another --out."
            )
        if "candidates" not in found:
            raise ValueError(
                f"`--out` must be a comparison that this version began: `{self.path}` was prepared"
                " by another. Choose another --out."
            )
        if (n := len(found["candidates"])) != len(self.plan.values(contestant)):
            raise ValueError(
                f"`--search` must be {n} to continue `{self.path}`: got {self.plan.candidates}."
                " Leave it out, or choose another --out."
            )
        wanted = contestant.spec(self.plan.given)
        require_same(parse_spec(found["config"]), wanted, self.path)
        return found

    def prepare(self, workers: Workers, display: CellDisplay) -> None:
        """Prepare the methods; the cells of one that fails fail like it."""
        todo: dict[str, list[ComparedCell]] = {}
        jobs: dict[str, Job] = {}
        for cell in self.open_cells():
            if not self._prepared(cell.contestant).exists():
                todo.setdefault(cell.contestant.name, []).append(cell)
                jobs[cell.contestant.name] = self._preparation(cell.contestant)
        if jobs:
            what = "searching learning rates" if self.plan.candidates else "timing updates"
            display.say(f"preparing: compiling, and {what}")
        for name, outcome in workers.run(jobs):
            if outcome.reason:
                self.outcomes.update((cell.name, outcome) for cell in todo[name])
                self.write(self.rows())

    def job(self, cell: ComparedCell) -> Job:
        """See `Study`; the first seed of a method trains its course, too."""
        path, config = self.settings_of(cell)
        arguments = path, config, self.plan.block, cell.seed == 0
        return partial(run_apart, run_cell, *arguments, log=Path(f"{path}.log"), env=ONE_THREAD)

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
        spec, prepared = self.spec_of(cell), self.prepared(cell.contestant)
        assert spec is not None  # written before, as are these
        assert prepared is not None
        assert found.training is not None
        assert found.network is not None
        searched = cell.contestant.searched.key
        return row | {
            "trials": found.training.steps * spec.train.batch,
            "updates": found.training.steps,
            "seconds": found.training.seconds,
            "searched": searched,
            "chosen": flat(spec.resolved())[searched],
            "tried": "; ".join(map(_shown, prepared["tried"])),
            "at_end": _end(prepared["chosen"], [each["value"] for each in prepared["tried"]]),
            "neurons": found.network.neurons,
            "input_weights": "learned" if cell.contestant.learns_inputs else "random",
            "trainable_parameters": found.network.trainable_parameters,
            **(found.memory or {}),
            **{k: value for k, value in found.comparison.items() if k not in _NOT_IN_TABLE},
        }

    def course(self, contestant: Contestant) -> list[tuple[int, float, float]]:
        """Give trials, seconds and performance of the first seed's networks, the whole one last."""
        cell = next(c for c in self.cells if c.contestant == contestant)
        row, summary = self.row(cell), self.run_of(cell).read_summary()
        if summary.comparison is None:
            return []
        found = [*summary.comparison.get("course", ()), [row.get(k) for k in _COURSE]]
        return [(n, seconds, score) for n, seconds, score in found if score is not None]

    def _prepared(self, contestant: Contestant) -> Path:
        return self.path / "prepared" / f"{contestant.name}.json"

    def _preparation(self, contestant: Contestant) -> Job:
        plan, path = self.plan, self._prepared(contestant).resolve()
        arguments = (
            str(path),
            contestant.spec(plan.given).resolved(),
            plan.block,
            asdict(plan.effort),
            contestant.searched.key,
            plan.values(contestant),
        )
        log = path.with_suffix(".log")
        return partial(run_apart, prepare_method, *arguments, log=log, env=ONE_THREAD)


def _shown(tried: Mapping[str, Any]) -> str:
    scores = ("failed" if p is None else f"{p:.3f}" for p in tried["performances"])
    return f"{tried['value']:.3g}: {' and '.join(scores)}"


def _end(chosen: float | None, tried: Sequence[float]) -> str:
    """Say at which end of what was tried the chosen value is, beyond which a better one may be."""
    if chosen is None:
        return ""
    return {max(tried): "largest", min(tried): "smallest"}.get(chosen, "")
