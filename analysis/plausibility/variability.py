"""How repeats of a frozen stimulus differ: Fano factor, and correlation of spike counts."""

import numpy as np
from jaxtyping import Float

from .estimates import RESAMPLES, UNKNOWN, Estimate, draws
from .repeats import Repeats

FANO_WINDOW = 0.1
"""Of the counts whose variance is taken [s]."""

_LEAST = 0.05  # spikes expected in a window: fewer say nothing of their variance
_FEW = 0.1  # of the most entries of a window: windows with fewer are left out of the matching
_BINS_PER_OCTAVE = 2
_MOST_ROWS = 4000  # of counts at a time


def fano_factor(repeats: Repeats, rng: np.random.Generator) -> Estimate:
    """Estimate the mean-matched Fano factor in windows of 0.1 s; 1 for a Poisson process.

    It is the summed variance of counts over repeats (unbiased) over their summed mean, of every
    neuron, window and condition, weighted so that each window has the same distribution of means:
    the largest that all have in common. Resampled are neurons and repeats.

    Source: Churchland et al., Nat. Neurosci. 13, 369 (2010).
    """
    counts = repeats.counts(FANO_WINDOW)
    mean, variance = counts.mean(axis=1), counts.var(axis=1, ddof=1)
    weight = _matching(mean)
    if not weight.any():
        return UNKNOWN
    value = (weight * variance).sum() / (weight * mean).sum()
    n_repeats, n_neurons = repeats.n_repeats, repeats.n_neurons
    neurons = draws(n_neurons, rng)
    above, below = np.zeros(RESAMPLES), np.zeros(RESAMPLES)
    for of_condition, w in zip(counts, weight, strict=True):
        often = draws(n_repeats, rng) / n_repeats
        flat = of_condition.reshape(n_repeats, -1)
        first = (often @ flat).reshape(RESAMPLES, *w.shape)
        second = (often @ flat**2).reshape(RESAMPLES, *w.shape)
        # a bootstrap sample of B has (B-1)/B of the variance, the unbiased estimate as much more
        spread = (second - first**2) * (n_repeats / (n_repeats - 1)) ** 2
        above += np.einsum("rwn,wn,rn->r", spread, w, neurons)
        below += np.einsum("rwn,wn,rn->r", first, w, neurons)
    ratios = np.divide(above, below, out=np.full(RESAMPLES, np.nan), where=below > 0)
    return Estimate.of(float(value), ratios)


def fano_of_each(repeats: Repeats) -> Float[np.ndarray, " N"]:
    """Fano factor of each neuron, all its windows and conditions together; NaN for a silent one."""
    counts = repeats.counts(FANO_WINDOW)
    mean, variance = counts.mean(axis=1), counts.var(axis=1, ddof=1)
    total = mean.sum(axis=(0, 1))
    return np.divide(
        variance.sum(axis=(0, 1)), total, out=np.full(len(total), np.nan), where=total > 0
    )


def _matching(mean: Float[np.ndarray, "C W N"]) -> Float[np.ndarray, "C W N"]:
    """Weights that give every window the same distribution of means, zero for those left out."""
    counted = mean >= _LEAST
    entries = counted.sum(axis=(0, 2))
    windows = entries > _FEW * entries.max(initial=0)
    counted &= windows[:, None]
    if not counted.any():
        return np.zeros_like(mean)
    octave = np.log2(np.where(counted, mean, _LEAST) / _LEAST)
    bins = (octave * _BINS_PER_OCTAVE).astype(int)
    n_bins, window = int(bins.max()) + 1, np.arange(mean.shape[1])[:, None]
    cell = window * n_bins + bins
    sizes = np.bincount(cell[counted], minlength=n_bins * mean.shape[1]).reshape(-1, n_bins)
    common = sizes[windows].min(axis=0)
    share = np.divide(common, sizes, out=np.zeros(sizes.shape), where=sizes > 0)
    return np.where(counted, share.ravel()[cell], 0.0)


def residuals(repeats: Repeats, window: float) -> Float[np.ndarray, "C B W M"]:
    """Give counts about their mean over repeats, per deviation, of the M neurons that vary.

    What all repeats of a condition share, in each window, is signal and is gone.
    """
    counts = repeats.counts(window)
    rest = counts - counts.mean(axis=1, keepdims=True)
    spread = np.sqrt((rest**2).mean(axis=(0, 1, 2)))
    varying = spread > 0
    return rest[..., varying] / spread[varying]


def correlation(repeats: Repeats, window: float, rng: np.random.Generator) -> Estimate:
    """Estimate the mean correlation over pairs of neurons of counts in windows of `window` [s].

    Resampled are neurons and trials; a neuron is never paired with itself.

    Source: Cohen & Kohn, Nat. Neurosci. 14, 811 (2011).
    """
    rest = residuals(repeats, window)
    n_conditions, n_repeats, n_windows, n = rest.shape
    if n < 2:
        return UNKNOWN
    trials = n_conditions * n_repeats
    rest = rest.reshape(trials, n_windows, n)
    neurons = np.vstack([np.ones(n), draws(n, rng)])  # first, the sample itself
    often = np.vstack([np.ones(trials), draws(trials, rng)])
    sums, own = np.zeros(len(neurons)), np.zeros(len(neurons))
    step = max(_MOST_ROWS // n_windows, 1)
    for start in range(0, trials, step):
        part = rest[start : start + step].reshape(-1, n)
        weight = np.repeat(often[:, start : start + step], n_windows, axis=1)
        sums += np.einsum("kr,rk->r", (part @ neurons.T) ** 2, weight)
        own += np.einsum("kr,rk->r", part**2 @ (neurons**2).T, weight)
    pairs = neurons.sum(axis=1) ** 2 - (neurons**2).sum(axis=1)
    total = trials * n_windows * pairs
    means = np.divide(sums - own, total, out=np.full(len(total), np.nan), where=total > 0)
    return Estimate.of(float(means[0]), means[1:])


def correlations_of_pairs(repeats: Repeats, window: float) -> Float[np.ndarray, " P"]:
    """Correlation of counts of each pair of neurons that vary (P)."""
    rest = residuals(repeats, window)
    flat = rest.reshape(int(np.prod(rest.shape[:3])), rest.shape[3])
    matrix = flat.T @ flat / len(flat)
    return matrix[np.triu_indices(len(matrix), 1)]
