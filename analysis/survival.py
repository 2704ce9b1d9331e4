"""What survives a disturbance: intervals over draws and trials, the level that breaks, ranks.

A disturbance that is drawn has two sources of chance: the draw, and the trials. Both are resampled
together: draws with replacement, and of each the same resample of the trials, which they share
(Owen, Ann. Appl. Stat. 1, 386, 2007, for such crossed resampling).
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import beta, norm, rankdata, t

FEWEST_DRAWS = 5
"""Draws below which there is no interval."""

RESAMPLES = 200
"""Resamples of the trials."""

_MEANS = 4000  # resamples of the draws


def resampled_trials(n_trials: int) -> Int[np.ndarray, "R B"]:
    """Draw trials with replacement, the same for everything that shares the trials."""
    return np.random.default_rng(0).integers(n_trials, size=(RESAMPLES, n_trials))


def resampled_accuracy(accuracy: float, n_trials: int) -> Float[np.ndarray, " R"]:
    """Draw what an accuracy may be, by Jeffreys' beta distribution of a fraction.

    Unlike a resample of trials it varies where all trials are right.
    """
    right = round(accuracy * n_trials)
    found = beta.rvs(
        right + 0.5, n_trials - right + 0.5, size=RESAMPLES, random_state=np.random.default_rng(0)
    )
    return np.asarray(found)


def resampled_means(
    levels: Sequence[Float[np.ndarray, "D R"]],
) -> Float[np.ndarray, "L S"]:
    """Resample draws and trials: the mean performance of the draws at each level.

    Parameters
    ----------
    levels
        Performance of each draw in each resample of the trials. A draw is the same number at all
        levels, and is drawn at all of them together.
    """
    rng, most = np.random.default_rng(1), max(map(len, levels))
    draws = rng.integers(most, size=(_MEANS, most))
    trials = rng.integers(levels[0].shape[1], size=_MEANS)
    return np.array([
        own[draws % len(own), trials[:, None]].mean(1) for own in levels
    ])  # fmt: skip


def interval(samples: Float[np.ndarray, " S"], n_draws: int) -> tuple[float, float]:
    """Give the 95 % interval of resampled values; NaN for 2 to 4 draws.

    Percentiles, for one draw those of the trials alone. Of few draws plain percentiles are too
    narrow: they are those of Student's t for as many (Hesterberg, Am. Stat. 69, 371, 2015, expanded
    percentiles), yet never beyond what was observed.
    """
    if 1 < n_draws < FEWEST_DRAWS or np.isnan(samples).any():
        return np.nan, np.nan
    tail = 0.025
    if n_draws > 1:
        tail = float(norm.cdf(-np.sqrt(n_draws / (n_draws - 1)) * t.ppf(0.975, n_draws - 1)))
    low, high = np.quantile(samples, [tail, 1 - tail], method="nearest")
    return float(low), float(high)


def breaking_level(
    levels: Float[np.ndarray, " L"], performance: Float[np.ndarray, " L"], limit: float
) -> float | None:
    """The level at which performance first falls below `limit`, between levels by interpolation.

    Levels ascend; NaN are left out. ``None`` if it never does.
    """
    known = np.isfinite(performance)
    levels, performance = levels[known], performance[known]
    below = np.flatnonzero(performance < limit)
    if not len(below):
        return None
    k = below[0]
    if k == 0:
        return float(levels[0])
    share = (performance[k - 1] - limit) / (performance[k - 1] - performance[k])
    return float(levels[k - 1] + share * (levels[k] - levels[k - 1]))


def breaking_interval(
    levels: Float[np.ndarray, " L"], samples: Float[np.ndarray, "L S"], n_draws: int
) -> tuple[float, float]:
    """Give the 95 % interval of the level at which performance falls below half of the first one's.

    The end is infinite where resamples never fall so low; NaN as for `interval`.
    """
    found = [breaking_level(levels, curve, curve[0] / 2) for curve in samples.T]
    return interval(np.array([np.inf if level is None else level for level in found]), n_draws)


def ablation_ranks(drops: Float[np.ndarray, " P"]) -> Float[np.ndarray, " P"]:
    """Rank modes by what their ablation costs; 1 is the mode that carries most.

    `drops` is how much performance falls. Equal ones share the mean of their ranks; all are NaN
    where one is not known.
    """
    return rankdata(-drops, nan_policy="propagate") if len(drops) else np.zeros(0)


def rank_agreement(first: Float[np.ndarray, " P"], second: Float[np.ndarray, " P"]) -> float:
    """Spearman's correlation of two rankings; NaN for fewer than two modes, or where all tie."""
    if len(first) < 2 or not (np.ptp(first) and np.ptp(second)):
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])  # of ranks, this is Spearman's
