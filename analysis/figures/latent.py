"""Figures of what low-rank networks settle to: branches of states, and cycles."""

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from .theme import Theme


def draw_branches(
    theme: Theme,
    overlaps: Float[np.ndarray, " S"],
    states: Float[np.ndarray, "S B"],
    predicted_overlaps: Float[np.ndarray, " M"],
    predicted: Float[np.ndarray, " M"],
) -> Figure:
    """Draw the steady κ of a mode against its overlap, beside a predicted pair of branches.

    Parameters
    ----------
    overlaps
        xi_outᵀ xi_in / N of each network (S).
    states
        κ that each trial of it settled to (S × B).
    predicted_overlaps, predicted
        Overlap at which a state ± κ is predicted, and that κ, from 0 on (M).
    """
    figure = theme.figure(4.6, 3.0)
    axes = theme.style(figure.subplots(), x="overlap", y=r"steady $\kappa$")
    line = {"color": theme.palette[1], "linewidth": 1.4}
    for side in (1, -1):
        axes.plot(predicted_overlaps, side * predicted, **line)
    critical = float(predicted_overlaps[0])
    left, right = float(np.min(overlaps)), float(np.max(overlaps))
    axes.plot([left, critical], [0, 0], **line)
    axes.plot([critical, right], [0, 0], **line, linestyle=":")
    for trial in states.T:
        axes.plot(overlaps, trial, "o", color=theme.palette[0], markersize=4)
    theme.note(axes, left, 0, "predicted", shift=(2, 5), color=theme.palette[1])
    top = 1.15 * max(float(np.abs(states).max()), np.finfo(float).tiny)
    margin = 0.03 * ((right - left) or 1.0)
    axes.set_xlim(left - margin, right + margin)
    axes.set_ylim(-top, top)
    return figure


def draw_cycle(
    theme: Theme, times: Float[np.ndarray, " T"], kappa: Float[np.ndarray, "T 2"]
) -> Figure:
    """Draw the κ of two modes against time, and against each other.

    Parameters
    ----------
    times
        Of each step (T) [s].
    kappa
        Activity of both modes, xi_outᵀ r / N (T × 2).
    """
    figure = theme.figure(6.4, 2.6)
    course, plane = figure.subplots(1, 2, width_ratios=(1.6, 1))
    names = [r"$\kappa_1$", r"$\kappa_2$"]
    theme.style(course, x="time [s]", y=r"$\kappa$")
    theme.style(plane, x=names[0], y=names[1])
    for name, values, colour in zip(names, kappa.T, theme.palette, strict=False):
        course.plot(times, values, color=colour, linewidth=1.2, label=name)
    plane.plot(*kappa.T, color=theme.palette[0], linewidth=1.0)
    plane.plot(*kappa[0], "o", color=theme.muted, markersize=4, markerfacecolor="none")
    plane.set_aspect("equal", adjustable="datalim")
    theme.legend(figure, course.get_lines())
    return figure
