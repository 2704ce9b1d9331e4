"""How fast something returns: an exponential and what remains."""

import warnings
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.optimize import OptimizeWarning, curve_fit


@dataclass(frozen=True)
class Relaxation:
    """x(t) = size · exp(-t/tau) + rest.

    Parameters
    ----------
    size, rest
        What decays, and what remains.
    tau
        Time constant [s].
    """

    size: float
    tau: float
    rest: float

    def __call__(self, t: Float[np.ndarray, " T"]) -> Float[np.ndarray, " T"]:
        """What is left at each time [s]."""
        return self.size * np.exp(-t / self.tau) + self.rest


def fit_relaxation(t: Float[np.ndarray, " T"], x: Float[np.ndarray, " T"]) -> Relaxation | None:
    """Fit an exponential return by least squares.

    Parameters
    ----------
    t
        Times from the disturbance on, ascending [s].
    x
        What is left of it.

    Returns
    -------
    fit
        ``None`` where nothing can be fitted: x is not finite or constant, there are fewer than four
        times, or no time constant between a tenth of their spacing and ten times their span fits.
    """
    if len(t) < 4 or not np.isfinite(x).all() or np.ptp(x) == 0:
        return None
    span, size = float(t[-1] - t[0]), float(np.abs(x).max())
    shortest, longest = span / len(t) / 10, 10 * span

    def course(t: np.ndarray, a: float, log_tau: float, rest: float) -> np.ndarray:
        return a * np.exp(-t / np.exp(log_tau)) + rest

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizeWarning)
            (a, log_tau, rest), _ = curve_fit(
                course,
                t - t[0],
                x / size,
                p0=((x[0] - x[-1]) / size, np.log(span / 5), x[-1] / size),
                bounds=(
                    [-np.inf, np.log(shortest), -np.inf],
                    [np.inf, np.log(longest), np.inf],
                ),
            )
    except RuntimeError:  # it does not converge
        return None
    tau = float(np.exp(log_tau))
    if not 1.01 * shortest < tau < 0.99 * longest:
        return None
    return Relaxation(float(a * size * np.exp(t[0] / tau)), tau, float(rest * size))
