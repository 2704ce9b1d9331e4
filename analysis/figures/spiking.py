"""Figure of spike statistics: how rates, irregularity and correlations are distributed."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ..plausibility.areas import UNREPORTED, Area, Reported
from ..plausibility.distributions import Distributions
from .theme import Theme

_ROWS = (
    ("firing rate [Hz]", "neurons", "rates", "median firing rate"),
    ("CV of interspike intervals", "neurons", "cv", "CV of interspike intervals"),
    ("Fano factor in 100 ms", "neurons", "fano", "Fano factor in 100 ms"),
    ("count correlation", "pairs", "correlations", "correlation of spike counts in 500 ms"),
)


def draw_spike_statistics(theme: Theme, spiking: Distributions, area: Area | None) -> Figure:
    """Draw the distributions of rate, CV, Fano factor and count correlation.

    Parameters
    ----------
    spiking
        From `distributions`; values that are not known are left out.
    area
        Whose ranges are shaded: those of CV and CV2 are of single neurons, the others of means.
    """
    figure = theme.figure(6.5, 4.4)
    panels = figure.subplots(2, 2).ravel()
    ranges = {} if area is None else area.ranges
    for axes, (label, unit, field, row) in zip(panels, _ROWS, strict=True):
        theme.style(axes, x=label, y=unit)
        values = getattr(spiking, field)
        reported = ranges.get(row, UNREPORTED)
        _draw_distribution(theme, axes, values[np.isfinite(values)], reported)
    shade = Patch(color=theme.palette[2], alpha=0.25, label="range of the table")
    theme.legend(figure, [shade])
    figure.align_ylabels()
    return figure


def _draw_distribution(theme: Theme, axes: Axes, values: np.ndarray, reported: Reported) -> None:
    if not reported.lacks:
        shade = theme.palette[2]
        axes.axvspan(reported.low, reported.high, color=shade, alpha=0.25, linewidth=0)
    if len(values) == 0:
        theme.note(axes, 0.5, 0.5, "none to tell", xycoords="axes fraction", ha="center")
        return
    middle = (float(values.min()) + float(values.max())) / 2
    half = max(float(np.ptp(values)), 1e-6 * max(1.0, abs(middle))) / 2  # all may be one value
    axes.hist(values, bins=30, range=(middle - half, middle + half), color=theme.palette[0])
    axes.axvline(float(values.mean()), color=theme.text, linewidth=1.0)
    mean = float(values.mean())
    place = axes.get_xaxis_transform()
    theme.note(axes, mean, 1.0, f"mean {mean:.3g}", (0, 3), xycoords=place, ha="center")
