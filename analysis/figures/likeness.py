"""Figures of distances between solutions: maps, and matrices."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .theme import Theme, figure_text

_MARKERS = "os^DvP*X<>"


def draw_maps(
    theme: Theme,
    maps: Mapping[str, Float[np.ndarray, "M 2"]],
    kinds: Sequence[str],
    controls: Sequence[str] = (),
) -> Figure:
    """Draw a map of systems for each measure, coloured by kind.

    Parameters
    ----------
    maps
        Places by measure, one panel each.
    kinds
        What each system is.
    controls
        Kinds that are drawn in grey.
    """
    figure = theme.figure(2.6 * len(maps), 3.2)
    panels = figure.subplots(1, len(maps), squeeze=False)[0]
    learned = theme.colours(dict.fromkeys(kind for kind in kinds if kind not in controls))
    looks = {
        kind: {
            "color": learned.get(kind, theme.muted),
            "marker": _MARKERS[k % len(_MARKERS)],
            "linestyle": "none",
            "markersize": 6,
        }
        for k, kind in enumerate(dict.fromkeys(kinds))
    }
    for axes, (measure, places) in zip(panels, maps.items(), strict=True):
        theme.style(axes, title=measure)
        for kind, look in looks.items():
            own = places[[one == kind for one in kinds]]
            axes.plot(own[:, 0], own[:, 1], alpha=0.85, **look)
        axes.set_aspect("equal", adjustable="datalim")
        axes.margins(0.15)
        axes.locator_params(nbins=4)
    handles = [Line2D([], [], label=figure_text(kind), **look) for kind, look in looks.items()]
    theme.legend(figure, handles, columns=min(len(handles), 3))
    return figure


def draw_distances(
    theme: Theme, names: Sequence[str], matrices: Mapping[str, Float[np.ndarray, "M M"]]
) -> Figure:
    """Draw the distances of each two systems, a panel for each measure.

    Parameters
    ----------
    names
        Of the systems.
    matrices
        Distances by measure, each with a range of colours of its own.
    """
    m = len(names)
    figure = theme.figure(8.4, 2.2 + 0.14 * m)
    panels = figure.subplots(1, len(matrices), squeeze=False)[0]
    colours = LinearSegmentedColormap.from_list("distance", [theme.surface, theme.palette[0]])
    shown = [figure_text(name, 24) for name in names]
    for k, (axes, (measure, matrix)) in enumerate(zip(panels, matrices.items(), strict=True)):
        theme.style(axes, title=measure)
        image = axes.imshow(matrix, cmap=colours, vmin=0, interpolation="nearest")
        axes.set_xticks(range(m), shown, rotation=90)
        axes.set_yticks(range(m), shown if k == 0 else [])
        bar = figure.colorbar(image, ax=axes, shrink=0.5, aspect=18)
        theme.style(bar.ax)
        bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    return figure
