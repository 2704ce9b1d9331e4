"""What survives a disturbance: scores with intervals, the level that breaks them, modes' ranks."""

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import binomtest


def accuracy_interval(accuracy: float, n_trials: int) -> tuple[float, float]:
    """Wilson 95 % interval of a fraction of right trials. Raises `ValueError` without trials."""
    if n_trials < 1:
        raise ValueError(f"`n_trials` must be 1 or more: got {n_trials}.")
    found = binomtest(round(accuracy * n_trials), n_trials).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def breaking_level(
    levels: Float[np.ndarray, " L"], scores: Float[np.ndarray, " L"], limit: float = 0.9
) -> float | None:
    """The level at which the score first falls below `limit`, between levels by interpolation.

    Levels ascend; NaN scores are left out. ``None`` if it never does.
    """
    known = np.isfinite(scores)
    levels, scores = levels[known], scores[known]
    below = np.flatnonzero(scores < limit)
    if not len(below):
        return None
    k = below[0]
    if k == 0:
        return float(levels[0])
    share = (scores[k - 1] - limit) / (scores[k - 1] - scores[k])
    return float(levels[k - 1] + share * (levels[k] - levels[k - 1]))


def causal_ranks(
    drops: Float[np.ndarray, " P"], errors: Float[np.ndarray, " P"]
) -> Int[np.ndarray, " P"]:
    """Rank modes by what their ablation costs; 1 is the mode that carries most.

    Parameters
    ----------
    drops
        How much the score falls when the mode is ablated.
    errors
        The error with the mode ablated, which decides between equal drops.
    """
    order = np.lexsort((-errors, -drops))
    ranks = np.empty(len(drops), int)
    ranks[order] = np.arange(1, len(drops) + 1)
    return ranks


def rank_agreement(first: Int[np.ndarray, " P"], second: Int[np.ndarray, " P"]) -> float:
    """Spearman's correlation of two rankings; NaN for fewer than two modes."""
    if len(first) < 2:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])  # of ranks, this is Spearman's
