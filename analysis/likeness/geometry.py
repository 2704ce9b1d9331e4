"""Distances between the shapes of trajectories: Procrustes and canonical correlations."""

import numpy as np
from jaxtyping import Float
from scipy.linalg import orthogonal_procrustes

_NEGLIGIBLE = 1e-9  # of the largest singular value: rounding


def procrustes_distance(
    a: Float[np.ndarray, "*samples D"], b: Float[np.ndarray, "*samples D"]
) -> float:
    """Give the angle that is left between two sets of trajectories after the best rotation.

    ::

        arccos ‖Aᵀ B‖_* / (‖A‖ ‖B‖)   over π/2

    with A and B centred, ‖·‖_* the sum of singular values. 0 for a copy that is rotated, mirrored,
    shifted or scaled; 1 for trajectories without anything in common.

    Parameters
    ----------
    a, b
        The same samples (time × condition, say) of D coordinates each.

    Raises
    ------
    ValueError
        If shapes differ, a value is not finite, or one does not vary.

    Source: Williams, Kunz, Kornblith & Linderman, NeurIPS (2021), with
    `scipy.linalg.orthogonal_procrustes`.
    """
    A, B = _centred(a, b)
    _, nuclear = orthogonal_procrustes(A / np.linalg.norm(A), B / np.linalg.norm(B))
    return float(np.arccos(min(nuclear, 1.0)) / (np.pi / 2))


def cca_distance(a: Float[np.ndarray, "*samples D"], b: Float[np.ndarray, "*samples E"]) -> float:
    """Give 1 - the mean canonical correlation of two sets of trajectories.

    0 for a copy under any invertible linear map; each direction counts alike, however little
    varies along it.

    Parameters
    ----------
    a, b
        The same samples of coordinates each; numbers of coordinates may differ.

    Raises
    ------
    ValueError
        As `procrustes_distance` does, but for the number of coordinates.

    Source: Hotelling, Biometrika 28, 321 (1936); the correlations are the singular values of
    Q_Aᵀ Q_B (Björck & Golub, Math. Comput. 27, 579, 1973).
    """
    A, B = _centred(a, b, alike=False)
    correlations = np.linalg.svd(_whitened(A).T @ _whitened(B), compute_uv=False)
    return float(1 - np.minimum(correlations, 1.0).mean())


def _whitened(A: Float[np.ndarray, "S D"]) -> Float[np.ndarray, "S R"]:
    U, S, _ = np.linalg.svd(A, full_matrices=False)
    return U[:, _NEGLIGIBLE * S[0] < S]


def _centred(
    a: np.ndarray, b: np.ndarray, *, alike: bool = True
) -> tuple[Float[np.ndarray, "S D"], Float[np.ndarray, "S E"]]:
    """Flatten samples and take means off."""
    same = a.shape == b.shape if alike else a.shape[:-1] == b.shape[:-1]
    if not same:
        raise ValueError(
            f"`a` and `b` must be of the same samples: got shapes {a.shape} and {b.shape}."
        )
    return centred(a), centred(b)


def centred(a: Float[np.ndarray, "*samples D"]) -> Float[np.ndarray, "S D"]:
    """Flatten samples and take the mean off. Raises `ValueError` if nothing varies."""
    flat = a.reshape(-1, a.shape[-1])
    if not np.isfinite(flat).all():
        raise ValueError("Trajectories must be finite: got NaN or infinity.")
    flat = flat - flat.mean(axis=0)
    if not np.abs(flat).max(initial=0.0) > 0:
        raise ValueError("Trajectories must vary: got constant ones, as of a silent network.")
    return flat
