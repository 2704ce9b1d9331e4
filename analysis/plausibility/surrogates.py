"""Controls of a network: its rates by another process, or its weights in other places."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from .repeats import Repeats

_BIN = 0.05  # s, in which the rate of a surrogate is constant
_REGULAR_CV = 0.2


def silent(repeats: Repeats) -> Repeats:
    """The same trials without a spike."""
    return replace(repeats, spikes=repeats.spikes[:0])


def poisson(repeats: Repeats, rng: np.random.Generator) -> Repeats:
    """Independent Poisson neurons with the rate of each neuron, condition and 50 ms."""
    edges, expected = _expected(repeats)
    shape = (repeats.n_conditions, repeats.n_repeats, len(edges) - 1, repeats.n_neurons)
    counts = rng.poisson(np.broadcast_to(expected[:, None], shape))
    where = np.argwhere(counts)
    where = np.repeat(where, counts[tuple(where.T)], axis=0)
    width = np.diff(edges)[where[:, 2]]
    where[:, 2] = edges[where[:, 2]] + (rng.random(len(where)) * width).astype(int)
    return replace(repeats, spikes=where)


def regular(repeats: Repeats, rng: np.random.Generator) -> Repeats:
    """Gamma renewal processes, CV of intervals 0.2, with the rate of each neuron and 50 ms.

    Their intervals are drawn in operational time, and each trial starts at a phase of its own.
    """
    edges, expected = _expected(repeats)
    order = _REGULAR_CV**-2
    events = []
    for condition, of_bins in enumerate(expected):
        passed = np.vstack([np.zeros(repeats.n_neurons), np.cumsum(of_bins, axis=0)])
        for neuron in np.flatnonzero(passed[-1] > 0):
            total, n = passed[-1, neuron], repeats.n_repeats
            size = (n, int(total + 6 * _REGULAR_CV * np.sqrt(total)) + 4)
            times = np.cumsum(rng.gamma(order, 1 / order, size), axis=1)
            times -= rng.random((n, 1))
            repeat, k = np.nonzero((times >= 0) & (times < total))
            rising = np.append(True, of_bins[:, neuron] > 0)
            steps = np.interp(times[repeat, k], passed[rising, neuron], edges[rising])
            steps = np.minimum(steps.astype(int), repeats.n_steps - 1)
            fill = np.full(len(repeat), condition), np.full(len(repeat), neuron)
            events.append(np.column_stack([fill[0], repeat, steps, fill[1]]))
    return replace(repeats, spikes=np.vstack([repeats.spikes[:0], *events]))


def shuffled(W: Float[np.ndarray, "M N"], rng: np.random.Generator) -> Float[np.ndarray, "M N"]:
    """The same weights, each in the place of another."""
    return rng.permutation(W.ravel()).reshape(W.shape)


def _expected(repeats: Repeats) -> tuple[np.ndarray, np.ndarray]:
    """Edges of bins [steps], and the mean count over repeats in each (C × K × N)."""
    width = min(max(round(_BIN / repeats.dt), 1), repeats.n_steps)
    edges = np.append(np.arange(0, repeats.n_steps, width), repeats.n_steps)
    shape = (repeats.n_conditions, len(edges) - 1, repeats.n_neurons)
    cells = repeats.spikes[:, [0, 2, 3]] // [1, width, 1]
    flat = np.bincount(np.ravel_multi_index(cells.T, shape), minlength=int(np.prod(shape)))
    return edges, flat.reshape(shape) / repeats.n_repeats
