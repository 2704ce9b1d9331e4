"""Figures of the benchmark: cost against size, and modes against dense synapses."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from .theme import Theme

_MARKERS = "osD^v"


class Timings(NamedTuple):
    """Time of one network in Brian2 [s], wired as modes and as dense synapses."""

    n_modes: int
    spikes_per_step: float
    modes: float
    dense: float


def draw_sizes(
    theme: Theme, curves: Mapping[str, Sequence[tuple[float, float]]], x: str, y: str
) -> Figure:
    """Draw a cost against a size on logarithmic axes, one line per contender.

    Parameters
    ----------
    curves
        Points (size, cost) by contender; colours in this order.
    x, y
        Labels of the axes, with units.
    """
    figure = theme.figure(5.2, 3.6)
    axes = theme.style(figure.subplots(), x=x, y=y)
    handles = []
    for i, (name, colour) in enumerate(theme.colours(curves).items()):
        look = {"color": colour, "marker": _MARKERS[i % len(_MARKERS)], "markersize": 5}
        axes.plot(*zip(*curves[name], strict=True), **look, linewidth=1.4)
        handles.append(Line2D([], [], **look, label=name))
    _logarithmic(axes)
    theme.legend(figure, handles)
    return figure


def draw_recurrence(
    theme: Theme, timings: Sequence[Timings], crossover: float | None = None
) -> Figure:
    """Draw both wirings' time against spikes per step k, and their ratio against k/P.

    Parameters
    ----------
    timings
        At least one; those of one number of modes share a colour.
    crossover
        k/P at which both take the same time, to be marked.
    """
    figure = theme.figure(7.6, 3.6)
    left, right = figure.subplots(1, 2)
    theme.style(left, x="spikes per step k", y="time of a run [s]")
    theme.style(right, x="spikes per step and mode k/P", y="time of dense / time of modes")
    handles = []
    colours = theme.colours(str(p) for p in sorted({t.n_modes for t in timings}))
    for p, colour in colours.items():
        of_p = sorted((t for t in timings if str(t.n_modes) == p), key=lambda t: t.spikes_per_step)
        k = [t.spikes_per_step for t in of_p]
        marks = {"color": colour, "marker": "o", "markersize": 4}
        left.plot(k, [t.modes for t in of_p], **marks, linewidth=1.4)
        left.plot(k, [t.dense for t in of_p], **marks, linewidth=1.0, linestyle=":")
        per_mode, ratio = zip(*((t.spikes_per_step / t.n_modes, t.dense / t.modes) for t in of_p),
                              strict=True)  # fmt: skip
        right.plot(per_mode, ratio, **marks, linewidth=1.4)
        handles.append(Line2D([], [], **marks, label=f"P = {p}"))
    right.axhline(1, color=theme.muted, linewidth=0.8, zorder=0)
    if crossover is not None:
        right.axvline(crossover, color=theme.muted, linewidth=0.8, linestyle="--", zorder=0)
        place = {"xycoords": right.get_xaxis_transform()}
        theme.note(right, crossover, 0.0, f"{crossover:.2g}", shift=(3, 4), **place)
    for axes in (left, right):
        _logarithmic(axes)
    handles.append(Line2D([], [], color=theme.muted, label="modes"))
    handles.append(Line2D([], [], color=theme.muted, linestyle=":", label="dense"))
    theme.legend(figure, handles)
    return figure


def _logarithmic(axes: Axes) -> None:
    """Make both axes logarithmic, with more labels the fewer decades they show."""
    axes.set(xscale="log", yscale="log")
    axes.margins(x=0.08, y=0.12)
    for axis in (axes.xaxis, axes.yaxis):
        low, high = axis.get_view_interval()
        few = high < 10 * low
        axis.set_major_locator(
            LogLocator(subs=(1, 1.5, 2, 3, 5, 7) if few else (1, 3), numticks=12)
        )
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axis.set_minor_formatter(NullFormatter())
