"""Recursive least squares beside the least that any update of an N × N matrix could take."""

from dataclasses import dataclass

import numpy as np
from spikemodes.learning.force.least_squares import RecursiveLeastSquares

from .rows import Measurement, Row, seconds_of, summary_of

_UPDATES = 10  # in a block: the matrix stays where in the caches it is during training


@dataclass(frozen=True)
class LeastSquaresUpdate(Row):
    """An update of FORCE's weights against one in-place scaling of a matrix of the same size.

    Parameters
    ----------
    neurons
        N, of the N × N matrix Q that both pass over.
    repeats
        Blocks of updates and of scalings, in turn, of which the median counts.
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

        def scale() -> None:
            for _ in range(_UPDATES):
                np.multiply(matrix, -1.0, out=matrix)  # in place, and never too small

        durations = [(seconds_of(update), seconds_of(scale)) for _ in range(1 + self.repeats)][1:]
        updates, scalings = np.array(durations).T / _UPDATES
        return {
            **summary_of(updates.tolist()),
            "scaling_seconds": summary_of(scalings.tolist())["seconds"],
        }
