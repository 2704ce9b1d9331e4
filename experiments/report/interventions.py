"""The report's section on interventions in time."""

import math
from collections.abc import Mapping
from functools import partial

import numpy as np
from spikemodes.analysis.figures.interventions import (
    draw_doses,
    draw_foretold,
    draw_returns,
    draw_silenced,
)

from ..display.page import Figure, Section, Table
from ..perturb.rows import (
    DOSE,
    FORMAT,
    PREDICTION,
    SILENCE,
    Intervention,
    of_kind,
    read_interventions,
)
from ..pipeline.array_groups import read_groups
from ..pipeline.summary import Interventions
from .reported import Reported


def interventions(found: Reported) -> Section | None:
    """Show doses, silenced cells, foretold effects and kicks, if they were tried."""
    known = found.summary.interventions
    if known is None or not found.run.perturb.exists():
        return None
    rows = read_interventions(found.run.perturb)
    courses = read_groups(found.run.returns, known=FORMAT)
    figures = [_foretold(rows, known), _doses(rows, known)]
    figures += [_silenced(rows, known)] if of_kind(rows, SILENCE) else []
    figures += [_returns(courses, known)] if courses else []
    return Section(
        title="Interventions",
        text=_how(known),
        table=_table(known) if known.returns else None,
        figures=tuple(figures),
    )


def _agreement(rows: list[Intervention], known: Interventions) -> str:
    """Say how well the gradient foretold."""
    sets = f"{known.predicted_sets} sets of {known.predicted_cells} cells"
    if known.correlation is None:
        return f"The gradient of the twin foretells nothing of what driving {sets} does."
    text = (
        f"What driving {sets} in the {known.epoch} does to the output correlates with what the"
        f" twin's gradient foretells at r = {known.correlation:.2f}"
    )
    if known.correlation_random is not None:
        text += f" ({known.correlation_random:.2f} among sets drawn at random)"
    slope = _slope(rows)
    return f"{text}, and is {slope:.1f} times as large." if slope else f"{text}."


def _strongest(rows: list[Intervention]) -> str:
    """Say what the strongest drives do."""
    least, most = (pick(rows, key=lambda row: row.amplitude) for pick in (min, max))
    texts = [
        f"a drive of {row.amplitude:.3g} changes the output by {row.change:.3f}"
        + (f" and shifts the curve by {row.shift:.3f}" if math.isfinite(row.shift) else "")
        for row in (least, most)
        if row.amplitude
    ]
    text = "; ".join(texts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _loss(rows: list[Intervention], known: Interventions) -> str:
    """Say what silencing the chosen cells does, and others."""
    chosen = next((row for row in rows if row.what == "chosen"), None)
    others = [row.performance for row in rows if row.what != "chosen"]
    if chosen is None or known.performance is None or not others:
        return ""
    return (
        f"Silencing the {len(chosen.cells)} chosen cells takes performance from"
        f" {known.performance:.3f} to {chosen.performance:.3f}, silencing as many at random to"
        f" {np.mean(others):.3f} ({min(others):.3f} to {max(others):.3f})."
    )


def _slowest(known: Interventions) -> str:
    """Say which mode holds a kick longest."""
    fitted = {mode: one for mode, one in known.returns.items() if one.tau_ms is not None}
    if not fitted:
        return "To no return from a kick could an exponential be fitted."
    mode = max(fitted, key=lambda mode: fitted[mode].tau_ms or 0.0)
    return (
        f"Mode {int(mode) + 1} takes longest to return, {fitted[mode].tau_ms:.0f} ms; its filter"
        f" alone would take {fitted[mode].filter_ms:.0f} ms."
    )


def _slope(rows: list[Intervention]) -> float:
    """How much larger measured changes are than those foretold."""
    predicted, measured = np.array([(row.predicted, row.change) for row in rows]).T
    return float(np.polyfit(predicted, measured, 1)[0]) if np.ptp(predicted) else 0.0


def _how(known: Interventions) -> str:
    return (
        f"Brian2 runs the compiled network on {known.trials:,} trials, of graded evidence where the"
        " task has it, since easy evidence leaves an intervention nothing to decide: performance is"
        " lower in them than in those of the validation. Cells get a constant drive more or less,"
        f" in units of W_in · x, in the {known.epoch}. The output is the first one, its mean over"
        " the answer and all trials. Evidence that seems larger or smaller than it is shifts the"
        " psychometric curve: its bias over its slope, less that of the undisturbed network, is"
        " what the intervention counts for, in units of evidence. The gradient is that of the"
        " output by the drive of each cell, with the surrogate derivative by which the network"
        " learned; it tells which cells matter, and not by how much. Sets that it has graded spread"
        " the predictions: the correlation among sets drawn at random is the harder test."
    )


def _table(known: Interventions) -> Table:
    rows = [
        (
            f"{int(mode) + 1}",
            one.kappa,
            *(math.nan if x is None else x for x in (one.tau_ms, one.rest, one.filter_ms)),
        )
        for mode, one in known.returns.items()
    ]
    return Table(
        caption="Return after a kick: the activity r of a mode jumps by its own standard deviation"
        " a quarter into the answer; the exponential A exp(-t/τ) + C is fitted to what is left, in"
        " the mean over trials. A time constant longer than the filter's is the network's doing.",
        columns=("mode", "kick", "τ [ms]", "C, share of the kick", "filter alone [ms]"),
        rows=tuple(rows),
    )


def _foretold(rows: list[Intervention], known: Interventions) -> Figure:
    own = of_kind(rows, PREDICTION)
    return Figure(
        "interventions-foretold",
        f"Change of the output when {known.predicted_cells} cells are driven by"
        f" {known.predicted_amplitude:.3g} in the {known.epoch}: measured in Brian2, and the sum of"
        f" the twin's gradient over the cells times the drive.",
        partial(
            draw_foretold,
            predicted=np.array([row.predicted for row in own]),
            measured=np.array([row.change for row in own]),
            drawn=np.array([row.what == "random" for row in own]),
        ),
        finding=_agreement(own, known),
    )


def _doses(rows: list[Intervention], known: Interventions) -> Figure:
    own = of_kind(rows, DOSE)
    measures = {
        "performance": [row.performance for row in own],
        "change of the output": [row.change for row in own],
        "shift [evidence]": [row.shift for row in own],
    }
    shown = {name: np.array(x) for name, x in measures.items() if np.isfinite(x).any()}
    return Figure(
        "interventions-doses",
        f"{len(known.cells)} cells driven in the {known.epoch}: performance, change of the output"
        " and shift of the psychometric curve, by the amplitude of the drive, 0 for the undisturbed"
        " network. Left out: what has no psychometric curve.",
        partial(draw_doses, amplitudes=np.array([row.amplitude for row in own]), measures=shown),
        finding=_strongest(own),
    )


def _silenced(rows: list[Intervention], known: Interventions) -> Figure:
    own = of_kind(rows, SILENCE)
    by_performance = known.performance is not None
    values = [row.performance if by_performance else row.change for row in own]
    left = max((row.spikes_left for row in own if row.what == "chosen"), default=math.nan)
    return Figure(
        "interventions-silenced",
        f"The chosen {len(known.cells)} cells silenced in the {known.epoch} by a drive of"
        f" {own[0].amplitude:.3g}, which leaves {100 * left:.1f} % of their spikes in it, and as"
        " many drawn at random. Dotted: the undisturbed network.",
        partial(
            draw_silenced,
            undisturbed=known.performance or 0.0,
            chosen=values[0],
            at_random=np.array(values[1:]),
            label="performance" if by_performance else "change of the output",
        ),
        finding=_loss(own, known),
    )


def _returns(courses: Mapping[str, Mapping[str, np.ndarray]], known: Interventions) -> Figure:
    titled = {f"mode {int(name.split()[1]) + 1}": course for name, course in courses.items()}
    return Figure(
        "interventions-kicks",
        "What is left of a kick of each mode, a mean over trials of the difference to the same"
        " trials without it; fitted exponential, and the decay of the mode's filter, which would be"
        " all without recurrence.",
        partial(draw_returns, courses=titled),
        finding=_slowest(known),
    )
