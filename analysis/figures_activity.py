"""Figures of activity: spike raster with its population rate, and the traces of single neurons."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .firing import smoothed_rate
from .theme import Epoch, Theme

_RATE_SIGMA = 0.01  # s
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
        sigma=_RATE_SIGMA,
    )
    times = 1e3 * dt * np.arange(1, n_steps + 1)
    bottom.plot(times, rate, color=theme.palette[0], linewidth=1.2)
    bottom.set_ylim(bottom=0)
    bottom.set_xlim(0, times[-1])
    figure.align_ylabels()
    return figure


def draw_neurons(
    theme: Theme,
    v: Float[np.ndarray, "T K"],
    current: Float[np.ndarray, "T K"],
    spikes: Bool[np.ndarray, "T K"],
    neurons: Sequence[int],
    dt: float,
    v_threshold: float | None = None,
    epochs: Sequence[Epoch] = (),
    v_label: str = "v",
    current_label: str = "I",
) -> Figure:
    """Draw membrane potential and input current of K neurons in one trial, spikes marked above.

    Parameters
    ----------
    v, current
        Membrane potential and synaptic current after each step (T × K).
    spikes
        Whether each neuron spiked at each step (T × K).
    neurons
        Their numbers (K), for the labels.
    dt
        Duration of a step [s].
    v_threshold
        Threshold to draw, in the unit of `v`.
    epochs
        Parts of the trial to shade.
    v_label, current_label
        Axis labels, with a unit where there is one: ``v [mV]``.
    """
    n_shown = len(neurons)
    figure = theme.figure(6.5, 0.8 + 1.15 * n_shown)
    panels = figure.subplots(n_shown, 2, sharex=True, sharey="col", squeeze=False)
    times = 1e3 * dt * np.arange(1, len(v) + 1)
    top = max(float(v.max()), -np.inf if v_threshold is None else v_threshold)
    spike_height = top + 0.12 * (top - float(v.min()))
    for k, (neuron, (left, right)) in enumerate(zip(neurons, panels, strict=True)):
        theme.style(left, y=v_label, title=f"neuron {neuron}")
        theme.style(right, y=current_label)
        for axes in (left, right):
            theme.shade(axes, epochs)
        left.plot(times, v[:, k], color=theme.palette[0], linewidth=0.9)
        right.plot(times, current[:, k], color=theme.palette[1], linewidth=0.9)
        if v_threshold is not None:
            left.axhline(v_threshold, color=theme.muted, linewidth=0.7, linestyle=(0, (4, 3)))
        fired = times[spikes[:, k]]
        left.plot(
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
    keys = [
        Line2D([], [], color=theme.palette[0], label="membrane potential v"),
        Line2D([], [], color=theme.palette[1], label="synaptic current I"),
        Line2D([], [], color=theme.text, linestyle="none", marker="|", label="spike"),
    ]
    if v_threshold is not None:
        dashes = (0, (4, 3))
        keys.append(Line2D([], [], color=theme.muted, linestyle=dashes, label="threshold"))
    theme.legend(figure, keys)
    figure.align_ylabels()
    return figure
