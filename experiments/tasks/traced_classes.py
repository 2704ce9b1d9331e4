"""Classes as target traces, for methods that learn from the error of each step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from spikemodes.learning.task import HeldOut, Score, Task
from spikemodes.learning.wrapped import Wrapped
from spikemodes.models.networks.network import TraceReadout

from .objectives import score_of_classes, score_of_traces, squared_error

if TYPE_CHECKING:
    import torch
    from spikemodes.models.trials import Trials


@dataclass(frozen=True, eq=False)
class TracedClasses(Wrapped):
    """A task of classes whose answer is asked for at every step of a trial's second half.

    Where a trial is shorter than others, that is the second half of what there is of it.

    The target of a trial's class is 1 and that of the others 0; the answer is the class of the
    largest mean output over these steps.

    Parameters
    ----------
    task
        Has labels and one output for each class.
    """

    @property
    def readout(self) -> TraceReadout:
        """Traces."""
        return TraceReadout()

    @property
    def description(self) -> str:
        """That of the task, and how it is asked."""
        return f"{self.task.description} The outputs of the second half of a trial count."

    def sample(self, n_trials: int, rng: np.random.Generator) -> Trials:
        """Draw trials of the task, with target traces."""
        return self._traced(self.task.sample(n_trials, rng))

    def loss(self, outputs: torch.Tensor, trials: Trials) -> torch.Tensor:
        """Compute the mean squared error of the scored steps."""
        return squared_error(outputs, trials)

    def score(self, outputs: Float[np.ndarray, "T B O"], trials: Trials) -> Score:
        """Score outputs: the fraction of trials told right, beside the errors of the traces."""
        told = score_of_classes(self.answers(outputs, trials), trials)
        traces = score_of_traces(outputs, trials)
        return replace(told, explained_variance=traces.explained_variance, mse=traces.mse)

    def answers(
        self, outputs: Float[np.ndarray, "T B O"], trials: Trials
    ) -> Float[np.ndarray, "B O"]:
        """Average the outputs of each trial over its scored steps."""
        return np.mean(outputs, axis=0, where=trials.scored[..., None])

    def _traced(self, trials: Trials) -> Trials:
        assert trials.labels is not None
        one_hot = np.eye(self.n_outputs)[trials.labels]
        targets = np.tile(one_hot, (trials.n_steps, 1, 1))
        passed = np.cumsum(trials.scored, axis=0)
        return replace(trials, targets=targets, mask=trials.scored & (passed > passed[-1] // 2))


@dataclass(frozen=True, eq=False)
class HeldOutTracedClasses(TracedClasses):
    """The same of a task that keeps some of its data from training."""

    @property
    def n_test(self) -> int:
        """How many trials are kept from training."""
        return self._held_out.n_test

    def sample_test(self, n_trials: int, rng: np.random.Generator) -> Trials:
        """Draw trials of the data kept back, with target traces."""
        return self._traced(self._held_out.sample_test(n_trials, rng))

    @property
    def _held_out(self) -> HeldOut:
        assert isinstance(self.task, HeldOut)
        return self.task


def with_targets(task: Task) -> Task:
    """Give a task whose trials have target traces: itself, or its classes traced."""
    if isinstance(task.readout, TraceReadout):
        return task
    return HeldOutTracedClasses(task) if isinstance(task, HeldOut) else TracedClasses(task)
