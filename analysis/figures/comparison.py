"""Figures of a comparison of methods: how well they do, and what more trials and time give."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, StrMethodFormatter

from .theme import Theme

_MARKERS = "osD^vP*X<>ph"
_MOST_TICKS = 6
_LOWEST = -0.25  # performance that is drawn where it is; worse is drawn at the edge


@dataclass(frozen=True, eq=False)
class Contender:
    """A method's networks, one for each seed.

    Parameters
    ----------
    score
        The performance of each on unseen trials (S).
    low, high
        Ends of the interval of their mean, equal where there is none.
    course
        Trials, seconds and performance of networks that learned from more and more trials (3 × K),
        empty if unknown.
    """

    score: Float[np.ndarray, " S"]
    low: float
    high: float
    course: Float[np.ndarray, "3 K"]


def draw_comparison(
    theme: Theme, found: Mapping[str, Contender], control: str | None = None
) -> Figure:
    """Draw the performance of all networks, and its course over trials and over seconds.

    Parameters
    ----------
    found
        Methods by name, from the top.
    control
        The method below whose performance nothing was learned that needs recurrence.
    """
    figure = theme.figure(7.6, 0.9 + 0.26 * max(8, len(found)))
    seeds, trials, seconds = figure.subplots(1, 3, width_ratios=[1.25, 1, 1])
    theme.style(seeds, x="performance")
    theme.style(trials, x="trials seen", y="performance")
    theme.style(seconds, x="training [s]")
    looks = {
        name: {"color": colour, "marker": _MARKERS[i % len(_MARKERS)]}
        for i, (name, colour) in enumerate(theme.colours(found).items())
    }
    again = list(looks)[len(theme.palette) :]  # in colours that others have
    for i, (name, one) in enumerate(found.items()):
        _draw_seeds(seeds, i, one, looks[name])
        course = np.maximum(one.course[2], _LOWEST)
        for axes, x in ((trials, one.course[0]), (seconds, one.course[1])):
            style = "--" if name in again else "-"
            axes.plot(x, course, style, **looks[name], markersize=3.5, linewidth=0.9, alpha=0.85)
    seeds.set_yticks(range(len(found)), list(found), color=theme.text)
    seeds.set_ylim(len(found) - 0.4, -0.6)
    seeds.set_xlim(_LOWEST - 0.03, 1.03)
    if control is not None and control in found:
        bar = max(float(found[control].score.mean()), _LOWEST)
        line = {"color": theme.muted, "linewidth": 0.8, "linestyle": ":"}
        seeds.axvline(bar, **line)
        for axes in (trials, seconds):
            axes.axhline(bar, **line)
    for axes in (trials, seconds):
        axes.set_xscale("log")
        axes.set_ylim(_LOWEST - 0.03, 1.03)
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))  # 100, not 10²
        axes.xaxis.set_minor_formatter(NullFormatter())
    seen = sorted({float(x) for one in found.values() for x in one.course[0]})
    if 0 < len(seen) <= _MOST_TICKS:
        # batches make numbers differ a little: those that would overlap are one
        trials.set_xticks([x for k, x in enumerate(seen) if not k or x > 1.1 * seen[k - 1]])
        trials.tick_params(axis="x", rotation=45)
    seconds.tick_params(labelleft=False)
    return figure


def _draw_seeds(axes: Axes, row: int, one: Contender, look: Mapping[str, Any]) -> None:
    """Draw each seed faintly, and their mean with its interval."""
    inside = np.maximum(one.score, _LOWEST)
    faint = {"color": look["color"], "alpha": 0.45, "linestyle": "none"}
    axes.plot(inside, np.full(len(inside), row), **faint, marker="|", markersize=9)
    mean = max(float(one.score.mean()), _LOWEST)
    ends = np.clip([one.low, one.high], _LOWEST, None)
    axes.plot(ends, [row, row], color=look["color"], linewidth=1.6)
    axes.plot([mean], [row], **look, markersize=5, linestyle="none")
