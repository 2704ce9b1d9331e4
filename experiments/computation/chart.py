"""The chart of one context: F(κ) on a grid, its fixed points and its cycles."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float
from spikemodes.analysis.dynamics.cycles import Cycle, find_cycles, follow
from spikemodes.analysis.dynamics.fixed_points import FixedPoint, error_of, find_fixed_points
from spikemodes.analysis.dynamics.grids import grid, interpolated, sheet, slowest
from spikemodes.analysis.dynamics.side_by_side import Batched, side_by_side

_SIZES = {1: (81,), 2: (15, 15), 3: (7, 7, 7)}
"""States of the grid along each of the modes that are shown."""

_PLANE = 11  # states along a side
_STEP, _TOLERANCE, _APART = 0.025, 0.002, 0.06  # of the diagonal of the box
_ERRORS = 2  # of F, that a fixed point may be off
_EULER, _LASTS = 0.1, 60.0  # step and duration of paths that may be cycles [τ]
_AT_ONCE = 200  # about as many κ are asked in each step of the solvers


@dataclass(frozen=True, eq=False)
class Survey:
    """What is to be measured in each context.

    Parameters
    ----------
    bounds
        Lowest and highest κ (2 × P).
    shown
        Modes along which there are grids and planes: all, or the most important ones.
    """

    bounds: Float[np.ndarray, "2 P"]
    shown: tuple[int, ...]

    @property
    def diagonal(self) -> float:
        """Of the box, with all lengths as a share of it."""
        return float(np.linalg.norm(self.bounds[1] - self.bounds[0]))

    @property
    def step(self) -> float:
        """Of differences that make a Jacobian."""
        return _STEP * self.diagonal

    @property
    def sizes(self) -> tuple[int, ...]:
        """Of the grid."""
        return _SIZES[len(self.shown)]

    @property
    def planes(self) -> list[tuple[int, int]]:
        """Pairs of modes that are drawn against each other."""
        return list(combinations(self.shown, 2))


@dataclass(frozen=True, eq=False)
class Chart:
    """What was measured in one context.

    Parameters
    ----------
    points
        Fixed points, the most stable first.
    cycles
        Limit cycles.
    error
        By how much values of F scatter about a smooth function.
    tolerance
        Largest |F(κ) - κ| of a fixed point.
    grid, flow
        States (K × P), and F(κ) - κ there.
    plane_grid, plane_flow
        The same for each pair of modes (pairs × states × P).
    """

    points: list[FixedPoint]
    cycles: list[Cycle]
    error: float
    tolerance: float
    grid: Float[np.ndarray, "K P"]
    flow: Float[np.ndarray, "K P"]
    plane_grid: Float[np.ndarray, "planes L P"]
    plane_flow: Float[np.ndarray, "planes L P"]

    @property
    def stable(self) -> Float[np.ndarray, "A P"]:
        """The stable ones of the fixed points."""
        kappa = [point.kappa for point in self.points if point.stable]
        return np.array(kappa).reshape(len(kappa), self.grid.shape[1])


def chart(function: Batched, survey: Survey, ends: Float[np.ndarray, "E P"]) -> Chart:
    """Measure F, and look for fixed points from where trials end and where the flow is slow.

    F as interpolated between the states of the grid says where fixed points are likely, and has the
    limit cycles; where trials end is not used. With more modes than the grid has axes there is
    nothing to interpolate: all starts are solved for, the ends of trials among them, and F itself
    is followed into cycles, if no fixed point is stable.

    Parameters
    ----------
    function
        F, of many points.
    survey
        Where.
    ends
        Where the trials of the context end, by condition.
    """
    diagonal, step = survey.diagonal, survey.step
    points = grid(survey.bounds, survey.sizes, survey.shown, ends.mean(axis=0))
    asked: list[Callable[[Batched], np.ndarray]] = [
        lambda ask: ask(points),
        lambda ask: np.array(error_of(ask, ends, step / 2)),
    ]
    values, found = side_by_side(lambda ask, one: one(ask), asked, function)
    error = float(found)
    tolerance = max(_TOLERANCE * diagonal, _ERRORS * error)
    n_modes = points.shape[1]
    n_starts = max(_AT_ONCE // (2 * n_modes + 1), len(ends) + 4)
    where = {"bounds": survey.bounds, "step": step, "apart": _APART * diagonal}
    whole = len(survey.shown) == n_modes
    known = ends[:0] if whole else ends
    starts = slowest(points, values - points, n_starts, 2 * _APART * diagonal, known)
    between = interpolated(points, values, survey.sizes) if whole else function
    if whole:  # costs nothing, and leaves few states to start from
        likely = find_fixed_points(between, starts, **where, tolerance=np.inf)
        starts = np.array([point.kappa for point in likely])
    fixed = find_fixed_points(function, starts, **where, tolerance=tolerance)
    cycles: list[Cycle] = []
    if whole or not any(point.stable for point in fixed):
        paths = follow(between, starts, step=_EULER, n_steps=round(_LASTS / _EULER))
        cycles = find_cycles(paths, step=_EULER, tolerance=_APART * diagonal)
    anchors = np.array([point.kappa for point in fixed]) if len(fixed) > 1 else ends
    planes = [sheet(survey.bounds, _PLANE, pair, anchors) for pair in survey.planes]
    stacked = np.array(planes).reshape(len(planes), _PLANE**2, n_modes)
    answered = function(stacked.reshape(-1, n_modes)) if planes else stacked.reshape(0, n_modes)
    return Chart(
        points=fixed,
        cycles=cycles,
        error=error,
        tolerance=tolerance,
        grid=points,
        flow=values - points,
        plane_grid=stacked,
        plane_flow=answered.reshape(stacked.shape) - stacked,
    )
