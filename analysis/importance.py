"""Importance of modes."""

import numpy as np
from jaxtyping import Float


def mode_importance(
    xi_in: Float[np.ndarray, "N P"],
    scores: Float[np.ndarray, " P"] | Float[np.ndarray, "P P"],
    xi_out: Float[np.ndarray, "N P"],
) -> Float[np.ndarray, " P"]:
    """Rate each mode by its score and the length of its two vectors.

    ``tau_mu = |lambda_mu| + gamma (‖xi_in_mu‖ + ‖xi_out_mu‖)``, where
    ``gamma = Σ|lambda| / Σ(‖xi_in‖ + ‖xi_out‖)`` gives both terms the same sum over the modes.

    Parameters
    ----------
    xi_in, xi_out
        Input and output modes (N × P).
    scores
        Diagonal scores (P), or a full score matrix (P × P), of which the diagonal counts.

    Returns
    -------
    tau
        Importance of each mode (P), dimensionless.

    Raises
    ------
    ValueError
        If the shapes do not fit together or all modes have length zero.

    Source: Lin & Huang, Phys. Rev. E 110, 024306 (2024).
    """
    if xi_in.ndim != 2 or xi_out.shape != xi_in.shape:
        raise ValueError(
            "`xi_in` and `xi_out` must have one shape (N, P): got"
            f" {xi_in.shape} and {xi_out.shape}. Transpose them if modes come first."
        )
    p = xi_in.shape[1]
    if scores.shape not in {(p,), (p, p)}:
        raise ValueError(f"`scores` must be ({p},) or ({p}, {p}): got {scores.shape}.")
    eigenvalues = np.abs(scores if scores.ndim == 1 else np.diag(scores))
    lengths = np.linalg.norm(xi_in, axis=0) + np.linalg.norm(xi_out, axis=0)
    if not lengths.sum() > 0:
        raise ValueError("`xi_in` or `xi_out` must not be zero: got modes of length 0 alone.")
    return eigenvalues + eigenvalues.sum() / lengths.sum() * lengths
