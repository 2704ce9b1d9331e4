"""The law that the importance of modes follows over their ranks."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int

from .rank_curves import (
    SEGMENTS,
    SMALLEST_VARIANCE,
    bic_of,
    distribution_curves,
    gains,
    power_law_design,
    search,
    segment_counts,
)

FEWEST_MODES = 8
"""Below, a law over ranks cannot be told."""

_SIGNIFICANCE = 0.02  # with 400 draws of the null it keeps false positives below 5 %


@dataclass(frozen=True, eq=False)
class PowerLawFit:
    """Which law importance follows over ranks: power laws of rank, or one distribution.

    Without a fit (too few modes) `law` is empty, and `r_squared` and `p_value` are NaN.

    Parameters
    ----------
    order
        Modes from the most to the least important (P).
    importance
        Importance in that order (P).
    law
        What explains the rank curve best: ``one power law``, ``exponential``, ``log-normal`` or
        ``half-normal``, or ``two`` or ``three power laws`` where these have a lower BIC than any
        other and gain more than untrained networks do.
    fitted
        What that law gives at each rank (P); empty without a fit.
    breaks
        Ranks at which the exponent changes, ascending; none for a law that is not piecewise.
    exponents
        One per segment of a power law: within segment s, importance ∝ rank^exponents[s].
    r_squared
        Share of the variance of log importance that the law explains.
    bic
        Bayesian information criterion of each law.
    p_value
        How often untrained networks of the same size gain as much BIC from extra segments.
    band
        Between which values 95 % of the rank curves of untrained networks lie, scaled to the same
        mean importance (2 × P); 2 × 0 without a fit.
    """

    order: Int[np.ndarray, " P"]
    importance: Float[np.ndarray, " P"]
    law: str = ""
    fitted: Float[np.ndarray, "*P"] = field(default_factory=lambda: np.zeros(0))
    breaks: tuple[int, ...] = ()
    exponents: tuple[float, ...] = ()
    r_squared: float = np.nan
    bic: dict[str, float] = field(default_factory=dict)
    p_value: float = np.nan
    band: Float[np.ndarray, "2 ranks"] = field(default_factory=lambda: np.zeros((2, 0)))

    @property
    def is_piecewise(self) -> bool:
        """Whether importance follows more than one power law."""
        return len(self.exponents) > 1

    @property
    def gain(self) -> float:
        """By how much extra segments lower the BIC of a power law, 0 if they do not."""
        return self.bic[SEGMENTS[1]] - min(b for law, b in self.bic.items() if "power" in law)

    @property
    def verdict(self) -> str:
        """What the fit says, in a few sentences."""
        p = len(self.importance)
        if not self.law:
            return (
                f"{p} {'mode' if p == 1 else 'modes'}: too few for a law over ranks, which takes"
                f" {FEWEST_MODES} or more."
            )
        quality = f"R² = {self.r_squared:.3f}"
        if self.exponents:
            shown = ", ".join(f"{exponent:.2f}".replace("-", "−") for exponent in self.exponents)
            plural = "exponents" if self.is_piecewise else "exponent"
            quality = f"{plural} {shown}; {quality}"
        gained = (
            f"more than one lower the BIC by {self.gain:.1f}, and in untrained networks of the same"
            f" size by as much with p = {self.p_value:.3f}"
        )
        single = min((law for law in self.bic if law not in _PIECEWISE), key=self.bic.__getitem__)
        if self.is_piecewise:
            ranks = " and ".join(map(str, self.breaks))
            ahead = self.bic[single] - self.bic[self.law]
            return (
                f"Importance follows {self.law} over {p} modes, with breaks at rank {ranks}"
                f" ({quality}): {gained}. The best single law, {_named(single)}, has a BIC higher"
                f" by {ahead:.1f}."
            )
        best = min(_PIECEWISE & {*self.bic}, key=self.bic.__getitem__, default="")
        if self.gain == 0:
            why = "one describes the ranks as well as more do"
        elif best and self.bic[best] < self.bic[single]:
            why = gained
        else:
            why = f"{_named(single)} explains the ranks better than more than one power law"
        return (
            f"Importance over {p} modes is no piecewise power law: {why}. The single law that"
            f" explains the ranks best is {_named(single)} ({quality})."
        )


_PIECEWISE = {SEGMENTS[2], SEGMENTS[3]}


def _named(law: str) -> str:
    """Write a law with its article."""
    return law if law in SEGMENTS.values() else f"{'an' if law[0] == 'e' else 'a'} {law}"


def fit_power_law(tau: Float[np.ndarray, " P"], untrained: Float[np.ndarray, "D P"]) -> PowerLawFit:
    """Ask whether importance follows a piecewise power law of rank, and what it follows else.

    Least squares of log importance on rank, as the law was published, and the BIC for each law:
    continuous power laws of one to three segments, over all placements of breaks at ranks with at
    least four ranks a segment; and the ranks that draws of an exponential, a half-normal (both
    from a least importance on) and a log-normal distribution have in the middle. As sorting
    correlates neighbouring ranks, the BIC falls with extra segments for any sample, so it orders
    laws but is no test. Extra segments are kept only if they lower it by more than they do in 98 %
    of untrained networks of the same size, and further than any single law does.

    Parameters
    ----------
    tau
        Importance of each mode (P), positive; in any order.
    untrained
        Importance of the modes of D networks before learning, of the same N and P, 200 or more.

    Returns
    -------
    fit
        What explains the rank curve; no law if P < `FEWEST_MODES`.

    Raises
    ------
    ValueError
        If `tau` is not one row of positive, finite numbers, or `untrained` not such rows of as
        many.

    Source: the piecewise law is of Lin & Huang, Phys. Rev. E 110, 024306 (2024); that a power law
    is to be compared with other laws, of Clauset, Shalizi & Newman, SIAM Rev. 51, 661 (2009), and
    Stumpf & Porter, Science 335, 665 (2012).
    """
    tau, untrained = np.asarray(tau, float), np.asarray(untrained, float)
    if tau.ndim != 1 or not (np.isfinite(tau) & (tau > 0)).all():
        raise ValueError(
            "`tau` must be one positive, finite number per mode: got"
            f" shape {tau.shape}, smallest {np.min(tau, initial=np.inf):g}."
            " Leave out modes without importance."
        )
    order = np.argsort(-tau, kind="stable")
    importance = tau[order]
    p = len(tau)
    if p < FEWEST_MODES:
        return PowerLawFit(order, importance)
    if untrained.ndim != 2 or untrained.shape[1] != p or not (untrained > 0).all():
        raise ValueError(
            f"`untrained` must be rows of {p} positive numbers, as many as there are modes: got"
            f" shape {untrained.shape}. Draw networks of the same size."
        )

    y = np.log10(importance)
    breaks = {}
    bic = {}
    for k in segment_counts(p):
        values, placed = search(y[:, None], k)
        bic[SEGMENTS[k]], breaks[SEGMENTS[k]] = float(values[0]), placed[0]
    gain = bic[SEGMENTS[1]] - min(bic.values())
    null = gains(untrained.shape, untrained.tobytes())
    p_value = float((1 + np.sum(null >= gain)) / (1 + len(null)))
    curves = distribution_curves(importance)
    bic |= {law: float(bic_of(float(np.mean((y - c) ** 2)), p, 3)) for law, c in curves.items()}
    allowed = (law for law in bic if law not in _PIECEWISE or p_value < _SIGNIFICANCE)
    law = min(allowed, key=lambda law: bic[law])

    exponents: tuple[float, ...] = ()
    if law in breaks:
        design = power_law_design(p, breaks[law])
        coefficients = np.linalg.lstsq(design, y, rcond=None)[0]
        fitted, exponents = design @ coefficients, tuple(np.cumsum(coefficients[1:]).tolist())
    else:
        fitted = curves[law]
    residual, total = float(np.mean((y - fitted) ** 2)), float(np.var(y))
    scaled = -np.sort(-untrained, axis=1) / untrained.mean(axis=1, keepdims=True) * tau.mean()
    return PowerLawFit(
        order=order,
        importance=importance,
        law=law,
        fitted=10**fitted,
        breaks=tuple(rank + 1 for rank in breaks.get(law, ())),
        exponents=exponents,
        r_squared=1 - residual / total if total > SMALLEST_VARIANCE else 1.0,
        bic=bic,
        p_value=p_value,
        band=np.quantile(scaled, (0.025, 0.975), axis=0),
    )
