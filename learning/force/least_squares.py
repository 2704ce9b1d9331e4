"""Recursive least squares: linear weights that fit all samples so far, one sample at a time."""

import numba
import numpy as np
from jaxtyping import Float


class RecursiveLeastSquares:
    """Weights w (N × O) that minimise Σ ‖wᵀr - y‖² + α ‖w - w₀‖² over the samples (r, y) so far.

    ::

        k = Q r,   c = 1/(1 + rᵀk),   Q <- Q - c k kᵀ,   w <- w - c k e        Q(0) = 1/α

    with e = wᵀr - y the error before the update. Q is symmetric: only its lower triangle is kept up
    to date, and the rank-one update of a sample waits until the product with the next passes over
    the triangle anyway, so that an update reads and writes half a matrix once.

    Parameters
    ----------
    weights
        w₀ (N × O).
    alpha
        Regularisation α; the inverse of the learning rate at the start.

    Raises
    ------
    ValueError
        If `alpha` is not positive.

    Source: Haykin, Adaptive Filter Theory; as in Sussillo & Abbott, Neuron 63, 544 (2009).
    """

    def __init__(self, weights: Float[np.ndarray, "N O"], alpha: float = 1.0) -> None:
        if not 0 < alpha < np.inf:
            raise ValueError(f"`alpha` must be positive and finite: got {alpha}. Take 1, say.")
        self.weights = np.array(weights, float)
        self._Q = np.eye(len(weights)) / alpha
        self._waiting = 0.0, np.zeros(len(weights))  # c and k of an update that Q still lacks

    @property
    def Q(self) -> Float[np.ndarray, "N N"]:  # noqa: N802
        """The inverse of the regularised correlation matrix of the samples."""
        self._catch_up()
        return np.tril(self._Q) + np.tril(self._Q, -1).T

    def update(self, sample: Float[np.ndarray, " N"], target: Float[np.ndarray, " O"]) -> None:
        """Take in one sample r and the output y that is wanted for it."""
        c, k = self._waiting
        k = _downdate_and_multiply(self._Q, c, k, sample)
        c = 1 / (1 + sample @ k)
        self._waiting = c, k
        self.weights -= np.outer(c * k, sample @ self.weights - target)

    def _catch_up(self) -> None:
        c, k = self._waiting
        if c:
            _downdate_and_multiply(self._Q, c, k, k)
            self._waiting = 0.0, k


@numba.njit(cache=True, fastmath={"reassoc", "contract"})
def _downdate_and_multiply(Q, c, k, r):
    """Subtract c k kᵀ from the lower triangle of Q; give the product of the result with r."""
    product = np.zeros_like(r)
    for i in range(len(r)):
        row, scale, r_i, total = Q[i], c * k[i], r[i], 0.0
        for j in range(i):
            q = row[j] - scale * k[j]
            row[j] = q
            total += q * r[j]
            product[j] += q * r_i
        row[i] -= scale * k[i]
        product[i] += total + row[i] * r_i
    return product
