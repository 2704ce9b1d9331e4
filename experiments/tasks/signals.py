"""Signals to generate: sines, sums of them, and a coordinate of the Lorenz attractor.

Each is a function of time that gives values of largest magnitude about 1, and can be cut into
pieces that follow each other without end.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from jaxtyping import Float
from scipy.integrate import odeint

_LARGEST_RATIO = 1000  # of frequencies, as a fraction: what repeats later has no period here


class Pattern(Protocol):
    """A signal."""

    def __call__(self, times: Float[np.ndarray, " T"]) -> Float[np.ndarray, " T"]:
        """Give the values at `times` [s], which ascend."""
        ...

    def pieces(self, dt: float, lengths: tuple[int, int]) -> Iterator[Float[np.ndarray, " T"]]:
        """Cut the values at steps of `dt` [s] into a first piece and later ones, so long."""
        ...


@dataclass(frozen=True)
class Sines:
    """The sum of sines ``Σ sin(2π f t) / n`` of n frequencies [Hz]."""

    frequencies: Sequence[float]

    def __call__(self, times: Float[np.ndarray, " T"]) -> Float[np.ndarray, " T"]:
        """Give the values at `times` [s]."""
        phases = 2 * np.pi * np.multiply.outer(times, self.frequencies)
        return np.sin(phases).mean(axis=-1)

    @property
    def period(self) -> float:
        """After which time the sum repeats [s]."""
        first, *others = self.frequencies
        ratios = (Fraction(f / first).limit_denominator(_LARGEST_RATIO) for f in others)
        return math.lcm(1, *(ratio.denominator for ratio in ratios)) / first

    def pieces(self, dt: float, lengths: tuple[int, int]) -> Iterator[Float[np.ndarray, " T"]]:
        """See `Pattern`."""
        start, (length, later) = 0, lengths
        while True:
            yield self(dt * np.arange(start, start + length))
            start, length = start + length, later


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
        return _path(_START, self.frequency * times)[0] / 20

    def pieces(self, dt: float, lengths: tuple[int, int]) -> Iterator[Float[np.ndarray, " T"]]:
        """See `Pattern`; numbers are rounded otherwise than in one go, which chaos amplifies."""
        state, (length, later) = _START, lengths
        while True:
            # a step more, from which the next piece begins
            path = _path(state, self.frequency * dt * np.arange(length + 1))
            yield path[0, :-1] / 20
            state, length = path[:, -1], later


_START = np.array([0.0, 1.0, 25.0])


def _path(start: Float[np.ndarray, " 3"], times: Float[np.ndarray, " T"]) -> np.ndarray:
    """Follow the attractor from a state at time 0 to `times` (3 × T).

    By LSODA, which steps through long courses in compiled code.
    """
    ahead = times[0] > 0
    course = np.insert(times, 0, 0.0) if ahead else times
    path = odeint(_lorenz, start, course, rtol=1e-9, atol=1e-9, tfirst=True)
    return path[int(ahead) :].T


def _lorenz(_: float, state: np.ndarray) -> list[float]:
    x, y, z = state
    return [10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z]
