"""Psychometric curve of a perceptual decision: how often it is positive, by stimulus strength."""

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int, Real
from scipy.optimize import minimize
from scipy.special import expit, logit, xlog1py, xlogy
from scipy.stats import binomtest

_STEEPEST = 50.0  # largest log-odds at the largest offset: beyond it a curve is a step
_95_PERCENT = 1.96  # standard errors on either side


@dataclass(frozen=True)
class LogisticFit:
    """p(offset) = lapse + (1 - 2·lapse) / (1 + exp(-(bias + slope·offset))).

    Parameters
    ----------
    bias
        Log-odds of a positive choice at offset 0, lapses apart.
    slope
        Change of the log-odds per unit of offset.
    lapse
        Share of trials decided against the stimulus at any strength, on either side.
    separated
        Whether the offset decides every trial, but for those of one level. Any steeper curve then
        fits as well: `slope` is the steepest that is looked at, not an estimate.
    slope_low, slope_high
        95 % interval of the slope, from the expected curvature of the likelihood in bias and slope;
        NaN where the choices give none: they are separated, or all alike.
    """

    bias: float
    slope: float
    lapse: float
    separated: bool
    slope_low: float = math.nan
    slope_high: float = math.nan

    def __call__(self, offset: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
        """Probability of a positive choice at each offset."""
        return self.lapse + (1 - 2 * self.lapse) * expit(self.bias + self.slope * offset)

    @property
    def verdict(self) -> str:
        """The fit in a phrase."""
        if self.separated:
            return "separated at the levels tested: no slope can be estimated"
        if not math.isfinite(self.slope_low):
            return "choices all alike: no slope can be estimated"
        lapse = f", lapse {self.lapse:.3g}" if self.lapse > 0 else ""
        interval = f" ({self.slope_low:.3g} to {self.slope_high:.3g})"
        return f"slope {self.slope:.3g}{interval}, bias {self.bias:.3g}{lapse}".replace("-", "−")


@dataclass(frozen=True, eq=False)
class PsychometricCurve:
    """Share of positive choices at each of L offsets, with a Wilson 95 % interval.

    Parameters
    ----------
    offsets
        The levels, ascending (L), in the unit of the stimulus.
    n_trials
        Trials at each (L).
    proportion, low, high
        Share of positive choices and the ends of its interval (L).
    fit
        Logistic fit, or ``None`` with fewer than two levels.
    """

    offsets: Float[np.ndarray, " L"]
    n_trials: Int[np.ndarray, " L"]
    proportion: Float[np.ndarray, " L"]
    low: Float[np.ndarray, " L"]
    high: Float[np.ndarray, " L"]
    fit: LogisticFit | None


def psychometric_curve(
    offset: Real[np.ndarray, " B"], choice: Real[np.ndarray, " B"], max_lapse: float = 0.0
) -> PsychometricCurve:
    """Count positive choices at each offset and fit a logistic curve to them.

    Parameters
    ----------
    offset
        Stimulus strength of each trial (B).
    choice
        Choice of each trial (B): positive if greater than zero, such as a sign or an output.
    max_lapse
        Largest lapse rate of the fit; 0 fits none.

    Raises
    ------
    ValueError
        If shapes differ, there are no trials, a value is not finite, or `max_lapse` is not in
        [0, 0.5).

    Source: interval of Wilson, J. Am. Stat. Assoc. 22, 209 (1927).
    """
    offset, positive = _checked(offset, choice)
    offsets, level = np.unique(offset, return_inverse=True)
    n_trials = np.bincount(level)
    n_positive = np.bincount(level[positive], minlength=len(offsets))
    low, high = wilson_intervals(n_positive, n_trials).T
    return PsychometricCurve(
        offsets=offsets,
        n_trials=n_trials,
        proportion=n_positive / n_trials,
        low=low,
        high=high,
        fit=fit_logistic(offset, choice, max_lapse) if len(offsets) > 1 else None,
    )


def fit_logistic(
    offset: Real[np.ndarray, " B"], choice: Real[np.ndarray, " B"], max_lapse: float = 0.0
) -> LogisticFit:
    """Fit bias, slope and lapse rate by maximum likelihood.

    If the offset decides every trial, but for those of one level, the likelihood has no maximum:
    the curve is then the steepest allowed, half-way between the two sides or through the share
    of that level, and the result says so. The log-odds at the largest offset are bounded by ±50
    (and so is the bias, if all choices are the same).

    Parameters
    ----------
    offset
        Stimulus strength of each trial (B), of two levels or more.
    choice
        Choice of each trial (B): positive if greater than zero.
    max_lapse
        Largest lapse rate; 0 fits none.

    Raises
    ------
    ValueError
        As `psychometric_curve`, and if all offsets are equal.

    Source: Wichmann & Hill, Percept. Psychophys. 63, 1293 (2001), eq. 1, one lapse rate
    for both sides.
    """
    offset, positive = _checked(offset, choice)
    if not 0 <= max_lapse < 0.5:
        raise ValueError(f"`max_lapse` must be at least 0 and below 0.5: got {max_lapse:g}.")
    if np.ptp(offset) == 0:
        raise ValueError("`offset` must have two levels or more to fit a slope: got one.")
    scale = float(np.abs(offset).max())

    if positive.any() and not positive.all():
        for sign in (1, -1):
            below, above = (sign * offset[~positive]).max(), (sign * offset[positive]).min()
            if below <= above:
                middle = sign * (below + above) / 2
                undecided = positive[offset == middle]
                log_odds = float(logit(undecided.mean())) if len(undecided) else 0.0
                slope = sign * _STEEPEST / scale
                return LogisticFit(log_odds - slope * float(middle), slope, 0.0, True)

    def negative_log_likelihood(parameters: np.ndarray) -> float:
        bias, slope, lapse = parameters
        p = LogisticFit(bias, slope / scale, lapse, False)(offset)
        likelihoods = xlogy(positive, p) + xlog1py(~positive, -p)
        return -float(np.mean(np.maximum(likelihoods, -_STEEPEST)))

    best = minimize(
        negative_log_likelihood,
        x0=(0.0, 0.0, max_lapse / 2),
        bounds=[(-_STEEPEST, _STEEPEST), (-_STEEPEST, _STEEPEST), (0.0, max_lapse)],
        method="L-BFGS-B",
    )
    bias, slope, lapse = best.x.tolist()
    fit = LogisticFit(bias, slope / scale, lapse, False)
    if positive.all() or not positive.any():
        return fit
    half = _95_PERCENT * _standard_error(fit, offset)
    return replace(fit, slope_low=fit.slope - half, slope_high=fit.slope + half)


def _standard_error(fit: LogisticFit, offset: Float[np.ndarray, " B"]) -> float:
    """Standard error of the slope, by the Fisher information of bias and slope at a given lapse."""
    share, p = expit(fit.bias + fit.slope * offset), fit(offset)
    rise, variance = (1 - 2 * fit.lapse) * share * (1 - share), p * (1 - p)
    weight = np.divide(rise**2, variance, out=np.zeros_like(p), where=variance > 0)
    if np.count_nonzero(weight) < 2:
        return math.nan
    mean = np.average(offset, weights=weight)
    information = np.sum(weight * (offset - mean) ** 2)
    return float(1 / np.sqrt(information)) if information > 0 else math.nan


def wilson_intervals(
    hits: Int[np.ndarray, " L"], trials: Int[np.ndarray, " L"]
) -> Float[np.ndarray, "L 2"]:
    """Give the Wilson 95 % interval of each share of hits.

    Source: Wilson, J. Am. Stat. Assoc. 22, 209 (1927).
    """
    found = [
        binomtest(int(k), int(n)).proportion_ci(0.95, method="wilson")
        for k, n in zip(hits, trials, strict=True)
    ]
    return np.array([[interval.low, interval.high] for interval in found])


def _checked(
    offset: Real[np.ndarray, " B"], choice: Real[np.ndarray, " B"]
) -> tuple[Float[np.ndarray, " B"], Bool[np.ndarray, " B"]]:
    """The offsets as numbers, and whether each choice is positive."""
    offset, choice = np.asarray(offset, float), np.asarray(choice, float)
    if offset.ndim != 1 or len(offset) == 0 or choice.shape != offset.shape:
        raise ValueError(
            "`offset` and `choice` must have one value per trial: got"
            f" {offset.shape} and {choice.shape}."
        )
    if not (np.isfinite(offset).all() and np.isfinite(choice).all()):
        raise ValueError("`offset` and `choice` must be finite: got NaN or infinity.")
    return offset, choice > 0
