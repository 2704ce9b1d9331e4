"""Importance of modes, and the power law it follows over their ranks."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise

import numpy as np
from jaxtyping import Float, Int

_FEWEST_MODES = 4
_MAX_SEGMENTS = 3
_RANKS_APART = 3  # ranks from a break to the next break or end: four points a segment, ends shared
_MAX_CANDIDATES = 64  # keeps the search over pairs of breaks below 2000 fits whatever P is
_NULL_DRAWS = 400
_SIGNIFICANCE = 0.05
_SMALLEST_VARIANCE = 1e-18  # residuals below 1e-9 decades are rounding


def mode_importance(
    xi_in: Float[np.ndarray, "N P"],
    scores: Float[np.ndarray, " P"] | Float[np.ndarray, "P P"],
    xi_out: Float[np.ndarray, "N P"],
) -> Float[np.ndarray, " P"]:
    """Rate each mode by its score and the length of its two vectors.

    ``tau_mu = |lambda_mu| + gamma (‖xi_in_mu‖ + ‖xi_out_mu‖)``, where
    ``gamma = Σ|lambda| / Σ(‖xi_in‖ + ‖xi_out‖)`` gives both terms the same sum over the modes.

    Parameters
    ----------
    xi_in, xi_out
        Input and output modes (N × P).
    scores
        Diagonal scores (P), or a full score matrix (P × P), of which the diagonal counts.

    Returns
    -------
    tau
        Importance of each mode (P), dimensionless.

    Raises
    ------
    ValueError
        If the shapes do not fit together or all modes have length zero.

    Source: Lin & Huang, Phys. Rev. E 110, 024306 (2024).
    """
    if xi_in.ndim != 2 or xi_out.shape != xi_in.shape:
        raise ValueError(
            "`xi_in` and `xi_out` must have one shape (N, P): got"
            f" {xi_in.shape} and {xi_out.shape}. Transpose them if modes come first."
        )
    p = xi_in.shape[1]
    if scores.shape not in {(p,), (p, p)}:
        raise ValueError(f"`scores` must be ({p},) or ({p}, {p}): got {scores.shape}.")
    eigenvalues = np.abs(scores if scores.ndim == 1 else np.diag(scores))
    lengths = np.linalg.norm(xi_in, axis=0) + np.linalg.norm(xi_out, axis=0)
    if not lengths.sum() > 0:
        raise ValueError("`xi_in` or `xi_out` must not be zero: got modes of length 0 alone.")
    return eigenvalues + eigenvalues.sum() / lengths.sum() * lengths


@dataclass(frozen=True, eq=False)
class PowerLawFit:
    """A continuous piecewise power law of importance against rank.

    Within segment s, importance ∝ rank^exponents[s]. Without a fit (too few modes) there are no
    segments, and `r_squared` and `p_value` are NaN.

    Parameters
    ----------
    order
        Modes from the most to the least important (P).
    importance
        Importance in that order (P).
    fitted
        What the chosen power law gives at each rank (P); empty without a fit.
    breaks
        Ranks at which the exponent changes, ascending.
    exponents
        One per segment.
    r_squared
        Share of the variance of log importance that the chosen fit explains.
    bic
        Bayesian information criterion of the best fit with each number of segments.
    p_value
        How often P sorted draws of a single power law gain as much BIC from extra segments.
    """

    order: Int[np.ndarray, " P"]
    importance: Float[np.ndarray, " P"]
    fitted: Float[np.ndarray, "*P"]
    breaks: tuple[int, ...]
    exponents: tuple[float, ...]
    r_squared: float
    bic: dict[int, float]
    p_value: float

    @property
    def n_segments(self) -> int:
        """Number of segments, 0 if nothing was fitted."""
        return len(self.exponents)

    @property
    def verdict(self) -> str:
        """What the fit says, in a sentence or two."""
        p = len(self.importance)
        exponents = ", ".join(f"{exponent:.2f}".replace("-", "−") for exponent in self.exponents)
        quality = f"R² = {self.r_squared:.3f}"
        if self.n_segments == 0:
            return f"No fit: a power law needs at least {_FEWEST_MODES} modes, and there are {p}."
        if self.n_segments > 1:
            ranks = " and ".join(map(str, self.breaks))
            return (
                f"Importance follows {self.n_segments} power laws over {p} modes, with breaks at"
                f" rank {ranks} (exponents {exponents}; {quality}). They explain more than one"
                f" does: BIC lower by {self.bic[1] - self.bic[self.n_segments]:.1f}, which sorted"
                f" draws of a single power law reach with p = {self.p_value:.3f}."
            )
        single = f"One power law (exponent {exponents}; {quality}) describes the {p} modes."
        if len(self.bic) == 1:
            return f"{single} There are too few of them to try more segments."
        gain = self.bic[1] - min(self.bic.values())
        if gain == 0:
            return f"{single} More segments explain no more: none has a lower BIC."
        return (
            f"{single} More segments explain no more: they lower the BIC by {gain:.1f}, but sorted"
            f" draws of a single power law do as well with p = {self.p_value:.2f}."
        )


def fit_power_law(tau: Float[np.ndarray, " P"]) -> PowerLawFit:
    """Fit importance against rank by a continuous piecewise power law, breaks found by search.

    Least squares in log-log, over all placements of up to two breaks at ranks, each segment of
    at least four ranks. The number of segments minimises the BIC. As sorting correlates
    neighbouring ranks, extra segments lower the BIC even for draws of one power law; they are
    kept only if fewer than 5 % of such draws gain as much. That null distribution depends on P
    alone: log-importance is then exponential, and neither its scale nor its origin changes the
    gain.

    Parameters
    ----------
    tau
        Importance of each mode (P), positive; in any order.

    Returns
    -------
    fit
        The chosen fit; without segments if P < 4.

    Raises
    ------
    ValueError
        If `tau` is not one row of positive, finite numbers.
    """
    tau = np.asarray(tau, float)
    if tau.ndim != 1 or not (np.isfinite(tau) & (tau > 0)).all():
        raise ValueError(
            "`tau` must be one positive, finite number per mode: got"
            f" shape {tau.shape}, smallest {np.min(tau, initial=np.inf):g}."
            " Leave out modes without importance."
        )
    order = np.argsort(-tau, kind="stable")
    importance = tau[order]
    p = len(tau)
    if p < _FEWEST_MODES:
        return PowerLawFit(order, importance, np.zeros(0), (), (), np.nan, {}, np.nan)

    log_importance = np.log10(importance)
    searches = {k: _search(log_importance[:, None], k) for k in _segment_counts(p)}
    bic = {k: float(values[0]) for k, (values, _) in searches.items()}
    gain = bic[1] - min(bic.values())
    p_value = float((1 + np.sum(_null_gains(p) >= gain)) / (1 + _NULL_DRAWS))
    chosen = min(bic, key=lambda k: bic[k]) if p_value < _SIGNIFICANCE else 1

    breaks = searches[chosen][1][0]
    design = _design(p, breaks)
    coefficients = np.linalg.lstsq(design, log_importance, rcond=None)[0]
    fitted = design @ coefficients
    residual, total = np.var(log_importance - fitted), np.var(log_importance)
    return PowerLawFit(
        order=order,
        importance=importance,
        fitted=10**fitted,
        breaks=tuple(rank + 1 for rank in breaks),
        exponents=tuple(np.cumsum(coefficients[1:]).tolist()),
        r_squared=float(1 - residual / total) if total > _SMALLEST_VARIANCE else 1.0,
        bic=bic,
        p_value=p_value,
    )


def _segment_counts(p: int) -> range:
    return range(1, min(_MAX_SEGMENTS, (p - 1) // _RANKS_APART) + 1)


def _design(p: int, breaks: tuple[int, ...]) -> Float[np.ndarray, "P K"]:
    """Columns 1, log rank, and one hinge per break (ranks counted from 0)."""
    x = np.log10(np.arange(1, p + 1))
    return np.column_stack([np.ones(p), x, *(np.maximum(0, x - x[rank]) for rank in breaks)])


@lru_cache(maxsize=16)
def _placements(p: int, segments: int) -> list[tuple[int, ...]]:
    """All allowed sets of break ranks (from 0); pairs among many modes at ranks even in log."""
    ranks = np.arange(p)
    if p > _MAX_CANDIDATES and segments > 2:
        ranks = np.unique(np.geomspace(1, p, _MAX_CANDIDATES).round().astype(int)) - 1
    return [
        breaks
        for breaks in combinations(ranks.tolist(), segments - 1)
        if all(b - a >= _RANKS_APART for a, b in pairwise((0, *breaks, p - 1)))
    ]


def _search(
    y: Float[np.ndarray, "P D"], segments: int
) -> tuple[Float[np.ndarray, " D"], list[tuple[int, ...]]]:
    """Lowest BIC and its breaks for each of D columns of log importance."""
    p = len(y)
    y = y - y.mean(axis=0)
    placements = _placements(p, segments)
    variances = np.empty((len(placements), y.shape[1]))
    for row, breaks in zip(variances, placements, strict=True):
        basis = np.linalg.qr(_design(p, breaks))[0]
        row[:] = np.mean((y - basis @ (basis.T @ y)) ** 2, axis=0)
    best = variances.argmin(axis=0)
    lowest = np.maximum(variances.min(axis=0), _SMALLEST_VARIANCE)
    n_parameters = 2 * segments + 1  # an exponent a segment, the breaks, a prefactor, the variance
    return p * np.log(lowest) + n_parameters * np.log(p), [placements[i] for i in best]


@lru_cache(maxsize=16)
def _null_gains(p: int) -> Float[np.ndarray, " D"]:
    """BIC gained by extra segments on sorted draws of one power law."""
    draws = np.random.default_rng(0).standard_exponential((p, _NULL_DRAWS))
    log_importance = -np.sort(-draws, axis=0)
    bic = np.stack([_search(log_importance, k)[0] for k in _segment_counts(p)])
    return bic[0] - bic.min(axis=0)
