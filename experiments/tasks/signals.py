"""Signals to generate: sines, sums of them, and a coordinate of the Lorenz attractor.

Each is a function of time that gives values of largest magnitude about 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.integrate import solve_ivp

Pattern = Callable[[Float[np.ndarray, " T"]], Float[np.ndarray, " T"]]
"""Values at times [s]."""


@dataclass(frozen=True)
class Sines:
    """The sum of sines ``Σ sin(2π f t) / n`` of n frequencies [Hz]."""

    frequencies: Sequence[float]

    def __call__(self, times: Float[np.ndarray, " T"]) -> Float[np.ndarray, " T"]:
        """Give the values at `times` [s]."""
        phases = 2 * np.pi * np.multiply.outer(times, self.frequencies)
        return np.sin(phases).mean(axis=-1)


@dataclass(frozen=True)
class Lorenz:
    """The first coordinate of the Lorenz attractor, divided by 20.

    ``x' = σ(y - x), y' = x(ρ - z) - y, z' = xy - βz`` with σ = 10, ρ = 28, β = 8/3, started on the
    attractor; `frequency` is how many units of its time pass in a second.

    Source: Lorenz, J. Atmos. Sci. 20, 130 (1963).
    """

    frequency: float

    def __call__(self, times: Float[np.ndarray, " T"]) -> Float[np.ndarray, " T"]:
        """Give the values at `times` [s], which ascend."""
        own = self.frequency * times
        start = (0.0, 1.0, 25.0)
        span = (0.0, max(float(own[-1]), 1e-9))
        path = solve_ivp(_lorenz, span, start, t_eval=own, rtol=1e-9, atol=1e-9)
        return path.y[0] / 20


def _lorenz(_: float, state: np.ndarray) -> list[float]:
    x, y, z = state
    return [10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z]
