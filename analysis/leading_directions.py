"""What carries a task: the fewest leading directions of W that do, and the activity they hold.

Any recurrent weights, learned as modes or not, are compared by their singular value decomposition
W = U S Vᵀ. A network of modes has as many directions as it has modes at most.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

_NEGLIGIBLE = 1e-9  # of the largest singular value: rounding of a matrix of lower rank


@dataclass(frozen=True, eq=False)
class Directions:
    """The singular value decomposition W = U S Vᵀ of recurrent weights.

    Parameters
    ----------
    U
        What each direction adds to the neurons (N × R), orthonormal.
    S
        Singular values (R), falling, those of rounding left out.
    V
        What each direction reads from the neurons (N × R), orthonormal.
    """

    U: Float[np.ndarray, "N R"]
    S: Float[np.ndarray, " R"]
    V: Float[np.ndarray, "N R"]

    @staticmethod
    def of(W: Float[np.ndarray, "N N"]) -> "Directions":
        """Decompose weights (post × pre)."""
        U, S, Vt = np.linalg.svd(W)
        rank = int(np.sum(_NEGLIGIBLE * S[0] < S))
        return Directions(U[:, :rank], S[:rank], Vt[:rank].T)

    @property
    def rank(self) -> int:
        """R."""
        return len(self.S)

    def leading(self, k: int) -> "Directions":
        """The k leading directions alone."""
        return Directions(self.U[:, :k], self.S[:k], self.V[:, :k])

    def dense(self) -> Float[np.ndarray, "N N"]:
        """The weights W = U S Vᵀ (post × pre)."""
        return (self.U * self.S) @ self.V.T

    def variance_held(self, activity: Float[np.ndarray, "*samples N"], k: int) -> float:
        """Share of the variance of activity within the k leading columns of U; NaN without any."""
        flat = activity.reshape(-1, activity.shape[-1])
        deviation = flat - flat.mean(axis=0)
        total = float(np.square(deviation).sum())
        held = float(np.square(deviation @ self.U[:, :k]).sum())
        return held / total if total > 0 else np.nan


def fewest(enough: Callable[[int], bool], most: int) -> int:
    """Find the smallest k ≤ `most` that is `enough`, looking at few.

    Doubles k from 0 on, then bisects. `enough(most)` is taken to be true; where it holds for some
    k but not for all that are larger, the k found is the smallest of its neighbourhood.
    """
    low, high = -1, 0
    while high < most and not enough(high):
        low, high = high, min(max(1, 2 * high), most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
