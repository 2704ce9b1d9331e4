"""Figure of spike statistics: how rates, irregularity and correlations are distributed."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ..cortex import CORRELATION, CV, FANO, RATE, Reported
from ..spiking import SpikeStatistics
from .theme import Theme


def draw_spike_statistics(theme: Theme, spiking: SpikeStatistics) -> Figure:
    """Draw the distributions of rate, CV, Fano factor and count correlation, cortex shaded.

    Parameters
    ----------
    spiking
        From `spike_statistics`; values that are not known are left out.
    """
    figure = theme.figure(6.5, 4.4)
    panels = figure.subplots(2, 2).ravel()
    for axes, (label, unit, values, reported) in zip(
        panels,
        (
            ("firing rate [Hz]", "neurons", spiking.rates, RATE),
            ("CV of interspike intervals", "neurons", spiking.cv, CV),
            ("Fano factor of spike counts", "neurons", spiking.fano, FANO),
            ("correlation of spike counts", "pairs", spiking.correlations, CORRELATION),
        ),
        strict=True,
    ):
        theme.style(axes, x=label, y=unit)
        _draw_distribution(theme, axes, values[np.isfinite(values)], reported)
    theme.legend(figure, [Patch(color=theme.palette[2], alpha=0.25, label="reported for cortex")])
    figure.align_ylabels()
    return figure


def _draw_distribution(theme: Theme, axes: Axes, values: np.ndarray, reported: Reported) -> None:
    axes.axvspan(reported.low, reported.high, color=theme.palette[2], alpha=0.25, linewidth=0)
    if len(values) == 0:
        theme.note(axes, 0.5, 0.5, "too few spikes", xycoords="axes fraction", ha="center")
        return
    middle = (float(values.min()) + float(values.max())) / 2
    half = max(float(np.ptp(values)), 1e-6 * max(1.0, abs(middle))) / 2  # all may be one value
    axes.hist(values, bins=30, range=(middle - half, middle + half), color=theme.palette[0])
    axes.axvline(float(values.mean()), color=theme.text, linewidth=1.0)
    mean = float(values.mean())
    place = axes.get_xaxis_transform()
    theme.note(axes, mean, 1.0, f"mean {mean:.3g}", (0, 3), xycoords=place, ha="center")
