"""Weights that are a sparse matrix and modes beside it, told apart without knowing how they began.

A network of FORCE is one: W = g J + w_fb wᵀ, with J sparse and w its readout.
"""

import numpy as np
from jaxtyping import Float

_NEGLIGIBLE = 1e-6  # of the largest weight: what the fit has not yet come down to
_WIDTHS = np.geomspace(1, 1e-12, 60)  # of the largest weight: how far from 0 an error counts less


def sparse_part(
    W: Float[np.ndarray, "N N"], read: Float[np.ndarray, "N O"]
) -> Float[np.ndarray, "N N"] | None:
    """Find the sparse S of W = S + A readᵀ, whatever A (N × O) is; ``None`` if there is none.

    Each row of A has the least sum of absolute errors |W - A readᵀ|, found by least squares whose
    weights are the inverse errors of the fit before. Such a fit passes through most of the points
    exactly if most can be met at all: S is then 0 in more than half of its places.

    Parameters
    ----------
    W
        Weights (post × pre).
    read
        What the modes read from the neurons.
    """
    size = np.abs(W).max(initial=0.0)
    if size == 0:
        return np.zeros_like(W)
    known = np.linalg.matrix_rank(read)
    if known == 0:
        left = W
    else:
        U, *_ = np.linalg.svd(read, full_matrices=False)
        left = _least_absolute(W, U[:, :known], size)
    sparse = np.where(np.abs(left) > _NEGLIGIBLE * size, left, 0.0)
    return sparse if np.count_nonzero(sparse) < W.size / 2 else None


def _least_absolute(
    W: Float[np.ndarray, "N N"], basis: Float[np.ndarray, "N O"], size: float
) -> Float[np.ndarray, "N N"]:
    """What is left of each row of W beside its fit by the columns of `basis`."""
    left = W - W @ basis @ basis.T
    for width in size * _WIDTHS:
        weight = 1 / np.maximum(np.abs(left), width)
        normal = np.einsum("io,ni,ip->nop", basis, weight, basis, optimize=True)
        A = np.linalg.solve(normal, ((weight * W) @ basis)[..., None])[..., 0]
        left = W - A @ basis.T
    return left
