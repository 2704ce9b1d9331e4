"""What a person must know of a run that its numbers alone do not tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from spikemodes.learning.training.watch import TrainingWatch
from spikemodes.models.neurons.neuron import NeuronModel
from spikemodes.models.translation.translator import translate_neuron

from ..tasks.registry import CautiousTask

if TYPE_CHECKING:
    from spikemodes.learning.task import Task

    from ..config.spec import Spec
    from ..display.progress import Display


def warn(display: Display, texts: Iterable[str]) -> None:
    """Show warnings, a line for each."""
    for text in texts:
        display.say(f"warning: {text}")


def as_paragraphs(texts: Iterable[str]) -> str:
    """Write warnings as paragraphs that follow the text of a report's section."""
    return "".join(f"\n\nWarning: {text}" for text in texts)


def caution_of(task: Task) -> list[str]:
    """Give what a task says of its own score."""
    return [task.caution] if isinstance(task, CautiousTask) and task.caution else []


def uninformative(measures: Mapping[str, Any]) -> list[str]:
    """Say if a constant answer is always right."""
    if measures.get("chance") != 1:
        return []
    return ["a constant answer scores 100 % in these trials: accuracy says nothing here"]


def watch_of(spec: Spec, *, from_start: bool = True) -> TrainingWatch:
    """Make what watches a training of such a configuration."""
    neuron, dt = spec.build_neuron(), spec.build_task().dt
    highest = None
    if isinstance(neuron, NeuronModel):
        highest = 1 / (translate_neuron(neuron, dt).fewest_steps * float(dt))
    patience = {} if from_start else {"patience": None}
    return TrainingWatch(clip_norm=spec.train.clip_norm, highest_rate_hz=highest, **patience)
