"""What learning needs of a task: trials, a loss, a score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import torch
    from brian2 import Quantity
    from spikemodes.models.networks.network import Readout
    from spikemodes.models.trials import Trials


@dataclass(frozen=True)
class Score:
    """How well outputs solve a task, by the measures that fit it.

    Parameters
    ----------
    performance
        The one that networks are ranked by: 1 for a perfect answer, 0 for the best constant one,
        below for worse. The explained variance of target traces, or the accuracy of classes
        `above_chance`; ``None`` where neither is known.
    accuracy
        Fraction of trials that are right, ``None`` where trials are not right or wrong.
    explained_variance
        Share of the targets' variance, ``None`` where there are no target traces.
    mse
        Mean squared error, ``None`` where there are no target traces.
    chance
        The accuracy of the best constant answer, ``None`` where it is not known.
    further
        Measures of the task's own, by name.
    """

    performance: float | None = None
    accuracy: float | None = None
    explained_variance: float | None = None
    mse: float | None = None
    chance: float | None = None
    further: Mapping[str, float] = field(default_factory=dict)

    @property
    def measures(self) -> dict[str, float]:
        """All measures that there are, by name."""
        own = {
            "performance": self.performance,
            "accuracy": self.accuracy,
            "explained_variance": self.explained_variance,
            "mse": self.mse,
            "chance": self.chance,
        }
        return {name: value for name, value in own.items() if value is not None} | {**self.further}


def above_chance(accuracy: float, chance: float) -> float | None:
    """Correct an accuracy for chance: 1 stays 1, chance is 0; ``None`` where chance is 1."""
    return (accuracy - chance) / (1 - chance) if chance < 1 else None


class Task(Protocol):
    """A source of trials and the measure of what a network makes of them.

    `epochs` gives the steps of each named part of a trial; `source` is where the task was
    published; `readout` says whether outputs are traces (T × B × O) or one value per trial
    (B × O). Whatever is random comes from the generator passed to `sample`.
    """

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def n_inputs(self) -> int: ...
    @property
    def n_outputs(self) -> int: ...
    @property
    def readout(self) -> Readout: ...
    @property
    def dt(self) -> Quantity: ...
    @property
    def epochs(self) -> Mapping[str, range]: ...

    def sample(self, n_trials: int, rng: np.random.Generator) -> Trials: ...

    def loss(self, outputs: torch.Tensor, trials: Trials) -> torch.Tensor: ...

    def score(self, outputs: np.ndarray, trials: Trials) -> Score: ...


@runtime_checkable
class HeldOut(Protocol):
    """A task that keeps some of its data from training."""

    @property
    def n_test(self) -> int:
        """How many trials can be drawn of the data kept back."""
        ...

    def sample_test(self, n_trials: int, rng: np.random.Generator) -> Trials:
        """Draw trials of the data kept back; of no example more than once."""
        ...


@runtime_checkable
class Endless(Protocol):
    """A task without trials: a course to follow on end.

    Its `sample` draws trials to be tested in, long ones without a teacher, and its `score` is that
    of such trials.
    """

    @property
    def in_trials(self) -> Task:
        """The same task cut into trials, whose loss and score are those of a stretch."""
        ...

    def stretches(self, rng: np.random.Generator) -> Iterator[Trials]:
        """Cut the course into single trials of one length, each going on where the last ended."""
        ...


@dataclass(frozen=True)
class GatedEvidence:
    """What there is to sum in a task, and which inputs let it count.

    Parameters
    ----------
    gates
        For each input that shows evidence, the input that is 1 while it counts; the others of them
        are 0.
    strength
        Usual size of an input that shows evidence, noise apart.
    whole
        Sum of evidence over time that a whole answer has [input × s].
    """

    gates: Mapping[int, int]
    strength: float
    whole: float


@runtime_checkable
class SumsEvidence(Protocol):
    """A task whose answer is the sign of summed evidence, once nothing is shown any more."""

    @property
    def gated_evidence(self) -> GatedEvidence:
        """What is summed."""
        ...


def unseen(task: Task, n_trials: int, rng: np.random.Generator) -> Trials:
    """Draw trials that training has not seen: of the data kept back, else fresh ones."""
    return (task.sample_test if isinstance(task, HeldOut) else task.sample)(n_trials, rng)
