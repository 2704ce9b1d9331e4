"""Figures of classes of cells: their weights, how stable the classes are, networks drawn anew."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse
from matplotlib.ticker import MaxNLocator, NullFormatter, StrMethodFormatter

from .theme import Theme

_LOWEST = -0.5  # performance that is drawn where it is; worse is drawn at the edge
_MARKERS = "os^Dv"


def draw_cells(
    theme: Theme,
    rows: Float[np.ndarray, "N D"],
    columns: Sequence[str],
    labels: Int[np.ndarray, " N"],
    means: Float[np.ndarray, "K D"],
    covariances: Float[np.ndarray, "K D D"],
    planes: Sequence[tuple[str, str]],
) -> Figure:
    """Draw the cells in planes of two weights, by class, with two standard deviations of each.

    Parameters
    ----------
    rows
        The weights of each cell.
    columns
        What each weight is called.
    labels
        The class of each cell.
    means, covariances
        Of each class.
    planes
        Names of the two weights of each panel.
    """
    n_columns = min(len(planes), 2)
    n_rows = -(-len(planes) // n_columns)
    figure = theme.figure(3.4 * n_columns, 2.9 * n_rows + 0.3)
    panels = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    names = list(columns)
    for axes, (x, y) in zip(panels, planes, strict=False):
        i, j = names.index(x), names.index(y)
        theme.style(axes, x=symbol(x), y=symbol(y))
        for k, (mean, covariance) in enumerate(zip(means, covariances, strict=True)):
            own, colour = rows[labels == k], theme.palette[k % len(theme.palette)]
            look = {"color": colour, "marker": _MARKERS[k % len(_MARKERS)], "markersize": 3}
            axes.plot(own[:, i], own[:, j], linestyle="none", alpha=0.7, **look)
            _ellipse(axes, mean[[i, j]], covariance[np.ix_([i, j], [i, j])], colour)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(4))
    for axes in panels[len(planes) :]:
        axes.set_visible(False)
    handles = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=_MARKERS[k % len(_MARKERS)],
            color=theme.palette[k % len(theme.palette)],
            label=f"class {k + 1} ({np.count_nonzero(labels == k)} cells)",
        )
        for k in range(len(means))
    ]
    edge = Line2D([], [], color=theme.muted, linewidth=1.2, label="two standard deviations")
    theme.legend(figure, [*handles, edge])
    return figure


def _ellipse(
    axes: Axes, mean: Float[np.ndarray, " 2"], covariance: Float[np.ndarray, "2 2"], colour: str
) -> None:
    """Draw where a Gaussian is two standard deviations from its mean."""
    values, vectors = np.linalg.eigh(covariance)
    width, height = 4 * np.sqrt(np.maximum(values, 0))
    angle = float(np.degrees(np.arctan2(vectors[1, 0], vectors[0, 0])))
    axes.add_patch(
        Ellipse((mean[0], mean[1]), width, height, angle=angle, fill=False, edgecolor=colour)
    )


def symbol(column: str) -> str:
    """Write the name of a weight, such as ``xi_in 1``, as the symbol of it."""
    name, _, index = column.partition(" ")
    letter, _, side = name.partition("_")
    letter = {"xi": r"\xi"}.get(letter, letter)
    return rf"${letter}^\mathrm{{{side}}}_{{{index}}}$"


def draw_stability(
    theme: Theme,
    numbers: Int[np.ndarray, " M"],
    stability: Float[np.ndarray, " M"],
    null: Float[np.ndarray, " M"],
    bic: Float[np.ndarray, " M"],
    chosen: int,
    enough: float,
) -> Figure:
    """Draw stability and BIC against the number of classes.

    Parameters
    ----------
    numbers
        Numbers of classes.
    stability, null
        Of the cells, and of cells of one Gaussian.
    bic
        Bayesian information criterion.
    chosen
        The number that was chosen.
    enough
        Stability below which classes do not count.
    """
    figure = theme.figure(6.8, 2.9)
    left, right = figure.subplots(1, 2)
    theme.style(left, x="number of classes", y="stability (adjusted Rand index)")
    theme.style(right, x="number of classes", y="BIC less that of one class")
    several = numbers > 1
    looks: tuple[tuple[np.ndarray, dict[str, Any]], ...] = (
        (stability, {"color": theme.palette[0], "marker": "o", "label": "these cells"}),
        (null, {"color": theme.muted, "marker": "s", "linestyle": "--", "label": "one Gaussian"}),
    )
    for values, look in looks:
        left.plot(numbers[several], values[several], linewidth=1.2, markersize=4, **look)
    left.axhline(enough, color=theme.faint, linewidth=0.8, zorder=0)
    left.set_ylim(-0.1, 1.05)
    right.plot(numbers, bic - bic[0], color=theme.palette[0], marker="o", markersize=4)
    for axes in (left, right):
        axes.set_xlim(numbers[0] - 0.3, numbers[-1] + 0.3)
        axes.axvline(chosen, color=theme.palette[1], linewidth=1.0, linestyle=":", zorder=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    line = Line2D([], [], color=theme.palette[1], linewidth=1.0, linestyle=":", label="chosen")
    theme.legend(figure, [*(Line2D([], [], **look) for _, look in looks), line])
    return figure


def draw_resampled(
    theme: Theme,
    neurons: Int[np.ndarray, " R"],
    classes: Int[np.ndarray, " R"],
    performances: Float[np.ndarray, " R"],
    trained: float,
) -> Figure:
    """Draw the performance of networks drawn from fits against their size.

    Parameters
    ----------
    neurons, classes, performances
        Of each network that was drawn: cells, classes of the fit, performance.
    trained
        Performance of the network that was trained.
    """
    figure = theme.figure(4.8, 3.2)
    axes = theme.style(figure.subplots(), x="number of cells", y="performance")
    shown = np.maximum(performances, _LOWEST)
    handles = []
    for k, n_classes in enumerate(np.unique(classes)):
        own = classes == n_classes
        look = {"color": theme.palette[k % len(theme.palette)], "markersize": 4}
        look["marker"] = _MARKERS[k % len(_MARKERS)]
        axes.plot(neurons[own], shown[own], linestyle="none", alpha=0.6, **look)
        sizes = np.unique(neurons[own])
        means = [shown[own & (neurons == size)].mean() for size in sizes]
        axes.plot(sizes, means, color=look["color"], linewidth=1.2)
        name = f"{n_classes} {'class' if n_classes == 1 else 'classes'}"
        handles.append(Line2D([], [], linewidth=1.2, label=name, **look))
    axes.axhline(max(trained, _LOWEST), color=theme.text, linewidth=1.0, linestyle="--")
    handles.append(Line2D([], [], color=theme.text, linewidth=1.0, linestyle="--", label="trained"))
    axes.axhline(0, color=theme.faint, linewidth=0.8, zorder=0)
    axes.set_ylim(_LOWEST - 0.05, 1.05)
    sizes = np.unique(neurons)
    if len(sizes) > 1:
        axes.set_xscale("log")
    axes.set_xticks(sizes)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    theme.legend(figure, handles)
    return figure
