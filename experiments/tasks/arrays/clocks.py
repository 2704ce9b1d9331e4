"""Columns that tell when a sample was taken rather than what was measured."""

import numpy as np
from jaxtyping import Float

_FEWEST = 6  # values: fewer rise by chance
_FEWEST_TRIALS = 8  # in order: fewer are so by chance
_SHARE = 0.9  # of the steps, from which on they count as alike
_TOLERANCE = 1e-3


def clocks(inputs: Float[np.ndarray, "M T C"]) -> list[int]:
    """Find the channels that rise or count like a clock, a row number or a number of the trial.

    By these, trials can be told apart by when they were recorded. They are the channels that

    - never fall, or never rise, over the whole recording, unless they change but once, within a
      trial, as a cue does;
    - never fall within any trial and rise twice or more in each;
    - change by the same step almost always;
    - are, sample by sample or trial by trial, consecutive whole numbers in any order;
    - rise or fall from trial to trial in their mean, throughout, as clocks that are not exact do.

    Missing samples (NaN) are skipped.
    """
    return [c for c in range(inputs.shape[2]) if _is_clock(inputs[:, :, c])]


def _is_clock(channel: Float[np.ndarray, "M T"]) -> bool:
    known = ~np.isnan(channel)
    values, trial = channel[known], np.nonzero(known)[0]
    if len(values) < _FEWEST:
        return False
    steps, inner = np.diff(values), np.diff(trial) == 0
    if not steps.any():
        return False
    constant = not steps[inner].any()
    if _one_way(steps) and (constant or np.count_nonzero(steps) > 1):
        return True
    within = steps[inner]
    if (within >= 0).all() and _rises_twice(within > 0, trial[1:][inner]):
        return True
    usual = np.median(within) if len(within) else 0.0
    if usual and np.mean(np.abs(within - usual) <= _TOLERANCE * abs(usual)) >= _SHARE:
        return True
    if _drifts(channel):
        return True
    return _counts(values) or (constant and _counts(values[np.diff(trial, prepend=-1) > 0]))


def _drifts(channel: Float[np.ndarray, "M T"]) -> bool:
    """Whether the means of many trials are in order."""
    told = channel[~np.isnan(channel).all(axis=1)]
    steps = np.diff(np.nanmean(told, axis=1))
    return len(steps) >= _FEWEST_TRIALS - 1 and bool((steps > 0).all() or (steps < 0).all())


def _one_way(steps: np.ndarray) -> bool:
    return bool((steps >= 0).all() or (steps <= 0).all())


def _rises_twice(rises: np.ndarray, trial: np.ndarray) -> bool:
    """Whether there are two rises or more in each trial that has steps at all."""
    rising = np.bincount(trial, rises)[np.unique(trial)]
    return len(rising) > 0 and bool((rising >= 2).all())


def _counts(values: np.ndarray) -> bool:
    return len(values) >= _FEWEST and bool((np.diff(np.sort(values)) == 1).all())
