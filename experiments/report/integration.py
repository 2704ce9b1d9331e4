"""The report's section on graded evidence: choices, when evidence counts, and longer trials."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from spikemodes.analysis.figures.behaviour import draw_kernels, draw_psychometric
from spikemodes.analysis.psychometric import psychometric_curve

from ..display.page import Figure, Section, Table
from ..pipeline.performance import Integration, Slope
from . import glossary
from .reported import Reported
from .sentences import of_kernel


def integration(found: Reported) -> Section | None:
    """Show choices on graded evidence, when evidence counts, and what longer trials do."""
    answers, known = found.findings.psychometric, found.summary.integration
    if not answers:
        return None
    figures = [_psychometric(answers)]
    if found.findings.kernels:
        figures.append(_kernels(found.findings.kernels))
    return Section(
        title="Graded evidence",
        text="" if known is None else " ".join(_sentences(known)),
        table=_longer(known) if known and known.longer else None,
        figures=tuple(figures),
        glossary=glossary.EVIDENCE,
    )


def _sentences(known: Integration) -> Iterator[str]:
    for kind, slope in known.slopes.items():
        yield _slope(kind, slope)
    share = _share(known.kernel_early_share, known.kernel_low, known.kernel_high)
    if share:
        ideal = _share(known.ideal_early_share, known.ideal_low, known.ideal_high)
        yield (
            f"The first half of the stimulus has {share} of the weight on the choice: 0.5 where"
            " both halves weigh alike. Integration does so, and so do strategies that do not"
            " integrate (Stine et al., eLife 9, e55365, 2020); below 0.5 fits forgetting, above it"
            " an early decision." + f" Ideal observer: {ideal}." * bool(ideal)
        )
    else:
        yield (
            "How the weight on the choice spreads over the stimulus cannot be told: the choices"
            " hardly follow the evidence, or too few go against it."
        )
    if known.longer:
        yield (
            "An answer that lasts four times as long is what an attractor would give; a transient"
            " slower than this is not excluded. Nothing but time tells that the response begins: a"
            " network that answers at the trained time loses performance with longer stimuli, and"
            " need not lose accuracy."
        )


def _slope(kind: str, slope: Slope) -> str:
    trials = "" if slope.trials is None else f"{slope.trials:,} trials"
    if slope.is_bound:
        of = f" (in {trials})" if trials else ""
        return (
            f"Choices are separated at the levels tested of the {kind} stream{of}: no slope can be"
            " estimated."
        )
    known = [trials] if trials else []
    if slope.low is not None and slope.high is not None:
        known = [f"95 % interval {slope.low:.3g} to {slope.high:.3g}", *known]
    elif trials:
        return f"All choices are alike in {trials}: no slope can be estimated."
    beside = f" ({', '.join(known)})" if known else ""
    return (
        f"The log-odds of a positive choice rise by {slope.value:.3g}{beside} for a unit of the"
        f" {kind} stream."
    )


def _share(value: float | None, low: float | None, high: float | None) -> str:
    """The share and its interval, ``""`` where it is not known."""
    if value is None or low is None or high is None or not np.isfinite(value):
        return ""
    return f"{value:.2f} ({low:.2f} to {high:.2f})"


def _longer(known: Integration) -> Table:
    n, chance = known.longer_trials, known.longer_chance or {}
    trials = "Trials" if n is None else f"{n:,} trials each"
    columns = ("", "performance", "accuracy in the last 200 ms", "chance")
    rows = [
        (name, *(np.nan if x is None else x for x in (s.performance, s.accuracy, chance.get(name))))
        for name, s in known.longer.items()
    ]
    return Table(
        caption=f"{trials} that last longer than those it learned from, in the twin. Chance is the"
        " more frequent choice of these trials, 0.5 in the mean.",
        columns=columns,
        rows=tuple(rows),
    )


def _psychometric(answers: dict[str, np.ndarray]) -> Figure:
    curves = {
        f"{kind} stream": psychometric_curve(strength, answers["choice"])
        for kind, strength in answers.items()
        if kind != "choice"
    }
    return Figure(
        "psychometric",
        f"Choices in {len(answers['choice'])} trials of graded evidence, simulated in"
        " Brian2, with 95 % intervals. A network that selects follows the attended"
        " stream and not the ignored one.",
        partial(draw_psychometric, curves=curves),
        finding=" ".join(
            f"Choices are positive in {100 * c.proportion[0]:.0f} % of the trials of the lowest"
            f" level of the {name} ({c.offsets[0]:g}), and in {100 * c.proportion[-1]:.0f} % of"
            f" those of the highest ({c.offsets[-1]:g})."
            for name, c in curves.items()
        ),
    )


def _kernels(arrays: dict[str, np.ndarray]) -> Figure:
    kinds = [kind for kind in arrays if kind not in ("times", "ideal") and " " not in kind]
    return Figure(
        "psychophysical-kernel",
        "Mean evidence before positive choices less that before negative ones, with its 95 %"
        " interval over trials: the psychophysical kernel, from the trials in which the attended"
        " stream is weakest.",
        partial(
            draw_kernels,
            times=arrays["times"],
            kernels={
                f"{kind} stream": (arrays[kind], arrays[f"{kind} low"], arrays[f"{kind} high"])
                for kind in kinds
            },
            ideal=arrays.get("ideal"),
        ),
        finding=of_kernel(arrays, kinds),
    )
