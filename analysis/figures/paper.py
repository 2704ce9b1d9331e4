"""Figures of the paper's findings: measures and losses against the number of modes."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .theme import Theme

_MARKERS = "osD^v"


def draw_against_modes(
    theme: Theme,
    found: Mapping[str, Mapping[int, Sequence[float]]],
    published: Mapping[str, Mapping[int, Sequence[float]]],
    y: str,
    controls: Mapping[str, Sequence[float]] | None = None,
) -> Figure:
    """Draw a measure against the number of modes P, mean and s.d. over seeds; published dashed.

    Parameters
    ----------
    found
        One value per seed for each P, by the name of the networks.
    published
        The same of the paper; names that are in `found` share its colour.
    y
        Label of the measure, with its unit.
    controls
        Values of networks without modes, by their name: their means are dotted lines.
    """
    figure = theme.figure(5.4, 3.8)
    axes = theme.style(figure.subplots(), x="number of modes P", y=y)
    colours = theme.colours([*found, *(name for name in published if name not in found)])
    handles = []
    for i, (name, colour) in enumerate(colours.items()):
        look = {"color": colour, "marker": _MARKERS[i % len(_MARKERS)], "markersize": 4.5}
        for values, style in (
            (found.get(name), {"linestyle": "-", "linewidth": 1.4}),
            (published.get(name), {"linestyle": "--", "linewidth": 1.0, "markerfacecolor": "none"}),
        ):
            if values:
                modes = sorted(values)
                means = [np.mean(values[p]) for p in modes]
                spread = np.array(
                    [np.std(values[p], ddof=1) if len(values[p]) > 1 else 0 for p in modes]
                )
                axes.errorbar(modes, means, spread, **look, **style, capsize=2, elinewidth=0.8)
        handles.append(Line2D([], [], **look, label=name))
    for i, (name, values) in enumerate((controls or {}).items()):
        look = {"color": theme.muted, "linestyle": (0, (1, 1 + i)), "linewidth": 1.2}
        axes.axhline(float(np.mean(values)), **look)
        handles.append(Line2D([], [], **look, label=name))
    if any(published.values()):
        handles.append(Line2D([], [], color=theme.muted, linestyle="--", label="published"))
    axes.set_xscale("log")
    shown = sorted({p for values in found.values() for p in values})
    axes.set_xticks(shown, [str(p) for p in shown])
    axes.set_xticks([], minor=True)
    theme.legend(figure, handles)
    return figure


def draw_losses(
    theme: Theme, losses: Mapping[str, Float[np.ndarray, " K"]], threshold: float | None = None
) -> Figure:
    """Draw the loss on the batch of each update, one line per network, and a threshold.

    Parameters
    ----------
    losses
        Loss of each of K updates, by the name of the network.
    threshold
        A loss to mark.
    """
    figure = theme.figure(5.4, 3.8)
    axes = theme.style(figure.subplots(), x="update", y="loss")
    handles = []
    for name, colour in theme.colours(losses).items():
        steps = np.arange(1, len(losses[name]) + 1)
        axes.plot(steps, losses[name], color=colour, linewidth=0.9)
        handles.append(Line2D([], [], color=colour, label=name))
    if threshold is not None:
        axes.axhline(threshold, color=theme.muted, linewidth=0.8, linestyle=":")
    axes.set_xscale("log")
    theme.legend(figure, handles)
    return figure
