"""The plausibility battery: every condition, and the levels over which it is swept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from brian2 import Quantity, ms
from spikemodes.models.conditions.condition import Condition
from spikemodes.models.conditions.registry import CONDITIONS

from ..config.components import look_up


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
    """

    condition: Callable[..., Condition]
    level: str
    values: tuple[float, ...]
    axis: str
    unit: Quantity | float = 1
    undisturbed: float = 0.0

    def at(self, value: float) -> Condition:
        """The condition at a level. Raises `ValueError` for a level out of range."""
        return self.condition(**{self.level: value * self.unit})

    def normalised(self, value: float) -> float:
        """The level on a scale on which 0 is undisturbed and 1 the last level of the sweep."""
        reach = self.values[-1] - self.undisturbed
        return (value - self.undisturbed) / reach if reach else 0.0


_LEVELS: list[tuple[Any, ...]] = [
    ("simulation-step", "refinement", (1, 2, 4, 10, 20), "steps per step learned at", 1, 1),
    ("refractory-period", "longer", (0, 2, 4, 8, 16), "refractory period longer by [ms]", ms),
    ("heterogeneity", "cv", (0, 0.125, 0.25, 0.375, 0.5), "CV of time constants"),
    ("delays", "mean", (0, 2.5, 5, 7.5, 10), "mean delay [ms]", ms),
    ("membrane-noise", "sd", (0, 0.05, 0.1, 0.2, 0.4), "s.d. of membrane noise [threshold]"),
    ("release-failures", "failure", (0, 0.1, 0.25, 0.5, 0.75), "probability of failure"),
    ("weight-noise", "cv", (0, 0.25, 0.5, 1, 2), "CV of weight factors"),
    ("sparse-connectivity", "missing", (0, 0.25, 0.5, 0.75, 0.9), "share of synapses missing"),
    ("lesion", "dead", (0, 0.05, 0.1, 0.2, 0.4), "share of neurons dead"),
    ("conductances", "driving_force", (0, 0.25, 0.5, 0.75, 1), "share of driving force"),
    ("adaptation", "b", (0, 0.02, 0.05, 0.1, 0.2), "adaptation per spike [threshold]"),
    ("adex", "strength", (0, 0.25, 0.5, 0.75, 1), "share of slope and adaptation"),
    ("dales-law", "obedience", (0, 0.25, 0.5, 0.75, 1), "loss of weights of the wrong sign"),
    ("input-noise", "sd", (0, 0.5, 1, 2, 4), "s.d. of input noise [input r.m.s.]"),
    ("missing-channels", "probability", (0, 0.05, 0.1, 0.25, 0.5), "share of channels missing"),
]

BATTERY: dict[str, Sweep] = {name: Sweep(CONDITIONS[name], *rest) for name, *rest in _LEVELS}
"""Every condition by name, with five levels each."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "neurons": (
        "refractory-period", "heterogeneity", "membrane-noise", "adaptation", "adex", "lesion",
    ),
    "synapses": (
        "delays", "release-failures", "weight-noise", "sparse-connectivity", "dales-law",
        "conductances",
    ),
    "inputs and simulation": ("input-noise", "missing-channels", "simulation-step"),
}  # fmt: skip
"""What each condition is about."""


def choose(names: Sequence[str], levels: Mapping[str, Sequence[float]]) -> dict[str, Sweep]:
    """Pick conditions by name, all if none is named, with levels of their own where given.

    The undisturbed level goes first, whether named or not, and none comes twice. Raises
    `ValueError` for an unknown name, a level out of range, or levels of a condition not picked.
    """
    picked = {name: look_up(BATTERY, name) for name in names or BATTERY}
    for name, values in levels.items():
        sweep: Any = look_up(BATTERY, name)
        if name not in picked:
            raise ValueError(
                f"`--levels` must name a condition that is to run: got {name}."
                f" Add it to --conditions."
            )
        first = sweep.undisturbed
        picked[name] = replace(sweep, values=(first, *sorted({*values} - {first})))
    for sweep in picked.values():
        for value in sweep.values:
            sweep.at(value)
    return picked


def parse_levels(text: str) -> tuple[str, list[float]]:
    """Read ``condition=level,level,...``. Raises `ValueError` if it is not of that form."""
    name, _, values = text.partition("=")
    try:
        return name.strip(), [float(value) for value in values.split(",")]
    except ValueError:
        raise ValueError(
            f"`--levels` must be CONDITION=LEVEL,LEVEL,... with plain numbers: got {text!r}."
            " Write it like --levels delays=0,5,10, in the unit that the report names."
        ) from None
