"""The report's section on what the performance is worth: the same trials without the learning."""

import math

from ..display.page import Section, Table
from ..pipeline.cautions import as_paragraphs
from ..pipeline.controls import not_beaten
from ..pipeline.performance import Controls, ControlScore
from . import glossary
from .reported import Reported

ROWS = {
    "no_recurrence": (
        "without recurrence",
        "recurrence removed after training: W set to 0, nothing relearned",
    ),
    "shuffled_modes": ("neurons permuted", "what neurons receive and send dealt to other neurons"),
    "untrained": ("untrained", "as it was before training"),
    "chance": ("chance", "a constant answer"),
    "ideal_observer": ("ideal observer", "the best answer that the inputs allow"),
}
"""What people call each control, and what it is."""

_UNKNOWN = {
    "untrained": "The untrained network is left out: the method draws one of its own.",
    "chance": "Chance is left out: the task does not know what a constant answer reaches.",
    "ideal_observer": "The ideal observer is left out: the task does not know its answer.",
}


def controls(found: Reported) -> Section | None:
    """Set the network beside its controls, and say which of them it does not beat."""
    brian2, known = found.summary.brian2, found.summary.controls
    if brian2 is None or known is None:
        return None
    scores: dict[str, ControlScore | None] = vars(known)
    reached = brian2.performance
    own = ControlScore(reached.performance, reached.measures.get("accuracy"))
    rows = [("the network", "", *_numbers(own))]
    rows += [(*ROWS[key], *_numbers(score)) for key, score in scores.items() if score is not None]
    missing = [text for key, text in _UNKNOWN.items() if scores[key] is None]
    text = (
        "Performance is 1 for a perfect answer and 0 for a constant one: the share of the targets'"
        " variance that the outputs explain, or, where trials have classes, the accuracy above"
        " chance. To beat the network without recurrence shows that this network uses its"
        " recurrence, not that the task needs any: train"
        " `network.parameterisation=no-recurrence` for that. A network that has learned to use its"
        " recurrence beats all controls but the ideal observer; that is necessary, not sufficient."
    )
    return Section(
        title="Controls",
        text=" ".join((text, *missing)) + as_paragraphs(not_beaten(reached.performance, known)),
        table=Table(
            caption=f"The {reached.trials:,} trials of the validation in Brian2.",
            columns=("", "what it is", "performance", "accuracy"),
            rows=tuple(rows),
        ),
        glossary=glossary.CONTROLS,
    )


def in_words(known: Controls) -> dict[str, str]:
    """Write each control that there is for the terminal, by its name."""
    scores: dict[str, ControlScore | None] = vars(known)
    return {ROWS[key][0]: _text(score) for key, score in scores.items() if score is not None}


def _text(score: ControlScore) -> str:
    performance = "–" if score.performance is None else f"{score.performance:.4f}"
    right = "" if score.accuracy is None else f" (accuracy {score.accuracy:.3f})"
    return performance + right


def _numbers(score: ControlScore) -> tuple[float, float]:
    performance, accuracy = (math.nan if x is None else x for x in vars(score).values())
    return performance, accuracy
