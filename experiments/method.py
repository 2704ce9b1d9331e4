"""What a way to get a trained network is, as ``train.method`` of a configuration names it.

Checking a configuration needs no PyTorch, which takes seconds to load: a method imports it when it
trains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from spikemodes.learning.task import Task
    from spikemodes.learning.training.loop import TrainingResult, Update

    from .config.spec import Spec


@dataclass(frozen=True)
class Session:
    """What a training has to do with the run around it.

    Parameters
    ----------
    initial, trials
        Seeds of the weights and of the trials.
    on_update
        Called after each update.
    on_compile
        Called if something has to be compiled first, with what that is.
    checkpoint
        Directory for checkpoints of methods that have them.
    resume
        Go on from the checkpoint, if there is one.
    """

    initial: np.random.SeedSequence
    trials: np.random.SeedSequence
    on_update: Callable[[Update], None]
    on_compile: Callable[[str], None]
    checkpoint: Path
    resume: bool = False


class Method(Protocol):
    """A way to train; its parameters are keys of a configuration.

    `settings` are keys of the configuration that hold where it does not say otherwise;
    `needs_targets` tells whether it learns from the error of each step.
    """

    settings: ClassVar[Mapping[str, Any]]
    needs_targets: ClassVar[bool]

    def require(self, spec: Spec) -> None:
        """Raise `ValueError` for a configuration that it cannot serve."""
        ...

    def train(self, task: Task, spec: Spec, session: Session) -> TrainingResult:
        """Train a network."""
        ...


def require_no_penalties(spec: Spec, who: str) -> None:
    if penalties := spec.train.build_penalties():
        raise ValueError(
            f"`train` must be without penalties for {who}: got {type(penalties[0]).__name__}."
            " Set them to 0."
        )
