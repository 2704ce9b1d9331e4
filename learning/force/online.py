"""Training online: a network learns while it runs, from the error of its output at each step."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

import numpy as np
from jaxtyping import Float
from scipy import sparse
from spikemodes.models.networks.network import Network, TraceReadout
from spikemodes.models.networks.rate_network import RateNetwork
from spikemodes.models.trials import Trials, side_by_side

from ..task import Endless
from ..training.memory import peak_memory_mb
from ..training.method import require_every_weight, require_free_weights, require_no_penalties
from ..training.result import TrainingDivergedError, TrainingResult, Update

if TYPE_CHECKING:
    from ..task import Task
    from ..training.method import Session
    from ..training.recipe import Recipe

Kind = TypeVar("Kind", Network, RateNetwork, covariant=True)


@dataclass(frozen=True)
class LeastSquares:
    """How a random network is drawn, and how its readout learns online.

    Parameters
    ----------
    gain
        g of the fixed weights g J, chaotic above 1.
    connectivity
        p: the fraction of J's weights that are not zero, each of variance 1/(p N).
    alpha
        Regularisation of the readout; its inverse is the learning rate at the start.
    every
        Steps from one sample of a trial to the next.
    inputs
        Standard deviation of the input weights.

    Raises
    ------
    ValueError
        If a value is out of range.
    """

    name: ClassVar[str]
    needs_targets: ClassVar[bool] = True

    gain: float = 1.5
    connectivity: float = 0.1
    alpha: float = 1.0
    every: int = 2
    inputs: float = 0.3

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not 0 < value < np.inf:
                raise ValueError(f"`{name}` must be positive and finite: got {value}.")
        if self.connectivity > 1:
            raise ValueError(f"`connectivity` must be 1 at most: got {self.connectivity}.")

    def require(self, recipe: Recipe) -> None:
        """See `Method`."""
        if recipe.parameterisation.n_modes is not None:
            raise ValueError(
                "`parameterisation` must be dense for FORCE, whose fixed weights are no"
                f" modes: got {recipe.parameterisation.name}. Leave it out."
            )
        require_free_weights(recipe, "FORCE")
        require_no_penalties(recipe, "FORCE, which solves least squares")
        require_every_weight(recipe, "FORCE")

    def train(self, task: Task, recipe: Recipe, session: Session) -> TrainingResult:
        """See `Method`; `session.trials` is the seed of the weights, too.

        Raises `ValueError` if the recipe does not fit or the task has no target traces.
        """
        self.require(recipe)
        require_target_trace(task)
        rng = np.random.default_rng(session.trials)
        learner = self.learner(task, recipe, session, rng)
        return train_online(
            task, learner, recipe, rng, method=self.name, on_update=session.on_update
        )

    def learner(
        self, task: Task, recipe: Recipe, session: Session, rng: np.random.Generator
    ) -> Learner:
        """Draw the network that learns, and compile what it needs."""
        raise NotImplementedError

    def draw_recurrence(self, n: int, rng: np.random.Generator) -> sparse.csr_array:
        """Draw the fixed weights g J, a fraction p not zero, of variance g²/(pN) (N × N)."""
        J = rng.standard_normal((n, n)) * (rng.random((n, n)) < self.connectivity)
        return sparse.csr_array(self.gain / np.sqrt(self.connectivity * n) * J)


@dataclass(frozen=True, eq=False)
class Answer:
    """Outputs of a batch (T × B × O), and the firing rate of neurons that spike [Hz]."""

    outputs: Float[np.ndarray, "T B O"]
    rate_hz: float | None = None


class Learner(Protocol, Generic[Kind]):
    """What learns."""

    @property
    def n_learned(self) -> int:
        """How many numbers are learned."""
        ...

    def learn(self, trials: Trials) -> Answer:
        """Run a batch from rest while learning; gives each output as it was before its update."""
        ...

    def learn_on(self, trial: Trials) -> Answer:
        """Do the same in a single trial from the state in which the last one left the network."""
        ...

    def network(self) -> Kind:
        """The network as it has become."""
        ...


def example_of(task: Task) -> Trials:
    """Give one of the trials that are learned from, or one of the stretches."""
    rng = np.random.default_rng(0)
    return next(task.stretches(rng)) if isinstance(task, Endless) else task.sample(1, rng)


def require_target_trace(task: Task) -> Trials:
    """Raise `ValueError` if there is no target at each step; gives a trial of the task."""
    example = example_of(task)
    if not isinstance(task.readout, TraceReadout) or example.targets is None:
        raise ValueError(
            f"`task` must have a target trace for FORCE to follow: {task.name} has none."
            " Choose one that does, or another method."
        )
    return example


def train_online(
    task: Task,
    learner: Learner[Kind],
    recipe: Recipe,
    rng: np.random.Generator,
    *,
    method: str,
    on_update: Callable[[Update], None] | None = None,
) -> TrainingResult[Kind]:
    """Let `learner` learn from batches of fresh trials, drawn with `rng`, one after the other.

    A task that is `Endless` is learned on end: a batch is so many stretches of its course, and the
    state of the network goes on from each to the next.

    Raises `TrainingDivergedError` if an output becomes NaN or infinite.
    """
    import torch

    from ..kernels.threads import one_thread

    started, loss = time.perf_counter(), float("nan")
    if isinstance(task, Endless):
        scored, lesson = task.in_trials, _on_end(task, learner, recipe, rng)
    else:
        scored, lesson = task, _in_trials(task, learner, recipe, rng)
    with one_thread():
        for step in range(1, recipe.updates + 1):
            trials, answer = next(lesson)
            if not np.isfinite(answer.outputs).all():
                raise TrainingDivergedError(
                    f"FORCE diverged in batch {step}: an output is not finite. Raise alpha."
                )
            loss = float(scored.loss(torch.from_numpy(answer.outputs), trials))
            score = scored.score(answer.outputs, trials)
            if on_update:
                on_update(
                    Update(
                        step=step,
                        loss=loss,
                        accuracy=score.accuracy,
                        mse=score.mse,
                        explained_variance=score.explained_variance,
                        rate_hz=answer.rate_hz,
                        gradient_norm=None,
                        learning_rate=None,
                        seconds=time.perf_counter() - started,
                    )
                )
    return TrainingResult(
        network=learner.network(),
        method=method,
        updates=recipe.updates,
        seconds=time.perf_counter() - started,
        peak_memory_mb=peak_memory_mb(),
        final_loss=loss,
        trainable_parameters=learner.n_learned,
    )


def _in_trials(
    task: Task, learner: Learner, recipe: Recipe, rng: np.random.Generator
) -> Iterator[tuple[Trials, Answer]]:
    while True:
        trials = task.sample(recipe.batch_size, rng)
        yield trials, learner.learn(trials)


def _on_end(
    task: Endless, learner: Learner, recipe: Recipe, rng: np.random.Generator
) -> Iterator[tuple[Trials, Answer]]:
    stretches = task.stretches(rng)
    while True:
        batch = list(itertools.islice(stretches, recipe.batch_size))
        answers = [learner.learn_on(stretch) for stretch in batch]
        yield side_by_side(batch), _joined(answers)


def _joined(answers: Sequence[Answer]) -> Answer:
    """Put the answers to single trials of one length side by side."""
    rates = [answer.rate_hz for answer in answers if answer.rate_hz is not None]
    outputs = np.concatenate([answer.outputs for answer in answers], axis=1)
    return Answer(outputs, float(np.mean(rates)) if rates else None)
