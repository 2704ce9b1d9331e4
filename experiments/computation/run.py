"""Ask a run all questions."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from spikemodes.models.networks.storage import AnyNetwork
from spikemodes.models.recording import Recording

from ..config.spec import Spec
from ..display.progress import Display
from ..pipeline.directory import RunDirectory
from . import registry
from .answers import Answers
from .question import NotAskedError, Question, Subject


def ask(
    run: RunDirectory, spec: Spec, network: AnyNetwork, recording: Recording, display: Display
) -> Answers:
    """Ask a validated network every question, and write the answers."""
    answers = answered(Subject(spec, network, recording), registry.QUESTIONS, display)
    answers.save(run)
    return answers


def answered(subject: Subject, questions: Iterable[Question], display: Display) -> Answers:
    """Answer questions; those that do not fit leave a reason."""
    numbers: dict[str, Any] = {}
    arrays: dict[str, Mapping[str, np.ndarray]] = {}
    reasons: dict[str, str] = {}
    with display.stages() as begin:
        for question in questions:
            begin(question.stage)
            try:
                answer = question.ask(subject)
            except NotAskedError as reason:
                reasons[question.key] = str(reason)
                continue
            numbers[question.key], arrays[question.key] = answer.numbers, answer.arrays
    return Answers(numbers, arrays, reasons)
