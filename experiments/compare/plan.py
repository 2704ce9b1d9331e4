"""A comparison as it was asked for: which methods on which task, how long, over which seeds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..config.spec import Spec
from .contestants import Contestant


@dataclass(frozen=True)
class Budget:
    """Seconds of training for each network; how many updates that is, a trial run tells."""

    seconds: float


@dataclass(frozen=True)
class Updates:
    """The same number of updates for each network."""

    updates: int


Effort = Budget | Updates
DEFAULT = Budget(10.0)
_TIME = re.compile(r"(\d+\.?\d*|\.\d+) *(s|min)?")


def effort_of(budget: str | None, updates: int | None) -> Effort:
    """Read ``--budget`` and ``--updates``, of which one may be given.

    Raises `ValueError` for both, for what is no time, and for one that is not positive.
    """
    if budget is not None and updates is not None:
        raise ValueError(
            f"`--budget` must be left out with `--updates`: got {budget} and {updates}."
            " Leave out one of them."
        )
    if updates is not None:
        if updates < 1:
            raise ValueError(f"`--updates` must be 1 or more: got {updates}. Take 100, say.")
        return Updates(updates)
    return DEFAULT if budget is None else Budget(_seconds(budget))


def _seconds(text: str) -> float:
    found = _TIME.fullmatch(text.strip())
    seconds = float(found[1]) * (60 if found[2] == "min" else 1) if found else 0.0
    if not seconds > 0:
        raise ValueError(
            f"`--budget` must be a positive time in s or min: got {text!r}. Write it like 60s."
        )
    return seconds


@dataclass(frozen=True)
class ComparedCell:
    """A contestant with one seed."""

    contestant: Contestant
    seed: int

    @property
    def name(self) -> str:
        """The name of its run directory."""
        return f"{self.contestant.name},seed={self.seed}"


@dataclass(frozen=True)
class ComparisonPlan:
    """What `spikemodes compare` was asked for.

    Parameters
    ----------
    contestants
        The methods.
    seeds
        How many networks each trains, with seeds from 0 on.
    effort
        How long each network learns.
    given
        Keys of a run that hold for all, the task among them.

    Raises
    ------
    ValueError
        If there is no seed, or a contestant cannot serve the task.
    """

    contestants: tuple[Contestant, ...]
    seeds: int
    effort: Effort
    given: Mapping[str, Any]

    def __post_init__(self) -> None:
        if self.seeds < 1:
            raise ValueError(f"`--seeds` must be 1 or more: got {self.seeds}. Take 5.")
        for contestant in self.contestants:
            contestant.spec(self.given)

    @property
    def cells(self) -> list[ComparedCell]:
        """All cells, the first seed of every method first."""
        return [ComparedCell(c, seed) for seed in range(self.seeds) for c in self.contestants]

    def spec(self, cell: ComparedCell, updates: int) -> Spec:
        """The configuration of a cell."""
        own = {"seed": cell.seed, "train": {"updates": updates}}
        return cell.contestant.spec(self.given, own)
