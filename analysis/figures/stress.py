"""Figures of the stress test: what a condition does to score, rate and modes, level by level."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .theme import Theme

_MARKERS = "osD^vP"
LIMIT = 0.9


def draw_condition(
    theme: Theme,
    axis: str,
    levels: Float[np.ndarray, " L"],
    score: Float[np.ndarray, " L"],
    low: Float[np.ndarray, " L"],
    high: Float[np.ndarray, " L"],
    rates: Float[np.ndarray, " L"],
    variance: Float[np.ndarray, "L P"],
    drops: Float[np.ndarray, "L Q"],
) -> Figure:
    """Draw score, firing rate, mode variance and the cost of ablating each mode by level.

    Parameters
    ----------
    axis
        What the level is, with its unit.
    levels
        Ascending.
    score, low, high
        Score and its 95 % interval; an interval of NaN is not drawn.
    rates
        Mean firing rate [Hz].
    variance
        Variance of each mode's activity.
    drops
        Fall of the score when a mode is ablated; no panel for Q = 0.
    """
    panels = 2 + (variance.shape[1] > 0) + (drops.shape[1] > 0)
    figure = theme.figure(2.3 * panels, 2.5)
    axes = figure.subplots(1, panels, squeeze=False)[0]
    colour = theme.palette[0]
    for panel in axes:
        theme.style(panel, x=axis)
    axes[0].fill_between(levels, low, high, color=colour, alpha=0.25, linewidth=0)
    axes[0].plot(levels, score, color=colour, marker="o", markersize=4, linewidth=1.4)
    axes[0].axhline(LIMIT, color=theme.muted, linewidth=0.7, linestyle=":")
    axes[0].set_title("score", color=theme.text, fontsize=theme.font_size, loc="left")
    axes[1].plot(levels, rates, color=theme.palette[1], marker="o", markersize=4, linewidth=1.4)
    axes[1].set_ylim(bottom=0)
    axes[1].set_title("firing rate [Hz]", color=theme.text, fontsize=theme.font_size, loc="left")
    titles = (("variance of each mode", variance), ("cost of ablating each mode", drops))
    shown = [(title, values) for title, values in titles if values.shape[1]]
    for panel, (title, values) in zip(axes[2:], shown, strict=True):
        panel.set_title(title, color=theme.text, fontsize=theme.font_size, loc="left")
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


def draw_overview(
    theme: Theme,
    panels: Mapping[str, Mapping[str, tuple[Float[np.ndarray, " L"], Float[np.ndarray, " L"]]]],
) -> Figure:
    """Draw score against normalised level, one line per condition.

    Parameters
    ----------
    panels
        By title, then by condition: normalised levels and scores.
    """
    figure = theme.figure(2.9 * len(panels), 3.6)
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for panel, (title, curves) in zip(axes, panels.items(), strict=True):
        first = panel is axes[0]
        theme.style(panel, x="level, share of the sweep", y="score" if first else "", title=title)
        panel.axhline(LIMIT, color=theme.muted, linewidth=0.7, linestyle=":")
        for i, (name, (levels, scores)) in enumerate(curves.items()):
            look = {"color": theme.palette[i], "marker": _MARKERS[i % 6], "markersize": 4}
            panel.plot(levels, scores, **look, linewidth=1.3, label=name)
        panel.legend(
            frameon=False, fontsize=theme.small, labelcolor=theme.text, loc="upper center",
            bbox_to_anchor=(0.5, -0.22), ncols=2, columnspacing=1.0, handlelength=1.4,
        )  # fmt: skip
    return figure
