"""Limit cycles of a flow that can only be measured."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from .side_by_side import Batched

_FEWEST_TURNS = 2


@dataclass(frozen=True, eq=False)
class Cycle:
    """A closed path that the flow runs through.

    Parameters
    ----------
    path
        States of one turn, in order (T × P).
    period
        Of a turn, in time constants τ of the flow τ dκ/dt = F(κ) - κ.
    """

    path: Float[np.ndarray, "T P"]
    period: float

    @property
    def amplitude(self) -> float:
        """Root mean square distance of the path from its mean."""
        return float(np.sqrt(((self.path - self.path.mean(axis=0)) ** 2).sum(axis=1).mean()))


def follow(
    function: Batched, starts: Float[np.ndarray, "S P"], *, step: float, n_steps: int
) -> Float[np.ndarray, "T S P"]:
    """Follow τ dκ/dt = F(κ) - κ from all starts side by side, by Euler steps of `step` τ.

    Gives the states behind each of the `n_steps` steps (T × S × P).
    """
    kappa, path = np.array(starts, float), []
    for _ in range(n_steps):
        kappa = kappa + step * (function(kappa) - kappa)
        path.append(kappa)
    return np.stack(path)


def find_cycles(paths: Float[np.ndarray, "T S P"], *, step: float, tolerance: float) -> list[Cycle]:
    """Say which of the paths that `follow` gives run into limit cycles; each cycle is given once.

    The second half of a path is asked. It has settled if it stays within `tolerance` of its mean.
    Else it is cut where it passes its mean upwards along its first principal component: on a cycle
    it returns there to the same state, within `tolerance`, at least twice.

    Parameters
    ----------
    paths
        T steps from S starts (T × S × P).
    step
        Of time, in τ.
    tolerance
        In units of κ.
    """
    found: list[Cycle] = []
    for path in paths[len(paths) // 2 :].transpose(1, 0, 2):
        cycle = _cycle_of(path, step, tolerance)
        if cycle is not None and not any(_alike(cycle, other, tolerance) for other in found):
            found.append(cycle)
    return found


def _cycle_of(path: Float[np.ndarray, "T P"], step: float, tolerance: float) -> Cycle | None:
    deviation = path - path.mean(axis=0)
    if np.linalg.norm(deviation, axis=1).max() <= tolerance:
        return None
    _, _, axes = np.linalg.svd(deviation, full_matrices=False)
    along = deviation @ axes[0]
    before = np.flatnonzero((along[:-1] <= 0) & (along[1:] > 0))
    if len(before) <= _FEWEST_TURNS:
        return None
    part = -along[before] / (along[before + 1] - along[before])
    passed = path[before] + part[:, None] * (path[before + 1] - path[before])
    if np.linalg.norm(np.diff(passed, axis=0), axis=1)[-_FEWEST_TURNS:].max() > tolerance:
        return None
    period = float(np.diff(before + part).mean() * step)
    return Cycle(path[before[-2] + 1 : before[-1] + 2], period)


def _alike(a: Cycle, b: Cycle, tolerance: float) -> bool:
    """Whether all of a lies on b."""
    apart = np.linalg.norm(a.path[:, None] - b.path, axis=-1).min(axis=1)
    steps = np.linalg.norm(np.diff(b.path, axis=0), axis=1)
    return bool(apart.max() <= tolerance + steps.max())
