"""Figures of the stress test: what a condition does to performance, rate and modes, by level."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .theme import Theme

_MARKERS = "osD^vP"


@dataclass(frozen=True, eq=False)
class Curve:
    """Performance by level.

    Parameters
    ----------
    levels
        Ascending, the undisturbed one first.
    mean, low, high
        Mean performance of the draws and its 95 % interval, NaN where there is none.
    draws
        Performance in each draw, NaN behind those that a level has.
    ceiling
        That of an ideal observer, NaN where there is none.
    """

    levels: Float[np.ndarray, " L"]
    mean: Float[np.ndarray, " L"]
    low: Float[np.ndarray, " L"]
    high: Float[np.ndarray, " L"]
    draws: Float[np.ndarray, "L D"]
    ceiling: Float[np.ndarray, " L"]


def draw_condition(
    theme: Theme,
    axis: str,
    curve: Curve,
    rates: Float[np.ndarray, " L"],
    variance: Float[np.ndarray, "L P"],
    drops: Float[np.ndarray, "L Q"],
) -> Figure:
    """Draw performance, firing rate, mode variance and the cost of ablating each mode by level.

    Parameters
    ----------
    axis
        What the level is, with its unit.
    curve
        Performance.
    rates
        Mean firing rate [Hz].
    variance
        Variance of each mode's activity.
    drops
        Fall of the performance when a mode is ablated; no panel for Q = 0.
    """
    titles = (("variance of each mode", variance), ("cost of ablating each mode", drops))
    shown = [(title, values) for title, values in titles if values.shape[1]]
    figure = theme.figure(2.4 * (2 + len(shown)), 2.6)
    axes = figure.subplots(1, 2 + len(shown), squeeze=False)[0]
    for panel, title in zip(
        axes, ("performance", "firing rate [Hz]", *(title for title, _ in shown)), strict=True
    ):
        theme.style(panel, title=title)
    figure.supxlabel(axis, color=theme.text, fontsize=theme.font_size)  # one for all: it is long
    _performance(theme, axes[0], curve)
    levels, look = curve.levels, {"marker": "o", "markersize": 4, "linewidth": 1.4}
    axes[1].plot(levels, rates, color=theme.text, **look)
    axes[1].set_ylim(0, 1.08 * np.nanmax(rates, initial=1))
    for panel, (_, values) in zip(axes[2:], shown, strict=True):
        for p in range(values.shape[1]):
            look = {"color": theme.palette[p % len(theme.palette)], "marker": _MARKERS[p % 6]}
            panel.plot(levels, values[:, p], **look, markersize=4, linewidth=1.2)
    if shown:
        count = min(shown[-1][1].shape[1], 6)
        handles = [
            Line2D([], [], color=theme.palette[p], marker=_MARKERS[p], label=f"mode {p + 1}")
            for p in range(count)
        ]
        theme.legend(figure, handles, columns=count)
    return figure


def _performance(theme: Theme, panel: Axes, curve: Curve) -> None:
    colour, levels = theme.text, curve.levels  # none of the modes'
    if curve.draws.shape[1] > 1:
        every = np.broadcast_to(levels[:, None], curve.draws.shape)
        panel.plot(every, curve.draws, ".", color=colour, markersize=3, alpha=0.55, linewidth=0)
    panel.fill_between(levels, curve.low, curve.high, color=colour, alpha=0.22, linewidth=0)
    panel.plot(levels, curve.mean, color=colour, marker="o", markersize=4, linewidth=1.4)
    if np.isfinite(curve.ceiling).any():
        panel.plot(levels, curve.ceiling, color=theme.muted, linewidth=1.0, linestyle="--")
    known = curve.draws[np.isfinite(curve.draws)]
    panel.set_ylim(min(0, known.min(initial=0)) - 0.03, 1.03)  # from a constant answer to perfect
    if np.isfinite(curve.mean[0]):
        panel.axhline(curve.mean[0] / 2, color=theme.muted, linewidth=0.7, linestyle=":")


def draw_overview(theme: Theme, panels: Mapping[str, Mapping[str, Curve]]) -> Figure:
    """Draw performance against normalised level, one line per condition.

    Parameters
    ----------
    panels
        By title, then by condition: performance by normalised level.
    """
    figure = theme.figure(max(3.4 * len(panels), 4.2), 4.2)
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for panel, (title, curves) in zip(axes, panels.items(), strict=True):
        first = panel is axes[0]
        theme.style(
            panel, x="level, share of the sweep", y="performance" if first else "", title=title
        )
        start = next(iter(curves.values())).mean[0]
        if np.isfinite(start):
            panel.axhline(start / 2, color=theme.muted, linewidth=0.7, linestyle=":")
        for i, (name, curve) in enumerate(curves.items()):
            colour = theme.palette[i % len(theme.palette)]
            look = {"color": colour, "marker": _MARKERS[i % 6], "markersize": 4}
            panel.plot(curve.levels, curve.mean, **look, linewidth=1.3, label=name)
        panel.legend(
            frameon=False, fontsize=theme.small, labelcolor=theme.text, loc="upper center",
            bbox_to_anchor=(0.5, -0.2), ncols=1, handlelength=1.6,
        )  # fmt: skip
    return figure
