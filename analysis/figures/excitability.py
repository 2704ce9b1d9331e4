"""The figure of how neurons answer a constant drive."""

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from .theme import Theme


def draw_f_i_curve(
    theme: Theme,
    drives: Float[np.ndarray, " L"],
    rates: Float[np.ndarray, " L"],
    *,
    rheobase: float | None = None,
    spread: float | None = None,
    at_start: float | None = None,
) -> Figure:
    """Draw the rate of uncoupled cells against a constant drive.

    Parameters
    ----------
    drives, rates
        Constant drives, in units of W_in·x, and mean rates [Hz] (L).
    rheobase
        The weakest drive that makes a cell fire, for a line.
    spread
        Standard deviation of the drive in the task's trials, for a shaded range.
    at_start
        Mean rate in those trials [Hz], for a line.
    """
    figure = theme.figure(4.6, 2.6)
    axes = theme.style(figure.subplots(), x="constant drive", y="rate [Hz]")
    axes.plot(drives, rates, color=theme.palette[0], linewidth=1.4, marker=".", markersize=4)
    axes.set_xlim(0, float(drives[-1]) or 1.0)
    top = max(float(np.max(rates)), at_start or 0.0, 1.0)
    axes.set_ylim(0, 1.1 * top)
    if spread is not None:
        axes.axvspan(0, min(spread, float(drives[-1])), color=theme.muted, alpha=0.1, linewidth=0)
        place = {"ha": "right", "rotation": 90, "va": "bottom"}
        above = (at_start or 0.0) + 0.03 * top  # the line that may cross it
        theme.note(
            axes, min(spread, float(drives[-1])), above, "s.d. in the task", (-3, 0), **place
        )
    if rheobase is not None:
        axes.axvline(rheobase, color=theme.palette[1], linewidth=1, linestyle="--")
        theme.note(axes, rheobase, 0.75 * top, "rheobase", shift=(4, 0), color=theme.palette[1])
    if at_start is not None:
        axes.axhline(at_start, color=theme.palette[2], linewidth=1, linestyle=":")
        place = {"ha": "right", "color": theme.palette[2]}
        theme.note(axes, float(drives[-1]), at_start, "in the task", shift=(-3, 3), **place)
    return figure
