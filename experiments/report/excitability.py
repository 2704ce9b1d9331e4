"""The report's section on the neurons before learning."""

from functools import partial

import numpy as np
from spikemodes.analysis.figures.excitability import draw_f_i_curve

from ..display.page import Figure, Section, Table
from ..pipeline.cautions import as_paragraphs
from ..pipeline.summary import Start
from . import glossary
from .reported import Reported

_UNITS = {"volt": (1e3, "mV"), "amp": (1e12, "pA"), "1": (1.0, "")}


def excitability(found: Reported) -> Section | None:
    """Say how the neurons answer their inputs before they learn, and whether gradients know it."""
    start = found.summary.start
    if start is None:
        return None
    return Section(
        title="Neurons before learning",
        text=(
            "The cells on their own, without recurrence, as they were before the first update. The"
            " input gain multiplies all that arrives, so that weights of one size serve neurons in"
            " any units. The slope ratio says how the mean rate changes with a constant drive by"
            " the surrogate gradient, over how it does: near 1, gradients point where rates go."
            + as_paragraphs(start.warnings)
        ),
        figures=(curve_of(start),),
        glossary=glossary.EXCITABILITY,
        table=Table(
            caption="Measured in 4 of the task's trials.",
            columns=("", "value"),
            rows=tuple(in_words(start).items()),
        ),
    )


def _finding(start: Start) -> str:
    rates, drives = start.curve["rate_hz"], start.curve["drive"]
    begin = (
        "No constant drive that was tried makes a cell fire."
        if start.rheobase is None
        else f"Cells begin to fire at a constant drive of {start.rheobase:.3g}, and fire at"
        f" {rates[-1]:.0f} Hz at the largest that was tried, {drives[-1]:.3g}."
    )
    return (
        f"{begin} In the task the drive has a standard deviation of {start.drive:.3g}, and they"
        f" fire at {start.rate_hz:.1f} Hz."
    )


def curve_of(start: Start) -> Figure:
    """Give the f-I curve."""
    draw = partial(
        draw_f_i_curve,
        drives=np.array(start.curve["drive"]),
        rates=np.array(start.curve["rate_hz"]),
        rheobase=start.rheobase,
        spread=start.drive,
        at_start=start.rate_hz,
    )
    caption = "Rate of the cells for a constant drive."
    return Figure("f-i-curve", caption, draw, finding=_finding(start))


def in_words(start: Start) -> dict[str, str]:
    """Write what was measured, with units."""
    factor, unit = _UNITS.get(start.unit, (1.0, start.unit))

    def level(value: float | None) -> str:
        return "not one value" if value is None else f"{factor * value:.4g} {unit}".rstrip()

    ratio, rheobase = start.slope_ratio, start.rheobase
    return {
        "input gain": f"{start.input_gain:.4g}",
        **({"input bias": f"{start.input_bias:.4g}"} if start.input_bias else {}),
        f"{start.variable} at rest": level(start.rest),
        "spikes begin at": level(start.onset),
        "spikes are counted at": level(start.threshold),
        "drive in the task, s.d.": f"{start.drive:.3g}",
        "rheobase, a constant drive": "none found" if rheobase is None else f"{rheobase:.3g}",
        "rate in the task": f"{start.rate_hz:.1f} Hz",
        "cells silent in the task": f"{start.silent:.0%}",
        "slope ratio": "rates do not change" if ratio is None else f"{ratio:.2f}",
    }
