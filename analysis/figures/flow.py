"""Figures of a flow of modes: planes with nullclines and fixed points, or the curve of one mode."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from scipy.interpolate import RectBivariateSpline

from .theme import Theme, figure_text

_DENSITY = 0.75  # of stream lines
_NARROWEST = 4.4  # figure [inches], with a legend of two columns
_FINE = 61  # points along a side, between which nullclines are interpolated


@dataclass(frozen=True, eq=False)
class Flow:
    """The flow F(κ) - κ under one input.

    Parameters
    ----------
    points, flow
        States (K × P), and the flow there.
    fixed
        Fixed points (M × P).
    stable
        Which of them are stable (M).
    ends
        Where trials end, by condition (P each).
    """

    points: Float[np.ndarray, "K P"]
    flow: Float[np.ndarray, "K P"]
    fixed: Float[np.ndarray, "M P"]
    stable: Bool[np.ndarray, " M"]
    ends: Mapping[str, Float[np.ndarray, " P"]] = field(default_factory=dict)


def draw_flow(
    theme: Theme,
    planes: Mapping[str, Mapping[tuple[int, int], Flow]],
    conditions: Sequence[str] = (),
) -> Figure:
    """Draw the flow on planes of two modes each: a row of panels for each input.

    Stream lines follow the components along the two modes; on a nullcline one of them is 0, as
    interpolated by cubic splines. Where there is one plane for each input, panels stand side by
    side.

    Parameters
    ----------
    planes
        By input, then by the modes along the axes, counted from 0. Points are those of a grid, of
        which the second mode varies fastest, with four states or more along a side.
    conditions
        Names of all conditions, for their colours in this order.
    """
    pairs = list(next(iter(planes.values())))
    panels = [(name, pair) for name in planes for pair in pairs]
    one = len(pairs) == 1
    rows, columns = (1, len(planes)) if one else (len(planes), len(pairs))
    width = max(2.6 * columns + 0.2, _NARROWEST)
    figure = theme.figure(width, 2.35 * rows + 0.6)
    colours = theme.colours(conditions)
    axes = figure.subplots(rows, columns, squeeze=False)
    for panel, (name, pair) in zip(axes.ravel(), panels, strict=True):
        title = figure_text(name) if pair == pairs[0] else ""
        theme.style(panel, x=_symbol(pair[0]), y=_symbol(pair[1]), title=title)
        _draw_plane(theme, panel, planes[name][pair], pair, colours)
    theme.legend(figure, [*_nullclines(theme), *_marks(theme, colours)], columns=_columns(width))
    return figure


def draw_response(
    theme: Theme, flows: Mapping[str, Flow], conditions: Sequence[str] = ()
) -> Figure:
    """Draw F(κ) of a single mode against κ, a panel for each input.

    Parameters
    ----------
    flows
        By input; points (K × 1) in ascending order.
    conditions
        Names of all conditions, for their colours in this order.
    """
    width = max(2.6 * len(flows) + 0.2, _NARROWEST)
    figure = theme.figure(width, 3.2)
    colours = theme.colours(conditions)
    curve = {"color": theme.text, "linewidth": 1.2}
    same = {"color": theme.muted, "linewidth": 0.8, "linestyle": "--"}
    for panel, (name, flow) in zip(
        figure.subplots(1, len(flows), squeeze=False)[0], flows.items(), strict=True
    ):
        theme.style(panel, x=r"$\kappa$", y=r"F($\kappa$)", title=figure_text(name))
        kappa = flow.points[:, 0]
        panel.plot(kappa, kappa, **same)
        panel.plot(kappa, kappa + flow.flow[:, 0], **curve)
        for point, stable in zip(flow.fixed[:, 0], flow.stable, strict=True):
            panel.plot(point, point, **_fixed_look(theme, bool(stable)))
        for condition, end in flow.ends.items():
            panel.plot(end[0], end[0], **_end_look(theme, colours[condition]))
    lines: list[Artist] = [
        Line2D([], [], **curve, label=r"F($\kappa$)"),
        Line2D([], [], **same, label=r"F($\kappa$) = $\kappa$"),
    ]
    theme.legend(figure, [*lines, *_marks(theme, colours)], columns=_columns(width))
    return figure


def _draw_plane(
    theme: Theme, axes: Axes, flow: Flow, pair: tuple[int, int], colours: Mapping[str, str]
) -> None:
    i, j = pair
    n = round(np.sqrt(len(flow.points)))
    mesh = flow.points.reshape(n, n, -1)
    x, y = mesh[:, 0, i], mesh[0, :, j]
    along = flow.flow.reshape(n, n, -1)[..., [i, j]].transpose(2, 1, 0)
    axes.streamplot(
        x, y, *along, color=theme.muted, density=_DENSITY, linewidth=0.6, arrowsize=0.6, zorder=1
    )
    fine_x, fine_y = (np.linspace(side[0], side[-1], _FINE) for side in (x, y))
    for values, style in zip(along, ("solid", "dashed"), strict=True):
        if values.min() < 0 < values.max():
            smooth = RectBivariateSpline(y, x, values)(fine_y, fine_x)
            look = {"colors": [theme.text], "linestyles": [style], "linewidths": [1.4]}
            axes.contour(fine_x, fine_y, smooth, levels=[0], **look, zorder=2)
    for point, stable in zip(flow.fixed, flow.stable, strict=True):
        axes.plot(point[i], point[j], **_fixed_look(theme, bool(stable)))
    for condition, end in flow.ends.items():
        axes.plot(end[i], end[j], **_end_look(theme, colours[condition]))
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(y[0], y[-1])
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_locator(MaxNLocator(4))


def _columns(width: float) -> int:
    """How many columns of a legend fit into a figure of a width in inches."""
    return 4 if width > 6 else 2


def _symbol(mode: int) -> str:
    return rf"$\kappa_{{{mode + 1}}}$"


def _fixed_look(theme: Theme, stable: bool) -> dict[str, Any]:
    """Of a fixed point: filled if it is stable."""
    return {
        "marker": "o",
        "markersize": 8.5,
        "linestyle": "none",
        "color": theme.text,
        "markerfacecolor": theme.text if stable else theme.surface,
        "zorder": 4,
    }


def _end_look(theme: Theme, colour: str) -> dict[str, Any]:
    """Of where trials end: a cross that shows on a filled point, too."""
    return {
        "marker": "X",
        "markersize": 5.5,
        "linestyle": "none",
        "color": colour,
        "markeredgecolor": theme.surface,
        "markeredgewidth": 0.3,
        "zorder": 5,
    }


def _nullclines(theme: Theme) -> list[Artist]:
    look = {"color": theme.text, "linewidth": 1.4}
    return [
        Line2D([], [], **look, label="no flow along x"),
        Line2D([], [], **look, linestyle="--", label="no flow along y"),
    ]


def _marks(theme: Theme, colours: Mapping[str, str]) -> list[Artist]:
    """Handles of fixed points and of ends."""
    fixed = [
        Line2D([], [], **_fixed_look(theme, stable), label=label)
        for stable, label in ((True, "stable"), (False, "unstable"))
    ]
    ends = [
        Line2D([], [], **_end_look(theme, colour), label=f"end: {figure_text(name)}")
        for name, colour in colours.items()
    ]
    return [*fixed, *ends]
