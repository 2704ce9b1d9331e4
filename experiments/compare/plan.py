"""A comparison as it was asked for: which methods on which task, how long, over which seeds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..config.nested_keys import flat, nested
from ..config.spec import Spec
from .contestants import Contestant


@dataclass(frozen=True)
class Seen:
    """The same number of trials for each network, in whole batches: the same on any machine."""

    trials: int

    def __str__(self) -> str:
        """Write it as it is asked for."""
        return f"--trials {self.trials}"


@dataclass(frozen=True)
class Budget:
    """Seconds of training for each network; how many updates that is, a trial run tells."""

    seconds: float

    def __str__(self) -> str:
        """See `Seen`."""
        return f"--budget {self.seconds:g}s"


@dataclass(frozen=True)
class Updates:
    """The same number of updates for each network, however many trials a batch has."""

    updates: int

    def __str__(self) -> str:
        """See `Seen`."""
        return f"--updates {self.updates}"


Effort = Seen | Budget | Updates
DEFAULT = Seen(3000)
CANDIDATES = 3
_TIME = re.compile(r"(\d+\.?\d*|\.\d+) *(s|min)?")


def effort_of(trials: int | None, budget: str | None, updates: int | None) -> Effort:
    """Read ``--trials``, ``--budget`` and ``--updates``, of which one may be given.

    Raises `ValueError` for several, for what is no time, and for one that is not positive.
    """
    given = {"--trials": trials, "--budget": budget, "--updates": updates}
    known = {option: value for option, value in given.items() if value is not None}
    if len(known) > 1:
        (one, first), (other, second), *_ = known.items()
        raise ValueError(
            f"`{one}` must be left out with `{other}`: got {first} and {second}."
            " Leave out one of them."
        )
    for option, value in (("--trials", trials), ("--updates", updates)):
        if value is not None and value < 1:
            raise ValueError(f"`{option}` must be 1 or more: got {value}. Take 1000, say.")
    if trials is not None:
        return Seen(trials)
    if updates is not None:
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
    candidates
        How many values of its learning rate the grid of each method has; 0 searches none.

    Raises
    ------
    ValueError
        If there is no seed or one candidate alone, or a contestant cannot serve the task.
    """

    contestants: tuple[Contestant, ...]
    seeds: int
    effort: Effort
    given: Mapping[str, Any]
    candidates: int = CANDIDATES

    def __post_init__(self) -> None:
        if self.seeds < 1:
            raise ValueError(f"`--seeds` must be 1 or more: got {self.seeds}. Take 5.")
        if self.candidates < 0 or self.candidates == 1:
            raise ValueError(
                f"`--search` must be 0 for none, or 2 or more values: got {self.candidates}."
                f" Take {CANDIDATES}."
            )
        for contestant in self.contestants:
            contestant.spec(self.given)

    @property
    def cells(self) -> list[ComparedCell]:
        """All cells, the first seed of every method first."""
        return [ComparedCell(c, seed) for seed in range(self.seeds) for c in self.contestants]

    @property
    def block(self) -> int:
        """Trials of a block that all share: the largest batch."""
        return max(contestant.spec(self.given).train.batch for contestant in self.contestants)

    def values(self, contestant: Contestant) -> tuple[float, ...]:
        """Give what a contestant tries: a grid around what holds otherwise, if it is not set."""
        searched, n = contestant.searched, self.candidates
        if searched.key in flat(self.given):
            return ()
        usual = flat(contestant.spec(self.given).resolved())[searched.key]
        return tuple(usual * searched.factor ** (k - (n - 1) // 2) for k in range(n))

    def spec(self, cell: ComparedCell, updates: int, chosen: float | None) -> Spec:
        """The configuration of a cell, with the value that its contestant has chosen."""
        own = {"seed": cell.seed, "train": {"updates": updates}}
        key = cell.contestant.searched.key
        found = {} if chosen is None else nested(key, chosen)
        return cell.contestant.spec(self.given, own, found)
