"""Figures of activity: spike raster with its population rate, and the traces of single neurons."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ..firing import smoothed_rate
from .theme import Epoch, Theme

RATE_SIGMA = 0.01
"""Of the kernel that smooths the rate of the population [s]."""

_TICK = 0.9  # height of a spike [neurons]
_VECTOR_SPIKES = 5000  # more than this are drawn as pixels, to keep an SVG small


def draw_raster(
    theme: Theme,
    spikes: Int[np.ndarray, "S 3"],
    trial: int,
    n_neurons: int,
    n_steps: int,
    dt: float,
    epochs: Sequence[Epoch] = (),
    order: Int[np.ndarray, " N"] | None = None,
) -> Figure:
    """Draw the spikes of one trial and, below, its population rate.

    The rate is smoothed with a Gaussian kernel of 10 ms.

    Parameters
    ----------
    spikes
        Events (S × 3): step, trial, neuron.
    trial
        The trial to show.
    n_neurons, n_steps
        N, T.
    dt
        Duration of a step [s].
    epochs
        Parts of the trial to shade.
    order
        Neurons from bottom to top (N), such as by preferred choice; by index if not given.
    """
    steps, _, neurons = spikes[spikes[:, 1] == trial].T
    rank = np.arange(n_neurons)
    if order is not None:
        rank[order] = np.arange(n_neurons)
    figure = theme.figure(6.5, 4.2)
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    y = "neuron" if order is None else "neuron (sorted)"
    theme.style(top, y=y)
    theme.style(bottom, x="time [ms]", y="rate [Hz]")
    for axes in (top, bottom):
        theme.shade(axes, epochs)
    theme.name_epochs(top, epochs)
    # One line broken by NaN is a tenth of the SVG that a marker for every spike would be.
    times = np.repeat(1e3 * dt * (steps + 1), 3)
    heights = (rank[neurons][:, None] + np.array([-_TICK / 2, _TICK / 2, np.nan])).ravel()
    top.plot(
        times, heights, color=theme.text, linewidth=0.7, rasterized=len(steps) > _VECTOR_SPIKES
    )
    top.set_ylim(-1, n_neurons)
    top.spines["bottom"].set_visible(False)
    top.tick_params(which="both", bottom=False)
    rate = smoothed_rate(
        np.column_stack([steps, np.zeros_like(steps), neurons]),
        n_neurons=n_neurons,
        n_trials=1,
        n_steps=n_steps,
        dt=dt,
        sigma=RATE_SIGMA,
    )
    times = 1e3 * dt * np.arange(1, n_steps + 1)
    bottom.plot(times, rate, color=theme.palette[0], linewidth=1.2)
    bottom.set_ylim(0, 1.08 * max(float(rate.max()), 1.0))
    bottom.set_xlim(0, times[-1])
    figure.align_ylabels()
    return figure


@dataclass(frozen=True, eq=False)
class Trace:
    """A variable of K neurons (T × K): its axis label, with the unit, and what it is."""

    label: str
    meaning: str
    values: Float[np.ndarray, "T K"]


def draw_neurons(
    theme: Theme,
    traces: Sequence[Trace],
    spikes: Bool[np.ndarray, "T K"],
    neurons: Sequence[int],
    dt: float,
    threshold: Float[np.ndarray, "T K"] | None = None,
    epochs: Sequence[Epoch] = (),
) -> Figure:
    """Draw variables of K neurons in one trial side by side, spikes marked above the first.

    Parameters
    ----------
    traces
        Each variable after each step, before the reset.
    spikes
        Whether each neuron spiked at each step (T × K).
    neurons
        Their numbers (K), for the labels.
    dt
        Duration of a step [s].
    threshold
        Where the first variable spikes, in its unit.
    epochs
        Parts of the trial to shade.
    """
    n_shown, n_columns = len(neurons), len(traces)
    figure = theme.figure(max(6.5, 2.6 * n_columns), 0.8 + 1.15 * n_shown)
    panels = figure.subplots(n_shown, n_columns, sharex=True, sharey="col", squeeze=False)
    first = traces[0].values
    times = 1e3 * dt * np.arange(1, len(first) + 1)
    drawn = [first] if threshold is None else [first, threshold]
    top, bottom = max(map(np.max, drawn)), min(map(np.min, drawn))
    spike_height = top + 0.12 * (top - bottom)
    dashes = (0, (4, 3))
    for k, (neuron, row) in enumerate(zip(neurons, panels, strict=True)):
        for i, (axes, trace) in enumerate(zip(row, traces, strict=True)):
            theme.style(axes, y=trace.label, title="" if i else f"neuron {neuron}")
            theme.shade(axes, epochs)
            colour = theme.palette[i % len(theme.palette)]
            axes.plot(times, trace.values[:, k], color=colour, linewidth=0.9)
        if threshold is not None:
            row[0].plot(times, threshold[:, k], color=theme.muted, linewidth=0.7, linestyle=dashes)
        fired = times[spikes[:, k]]
        row[0].plot(
            fired,
            np.full(len(fired), spike_height),
            color=theme.text,
            linestyle="none",
            marker="|",
            markersize=5,
            markeredgewidth=0.9,
        )
    for axes in panels[-1]:
        axes.set_xlabel("time [ms]", color=theme.text)
        axes.set_xlim(0, times[-1])
        # ticks that depend on the panel's height would come after the layout, and widen labels
        axes.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    keys = [
        Line2D([], [], color=theme.palette[i % len(theme.palette)], label=trace.meaning)
        for i, trace in enumerate(traces)
    ]
    keys.append(Line2D([], [], color=theme.text, linestyle="none", marker="|", label="spike"))
    if threshold is not None:
        keys.append(Line2D([], [], color=theme.muted, linestyle=dashes, label="threshold"))
    theme.legend(figure, keys)
    return figure
