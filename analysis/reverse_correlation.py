"""When evidence counts: what it was, moment by moment, before one choice and before the other."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Real
from scipy.stats import bootstrap

_RESAMPLES = 999


@dataclass(frozen=True, eq=False)
class PsychophysicalKernel:
    """How much evidence differs between trials of one choice and of the other, in K bins of time.

    Parameters
    ----------
    times
        Middle of each bin (K) [s].
    weight, low, high
        Mean evidence before positive choices less that before the others, with the ends of its
        95 % interval over trials (K), in the unit of the evidence.
    early_share
        Share of the whole weight in the first half of the bins, with its interval: 0.5 for choices
        that weigh all moments alike, more where the first evidence counts most. NaN where the
        weights do not add up to more than nothing.

    Source: Kiani, Hanks & Shadlen, J. Neurosci. 28, 3017 (2008).
    """

    times: Float[np.ndarray, " K"]
    weight: Float[np.ndarray, " K"]
    low: Float[np.ndarray, " K"]
    high: Float[np.ndarray, " K"]
    early_share: tuple[float, float, float]


def psychophysical_kernel(
    fluctuations: Real[np.ndarray, "S B"],
    choice: Real[np.ndarray, " B"],
    *,
    dt: float,
    n_bins: int = 8,
    seed: int = 0,
) -> PsychophysicalKernel | None:
    """Compare the evidence before the two choices, bin by bin; intervals by the bootstrap.

    ``None`` where fewer than two trials have one of the choices.

    Parameters
    ----------
    fluctuations
        How the evidence departed from its mean in each step and trial (S × B).
    choice
        Choice of each trial (B): positive if greater than zero.
    dt
        Duration of a step [s].
    n_bins
        K, at most S.
    seed
        Of the resampling.

    Raises
    ------
    ValueError
        If there is not one choice per trial, or there are more bins than steps.
    """
    n_steps, n_trials = fluctuations.shape
    if len(choice) != n_trials or not 1 <= n_bins <= n_steps:
        raise ValueError(
            "`fluctuations` must be step × trial with a choice for each trial and a step or more"
            f" for each of the {n_bins} bins: got {fluctuations.shape} and {len(choice)} choices."
        )
    positive = np.asarray(choice, float) > 0
    if min(positive.sum(), n_trials - positive.sum()) < 2:
        return None
    parts = np.array_split(np.asarray(fluctuations, float), n_bins)
    evidence = np.array([part.mean(axis=0) for part in parts])
    # trials are resampled within each choice, so that no resample lacks one
    samples = evidence[:, positive], evidence[:, ~positive]
    weight = _difference(*samples)
    options = {"vectorized": True, "axis": -1, "n_resamples": _RESAMPLES, "method": "percentile"}
    found = bootstrap(samples, _difference, **options, rng=seed).confidence_interval
    edges = np.cumsum([0, *map(len, parts)]) * dt
    return PsychophysicalKernel(
        times=(edges[1:] + edges[:-1]) / 2,
        weight=weight,
        low=found.low,
        high=found.high,
        early_share=_early_share(samples, seed),
    )


def _difference(first: np.ndarray, second: np.ndarray, axis: int = -1) -> np.ndarray:
    return first.mean(axis=axis) - second.mean(axis=axis)


def _early_share(samples: tuple[np.ndarray, np.ndarray], seed: int) -> tuple[float, float, float]:
    """Share of the weight in the first half of the bins, and its interval."""
    half, rng = len(samples[0]) // 2, np.random.default_rng(seed)

    def share(first: np.ndarray, second: np.ndarray) -> float:
        weights = _difference(first, second)
        return weights[:half].sum() / weights.sum() if weights.sum() > 0 else np.nan

    drawn = [
        share(*(x[:, rng.integers(x.shape[1], size=x.shape[1])] for x in samples))
        for _ in range(_RESAMPLES)
    ]
    if not np.isfinite(drawn).all():
        return np.nan, np.nan, np.nan
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(share(*samples)), float(low), float(high)
