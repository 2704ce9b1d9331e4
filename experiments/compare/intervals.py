"""What networks of several seeds have in common: all values of few, an interval of more.

Seeds are the unit: a network is one draw of weights and trials.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import binomtest, bootstrap

CONFIDENCE = 0.95
TRUE_OF_FIVE = 0.84
"""How often the interval of 5 normal or binomial scores held their mean, in 1,000 simulations."""
FEWEST = 5
"""Seeds from which on there is an interval; the values of fewer are all shown."""

_RESAMPLES = 9999


def shown(values: Sequence[float | None], form: str, *, limits: bool = True) -> str:
    """Write values: the one that all have, each of fewer than `FEWEST`, or mean and interval.

    Parameters
    ----------
    values
        One for each seed; ``None`` and NaN do not count.
    form
        Format of a number.
    limits
        Whether to write the interval beside the mean.
    """
    found = known(values)
    if not found:
        return "–"
    if np.ptp(found) == 0:
        return form.format(found[0])
    if len(found) < FEWEST:
        return ", ".join(map(form.format, found))
    mean = form.format(np.mean(found))
    if not limits:
        return mean
    low, high = interval(found)
    return f"{mean} [{form.format(low)}, {form.format(high)}]"


def known(values: Sequence[float | None]) -> list[float]:
    """Leave out ``None`` and NaN."""
    return [v for v in values if v is not None and not np.isnan(v)]


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Give the bootstrap interval of a mean (BCa), which the values' own range bounds.

    Where all but one agree, its correction for skewness may not exist; percentiles stand for it.
    """
    sample = np.asarray(values, float)
    if np.ptp(sample) == 0:
        return float(sample[0]), float(sample[0])
    for method in ("BCa", "percentile"):
        found = bootstrap(
            (sample,),
            np.mean,
            confidence_level=CONFIDENCE,
            n_resamples=_RESAMPLES,
            method=method,
            rng=np.random.default_rng(0),
        ).confidence_interval
        if np.isfinite([found.low, found.high]).all():
            break
    return float(found.low), float(found.high)


def lower_bound(right: int, trials: int) -> float:
    """Give the lower end of the exact binomial interval (Clopper & Pearson) of a share."""
    return float(binomtest(right, trials).proportion_ci(CONFIDENCE, method="exact").low)


def paired(values: Sequence[float | None], others: Sequence[float | None]) -> list[float | None]:
    """Give the differences of networks that share a seed, and with it their trials."""
    return [
        None if one is None or other is None else one - other
        for one, other in zip(values, others, strict=True)
    ]
