"""Signals that a network generates on its own: phase, drift, frequency, spectrum, return map."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize_scalar
from scipy.signal import correlate, find_peaks, periodogram
from scipy.stats import wasserstein_distance

_GRID, _WIDEST = 801, 2.0  # how finely, and by which factor up and down, frequencies are sought
_PROMINENCE = 0.1  # of a maximum that counts, in standard deviations of the signal


@dataclass(frozen=True)
class BestPhase:
    """The delay at which a target fits best, in steps, and the share of its variance explained."""

    delay: int
    explained_variance: float


def best_phase(output: Float[np.ndarray, " T"], target: Float[np.ndarray, " L"]) -> BestPhase:
    """Find which T of L >= T successive values of a target an output explains best.

    One phase for all of the output: a frequency that is wrong counts as error. A constant output
    explains nothing at any phase.

    Parameters
    ----------
    output
        What was generated (T).
    target
        What should be, for as much longer as the phase is open: a period for a periodic one (L).

    Raises
    ------
    ValueError
        If the target is shorter than the output, or does not vary.
    """
    n = len(output)
    if len(target) < n:
        raise ValueError(f"`target` must be no shorter than `output`, {n}: got {len(target)}.")
    sums = np.cumsum(np.insert(target, 0, 0.0))
    squares = np.cumsum(np.insert(target**2, 0, 0.0))
    mean, power = ((total[n:] - total[:-n]) / n for total in (sums, squares))
    variance = power - mean**2
    if not variance.min() > 0:
        raise ValueError("`target` must vary at every phase: it is constant. Give another.")
    product = correlate(target, output, mode="valid") / n
    error = power - 2 * product + np.mean(output**2)
    explained = 1 - error / variance
    delay = int(explained.argmax())
    return BestPhase(delay, float(explained[delay]))


def drifts(
    output: Float[np.ndarray, " T"], target: Float[np.ndarray, " L"], period: int
) -> Float[np.ndarray, " K"]:
    """Follow how far the phase of an output runs ahead, period by period, in periods.

    Parameters
    ----------
    output
        What was generated (T), cut into K whole periods.
    target
        What should be, a period longer (L).
    period
        Steps of a period.

    Returns
    -------
    The best phase in each period less that in the first (K); it goes on where it passes a whole
    period.
    """
    starts = range(0, len(output) - period + 1, period)
    delays = [
        best_phase(output[k : k + period], target[k : k + 2 * period - 1]).delay for k in starts
    ]
    phases = np.unwrap(np.array(delays, float), period=period)
    return (phases - phases[0]) / period


def dilation(
    output: Float[np.ndarray, " T"], frequencies: Float[np.ndarray, " F"], dt: float
) -> float | None:
    """Find the factor by which an output runs faster than a sum of sines.

    It is the one at which sines of these frequencies [Hz] times the factor, of any phases, explain
    the most of the output, from a half to twice the speed. ``None`` for a constant output. `dt` is
    a step [s].
    """
    centred = output - output.mean()
    if not np.any(np.abs(centred) > 1e-12):
        return None
    angles = 2 * np.pi * np.multiply.outer(dt * np.arange(len(output)), frequencies)

    def unexplained(log_factor: float) -> float:
        waves = np.exp(1j * np.exp(log_factor) * angles)
        basis = np.concatenate([waves.real, waves.imag], axis=1)
        fit, *_ = np.linalg.lstsq(basis, centred, rcond=None)
        return float(np.sum((centred - basis @ fit) ** 2))

    widest = np.log(_WIDEST)
    # one point for every third of a spectral line
    n_points = max(_GRID, int(3 * widest * 2 * len(output) * dt * float(np.max(frequencies))))
    grid = np.linspace(-widest, widest, n_points)
    first = grid[int(np.argmin([unexplained(x) for x in grid]))]
    step = grid[1] - grid[0]
    found = minimize_scalar(unexplained, bounds=(first - step, first + step), method="bounded")
    return float(np.exp(found.x))


def power_spectrum(
    signal: Float[np.ndarray, " T"], dt: float
) -> tuple[Float[np.ndarray, " F"], Float[np.ndarray, " F"]]:
    """Give frequencies [Hz] and power density [1/Hz] of a signal without its mean, Hann-tapered."""
    frequencies, power = periodogram(signal, fs=1 / dt, window="hann", detrend="constant")
    return frequencies[1:], power[1:]


def turns(signal: Float[np.ndarray, " T"]) -> Float[np.ndarray, " M"]:
    """Give the successive maxima of a signal's magnitude: one for each turn about an attractor.

    Of the first coordinate of the Lorenz attractor, each decides on the next: Lorenz found it so of
    the third, whose turns are the same.

    Source: Lorenz, J. Atmos. Sci. 20, 130 (1963).
    """
    magnitude = np.abs(signal)
    spread = magnitude.std()
    if spread < 1e-12:
        return np.zeros(0)
    at, _ = find_peaks(magnitude, prominence=_PROMINENCE * spread)
    return magnitude[at]


@dataclass(frozen=True)
class ReturnMap:
    """How successive maxima compare with those of a chaotic target.

    Parameters
    ----------
    explained_variance
        1 less the mean squared error with which the target's map tells each maximum from the last,
        over the variance of the target's maxima: 1 on the map, 0 for the mean of the target's
        maxima as the guess, below 0 where it errs more; set to 0 with fewer than three turns.
    distance
        Between the distributions of maxima (Wasserstein), in standard deviations of the target's.
    """

    explained_variance: float
    distance: float | None


def compare_return_maps(
    maxima: Float[np.ndarray, " M"], known: Float[np.ndarray, " K"]
) -> ReturnMap:
    """Compare successive maxima of an output with those of its target, K of them.

    With fewer than three maxima there is no map, and what it explains is set to 0.
    """
    if len(maxima) < 3:
        return ReturnMap(0.0, None)
    order = np.argsort(known[:-1])
    expected = np.interp(maxima[:-1], known[:-1][order], known[1:][order])
    error = np.mean((maxima[1:] - expected) ** 2)
    return ReturnMap(
        explained_variance=float(1 - error / known.var()),
        distance=float(wasserstein_distance(maxima, known) / known.std()),
    )
