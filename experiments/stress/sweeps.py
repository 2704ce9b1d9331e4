"""Sweeps: a condition, or several together, over levels of their disturbance."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from brian2 import Quantity
from spikemodes.models.conditions.condition import Condition


@dataclass(frozen=True)
class Sweep:
    """A condition and the levels of its disturbance.

    Parameters
    ----------
    condition
        The condition's class.
    level
        Which of its parameters is the level.
    values
        Levels, from the undisturbed one on.
    axis
        What the level is, with its unit, for tables and axes.
    unit
        Unit of the values, 1 for plain numbers.
    undisturbed
        The level at which nothing is disturbed.
    note
        What to know to read its results, a sentence; ``""`` for nothing.
    """

    condition: type[Condition]
    level: str
    values: tuple[float, ...]
    axis: str
    unit: Quantity | float = 1
    undisturbed: float = 0.0
    note: str = ""

    @property
    def draws(self) -> bool:
        """Whether it draws anything, so that each draw is another disturbance."""
        return self.condition.draws

    def at(self, value: float) -> tuple[Condition, ...]:
        """The condition at a level. Raises `ValueError` for a level out of range."""
        return (self.condition(**{self.level: value * self.unit}),)

    def named(self, value: float) -> str:
        """The level in words."""
        return f"{value:g}"

    def normalised(self, value: float) -> float:
        """The level on a scale on which 0 is undisturbed and 1 the last level of the sweep."""
        reach = self.values[-1] - self.undisturbed
        return (value - self.undisturbed) / reach if reach else 0.0

    def fitting(self, values: tuple[float, ...]) -> "Sweep":
        """The same over some of its levels."""
        return replace(self, values=values)


@dataclass(frozen=True)
class Together:
    """Several conditions at once, level by level: the first of each, the second of each...

    Parameters
    ----------
    parts
        Their sweeps by name, of as many levels each.
    values
        Where on the shared scale: 0 is the first level of each, 1 the last, and those between lie
        as far apart. All of them if not given.

    Raises
    ------
    ValueError
        If they have not as many levels.
    """

    parts: Mapping[str, Sweep]
    values: tuple[float, ...] = field(default=())
    undisturbed: float = 0.0
    note: str = ""

    def __post_init__(self) -> None:
        counts = {name: len(sweep.values) for name, sweep in self.parts.items()}
        if len({*counts.values()}) > 1:
            found = ", ".join(f"{name} {count}" for name, count in counts.items())
            raise ValueError(
                f"`--levels` must give conditions that are combined as many levels each: got"
                f" {found}, with the undisturbed one. Add some, or leave some out."
            )
        if not self.values:
            last = max(self._last, 1)
            object.__setattr__(self, "values", tuple(k / last for k in range(self._last + 1)))

    @property
    def _last(self) -> int:
        return len(next(iter(self.parts.values())).values) - 1

    @property
    def axis(self) -> str:
        """What the level is."""
        return "levels passed, share of all"

    @property
    def draws(self) -> bool:
        """Whether one of them draws anything."""
        return any(sweep.draws for sweep in self.parts.values())

    def at(self, value: float) -> tuple[Condition, ...]:
        """All conditions, each at its level."""
        return tuple(c for sweep, own in self._levels(value) for c in sweep.at(own))

    def named(self, value: float) -> str:
        """All levels in words: ``delays 1.5, lesion 0.1``."""
        named = zip(self.parts, self._levels(value), strict=True)
        return ", ".join(f"{name} {sweep.named(own)}" for name, (sweep, own) in named)

    def normalised(self, value: float) -> float:
        """The level itself."""
        return value

    def fitting(self, values: tuple[float, ...]) -> "Together":
        """The same over some of its levels."""
        return replace(self, values=values)

    def _levels(self, value: float) -> list[tuple[Sweep, float]]:
        k = round(value * self._last)
        return [(sweep, sweep.values[k]) for sweep in self.parts.values()]


AnySweep = Sweep | Together
