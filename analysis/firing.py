"""Firing rates from spike events; one event is a row (step, trial, neuron)."""

from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int
from scipy.ndimage import gaussian_filter1d


def neuron_rates(
    spikes: Int[np.ndarray, "S 3"], *, n_neurons: int, n_trials: int, n_steps: int, dt: float
) -> Float[np.ndarray, " N"]:
    """Mean firing rate of each neuron over all trials [Hz].

    Parameters
    ----------
    spikes
        Events (S × 3): step, trial, neuron.
    n_neurons, n_trials, n_steps
        N, B, T.
    dt
        Duration of a step [s].

    Raises
    ------
    ValueError
        If an event lies outside the recording or `dt` is not positive.
    """
    _require_events(spikes, n_neurons, n_trials, n_steps, dt)
    return np.bincount(spikes[:, 2], minlength=n_neurons) / (n_trials * n_steps * dt)


def binned_rate(
    spikes: Int[np.ndarray, "S 3"],
    *,
    n_neurons: int,
    n_trials: int,
    n_steps: int,
    dt: float,
    bin_size: float,
) -> tuple[Float[np.ndarray, " K"], Float[np.ndarray, " K"]]:
    """Population rate in time bins, averaged over neurons and trials.

    Parameters
    ----------
    spikes, n_neurons, n_trials, n_steps, dt
        As in `neuron_rates`.
    bin_size
        Width of a bin [s], a whole number of steps; a shorter last bin counts by its own width.

    Returns
    -------
    times
        Centre of each bin [s].
    rates
        Spikes per neuron and second in each bin [Hz].

    Raises
    ------
    ValueError
        As `neuron_rates`, and if `bin_size` is not a whole number of steps.
    """
    width = round(bin_size / dt)
    if width < 1 or abs(bin_size / dt - width) > 1e-6 * width:
        raise ValueError(
            f"`bin_size` must be a whole number of steps of {dt:g} s: got {bin_size:g} s."
        )
    per_step = _rate_per_step(spikes, n_neurons, n_trials, n_steps, dt)
    starts = np.arange(0, n_steps, width)
    stops = np.minimum(starts + width, n_steps)
    return (starts + stops) / 2 * dt, np.add.reduceat(per_step, starts) / (stops - starts)


def smoothed_rate(
    spikes: Int[np.ndarray, "S 3"],
    *,
    n_neurons: int,
    n_trials: int,
    n_steps: int,
    dt: float,
    sigma: float,
) -> Float[np.ndarray, " T"]:
    """Population rate at each step, smoothed with a Gaussian kernel [Hz].

    The kernel is mirrored at both ends of the trial, so that the mean rate is kept.

    Parameters
    ----------
    spikes, n_neurons, n_trials, n_steps, dt
        As in `neuron_rates`.
    sigma
        Standard deviation of the kernel [s].

    Raises
    ------
    ValueError
        As `neuron_rates`, and if `sigma` is not positive.
    """
    if not sigma > 0:
        raise ValueError(f"`sigma` must be positive: got {sigma:g} s.")
    per_step = _rate_per_step(spikes, n_neurons, n_trials, n_steps, dt)
    return gaussian_filter1d(per_step, sigma / dt, mode="reflect")


def single_trial_rates(
    spikes: Int[np.ndarray, "S 3"],
    *,
    n_neurons: int,
    n_trials: int,
    n_steps: int,
    dt: float,
    n_bins: int,
    tau: float,
) -> Float[np.ndarray, "K B N"]:
    """Rate of each neuron in each trial, from its spikes so far [Hz].

    Spikes are counted in bins of whole steps, all of one width, and pass an exponential filter,
    r[k] = a r[k-1] + (1 - a) c[k] with a = exp(-width/tau), from rest: nothing is seen before it
    happens.

    Parameters
    ----------
    spikes, n_neurons, n_trials, n_steps, dt
        As in `neuron_rates`.
    n_bins
        K; steps that are left over at the end are not used.
    tau
        Time constant of the filter [s]; 0 for plain counts over the width of a bin.

    Raises
    ------
    ValueError
        As `neuron_rates`, and if there are not 1 to T bins or `tau` is negative.
    """
    _require_events(spikes, n_neurons, n_trials, n_steps, dt)
    if not 1 <= n_bins <= n_steps:
        raise ValueError(f"`n_bins` must be between 1 and {n_steps} steps: got {n_bins}.")
    if not tau >= 0:
        raise ValueError(f"`tau` must be zero or positive: got {tau:g} s.")
    width = n_steps // n_bins
    inside = spikes[spikes[:, 0] < n_bins * width]
    shape = (n_bins, n_trials, n_neurons)
    cells = np.ravel_multi_index((inside[:, 0] // width, inside[:, 1], inside[:, 2]), shape)
    counts = np.bincount(cells, minlength=n_bins * n_trials * n_neurons).reshape(shape)
    rates = counts.astype(np.float32) / np.float32(width * dt)
    decay = np.float32(np.exp(-width * dt / tau) if tau else 0)
    rates[0] *= 1 - decay
    for before, now in pairwise(rates):
        now *= 1 - decay
        now += decay * before
    return rates


def _rate_per_step(
    spikes: Int[np.ndarray, "S 3"], n_neurons: int, n_trials: int, n_steps: int, dt: float
) -> Float[np.ndarray, " T"]:
    _require_events(spikes, n_neurons, n_trials, n_steps, dt)
    return np.bincount(spikes[:, 0], minlength=n_steps) / (n_neurons * n_trials * dt)


def _require_events(
    spikes: Int[np.ndarray, "S 3"], n_neurons: int, n_trials: int, n_steps: int, dt: float
) -> None:
    shape = (n_steps, n_trials, n_neurons)
    if spikes.ndim != 2 or spikes.shape[1] != 3:
        raise ValueError(
            f"`spikes` must have a row (step, trial, neuron) per event: got shape {spikes.shape}."
            " Use np.argwhere(raster) for a raster of time × trial × neuron."
        )
    if len(spikes) and ((spikes < 0) | (spikes >= shape)).any():
        raise ValueError(
            f"`spikes` must lie within {shape} steps, trials and neurons: got values from"
            f" {tuple(spikes.min(axis=0).tolist())} to {tuple(spikes.max(axis=0).tolist())}."
        )
    if not dt > 0:
        raise ValueError(f"`dt` must be positive: got {dt:g} s.")
