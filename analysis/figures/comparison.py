"""Figures of a comparison of methods: how well they do, against time and against memory."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogFormatter

from .theme import Theme

_MARKERS = "osD^vP*X<>p"


@dataclass(frozen=True, eq=False)
class Contender:
    """A method's networks, one for each seed.

    Parameters
    ----------
    score
        How well each does on unseen trials (S).
    seconds
        How long each learned (S) [s].
    memory
        What each took for it (S) [MB].
    course
        The score while the first network learned, as seconds and values (2 × U); empty if unknown.
    """

    score: Float[np.ndarray, " S"]
    seconds: Float[np.ndarray, " S"]
    memory: Float[np.ndarray, " S"]
    course: Float[np.ndarray, "2 U"]


def draw_comparison(theme: Theme, found: Mapping[str, Contender], score: str) -> Figure:
    """Draw scores against seconds of training, with their course, and against memory.

    Parameters
    ----------
    found
        Methods by name.
    score
        Label of the score.
    """
    figure = theme.figure(7.6, 4.2)
    left, right = figure.subplots(1, 2, sharey=True)
    theme.style(left, x="training [s]", y=score)
    theme.style(right, x="memory above the loaded libraries [MB]")
    handles = []
    for i, (name, colour) in enumerate(theme.colours(found).items()):
        one, marker = found[name], _MARKERS[i % len(_MARKERS)]
        look = {"color": colour, "marker": marker, "markersize": 5.5, "linestyle": "none"}
        left.plot(*one.course, color=colour, linewidth=1.0, alpha=0.6)
        for axes, x in ((left, one.seconds), (right, one.memory)):
            axes.errorbar(
                x.mean(),
                one.score.mean(),
                yerr=[[one.score.mean() - one.score.min()], [one.score.max() - one.score.mean()]],
                **look,
                elinewidth=0.9,
                capsize=2,
            )
        handles.append(Line2D([], [], **look, label=name))
    left.set_xlim(left=0)
    right.set_xscale("log")
    for ticks in (right.xaxis.set_major_formatter, right.xaxis.set_minor_formatter):
        ticks(LogFormatter())  # 200, not 2 × 10²
    theme.legend(figure, handles, columns=4)
    return figure
