"""Curves over ranks: power laws with breaks, found by search, and what distributions give."""

from functools import lru_cache
from itertools import combinations, pairwise

import numpy as np
from jaxtyping import Float
from scipy.stats import halfnorm, norm

SEGMENTS = {1: "one power law", 2: "two power laws", 3: "three power laws"}
"""What a continuous power law of so many segments is called."""

SMALLEST_VARIANCE = 1e-18
"""Of residuals in decades: those below 1e-9 are rounding."""

_RANKS_APART = 3  # ranks from a break to the next break or end: four points a segment, ends shared
_MAX_CANDIDATES = 64  # keeps the search over pairs of breaks below 2000 fits whatever P is


def distribution_curves(importance: Float[np.ndarray, " P"]) -> dict[str, Float[np.ndarray, " P"]]:
    """Log importance at each rank that the best draw of each distribution would have."""
    p = len(importance)
    above = (np.arange(p) + 0.5) / p  # share of the distribution above each rank
    curves = {}
    for law, quantiles in (("exponential", -np.log(above)), ("half-normal", halfnorm.isf(above))):
        design = np.column_stack([np.ones(p), quantiles])  # from where, and how wide
        weighted = design / importance[:, None]  # relative errors are errors of the logarithm
        fitted = design @ np.linalg.lstsq(weighted, np.ones(p), rcond=None)[0]
        if (fitted > 0).all():
            curves[law] = np.log10(fitted)
    design = np.column_stack([np.ones(p), norm.isf(above)])
    y = np.log10(importance)
    return curves | {"log-normal": design @ np.linalg.lstsq(design, y, rcond=None)[0]}


def segment_counts(p: int) -> range:
    """How many segments power laws over P ranks can have."""
    return range(1, min(max(SEGMENTS), (p - 1) // _RANKS_APART) + 1)


def power_law_design(p: int, breaks: tuple[int, ...]) -> Float[np.ndarray, "P K"]:
    """Columns 1, log rank, and one hinge per break (ranks counted from 0)."""
    x = np.log10(np.arange(1, p + 1))
    return np.column_stack([np.ones(p), x, *(np.maximum(0, x - x[rank]) for rank in breaks)])


@lru_cache(maxsize=8)
def _candidates(p: int, segments: int) -> list[tuple[tuple[int, ...], Float[np.ndarray, "P K"]]]:
    """All allowed sets of break ranks (from 0), each with an orthonormal basis of its curves.

    Pairs of breaks among many modes are at ranks even in log.
    """
    ranks = np.arange(p)
    if p > _MAX_CANDIDATES and segments > 2:
        ranks = np.unique(np.geomspace(1, p, _MAX_CANDIDATES).round().astype(int)) - 1
    return [
        (breaks, np.linalg.qr(power_law_design(p, breaks))[0])
        for breaks in combinations(ranks.tolist(), segments - 1)
        if all(b - a >= _RANKS_APART for a, b in pairwise((0, *breaks, p - 1)))
    ]


def search(
    y: Float[np.ndarray, "P D"], segments: int
) -> tuple[Float[np.ndarray, " D"], list[tuple[int, ...]]]:
    """Lowest BIC and its breaks for each of D columns of log importance."""
    p = len(y)
    y = y - y.mean(axis=0)
    candidates = _candidates(p, segments)
    variances = np.empty((len(candidates), y.shape[1]))
    for row, (_, basis) in zip(variances, candidates, strict=True):
        row[:] = np.mean((y - basis @ (basis.T @ y)) ** 2, axis=0)
    best = variances.argmin(axis=0)
    n_parameters = 2 * segments + 1  # an exponent a segment, the breaks, a prefactor, the variance
    lowest = np.asarray(bic_of(variances.min(axis=0), p, n_parameters))
    return lowest, [candidates[i][0] for i in best]


def bic_of(
    variance: float | Float[np.ndarray, " D"], p: int, n_parameters: int
) -> Float[np.ndarray, " D"] | float:
    """Compute the BIC of a fit of P numbers from the variance of its residuals."""
    return p * np.log(np.maximum(variance, SMALLEST_VARIANCE)) + n_parameters * np.log(p)


@lru_cache(maxsize=16)
def gains(shape: tuple[int, int], untrained: bytes) -> Float[np.ndarray, " D"]:
    """BIC that untrained networks gain from extra segments; their importance (D × P) as bytes."""
    tau = np.frombuffer(untrained).reshape(shape)
    log_importance = np.log10(-np.sort(-tau, axis=1)).T
    bic = np.stack([search(log_importance, k)[0] for k in segment_counts(shape[1])])
    return bic[0] - bic.min(axis=0)
