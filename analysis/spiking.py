"""Statistics of spike trains over repeated trials, by Elephant on Neo objects.

Trials of one condition are repeats of each other: whatever varies between conditions is signal, so
every statistic is taken within conditions and then averaged over them, weighted by their trials.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import csr_array

from .firing import neuron_rates

if TYPE_CHECKING:
    import neo

_FEWEST_INTERVALS = 20  # a coefficient of variation of fewer is mostly noise
_SYNCHRONY_BIN = 0.005  # s
_ACTIVE_BIN = 0.05  # s
_ACTIVE_RATE = 20.0  # Hz
_MOST_COMPARED = 300  # neurons, whose pairs take 45,000 correlations


@dataclass(frozen=True, eq=False)
class SpikeStatistics:
    """How N neurons fire. NaN where a neuron or pair fires too little to tell.

    Parameters
    ----------
    rates
        Mean firing rate of each neuron (N) [Hz].
    cv
        Coefficient of variation of its interspike intervals (N).
    cv2
        Mean of ``2 |I_k+1 - I_k| / (I_k+1 + I_k)`` over adjacent intervals (N), which slow changes
        of the rate hardly affect.
    fano
        Variance over mean of its spike count in a trial (N).
    correlations
        Pearson correlation of the spike counts of each pair of neurons over trials (N(N-1)/2); of
        300 evenly chosen neurons if there are more.
    synchrony
        Mean correlation of pairs in bins of 5 ms, rounded to whole steps.
    active
        Share of neurons whose trial-averaged rate exceeds 20 Hz, on average over bins of 50 ms.

    Source: Holt et al., J. Neurophysiol. 75, 1806 (1996) for CV2; Cohen & Kohn, Nat. Neurosci. 14,
    811 (2011) for count correlations.
    """

    rates: Float[np.ndarray, " N"]
    cv: Float[np.ndarray, " N"]
    cv2: Float[np.ndarray, " N"]
    fano: Float[np.ndarray, " N"]
    correlations: Float[np.ndarray, " M"]
    synchrony: float
    active: float


def spike_statistics(
    spikes: Int[np.ndarray, "S 3"],
    labels: np.ndarray,
    *,
    n_neurons: int,
    n_steps: int,
    dt: float,
) -> SpikeStatistics:
    """Measure how neurons fire over trials.

    Parameters
    ----------
    spikes
        Events (S × 3): step, trial, neuron.
    labels
        Condition of each trial (B): names or numbers.
    n_neurons, n_steps
        N, T.
    dt
        Duration of a step [s].

    Raises
    ------
    ValueError
        If an event lies outside the recording, or there are no trials.
    """
    size = {"n_neurons": n_neurons, "n_steps": n_steps, "dt": dt}
    rates = neuron_rates(spikes, **size, n_trials=len(labels))
    parts, weights = [], []
    for condition in np.unique(labels):
        trials = np.flatnonzero(labels == condition)
        chosen = spikes[np.isin(spikes[:, 1], trials)]
        repeat = np.searchsorted(trials, chosen[:, 1])
        chosen = np.column_stack([chosen[:, 0], repeat, chosen[:, 2]])
        parts.append(_of_repeats(chosen, n_trials=len(trials), **size))
        weights.append(len(trials))
    means: dict[str, Any] = {
        name: _average(np.array([part[name] for part in parts]), np.array(weights))
        for name in parts[0]
    }
    return SpikeStatistics(rates=rates, **means)


def spike_trains(
    spikes: Int[np.ndarray, "S 3"], *, n_neurons: int, n_trials: int, n_steps: int, dt: float
) -> list[neo.SpikeTrain]:
    """Give the spikes of each neuron as a Neo spike train, the trials one after the other (N).

    A spike lies in the middle of its step, far from the edges of bins of whole steps. There is one
    train per neuron and not per trial as well, since Neo takes about 0.3 ms to make one.

    Parameters
    ----------
    spikes, n_neurons, n_trials, n_steps, dt
        As in `neuron_rates`.
    """
    import neo

    times = (spikes[:, 1] * n_steps + spikes[:, 0] + 0.5) * dt
    return [
        neo.SpikeTrain(np.sort(times[spikes[:, 2] == i]), units="s", t_stop=n_trials * n_steps * dt)
        for i in range(n_neurons)
    ]


def _of_repeats(
    spikes: np.ndarray, *, n_neurons: int, n_trials: int, n_steps: int, dt: float
) -> dict[str, np.ndarray | float]:
    """Every statistic but the rate, of trials of one condition."""
    from elephant import statistics

    spikes = spikes[np.lexsort((spikes[:, 0], spikes[:, 1], spikes[:, 2]))]
    cells = spikes[:, 2] * n_trials + spikes[:, 1]
    trains = np.split(spikes[:, 0] * dt, np.searchsorted(cells, np.arange(1, n_neurons * n_trials)))
    cv, cv2, fano = (np.full(n_neurons, np.nan) for _ in range(3))
    for i in range(n_neurons):
        repeats = trains[i * n_trials : (i + 1) * n_trials]
        if n_trials > 1:
            fano[i] = statistics.fanofactor(repeats)
        intervals = [statistics.isi(times) for times in repeats if len(times) > 1]
        if sum(map(len, intervals)) < _FEWEST_INTERVALS:
            continue
        cv[i] = statistics.cv(np.concatenate(intervals))
        pairs = np.array([len(interval) - 1 for interval in intervals])
        if pairs.any():
            local = [float(statistics.cv2(x)) for x, n in zip(intervals, pairs, strict=True) if n]
            cv2[i] = np.average(local, weights=pairs[pairs > 0])
    size = {"n_neurons": n_neurons, "n_trials": n_trials, "n_steps": n_steps}
    whole = spike_trains(spikes, **size, dt=1.0)  # whole seconds: no bin has an edge to round
    n_all = n_trials * n_steps
    together = _pair_correlations(whole, n_all, width=max(round(_SYNCHRONY_BIN / dt), 1))
    return {
        "cv": cv,
        "cv2": cv2,
        "fano": fano,
        "correlations": _pair_correlations(whole, n_all, width=n_steps),
        "synchrony": _mean(together),
        "active": _active(spikes, **size, dt=dt),
    }


def _pair_correlations(trains: Sequence[neo.SpikeTrain], n_steps: int, *, width: int) -> np.ndarray:
    """Correlation of each pair of trains in bins of `width` steps of the `n_steps` in all.

    NaN for a neuron whose counts never vary. Times are steps.
    """
    import quantities as pq
    from elephant.conversion import BinnedSpikeTrain
    from elephant.spike_train_correlation import correlation_coefficient

    n_neurons, n_bins = len(trains), n_steps // width

    def binned(neurons: Sequence[int]) -> BinnedSpikeTrain:
        return BinnedSpikeTrain(
            [trains[i] for i in neurons],
            bin_size=width * pq.s,
            n_bins=n_bins,
            t_start=0 * pq.s,
        )

    compared = np.unique(np.linspace(0, n_neurons - 1, min(n_neurons, _MOST_COMPARED)).astype(int))
    result = np.full((len(compared), len(compared)), np.nan)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The 'copy' argument", pq.QuantitiesDeprecationWarning)
        warnings.filterwarnings("ignore", "Binning discarded", UserWarning)  # of a bin not whole
        warnings.filterwarnings("ignore", "the matrix subclass", PendingDeprecationWarning)
        every = binned(compared.tolist())
        counts = csr_array(every.sparse_matrix)
        sums, squares = counts.sum(axis=1), counts.power(2).sum(axis=1)
        varying = np.flatnonzero(squares * n_bins > sums**2)
        if len(varying) > 1:
            few = len(varying) < len(compared)
            among = correlation_coefficient(binned(compared[varying].tolist()) if few else every)
            result[np.ix_(varying, varying)] = among
    return result[np.triu_indices(len(compared), 1)]


def _active(spikes: np.ndarray, *, n_neurons: int, n_trials: int, n_steps: int, dt: float) -> float:
    width = min(max(round(_ACTIVE_BIN / dt), 1), n_steps)
    n_bins = n_steps // width
    inside = spikes[spikes[:, 0] < n_bins * width]
    counts = np.bincount(
        inside[:, 0] // width * n_neurons + inside[:, 2], minlength=n_bins * n_neurons
    )
    return float(np.mean(counts / (n_trials * width * dt) > _ACTIVE_RATE))


def _average(values: np.ndarray, weights: np.ndarray) -> np.ndarray | float:
    """Weighted mean over the first axis, of what is not NaN."""
    known = np.isfinite(values)
    weights = weights.reshape(-1, *(1,) * (values.ndim - 1)) * known
    total = weights.sum(axis=0)
    sums = (np.where(known, values, 0) * weights).sum(axis=0)
    mean = np.where(total > 0, sums / np.maximum(total, 1), np.nan)
    return float(mean) if mean.ndim == 0 else mean


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else np.nan
