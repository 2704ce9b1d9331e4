"""A section's explorer: activity in a space that turns, with spikes and output at the same time."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float, Int

_DIGITS = 4


@dataclass(frozen=True, eq=False)
class Course:
    """A trial, or the mean of a condition, at the times of the explorer.

    Parameters
    ----------
    name, condition
        What it is, and its condition, which decides on the colour.
    path
        Activity in the space (T × D).
    output, target
        Readout and what it should be (T × O), empty (T × 0) where there is none in time.
    spikes
        Of a trial: time [ms] and place of the neuron in their order, for each spike.
    rate
        Of a mean: rate of the population [Hz] (T); empty for a trial.
    """

    name: str
    condition: str
    path: Float[np.ndarray, "T D"]
    output: Float[np.ndarray, "T O"]
    target: Float[np.ndarray, "T O"]
    spikes: tuple[Float[np.ndarray, " S"], Int[np.ndarray, " S"]]
    rate: Float[np.ndarray, " R"]


@dataclass(frozen=True)
class FixedPoint:
    """A point of the space where activity stays, if stable, or from which it departs."""

    place: tuple[float, ...]
    stable: bool
    context: str


@dataclass(frozen=True, eq=False)
class Flow:
    """Where activity goes from K points of the space (K × D each) in a context."""

    context: str
    points: Float[np.ndarray, "K D"]
    flow: Float[np.ndarray, "K D"]


@dataclass(frozen=True, eq=False)
class Explorer:
    """What is explored.

    Parameters
    ----------
    axes
        Names of the D coordinates of the space, two or three.
    times
        Of all courses [ms] (T).
    means, trials
        The courses that can be shown.
    epochs
        Parts of a trial: name, start and end [ms].
    n_neurons
        How many have a place in the raster.
    fixed_points, flows
        The map of the space, if there is one.
    note
        What a reader should know of what is shown.

    Raises
    ------
    ValueError
        If there are no means, or not two or three coordinates.
    """

    axes: tuple[str, ...]
    times: Float[np.ndarray, " T"]
    means: Sequence[Course]
    trials: Sequence[Course]
    epochs: Sequence[tuple[str, float, float]]
    n_neurons: int
    fixed_points: Sequence[FixedPoint] = ()
    flows: Sequence[Flow] = field(default=())
    note: str = ""

    def __post_init__(self) -> None:
        if len(self.axes) not in (2, 3):
            raise ValueError(f"`axes` must be 2 or 3 names: got {len(self.axes)}.")
        if not self.means:
            raise ValueError("`means` must have a course at least: got none.")

    @property
    def conditions(self) -> list[str]:
        """Those of the means, in their order."""
        return [course.condition for course in self.means]

    def as_json(self, palettes: Mapping[str, Sequence[str]]) -> str:
        """Write it for the page's script, with the colours of conditions by theme."""
        return _compact(
            {
                "axes": self.axes,
                "times": self.times,
                "conditions": self.conditions,
                "means": [_plain(course) for course in self.means],
                "trials": [_plain(course) for course in self.trials],
                "epochs": self.epochs,
                "neurons": self.n_neurons,
                "points": [vars(point) for point in self.fixed_points],
                "flows": [vars(flow) for flow in self.flows],
                "palettes": palettes,
            }
        )


def _plain(course: Course) -> dict[str, Any]:
    """Give paths, outputs and targets by coordinate, as they are drawn."""
    times, places = course.spikes
    return {
        "name": course.name,
        "condition": course.condition,
        "path": course.path.T,
        "output": course.output.T,
        "target": course.target.T,
        "spikes": [times, places],
        "rate": course.rate,
    }


def _compact(content: Any) -> str:
    """Write JSON with four significant digits that can stand in a page."""
    text = json.dumps(_rounded(content), separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", r"\u003c")


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(own) for name, own in value.items()}
    if isinstance(value, np.ndarray):
        return _rounded(value.tolist())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_rounded(own) for own in value]
    if isinstance(value, float):
        short = float(f"{value:.{_DIGITS}g}") if np.isfinite(value) else None
        return int(short) if short is not None and short.is_integer() else short
    return value
