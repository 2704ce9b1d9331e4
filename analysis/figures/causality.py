"""Figures of which modes carry the performance: sets of modes, what is lost, ranks."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .theme import Theme, figure_text

MOST_SETS = 40
"""Sets that fit into a figure."""

_MARKERS = "osD^vPX*"


def draw_mode_sets(
    theme: Theme,
    present: Bool[np.ndarray, "S P"],
    performance: Float[np.ndarray, " S"],
    enough: float,
    smallest: int,
) -> Figure:
    """Draw the performance of sets of modes, best first, above which modes each has.

    Of more than `MOST_SETS` sets the best are drawn.

    Parameters
    ----------
    present
        Which modes each set has (S × P).
    performance
        What each reaches (S).
    enough
        What the smallest set has to reach.
    smallest
        Row of that set.
    """
    order = np.argsort(-performance, kind="stable")[:MOST_SETS]
    n_modes, x = present.shape[1], np.arange(len(order))
    width, rows = min(max(0.32 * len(order) + 1.4, 3.6), 9.0), 0.22 * n_modes
    figure = theme.figure(width, 2.2 + rows)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1.6, max(rows, 0.3)))
    theme.style(upper, y="performance")
    upper.axhline(0, color=theme.faint, linewidth=0.7, zorder=0)
    upper.axhline(enough, color=theme.muted, linewidth=0.7, linestyle=":")
    is_smallest = order == smallest
    colours = np.where(is_smallest, theme.palette[1], theme.text).tolist()
    upper.vlines(x, 0, performance[order], colors=colours, linewidth=1.2)
    upper.scatter(x, performance[order], c=colours, s=26, zorder=3)
    theme.style(lower, x="sets of modes, best first", y="mode")
    lower.set_ylim(n_modes - 0.5, -0.5)
    step = max(1, n_modes // 12)
    lower.set_yticks(np.arange(0, n_modes, step), [f"{p + 1}" for p in range(0, n_modes, step)])
    lower.set_xticks([])
    for row, colour, k in zip(x, colours, order, strict=True):
        modes = np.flatnonzero(present[k])
        lower.scatter(np.full(n_modes, row), np.arange(n_modes), c=theme.faint, s=16, zorder=1)
        lower.scatter(np.full(len(modes), row), modes, c=colour, s=22, zorder=3)
        if len(modes) > 1:
            lower.plot([row, row], [modes[0], modes[-1]], color=colour, linewidth=1.2, zorder=2)
    for side in ("left", "bottom"):
        lower.spines[side].set_visible(False)
    lower.tick_params(length=0)
    figure.align_ylabels()
    return figure


def draw_lost_performance(
    theme: Theme,
    lost: Float[np.ndarray, " P"],
    by_condition: Float[np.ndarray, "P G"],
    conditions: Sequence[str],
) -> Figure:
    """Draw the performance that is lost without each mode, in all trials and in each condition.

    Parameters
    ----------
    lost
        In all trials (P).
    by_condition
        In each of G conditions (P × G).
    conditions
        Their names (G).
    """
    n_modes, x = len(lost), np.arange(len(lost))
    figure = theme.figure(min(max(0.8 * n_modes + 1.6, 6.0), 9.0), 3.0)
    axes = theme.style(figure.subplots(), x="mode left out", y="performance lost")
    axes.axhline(0, color=theme.faint, linewidth=0.7, zorder=0)
    axes.use_sticky_edges = False
    axes.bar(x, lost, width=0.7, color=theme.muted, alpha=0.3, linewidth=0, zorder=1)
    colours = theme.colours(conditions)
    places = np.linspace(-0.25, 0.25, len(conditions)) if len(conditions) > 1 else np.zeros(1)
    handles = [Line2D([], [], color=theme.muted, alpha=0.4, linewidth=6, label="all trials")]
    for i, (name, colour) in enumerate(colours.items()):
        marker = _MARKERS[i % len(_MARKERS)]
        look = {"color": colour, "marker": marker, "markersize": 5, "linestyle": "none"}
        axes.plot(x + places[i], by_condition[:, i], zorder=3, **look)
        handles.append(Line2D([], [], label=figure_text(name), **look))
    step = 5 if n_modes > 20 else 1
    axes.set_xticks(x[::step], [f"{p + 1}" for p in x[::step]])
    axes.margins(y=0.08)
    theme.legend(figure, handles, columns=min(len(handles), 3))
    return figure


def draw_causal_ranks(
    theme: Theme,
    lost: Float[np.ndarray, " P"],
    measures: Mapping[str, Float[np.ndarray, " P"]],
) -> Figure:
    """Draw the performance lost without each mode against other measures of the modes.

    Up to twelve modes are numbered, from 1.

    Parameters
    ----------
    lost
        What is lost (P).
    measures
        Others by their label (P each), a panel for each.
    """
    figure = theme.figure(2.6 * len(measures) + 0.6, 2.9)
    panels = figure.subplots(1, len(measures), sharey=True, squeeze=False)[0]
    for panel, (label, values) in zip(panels, measures.items(), strict=True):
        theme.style(panel, x=label, y="performance lost" if panel is panels[0] else "")
        panel.axhline(0, color=theme.faint, linewidth=0.7, zorder=0)
        panel.plot(values, lost, "o", color=theme.palette[0], markersize=5)
        panel.margins(x=0.18, y=0.12)
        if len(lost) <= 12:
            for p, (x, y) in enumerate(zip(values, lost, strict=True)):
                theme.note(panel, x, y, f"{p + 1}", shift=(5, 3), color=theme.text)
    return figure
