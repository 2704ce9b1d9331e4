"""Figures of signals that a network generates: course, power spectrum, return map."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..generation import power_spectrum
from .theme import Theme

_DASHES = (0, (4, 3))
_LOWEST = 1e-8  # share of the highest power below which nothing is shown


def draw_output(
    theme: Theme,
    output: Float[np.ndarray, " T"],
    target: Float[np.ndarray, " T"],
    dt: float,
    shown: float,
) -> Figure:
    """Draw an output and its target over the first and the last `shown` seconds.

    `dt` is a step [s].
    """
    figure = theme.figure(6.5, 3.4)
    panels = figure.subplots(2, 1, sharey=True)
    n = min(len(output), round(shown / dt))
    times = dt * np.arange(1, len(output) + 1)
    for axes, part in zip(panels, (slice(0, n), slice(len(output) - n, None)), strict=True):
        theme.style(axes, y="output z")
        axes.plot(times[part], output[part], color=theme.palette[0], linewidth=1.4)
        axes.plot(
            times[part], target[part], color=theme.palette[1], linewidth=1.2, linestyle=_DASHES
        )
        axes.set_xlim(times[part][0] - dt, times[part][-1])
    panels[-1].set_xlabel("time of the test [s]", color=theme.text)
    theme.legend(figure, _keys(theme))
    return figure


def draw_spectrum(
    theme: Theme,
    output: Float[np.ndarray, " T"],
    target: Float[np.ndarray, " T"],
    dt: float,
    highest: float,
) -> Figure:
    """Draw power spectra of an output and its target up to a frequency [Hz]; `dt` is a step [s]."""
    figure = theme.figure(6.5, 2.8)
    axes = theme.style(figure.subplots(), x="frequency [Hz]", y="power [1/Hz]")
    top = 0.0
    for signal, colour, style in (
        (output, theme.palette[0], "solid"),
        (target, theme.palette[1], _DASHES),
    ):
        frequencies, power = power_spectrum(signal, dt)
        seen = (frequencies <= highest) & (power > 0)
        axes.plot(frequencies[seen], power[seen], color=colour, linewidth=1.2, linestyle=style)
        top = max(top, float(power[seen].max(initial=0.0)))
    axes.set_yscale("log")
    if top > 0:
        axes.set_ylim(_LOWEST * top, 3 * top)
    axes.set_xlim(0, highest)
    theme.legend(figure, _keys(theme))
    return figure


def draw_return_map(
    theme: Theme,
    maxima: Sequence[Float[np.ndarray, " _"]],
    known: Float[np.ndarray, " K"],
) -> Figure:
    """Draw each maximum against the one before, of the tests of an output and of its target."""
    figure = theme.figure(4.2, 4.0)
    axes = theme.style(figure.subplots(), x="maximum of |z|", y="next maximum of |z|")
    own = {"linestyle": "none", "marker": "o", "markersize": 3}
    axes.plot(known[:-1], known[1:], color=theme.palette[1], alpha=0.7, **own)
    for found in maxima:
        axes.plot(found[:-1], found[1:], color=theme.palette[0], alpha=0.7, **own)
    keys = [
        Line2D([], [], color=theme.palette[i], label=name, **own)
        for i, name in enumerate(("output", "target"))
    ]
    theme.legend(figure, keys)
    return figure


def _keys(theme: Theme) -> list[Line2D]:
    return [
        Line2D([], [], color=theme.palette[0], linewidth=1.4, label="output"),
        Line2D([], [], color=theme.palette[1], linewidth=1.2, linestyle=_DASHES, label="target"),
    ]
