"""Recursive least squares beside the least that an update of a symmetric matrix could take."""

from dataclasses import dataclass

import numba
import numpy as np
from spikemodes.learning.force.least_squares import RecursiveLeastSquares

from .rows import Measurement, Row, seconds_of, summary_of

_UPDATES = 10  # in a block: the matrix stays where in the caches it is during training


@dataclass(frozen=True)
class LeastSquaresUpdate(Row):
    """An update of FORCE's weights against one pass over the same half of a matrix, in place.

    An update has to read and write the N(N + 1)/2 numbers of a symmetric matrix Q; the pass does
    that and nothing else. At these sizes both stay in the caches.

    Parameters
    ----------
    neurons
        N, of the N × N matrix Q over whose lower triangle both pass.
    repeats
        Blocks of updates and of passes, in turn, of which the median counts.
    """

    neurons: int = 1000
    repeats: int = 50

    @property
    def expected_seconds(self) -> float:
        """See `Row`."""
        return 5 + 2e-8 * self.neurons**2 * self.repeats

    @property
    def name(self) -> str:
        """See `Row`."""
        return f"recursive least squares, N={self.neurons:,}"

    def run(self) -> Measurement:
        """Measure blocks of both, in turn, after one of each that warms up."""
        rng = np.random.default_rng(0)
        learner = RecursiveLeastSquares(np.zeros((self.neurons, 1)))
        samples = np.tanh(rng.normal(size=(_UPDATES, self.neurons)))
        targets = rng.normal(size=(_UPDATES, 1))
        matrix = rng.normal(size=(self.neurons, self.neurons))

        def update() -> None:
            for sample, target in zip(samples, targets, strict=True):
                learner.update(sample, target)

        def pass_over() -> None:
            for _ in range(_UPDATES):
                _read_and_write(matrix)

        durations = [(seconds_of(update), seconds_of(pass_over)) for _ in range(1 + self.repeats)]
        updates, passes = np.array(durations[1:]).T / _UPDATES
        return {
            **summary_of(updates.tolist()),
            "pass_seconds": summary_of(passes.tolist())["seconds"],
        }


@numba.njit(cache=True)
def _read_and_write(matrix: np.ndarray) -> None:
    """Change each number of the lower triangle in place, so that none becomes too small."""
    for i in range(len(matrix)):
        row = matrix[i]
        for j in range(i + 1):
            row[j] = -row[j]
