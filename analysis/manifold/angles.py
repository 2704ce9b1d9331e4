"""How activity lies to the weights: angles, |PC · v|, and what output modes read of input modes."""

import numpy as np
from jaxtyping import Complex, Float
from scipy.linalg import subspace_angles


def principal_angles(
    a: Float[np.ndarray, "N K"], b: Float[np.ndarray, "N L"]
) -> Float[np.ndarray, " M"]:
    """Principal angles between the spans of the columns of `a` and `b`, ascending [rad].

    Source: Knyazev & Argentati, SIAM J. Sci. Comput. 23, 2008 (2002), by `scipy.linalg`.
    """
    return subspace_angles(a, b)[::-1]


def alignments(
    components: Float[np.ndarray, "N K"], directions: Float[np.ndarray, "N D"]
) -> Float[np.ndarray, "K D"]:
    """|PC · v|: the cosine of the angle between each component and each direction.

    1 where they are the same line, 0 where they are orthogonal; two random directions have √(2/πN)
    in the mean for large N. NaN for a direction of length 0.

    Parameters
    ----------
    components
        Such as principal components (N × K).
    directions
        Such as the columns of W_in or xi_in, or the global axis, all ones (N × D).
    """
    lengths = (np.linalg.norm(side, axis=0) for side in (components, directions))
    of_components, of_directions = (np.where(n > 0, n, np.nan) for n in lengths)
    return np.abs((components / of_components).T @ (directions / of_directions))


def mode_overlaps(
    xi_in: Float[np.ndarray, "N P"], xi_out: Float[np.ndarray, "N P"]
) -> Float[np.ndarray, "P P"]:
    """Overlaps xi_outᵀ xi_in: how strongly output mode p reads what input mode q writes.

    Parameters
    ----------
    xi_in, xi_out
        Input and output modes (N × P).

    Returns
    -------
    overlaps
        Row: output mode; column: input mode (P × P).
    """
    return xi_out.T @ xi_in


def loop_eigenvalues(
    xi_in: Float[np.ndarray, "N P"],
    sigma: Float[np.ndarray, "P P"],
    xi_out: Float[np.ndarray, "N P"],
) -> Complex[np.ndarray, " P"]:
    """Eigenvalues of Sigma xi_outᵀ xi_in, largest magnitude first: those of W that need not be 0.

    Where all neurons have the same gain g, activity along an eigenvector comes back times g λ after
    one turn through the recurrent weights.

    Parameters
    ----------
    xi_in, xi_out
        Input and output modes (N × P).
    sigma
        The score matrix (P × P).
    """
    found = np.linalg.eigvals(sigma @ mode_overlaps(xi_in, xi_out)).astype(complex)
    return found[np.lexsort((-np.imag(found), -np.abs(found).round(12)))]


def eigenvalue_kinds(
    eigenvalues: Complex[np.ndarray, " P"], tolerance: float = 0.05
) -> tuple[str, ...]:
    """Say what each eigenvalue of the overlaps means for the plane, or line, of its eigenvectors.

    Parameters
    ----------
    eigenvalues
        Of the overlaps xi_outᵀ xi_in or of W (P).
    tolerance
        How much two real eigenvalues may differ, relative to the larger, and still be a pair.

    Returns
    -------
    kinds
        ``rotation`` for one of a complex pair, whose plane activity turns in; ``ring`` for one of
        two positive ones that are nearly the same, whose plane has no preferred direction if the
        weights are Gaussian; ``line`` for any other (P).

    Source: Beiran et al., Neural Comput. 33, 1572 (2021).
    """
    scale = np.abs(eigenvalues).max(initial=0.0)
    real = np.abs(np.imag(eigenvalues)) <= 1e-9 * scale

    def kind(i: int) -> str:
        if not real[i]:
            return "rotation"
        others = np.real(np.delete(eigenvalues, i)[np.delete(real, i)])
        own = float(np.real(eigenvalues[i]))
        near = np.abs(others - own) <= tolerance * np.maximum(np.abs(others), abs(own))
        return "ring" if own > 0 and near.any() else "line"

    return tuple(kind(i) for i in range(len(eigenvalues)))


def orthonormal_basis(*modes: Float[np.ndarray, "N _"]) -> Float[np.ndarray, "N D"]:
    """Orthonormal coordinates of the span of `modes`, such as W_in and xi_in, in that order.

    QR, each axis signed to point along its own column: axis k is what column k adds to those
    before it. Coordinates of activity R (… × N) are ``R @ basis``.

    Parameters
    ----------
    modes
        Column vectors (N × K each).

    Returns
    -------
    basis
        Orthonormal columns (N × D), D the number of columns of all `modes`.

    Raises
    ------
    ValueError
        If the columns are linearly dependent.
    """
    columns = np.concatenate(modes, axis=1)
    rank = np.linalg.matrix_rank(columns)
    if rank < columns.shape[1]:
        raise ValueError(
            "`modes` must have linearly independent columns: got"
            f" {columns.shape[1]} columns of rank {rank}. Leave out the redundant ones."
        )
    q, r = np.linalg.qr(columns)
    return q * np.sign(np.diag(r))
