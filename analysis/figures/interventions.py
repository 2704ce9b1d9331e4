"""Figures of interventions: doses, cells silenced, effects foretold, returns after kicks."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .theme import Theme


def draw_doses(
    theme: Theme,
    amplitudes: Float[np.ndarray, " D"],
    measures: Mapping[str, Float[np.ndarray, " D"]],
) -> Figure:
    """Draw what driving cells does, against the amplitude of the drive.

    Parameters
    ----------
    amplitudes
        Ascending (D).
    measures
        By label, what was measured (D each), a panel for each; NaN are left out.
    """
    figure = theme.figure(2.5 * len(measures) + 0.6, 2.7)
    panels = figure.subplots(1, len(measures), squeeze=False)[0]
    for panel, (label, values) in zip(panels, measures.items(), strict=True):
        theme.style(panel, x="amplitude [W_in · x]", y=label)
        panel.axvline(0, color=theme.faint, linewidth=0.7, zorder=0)
        panel.axhline(0, color=theme.faint, linewidth=0.7, zorder=0)
        known = np.isfinite(values)
        panel.plot(
            amplitudes[known], values[known], "o-", color=theme.palette[0], markersize=4,
            linewidth=1.4,
        )  # fmt: skip
    return figure


def draw_silenced(
    theme: Theme,
    undisturbed: float,
    chosen: float,
    at_random: Float[np.ndarray, " R"],
    label: str,
) -> Figure:
    """Draw what is left without some cells, beside sets of as many drawn at random.

    Parameters
    ----------
    undisturbed
        Of the network with all of its cells, a dotted line.
    chosen, at_random
        Without the chosen cells, and without each random set (R).
    label
        What is measured.
    """
    figure = theme.figure(3.6, 2.6)
    axes = theme.style(figure.subplots(), y=label)
    axes.axhline(0, color=theme.faint, linewidth=0.7, zorder=0)
    axes.axhline(undisturbed, color=theme.muted, linewidth=0.7, linestyle=":")
    spread = np.linspace(-0.12, 0.12, len(at_random)) if len(at_random) > 1 else np.zeros(1)
    axes.plot([0], [chosen], "s", color=theme.palette[1], markersize=7)
    axes.plot(1 + spread, at_random, "o", color=theme.palette[0], markersize=5)
    axes.set_xticks([0, 1], ["chosen cells", "as many at random"])
    axes.set_xlim(-0.5, 1.5)
    axes.margins(y=0.12)
    return figure


def draw_foretold(
    theme: Theme,
    predicted: Float[np.ndarray, " S"],
    measured: Float[np.ndarray, " S"],
    drawn: Bool[np.ndarray, " S"],
) -> Figure:
    """Draw the measured change of the output against the one that the gradient foretold.

    Parameters
    ----------
    predicted, measured
        Of each set of cells (S).
    drawn
        Which sets were drawn at random; the others are graded by the gradient.
    """
    figure = theme.figure(4.6, 3.4)
    axes = theme.style(
        figure.subplots(), x="change foretold by the gradient", y="change measured in Brian2"
    )
    axes.axhline(0, color=theme.faint, linewidth=0.7, zorder=0)
    axes.axvline(0, color=theme.faint, linewidth=0.7, zorder=0)
    kinds: Sequence[tuple[str, str, Bool[np.ndarray, " S"]]] = (
        ("s", "graded by the gradient", ~drawn),
        ("o", "at random", drawn),
    )
    handles = []
    for (marker, label, which), colour in zip(kinds, theme.palette[1::-1], strict=False):
        look = {"color": colour, "marker": marker, "linestyle": "none", "markersize": 5}
        axes.plot(predicted[which], measured[which], **look)
        handles.append(Line2D([], [], label=label, **look))
    axes.ticklabel_format(axis="x", style="sci", scilimits=(-2, 3), useMathText=True)
    axes.xaxis.get_offset_text().set(color=theme.muted, fontsize=theme.small)
    theme.legend(figure, handles)
    return figure


def draw_returns(theme: Theme, courses: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """Draw what is left of the kick of each mode, its fit and the decay of the filter alone.

    Parameters
    ----------
    courses
        By the title of a panel: ``times`` since the kick [s], ``left``, ``alone``, and ``fitted``
        where there is a fit.
    """
    columns = min(len(courses), 4)
    rows = -(-len(courses) // columns)
    figure = theme.figure(2.3 * columns + 0.6, 2.3 * rows + 0.4)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, (title, course) in zip(panels, courses.items(), strict=False):
        theme.style(panel, x="time since the kick [ms]", title=title)
        t = 1e3 * course["times"]
        panel.axhline(0, color=theme.faint, linewidth=0.7, zorder=0)
        panel.plot(t, course["left"], color=theme.palette[0], linewidth=1.6)
        panel.plot(t, course["alone"], color=theme.muted, linewidth=1.0, linestyle=(0, (4, 3)))
        if "fitted" in course:
            panel.plot(t, course["fitted"], color=theme.palette[1], linewidth=1.0)
    for panel in panels[len(courses) :]:
        panel.set_visible(False)
    panels[0].set_ylabel("left of the kick", color=theme.text, fontsize=theme.font_size)
    handles = [
        Line2D([], [], color=theme.palette[0], linewidth=1.6, label="mode"),
        Line2D([], [], color=theme.palette[1], linewidth=1.0, label="fit"),
        Line2D([], [], color=theme.muted, linestyle=(0, (4, 3)), label="filter alone"),
    ]
    theme.legend(figure, handles)
    return figure
