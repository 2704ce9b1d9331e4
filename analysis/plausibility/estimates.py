"""Numbers with the interval in which resampling puts them."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

RESAMPLES = 200
"""Bootstrap samples behind every interval."""

_TAILS = (2.5, 97.5)  # percentiles


@dataclass(frozen=True)
class Estimate:
    """A number and its 95 % bootstrap interval.

    Parameters
    ----------
    value
        NaN where there is too little to tell.
    low, high
        Ends of the interval; NaN where none was taken.
    """

    value: float
    low: float = math.nan
    high: float = math.nan

    @staticmethod
    def of(value: float, resampled: Float[np.ndarray, " R"]) -> "Estimate":
        """Take the interval from what bootstrap samples gave, those without a value left out."""
        known = resampled[np.isfinite(resampled)]
        if not math.isfinite(value) or len(known) == 0:
            return Estimate(float(value))
        low, high = np.percentile(known, _TAILS)
        return Estimate(float(value), float(low), float(high))


UNKNOWN = Estimate(math.nan)


def draws(n: int, rng: np.random.Generator) -> Int[np.ndarray, "R n"]:
    """Draw how often each of `n` units is in each bootstrap sample (R × n)."""
    return rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES)


def mean_of(values: Float[np.ndarray, " N"], rng: np.random.Generator) -> Estimate:
    """Estimate the mean of what is known of N units, which are resampled."""
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return UNKNOWN
    return Estimate.of(float(known.mean()), draws(len(known), rng) @ known / len(known))


def share_of(parts: np.ndarray, wholes: np.ndarray, rng: np.random.Generator) -> Estimate:
    """Estimate the sum of `parts` over that of `wholes`, of N units which are resampled (N)."""
    if not wholes.sum() > 0:
        return UNKNOWN
    often = draws(len(wholes), rng)
    total = often @ wholes
    shares = np.divide(often @ parts, total, out=np.full(len(total), np.nan), where=total > 0)
    return Estimate.of(float(parts.sum() / wholes.sum()), shares)
