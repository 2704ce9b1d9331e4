"""Figures of a comparison of methods: how well they do, and what more updates and time give."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from .theme import Theme

_LOWEST = -0.25  # performance that is drawn where it is; worse is drawn at the edge
_COLUMNS = 4


@dataclass(frozen=True, eq=False)
class Contender:
    """A method's networks, one for each seed.

    Parameters
    ----------
    score
        The performance of each on unseen trials (S).
    low, high
        Ends of the interval of their mean, equal where there is none.
    ends
        Updates and seconds of training that each took (2 × S).
    course
        Updates, seconds and performance of networks of the first seed that learned for longer and
        longer (3 × K), empty if unknown.
    """

    score: Float[np.ndarray, " S"]
    low: float
    high: float
    ends: Float[np.ndarray, "2 S"]
    course: Float[np.ndarray, "3 K"]


def draw_comparison(
    theme: Theme, found: Mapping[str, Contender], control: str | None = None
) -> Figure:
    """Draw the performance of all networks, a line for each method.

    Parameters
    ----------
    found
        Methods by name, from the top.
    control
        The method below whose performance nothing was learned that needs recurrence.
    """
    figure = theme.figure(6.4, 0.9 + 0.26 * max(4, len(found)))
    axes = theme.style(figure.subplots(), x="performance")
    for row, one in enumerate(found.values()):
        _draw_seeds(theme, axes, row, one)
    axes.set_yticks(range(len(found)), list(found), color=theme.text)
    axes.set_ylim(len(found) - 0.4, -0.6)
    axes.set_xlim(_LOWEST - 0.03, 1.03)
    if control is not None and control in found:
        axes.axvline(_bar(found[control]), **_dotted(theme))
    look: dict[str, Any] = {"color": theme.palette[0], "linestyle": "none"}
    keys = [
        Line2D([], [], **look, marker="|", markersize=9, alpha=0.6, label="seed"),
        Line2D([], [], **look, marker="o", markersize=5, label="mean"),
    ]
    theme.legend(figure, keys)
    return figure


def draw_courses(
    theme: Theme,
    found: Mapping[str, Contender],
    by_time: bool,
    control: str | None = None,
) -> Figure:
    """Draw performance against the effort of training, a small panel for each method.

    Each panel has the course of its method, the points of all its seeds, and, faint, the courses
    of the others.

    Parameters
    ----------
    found, control
        As for `draw_comparison`.
    by_time
        Whether effort is in seconds; else in updates.
    """
    columns = min(_COLUMNS, len(found))
    rows = -(-len(found) // columns)
    figure = theme.figure(max(1.9 * columns, 2.4), 0.5 + 1.6 * rows)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    along = int(by_time)
    points: dict[str, Any] = {"color": theme.palette[1], "marker": "D", "markersize": 3.5}
    points["linestyle"] = "none"
    for k, (panel, name) in enumerate(zip(panels, found, strict=False)):
        theme.style(panel, title=name, y="performance" if k % columns == 0 else "")
        for other, one in found.items():
            if other != name:
                panel.plot(*_course(one, along), color=theme.faint, linewidth=0.8, zorder=0)
        one = found[name]
        panel.plot(*_course(one, along), color=theme.palette[0], marker="o", markersize=3.5)
        panel.plot(one.ends[along], np.maximum(one.score, _LOWEST), **points)
        if control is not None and control in found:
            panel.axhline(_bar(found[control]), **_dotted(theme))
    for k in range(len(found), len(panels)):
        panels[k].set_visible(False)
        panels[k - columns].tick_params(labelbottom=True)
    first = panels[0]
    first.set_xscale("log")
    first.set_ylim(_LOWEST - 0.03, 1.05)
    first.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=5))
    first.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))  # 100, not 10²
    first.xaxis.set_minor_formatter(NullFormatter())
    label = "training [s]" if by_time else "updates"
    figure.supxlabel(label, color=theme.text, fontsize=theme.font_size)
    keys = [
        Line2D([], [], color=theme.palette[0], marker="o", markersize=3.5, label="first seed"),
        Line2D([], [], **points, label="all seeds"),
        Line2D([], [], color=theme.faint, label="first seed of the others"),
    ]
    theme.legend(figure, keys)
    return figure


def _course(one: Contender, along: int) -> tuple[np.ndarray, np.ndarray]:
    return one.course[along], np.maximum(one.course[2], _LOWEST)


def _bar(control: Contender) -> float:
    return max(float(control.score.mean()), _LOWEST)


def _dotted(theme: Theme) -> dict[str, Any]:
    return {"color": theme.muted, "linewidth": 0.8, "linestyle": ":"}


def _draw_seeds(theme: Theme, axes: Axes, row: int, one: Contender) -> None:
    """Draw each seed faintly, and their mean with its interval."""
    inside = np.maximum(one.score, _LOWEST)
    look: dict[str, Any] = {"color": theme.palette[0], "linestyle": "none"}
    axes.plot(inside, np.full(len(inside), row), **look, alpha=0.6, marker="|", markersize=9)
    ends = np.clip([one.low, one.high], _LOWEST, None)
    axes.plot(ends, [row, row], color=theme.palette[0], linewidth=1.6)
    axes.plot([_bar(one)], [row], **look, marker="o", markersize=5)
