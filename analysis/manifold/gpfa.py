"""Trajectories of single trials: Gaussian-process factor analysis, by Elephant."""

import warnings
from contextlib import redirect_stdout
from io import StringIO

import neo
import numpy as np
import quantities as pq
from elephant.gpfa import GPFA
from jaxtyping import Float, Int
from scipy.linalg import qr


def single_trial_trajectories(
    spikes: Int[np.ndarray, "S 3"],
    *,
    n_neurons: int,
    n_trials: int,
    n_steps: int,
    dt: float,
    n_dimensions: int = 3,
    bin_size: float = 0.02,
    n_iterations: int = 100,
) -> Float[np.ndarray, "K B D"]:
    """Find smooth trajectories in few dimensions that explain the spike counts of each trial.

    Counts y in bins are C x + d and noise, the trajectories x are Gaussian processes, each with a
    time constant of its own; what is given are their posterior means along orthonormal axes, that
    of most variance first. Expectation maximisation takes seconds to minutes.

    Parameters
    ----------
    spikes
        Events (S × 3): step, trial, neuron. Neurons that fire in too few trials, and repeat others
        thereby, are left out.
    n_neurons, n_trials, n_steps
        N, B, T.
    dt
        Duration of a step [s].
    n_dimensions
        D.
    bin_size
        Width of a bin [s]; what is left at the end of a trial is not used.
    n_iterations
        Iterations of expectation maximisation at most.

    Raises
    ------
    ValueError
        If a trial has fewer than two bins, or neurons that fire are not more than dimensions.

    Source: Yu et al., J. Neurophysiol. 102, 614 (2009).
    """
    duration = n_steps * dt
    n_bins = int(duration / bin_size + 1e-9)
    if n_bins < 2:
        raise ValueError(
            f"`bin_size` must fit into a trial of {duration:g} s twice or more: got {bin_size:g} s."
        )
    used = _distinct(spikes, n_neurons, n_trials, n_bins, dt, bin_size)
    if len(used) <= n_dimensions:
        raise ValueError(
            f"`n_dimensions` must be below the number of neurons that fire, {len(used)}: got"
            f" {n_dimensions}."
        )
    stop = n_bins * bin_size
    by_trial: list[list[neo.SpikeTrain]] = []
    for trial in range(n_trials):
        own = spikes[spikes[:, 1] == trial]
        times = [(own[own[:, 2] == neuron, 0] + 0.5) * dt for neuron in used]
        by_trial.append(
            [
                neo.SpikeTrain(t[t < stop] * pq.s, t_stop=stop * pq.s, t_start=0 * pq.s)
                for t in times
            ]
        )
    model = GPFA(bin_size * 1e3 * pq.ms, x_dim=n_dimensions, em_max_iters=n_iterations)
    # it prints what it is at, and warns of how far the iterations have converged
    with warnings.catch_warnings(), redirect_stdout(StringIO()):
        warnings.simplefilter("ignore")
        found = model.fit_transform(by_trial)
    return np.stack([trial.T for trial in found], axis=1)


def _distinct(
    spikes: Int[np.ndarray, "S 3"],
    n_neurons: int,
    n_trials: int,
    n_bins: int,
    dt: float,
    bin_size: float,
) -> list[int]:
    """Give neurons whose counts are linearly independent: the method inverts their covariance."""
    counts = np.zeros((n_neurons, n_trials, n_bins))
    bins = ((spikes[:, 0] + 0.5) * dt / bin_size).astype(int)
    inside = bins < n_bins
    np.add.at(counts, (spikes[inside, 2], spikes[inside, 1], bins[inside]), 1)
    flat = counts.reshape(n_neurons, -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    # pivoted QR puts first the neurons that add most to those before
    r, order = qr(flat.T, mode="r", pivoting=True)  # pyright: ignore[reportAssignmentType]
    size = np.abs(np.diag(r))
    largest = size.max(initial=0.0)
    return sorted(order[: int(np.sum(size > 1e-6 * largest))].tolist()) if largest > 0 else []
