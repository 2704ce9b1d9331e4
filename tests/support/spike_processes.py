"""Spike trains of processes whose statistics are known, in frozen trials."""

import numpy as np
from spikemodes.analysis import Repeats

DT = 0.002


def rates(seed: int, n: int, median: float = 12.0) -> np.ndarray:
    """Draw log-normal rates [Hz]."""
    return median * np.exp(np.random.default_rng(seed).normal(0, 0.6, n))


def bernoulli(
    seed: int, hz: np.ndarray, *, conditions: int = 4, repeats: int = 30, steps: int = 500
) -> Repeats:
    """Draw independent spikes, the rate of each neuron modulated in time and by condition."""
    rng = np.random.default_rng(seed)
    gain = np.exp(rng.normal(0, 0.4, (conditions, 5, len(hz))))
    p = np.repeat(gain * hz * DT, steps // 5, axis=1)
    raster = rng.random((conditions, repeats, steps, len(hz))) < p[:, None]
    return Repeats.of_raster(raster, DT)


def cortical_weights(seed: int, n: int = 100) -> np.ndarray:
    """Draw weights under Dale's law, sparse and log-normal, inhibition denser and stronger."""
    rng = np.random.default_rng(seed)
    types = np.where(np.arange(n) < 0.83 * n, 1, -1)
    density = {(1, 1): 0.05, (1, -1): 0.1, (-1, 1): 0.4, (-1, -1): 0.2}
    p = np.array([[density[before, after] for before in types] for after in types])
    size = np.exp(rng.normal(size=(n, n))) * np.where(types < 0, 4, 1)
    return types * size * (rng.random((n, n)) < p)
