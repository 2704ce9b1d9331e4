"""Figures of learning and behaviour: training curve, outputs, psychometric curves."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..psychometric import PsychometricCurve
from .theme import Epoch, Theme


def draw_training_curve(
    theme: Theme,
    updates: Int[np.ndarray, " K"],
    loss: Float[np.ndarray, " K"],
    shares: Mapping[str, Float[np.ndarray, " K"]] | None = None,
) -> Figure:
    """Draw loss (logarithmic) and, if there are any, shares against the update.

    Parameters
    ----------
    updates
        Number of the update of each logged value (K).
    loss
        Training loss, positive (K).
    shares
        By name, what is 1 at best, such as accuracy and explained variance (K each).
    """
    n_panels = 2 if shares else 1
    figure = theme.figure(6.5, 1.4 + 1.4 * n_panels)
    panels = figure.subplots(n_panels, 1, sharex=True, squeeze=False)[:, 0]
    loss_axes = theme.style(panels[0], y="loss")
    loss_axes.margins(x=0)
    loss_axes.plot(updates, loss, color=theme.palette[0], linewidth=1.2)
    loss_axes.set_yscale("log")
    if shares:
        axes = theme.style(panels[1], y="share")
        axes.margins(x=0)
        for (name, share), colour in zip(shares.items(), theme.palette[1:], strict=False):
            axes.plot(updates, share, color=colour, linewidth=1.2, label=name)
        axes.set_ylim(0, 1.02)
        theme.legend(figure, axes.get_legend_handles_labels()[0])
    panels[-1].set_xlabel("update", color=theme.text)
    figure.align_ylabels()
    return figure


def draw_outputs(
    theme: Theme,
    outputs: Float[np.ndarray, "T B"],
    targets: Float[np.ndarray, "T B"],
    labels: np.ndarray,
    dt: float,
    epochs: Sequence[Epoch] = (),
) -> Figure:
    """Draw the mean output ± s.d. over the trials of each condition beside its mean target.

    Parameters
    ----------
    outputs, targets
        One output and what it should be (T × B).
    labels
        Condition of each trial (B), such as the right choice; colours go by sorted labels.
    dt
        Duration of a step [s].
    epochs
        Parts of the trial to shade.
    """
    figure = theme.figure(6.5, 3.0)
    axes = theme.style(figure.subplots(), x="time [ms]", y="output y")
    theme.shade(axes, epochs)
    theme.name_epochs(axes, epochs)
    times = 1e3 * dt * np.arange(1, len(outputs) + 1)
    conditions = np.unique(labels)
    colours = theme.colours(map(str, conditions))
    for condition, (name, colour) in zip(conditions, colours.items(), strict=True):
        trials = labels == condition
        mean, deviation = outputs[:, trials].mean(axis=1), outputs[:, trials].std(axis=1)
        axes.fill_between(
            times, mean - deviation, mean + deviation, color=colour, alpha=0.25, linewidth=0
        )
        axes.plot(times, mean, color=colour, linewidth=1.6, label=name)
        target = targets[:, trials].mean(axis=1)
        axes.plot(times, target, color=colour, linewidth=1.0, linestyle=(0, (4, 3)))
    axes.set_xlim(0, times[-1])
    key = Line2D([], [], color=theme.muted, linewidth=1.0, linestyle=(0, (4, 3)), label="target")
    theme.legend(figure, [*axes.get_legend_handles_labels()[0], key])
    return figure


def draw_kernels(
    theme: Theme,
    times: Float[np.ndarray, " K"],
    kernels: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]],
    ideal: Float[np.ndarray, " K"] | None = None,
) -> Figure:
    """Draw psychophysical kernels: how much the evidence of each moment counts.

    Parameters
    ----------
    times
        Middle of each bin, from the start of the evidence (K) [s].
    kernels
        Weights with the ends of their interval (K each) by name; colours in this order.
    ideal
        Weights of an ideal observer (K).
    """
    figure = theme.figure(4.6, 3.2)
    axes = theme.style(
        figure.subplots(), x="time from stimulus onset [ms]", y="weight of the evidence"
    )
    axes.axhline(0, color=theme.faint, linewidth=0.7, zorder=0)
    for name, colour in theme.colours(kernels).items():
        weight, low, high = kernels[name]
        axes.fill_between(1e3 * times, low, high, color=colour, alpha=0.25, linewidth=0)
        axes.plot(1e3 * times, weight, color=colour, linewidth=1.6, marker="o", label=name)
    handles = axes.get_legend_handles_labels()[0]
    if ideal is not None:
        (line,) = axes.plot(
            1e3 * times, ideal, color=theme.muted, linewidth=1.0, linestyle=(0, (4, 3))
        )
        line.set_label("ideal observer, attended")
        handles = [*handles, line]
    theme.legend(figure, handles)
    return figure


def draw_psychometric(
    theme: Theme,
    curves: Mapping[str, PsychometricCurve],
    x_label: str = "stimulus offset",
) -> Figure:
    """Draw psychometric curves, such as of the attended and of the unattended channel.

    Parameters
    ----------
    curves
        Curve by name; colours in this order.
    x_label
        What the offset is, with its unit.
    """
    figure = theme.figure(4.6, 3.6)
    axes = theme.style(figure.subplots(), x=x_label, y="positive choices [%]")
    axes.axhline(50, color=theme.faint, linewidth=0.7, zorder=0)
    axes.axvline(0, color=theme.faint, linewidth=0.7, zorder=0)
    handles = []
    for (name, colour), marker in zip(theme.colours(curves).items(), "osD^vP" * 9, strict=False):
        curve = curves[name]
        errors = 100 * np.abs([curve.proportion - curve.low, curve.high - curve.proportion])
        axes.errorbar(
            curve.offsets,
            100 * curve.proportion,
            yerr=errors,
            color=colour,
            linestyle="none",
            marker=marker,
            markersize=5,
            linewidth=1.0,
            clip_on=False,
            zorder=3,
        )
        text = name
        if curve.fit is not None:
            fine = np.linspace(curve.offsets[0], curve.offsets[-1], 401)
            axes.plot(fine, 100 * curve.fit(fine), color=colour, linewidth=1.6)
            text = f"{name} ({curve.fit.verdict})"
        handles.append(Line2D([], [], color=colour, marker=marker, markersize=5, label=text))
    axes.set_ylim(0, 100)
    theme.legend(figure, handles, columns=1)
    return figure
