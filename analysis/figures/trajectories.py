"""Figures of activity in time: paths to end states, what can be decoded when, tangling."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from .theme import Epoch, Theme, figure_text


def draw_end_states(
    theme: Theme,
    paths: Mapping[str, Float[np.ndarray, "T 2"]],
    ends: Float[np.ndarray, "B 2"],
    labels: Int[np.ndarray, " B"],
    names: tuple[str, str],
) -> Figure:
    """Draw the mean path of each condition in a plane, and where each trial ends.

    Parameters
    ----------
    paths
        Mean coordinates by condition (T × 2); colours in this order.
    ends, labels
        End state of each trial, and which of the conditions it is of (B).
    names
        Of the two axes.
    """
    figure = theme.figure(5.2, 4.2)
    axes = theme.style(figure.subplots(), x=names[0], y=names[1])
    colours = theme.colours(paths)
    for i, (name, colour) in enumerate(colours.items()):
        own = ends[labels == i]
        axes.plot(*own.T, "o", color=colour, markersize=4, alpha=0.35, markeredgewidth=0, zorder=3)
        path = paths[name]
        axes.plot(*path.T, color=colour, linewidth=1.3)
        axes.plot(*path[0], "o", color=colour, markersize=5, markerfacecolor=theme.surface)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    marks: dict[str, Any] = {"color": theme.muted, "linestyle": "none", "marker": "o"}
    handles = [
        *(Line2D([], [], color=c, label=figure_text(name)) for name, c in colours.items()),
        Line2D([], [], **marks, markersize=5, markerfacecolor="none", label="start"),
        Line2D([], [], **marks, markersize=4, alpha=0.5, label="end of each trial"),
    ]
    theme.legend(figure, handles)
    return figure


def draw_decoding(
    theme: Theme,
    matrices: Mapping[str, Float[np.ndarray, "T T"]],
    chance: Mapping[str, Float[np.ndarray, "S T"]],
    times: Float[np.ndarray, " T"],
    epochs: Iterable[Epoch] = (),
) -> Figure:
    """Draw how well conditions can be read, by the times of training and test.

    Parameters
    ----------
    matrices
        Accuracy by condition; row: time of training; column: time of the test (T × T).
    chance
        Accuracy with shuffled labels at each time (S × T); the band holds 95 % of it.
    times
        Middle of each bin (T) [s].
    epochs
        Whose bounds are marked.
    """
    marked = list(epochs)
    n = len(matrices)
    figure = theme.figure(max(2.9 * n + 0.6, 4.0), 4.9)
    panels = figure.subplots(2, n, squeeze=False, height_ratios=(2.4, 1), sharex="col")
    colours = LinearSegmentedColormap.from_list("accuracy", [theme.surface, theme.positive])
    lowest = min(float(np.mean(one)) for one in chance.values()) if chance else 0.0
    half = 500 * float(times[1] - times[0]) if len(times) > 1 else 1.0
    extent = (1e3 * times[0] - half, 1e3 * times[-1] + half)
    image = None
    for i, (name, matrix) in enumerate(matrices.items()):
        above, below = panels[:, i]
        theme.style(above, y="trained at [ms]" if i == 0 else "")
        above.set_title(
            figure_text(name), color=theme.text, fontsize=theme.font_size, loc="left", pad=15
        )
        image = above.imshow(
            matrix, cmap=colours, vmin=lowest, vmax=1, origin="lower", extent=(*extent, *extent),
            aspect="auto", interpolation="nearest",
        )  # fmt: skip
        for spine in above.spines.values():
            spine.set(color=theme.faint, visible=True)
        _bound(theme, above, marked, both=True)
        theme.name_epochs(above, [e for e in marked if _is_wide(e, 1e-3 * extent[1])])
        theme.style(below, x="tested at [ms]", y="accuracy" if i == 0 else "")
        _draw_course(theme, below, 1e3 * times, np.diag(matrix), chance.get(name))
        _bound(theme, below, marked, both=False)
        below.set_xlim(extent)
        below.set_ylim(0, 1.04)
    if image is not None:
        bar = figure.colorbar(image, ax=panels[0], shrink=0.9, aspect=25)
        theme.style(bar.ax, y="accuracy")
        bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    handles = [
        Line2D([], [], color=theme.palette[0], label="trained and tested at the same time"),
        Patch(color=theme.muted, alpha=0.25, linewidth=0, label="labels shuffled, 95 %"),
    ]
    theme.legend(figure, handles)
    return figure


def _draw_course(
    theme: Theme,
    axes: Axes,
    times: Float[np.ndarray, " T"],
    accuracy: Float[np.ndarray, " T"],
    chance: Float[np.ndarray, "S T"] | None,
) -> None:
    if chance is not None and len(chance):
        band = np.quantile(chance, [0.025, 0.975], axis=0)
        axes.fill_between(times, *band, color=theme.muted, alpha=0.25, linewidth=0)
    axes.plot(times, accuracy, color=theme.palette[0], linewidth=1.4)


def _bound(theme: Theme, axes: Axes, epochs: list[Epoch], *, both: bool) -> None:
    """Mark where epochs begin."""
    line: dict[str, Any] = {"color": theme.muted, "linewidth": 0.7, "linestyle": (0, (2, 2))}
    for epoch in epochs:
        if epoch.start > 0:
            axes.axvline(1e3 * epoch.start, **line)
            if both:
                axes.axhline(1e3 * epoch.start, **line)


def _is_wide(epoch: Epoch, stop: float) -> bool:
    """Whether the name of an epoch fits above it, in a panel of two inches."""
    return (epoch.stop - epoch.start) / stop > 0.035 * len(epoch.name)


def draw_tangling(
    theme: Theme,
    tangling: Mapping[str, Float[np.ndarray, "T C"]],
    times: Float[np.ndarray, " T"],
    epochs: Iterable[Epoch] = (),
) -> Figure:
    """Draw tangling Q in time: the median over conditions, and their range.

    Parameters
    ----------
    tangling
        Q by what it is of, activity and outputs, say (T × C).
    times
        Middle of each bin (T) [s].
    epochs
        Shaded and named.
    """
    marked = list(epochs)
    figure = theme.figure(6.4, 2.8)
    axes = theme.style(figure.subplots(), x="time [ms]", y=r"tangling $Q$ [1/s²]")
    theme.shade(axes, marked)
    theme.name_epochs(axes, marked)
    for name, colour in theme.colours(tangling).items():
        q = tangling[name]
        axes.fill_between(
            1e3 * times, q.min(axis=1), q.max(axis=1), color=colour, alpha=0.2, linewidth=0
        )
        axes.plot(1e3 * times, np.median(q, axis=1), color=colour, linewidth=1.4, label=name)
    axes.set_ylim(bottom=0)
    axes.margins(x=0)
    theme.legend(figure, axes.get_legend_handles_labels()[0])
    return figure
