"""Figures of modes: trajectories in mode space, importance by rank, and the weights they make."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from ..power_law import PowerLawFit
from .theme import Theme, figure_text

_LARGEST_SHOWN = 200  # neurons along each side of a weight matrix; more are not resolved in print
_FEW_MODES = 12


def draw_mode_space(
    theme: Theme,
    kappa_out: Mapping[str, Float[np.ndarray, "T P"]],
    kappa_in: Mapping[str, Float[np.ndarray, "T P"]],
) -> Figure:
    """Draw each condition's trajectory in pairs of the first three mode coordinates.

    The upper row shows the output modes, κ_out = xi_outᵀ R, the lower one the input modes,
    κ_in = xi_inᵀ R. Two modes make one row; for a single mode, one panel shows κ_out against
    κ_in.

    Parameters
    ----------
    kappa_out, kappa_in
        Mean trajectory (T × P) by condition; colours in this order.
    """
    n_modes = next(iter(kappa_out.values())).shape[1]
    colours = theme.colours(kappa_out)
    if n_modes == 1:
        figure = theme.figure(4.0, 3.4)
        axes = theme.style(figure.subplots(), x=_symbol("in", 1), y=_symbol("out", 1))
        for name, colour in colours.items():
            _draw_path(theme, axes, kappa_in[name][:, 0], kappa_out[name][:, 0], colour)
    else:
        pairs = list(combinations(range(min(n_modes, 3)), 2))
        figure = theme.figure(7.6, 5.0) if n_modes > 2 else theme.figure(5.6, 3.0)
        shape = (2, len(pairs)) if n_modes > 2 else (1, 2)
        panels = figure.subplots(*shape, squeeze=False).reshape(2, -1)
        rows = (("out", kappa_out), ("in", kappa_in))
        for row, (side, paths) in zip(panels, rows, strict=True):
            for axes, (i, j) in zip(row, pairs, strict=True):
                theme.style(axes, x=_symbol(side, i + 1), y=_symbol(side, j + 1))
                for name, colour in colours.items():
                    _draw_path(theme, axes, paths[name][:, i], paths[name][:, j], colour)
    conditions = [
        Line2D([], [], color=colour, label=figure_text(name)) for name, colour in colours.items()
    ]
    marks = {"color": theme.muted, "linestyle": "none", "marker": "o", "markersize": 5}
    ends = [
        Line2D([], [], **marks, markerfacecolor="none", label="start"),
        Line2D([], [], **marks, label="end"),
    ]
    theme.legend(figure, [*conditions, *ends])
    return figure


def _symbol(side: str, mode: int) -> str:
    return rf"$\kappa^\mathrm{{{side}}}_{{{mode}}}$"


def _draw_path(
    theme: Theme,
    axes: Axes,
    x: Float[np.ndarray, " T"],
    y: Float[np.ndarray, " T"],
    colour: str,
) -> None:
    axes.plot(x, y, color=colour, linewidth=1.2)
    axes.plot(x[0], y[0], color=colour, marker="o", markersize=5, markerfacecolor=theme.surface)
    axes.plot(x[-1], y[-1], color=colour, marker="o", markersize=5)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_locator(MaxNLocator(4))


def draw_importance(theme: Theme, fit: PowerLawFit) -> Figure:
    """Draw the importance of modes against their rank, with the law that explains it best.

    The band is where 95 % of the curves of untrained networks lie, scaled to the same mean. Up to
    twelve modes are numbered, from 1.

    Parameters
    ----------
    fit
        From `fit_power_law`; without a law, the points alone are drawn.
    """
    figure = theme.figure(4.6, 3.4)
    few = len(fit.importance) <= _FEW_MODES
    x_label = "rank (at each point: number of the mode)" if few else "rank"
    axes = theme.style(figure.subplots(), x=x_label, y="importance τ")
    ranks = np.arange(1, len(fit.importance) + 1)
    axes.plot(
        ranks, fit.importance, color=theme.palette[0], linestyle="none", marker="o", markersize=5
    )
    if fit.law:
        _draw_fit(theme, axes, fit)
    else:
        axes.set_xticks(ranks)
        axes.set_ylim(0, 1.1 * float(fit.importance[0]))
        axes.margins(x=0.2)
    if few:
        for rank, (value, mode) in enumerate(zip(fit.importance, fit.order, strict=True), start=1):
            theme.note(axes, rank, value, f"{mode + 1}", shift=(-3, -12), ha="right")
    return figure


def draw_rank_curves(theme: Theme, fits: Mapping[str, PowerLawFit]) -> Figure:
    """Draw the importance of modes by rank of several networks of one size, over its mean.

    The band is where 95 % of the curves of untrained networks lie.

    Parameters
    ----------
    fits
        From `fit_power_law` with the same untrained networks, by the name of the network.
    """
    figure = theme.figure(4.6, 3.4)
    axes = theme.style(figure.subplots(), x="rank", y="importance τ over its mean")
    first = next(iter(fits.values()))
    ranks = np.arange(1, len(first.importance) + 1)
    axes.fill_between(ranks, *(first.band / first.importance.mean()), **_band(theme))
    handles: list[Artist] = [Patch(**_band(theme), label="untrained, 95 %")]
    for name, colour in theme.colours(fits).items():
        scaled = fits[name].importance / fits[name].importance.mean()
        look = {"color": colour, "marker": "o", "markersize": 3, "linewidth": 0.8}
        axes.plot(ranks, scaled, **look)
        handles.append(Line2D([], [], **look, label=figure_text(name)))
    _by_logarithm(axes)
    theme.legend(figure, handles)
    return figure


def _band(theme: Theme) -> dict[str, Any]:
    return {"color": theme.faint, "alpha": 0.6, "linewidth": 0, "zorder": 0}


def _by_logarithm(axes: Axes) -> None:
    axes.set(xscale="log", yscale="log")
    axes.margins(x=0.08, y=0.2)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())


def _draw_fit(theme: Theme, axes: Axes, fit: PowerLawFit) -> None:
    """Draw the fitted line on logarithmic axes, each segment of a power law with its exponent."""
    ranks = np.arange(1, len(fit.importance) + 1)
    axes.fill_between(ranks, *fit.band, **_band(theme))
    axes.plot(ranks, fit.fitted, color=theme.palette[1], linewidth=1.6)
    theme.note(axes, ranks[0], fit.band[1, 0], "untrained, 95 %", shift=(2, 3))
    _by_logarithm(axes)
    for rank in fit.breaks:
        axes.axvline(rank, color=theme.faint, linewidth=0.8, zorder=0)
        place = {"xycoords": axes.get_xaxis_transform(), "rotation": 90, "ha": "right"}
        theme.note(axes, rank, 0.0, f"break at rank {rank}", shift=(-2, 4), **place)
    if not fit.exponents:
        middle = len(ranks) // 3
        text, colour = figure_text(fit.law), theme.palette[1]
        theme.note(axes, ranks[middle], fit.fitted[middle], text, shift=(12, 9), color=colour)
        return
    middles = np.sqrt(np.multiply((1, *fit.breaks), (*fit.breaks, len(ranks))))
    heights = np.exp(np.interp(np.log(middles), np.log(ranks), np.log(fit.fitted)))
    for x, y, exponent in zip(middles, heights, fit.exponents, strict=True):
        text = f"exponent {exponent:.2f}".replace("-", "−")
        theme.note(axes, x, y, text, shift=(12, 9), color=theme.palette[1])


def draw_weights(
    theme: Theme,
    xi_in: Float[np.ndarray, "N P"],
    scores: Float[np.ndarray, " P"] | Float[np.ndarray, "P P"],
    xi_out: Float[np.ndarray, "N P"],
) -> Figure:
    """Draw W = xi_in Sigma xi_outᵀ between the modes it is made of.

    Postsynaptic neurons (rows) are sorted by the first left singular vector of W, presynaptic
    ones (columns) by the first right one, found from the modes in O(N P²). Each of the three
    matrices has its own colour range, symmetric about zero; the bar shows that of W.

    Parameters
    ----------
    xi_in, xi_out
        Input and output modes (N × P); for more than 200 neurons, 200 evenly spaced ones of the
        sorted neurons are shown.
    scores
        Diagonal scores (P) or the full score matrix (P × P).
    """
    n_neurons, n_modes = xi_in.shape
    sigma = np.diag(scores) if scores.ndim == 1 else scores
    (q_in, r_in), (q_out, r_out) = np.linalg.qr(xi_in), np.linalg.qr(xi_out)
    left, _, right = np.linalg.svd(r_in @ sigma @ r_out.T)
    shown = np.unique(np.linspace(0, n_neurons - 1, min(n_neurons, _LARGEST_SHOWN)).astype(int))
    xi_in = xi_in[np.argsort(q_in @ left[:, 0])[shown]]
    xi_out = xi_out[np.argsort(q_out @ right[0])[shown]]

    figure = theme.figure(5.4, 5.0)
    strip = float(np.clip(0.03 * n_modes, 0.08, 0.2))
    grid = figure.add_gridspec(2, 2, width_ratios=(strip, 1), height_ratios=(strip, 1))
    axes_out, axes_in, axes_w = (
        figure.add_subplot(grid[i, j]) for i, j in ((0, 1), (1, 0), (1, 1))
    )
    of = "" if len(shown) == n_neurons else f", {len(shown)} of {n_neurons}"
    theme.style(axes_out, y=r"$\xi_\mathrm{out}^\top$")
    theme.style(axes_in, x=r"$\xi_\mathrm{in}$", y=f"postsynaptic neuron (sorted{of})")
    theme.style(axes_w, x=f"presynaptic neuron (sorted{of})")
    weights = _draw_matrix(theme, axes_w, xi_in @ sigma @ xi_out.T)
    _draw_matrix(theme, axes_out, xi_out.T)
    _draw_matrix(theme, axes_in, xi_in)
    bar = figure.colorbar(weights, ax=axes_w, shrink=0.6, aspect=25, label="weight W")
    theme.style(bar.ax, y="weight W")
    bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    return figure


def _draw_matrix(theme: Theme, axes: Axes, matrix: Float[np.ndarray, "R C"]):
    """Show a signed matrix without ticks, its colours symmetric about zero."""
    limit = float(np.abs(matrix).max()) or 1.0
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes.imshow(
        matrix,
        cmap=theme.diverging,
        vmin=-limit,
        vmax=limit,
        aspect="auto",
        interpolation="nearest",
    )
