"""The report's section on graded evidence: does the network integrate, and does it remember?"""

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np
from spikemodes.analysis.figures.behaviour import draw_kernels, draw_psychometric
from spikemodes.analysis.psychometric import psychometric_curve

from ..display.page import Figure, Section, Table
from ..pipeline.performance import ControlScore, Integration
from .reported import Reported


def integration(found: Reported) -> Section | None:
    """Show choices on graded evidence, when evidence counts, and what longer trials do."""
    answers, known = found.findings.psychometric, found.summary.integration
    if not answers:
        return None
    figures = [_psychometric(answers)]
    if found.findings.kernels:
        figures.append(_kernels(found.findings.kernels))
    return Section(
        title="Integration",
        text="" if known is None else " ".join(_sentences(known)),
        table=_longer(known.longer) if known and known.longer else None,
        figures=tuple(figures),
    )


def _sentences(known: Integration) -> Iterator[str]:
    for kind, slope in known.slopes.items():
        least = "at least " * slope.is_bound
        yield (
            f"The log-odds of a positive choice rise by {least}{slope.value:.3g} for a unit of the"
            f" {kind} stream."
        )
    share = known.kernel_early_share
    if share is not None and np.isfinite(share):
        yield (
            f"The first half of the stimulus has {share:.2f} of the weight on the choice (95 %"
            f" interval {known.kernel_low:.2f} to {known.kernel_high:.2f}): 0.5 where all moments"
            " count alike, as they do for a network that integrates, more for one that decides"
            " early, less for one that forgets."
        )
    else:
        yield (
            "How the weight on the choice spreads over the stimulus cannot be told from so few"
            " choices against the evidence."
        )
    if known.longer:
        yield (
            "A network with an attractor keeps its answer when the response lasts longer than in"
            " training, one with a transient that was trained to fit does not. Where nothing but"
            " time tells that the response begins, longer stimuli cost performance, which wants no"
            " answer before, and need cost no accuracy."
        )


def _longer(scores: Mapping[str, ControlScore]) -> Table:
    return Table(
        caption="Trials that last longer than those it learned from, in the twin.",
        columns=("", "performance", "accuracy in the last 200 ms"),
        rows=tuple(
            (name, *(np.nan if x is None else x for x in (score.performance, score.accuracy)))
            for name, score in scores.items()
        ),
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
    )
