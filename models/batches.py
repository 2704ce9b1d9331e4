"""Many trials in batches of one size, as a network that is compiled once can run them."""

from collections.abc import Iterator, Sequence

import numpy as np

from .recording import Recording
from .trials import Trials


def in_batches(trials: Trials, size: int) -> Iterator[Trials]:
    """Cut trials into batches of `size`; the last is filled up with trials from the start."""
    for start in range(0, trials.n_trials, size):
        chosen = slice(start, start + size)
        whole = start + size <= trials.n_trials
        yield trials.subset(chosen if whole else np.arange(start, start + size) % trials.n_trials)


def joined(batches: Sequence[Recording], n_trials: int) -> Recording:
    """Put recordings of batches of one size behind each other; keep the first `n_trials` trials."""
    first, size = batches[0], batches[0].n_trials
    offset = np.array([0, size, 0])
    spikes = np.concatenate([batch.spikes + i * offset for i, batch in enumerate(batches)])
    spikes = spikes[spikes[:, 1] < n_trials]

    def along_trials(arrays: Sequence[np.ndarray], axis: int = 1) -> np.ndarray:
        return np.concatenate(arrays, axis).take(np.arange(n_trials), axis)

    return Recording(
        spikes=spikes[np.lexsort(spikes.T[::-1])],
        n_neurons=first.n_neurons,
        n_trials=n_trials,
        n_steps=first.n_steps,
        dt=first.dt,
        outputs=along_trials([batch.outputs for batch in batches], axis=first.outputs.ndim - 2),
        modes=along_trials([batch.modes for batch in batches]),
        states={
            name: along_trials([batch.states[name] for batch in batches]) for name in first.states
        },
        state_neurons=first.state_neurons,
    )
