"""How irregular spike trains are: of intervals in operational time, in which the rate is constant.

Operational time is the expected number of spikes so far. Changes of the rate within a trial, which
all repeats of a condition share, do not count as irregularity there.

Source: Nawrot et al., J. Neurosci. Methods 169, 374 (2008): estimates are biased where fewer than
about 5 to 10 spikes are expected; Holt et al., J. Neurophysiol. 75, 1806 (1996) for CV2.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from .repeats import Repeats

FEWEST_EXPECTED = 5.0
"""Spikes in a trial: intervals of trials in which fewer are expected are left out."""

_SMOOTHING = 0.05  # s, of the rate that makes operational time
_OF_ONE_TRAIN = 0.15  # s, where all repeats are one train, whose single spikes would make the rate
_FEWEST_INTERVALS = 20  # a coefficient of variation of fewer is mostly noise


@dataclass(frozen=True, eq=False)
class Irregularity:
    """Of each neuron; NaN where it spikes too little.

    Parameters
    ----------
    cv
        Coefficient of variation of its intervals (N); 1 for a Poisson process.
    cv2
        Mean of ``2 |I_k+1 - I_k| / (I_k+1 + I_k)`` over adjacent intervals (N); 1 likewise.
    """

    cv: Float[np.ndarray, " N"]
    cv2: Float[np.ndarray, " N"]


def irregularity(repeats: Repeats) -> Irregularity:
    """Measure CV and CV2 of each neuron, over its intervals within trials of all conditions."""
    expected = repeats.smoothed(_SMOOTHING if repeats.varies else _OF_ONE_TRAIN)
    passed = np.cumsum(expected, axis=1) - expected / 2  # to the middle of each step
    enough = expected.sum(axis=1) >= FEWEST_EXPECTED
    spikes = repeats.spikes
    spikes = spikes[enough[spikes[:, 0], spikes[:, 3]]]
    spikes = spikes[np.lexsort((spikes[:, 2], spikes[:, 1], spikes[:, 0], spikes[:, 3]))]
    time = passed[spikes[:, 0], spikes[:, 2], spikes[:, 3]]
    same_trial = (np.diff(spikes[:, [0, 1, 3]], axis=0) == 0).all(axis=1)
    interval, neuron = np.diff(time), spikes[1:, 3]
    adjacent = same_trial[1:] & same_trial[:-1]
    first, second = interval[:-1][adjacent], interval[1:][adjacent]
    total = first + second
    local = np.divide(2 * np.abs(second - first), total, out=np.zeros_like(total), where=total > 0)
    n = repeats.n_neurons
    return Irregularity(
        cv=_of_each(interval[same_trial], neuron[same_trial], n, _variation),
        cv2=_of_each(local, neuron[1:][adjacent], n, np.mean),
    )


def _variation(intervals: np.ndarray) -> float:
    return float(intervals.std(ddof=1) / intervals.mean())


def _of_each(values: np.ndarray, neuron: np.ndarray, n: int, measure) -> np.ndarray:
    """Measure the values of each neuron, in whose order they are, where there are enough."""
    parts = np.split(values, np.searchsorted(neuron, np.arange(1, n)))
    return np.array([measure(p) if len(p) >= _FEWEST_INTERVALS else np.nan for p in parts])
