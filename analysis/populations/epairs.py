"""ePAIRS: whether cells point in directions that one Gaussian would not give."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from .mixture import most_classes

_DRAWS = 200  # networks of one Gaussian; the p value is known to 1/200


@dataclass(frozen=True, eq=False)
class EPAIRS:
    """The result of the test.

    Parameters
    ----------
    statistic
        1 - mean angle of the cells / mean angle of the Gaussian: above 0 where cells cluster, below
        where they are spread more evenly.
    p
        Share of Gaussian draws as far from their mean, either way.
    angles
        From each cell to the nearest other one (N) [rad].
    null
        The mean of such angles in each Gaussian draw (D) [rad].
    """

    statistic: float
    p: float
    angles: Float[np.ndarray, " N"]
    null: Float[np.ndarray, " D"]


def epairs(
    rows: Float[np.ndarray, "N D"], rng: np.random.Generator, n_draws: int = _DRAWS
) -> EPAIRS:
    """Compare the angle from each cell to its nearest neighbour with cells of one Gaussian.

    The null has the mean and the full covariance of the cells. The mean is taken off, and columns
    are scaled to unit variance, so that none rules the angles by its unit.

    Parameters
    ----------
    rows
        The weights of each cell (N × D).
    rng
        Draws cells of one Gaussian.
    n_draws
        How often.

    Raises
    ------
    ValueError
        If there are fewer than two cells for each column, or a weight is not finite.

    Source: Hirokawa, Vaughan, Masset, Ott & Kepecs, Nature 576, 446 (2019), which makes the null of
    Raposo, Kaufman & Churchland, Nat. Neurosci. 17, 1784 (2014), elliptical.
    """
    most_classes(rows)
    n, d = rows.shape
    covariance = np.cov(rows.T, bias=True).reshape(d, d)
    angles = nearest_angles(rows)
    null = np.array([
        nearest_angles(rng.multivariate_normal(np.zeros(d), covariance, size=n)).mean()
        for _ in range(n_draws)
    ])  # fmt: skip
    expected = null.mean()
    far = np.abs(null - expected) >= abs(angles.mean() - expected)
    p = (1 + np.count_nonzero(far)) / (1 + n_draws)
    return EPAIRS(float(1 - angles.mean() / expected), float(p), angles, null)


def nearest_angles(rows: Float[np.ndarray, "N D"]) -> Float[np.ndarray, " N"]:
    """Give the angle from each cell, about the mean, to the nearest other one [rad]."""
    centred = rows - rows.mean(axis=0)
    deviation = centred.std(axis=0)
    scaled = centred / np.where(deviation > 0, deviation, 1.0)
    length = np.linalg.norm(scaled, axis=1, keepdims=True)
    unit = scaled / np.where(length > 0, length, 1.0)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -1.0)
    return np.arccos(np.clip(cosines.max(axis=1), -1.0, 1.0))
