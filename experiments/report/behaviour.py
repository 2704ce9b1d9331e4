"""The report's section on what the network does: outputs, classes."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from spikemodes.analysis.figures.behaviour import draw_outputs
from spikemodes.analysis.figures.classification import draw_class_accuracy, draw_confusion
from spikemodes.analysis.figures.theme import Epoch
from spikemodes.learning.task import Endless
from spikemodes.models.trials import Trials

from ..display.page import Figure, Section
from ..pipeline.analyse import condition_labels
from ..tasks.objectives import classes
from ..tasks.registry import IllustratedTask, NamedData
from ..tasks.traced_classes import TracedClasses
from . import glossary
from .reported import Reported
from .sentences import of_class_accuracy, of_confusion, of_outputs


def behaviour(found: Reported) -> Section | None:
    """Draw what fits the task: target traces, classes, and its own figures."""
    task, trials, outputs = found.task, found.trials, found.recording.outputs
    if isinstance(task, TracedClasses):
        outputs = task.answers(outputs, trials)
        task, trials = task.task, replace(trials, targets=None)
    figures: list[Figure] = []
    if trials.labels is not None:
        names = task.class_names if isinstance(task, NamedData) else ()
        figures += _classification(trials.labels, outputs, names)
    if isinstance(task, IllustratedTask):
        figures += task.figures(outputs, trials)
    elif trials.targets is not None and not isinstance(task, Endless):
        figures.append(_outputs(trials, trials.targets, outputs, found.epochs))
    if not figures:
        return None
    return Section(title="Behaviour", figures=tuple(figures), glossary=glossary.PERFORMANCE)


def _outputs(
    trials: Trials, targets: np.ndarray, outputs: np.ndarray, epochs: list[Epoch]
) -> Figure:
    choice = trials.conditions.get("choice")
    shown = {
        "outputs": outputs[..., 0],
        "targets": targets[..., 0],
        "labels": condition_labels(trials)
        if choice is None
        else np.array([f"choice {value:+d}" for value in choice]),
        "dt": float(trials.dt),
    }
    draw = partial(draw_outputs, **shown, epochs=epochs)
    by = "" if choice is None else " by choice"
    caption = f"Output{by}: mean ± s.d. over trials, and its target."
    return Figure("outputs", caption, draw, finding=of_outputs(**shown))


def _classification(labels: np.ndarray, outputs: np.ndarray, names: Sequence[str]) -> list[Figure]:
    found = {
        "labels": labels,
        "answers": classes(outputs),
        "n_classes": outputs.shape[-1],
        "names": names,
    }
    return [
        Figure(
            "confusion",
            "Share of each class's trials that the network takes for each class, in percent;"
            " shares below 0.05 % are left blank.",
            partial(draw_confusion, **found),
            finding=of_confusion(**found),
        ),
        Figure(
            "class-accuracy",
            "Accuracy in the trials of each class, with 95 % intervals, and over all trials"
            " (line).",
            partial(draw_class_accuracy, **found),
            finding=of_class_accuracy(**found),
        ),
    ]
