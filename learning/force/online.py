"""Training online: a network learns while it runs, from the error of its output at each step."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
import torch
from jaxtyping import Float
from spikemodes.models.networks.network import DenseNetwork, TraceReadout
from spikemodes.models.networks.rate_network import RateNetwork
from spikemodes.models.trials import Trials

from ..kernels.threads import one_thread
from ..task import Task
from ..training.loop import TrainingDivergedError, TrainingResult, Update
from ..training.memory import peak_memory_mb

Kind = TypeVar("Kind", DenseNetwork, RateNetwork, covariant=True)


@dataclass(frozen=True)
class OnlineOptions:
    """How a random network is drawn, and how its readout learns.

    Parameters
    ----------
    n_neurons
        N.
    gain
        g of the fixed weights g J.
    connectivity
        p: the fraction of J's weights that are not zero, each of variance 1/(p N).
    alpha
        Regularisation of the readout; its inverse is the learning rate at the start.
    updates
        Batches of trials to learn from, one after the other.
    batch_size
        Trials of a batch; the readout takes in their samples one by one.
    every
        Steps from one sample of a trial to the next.

    Raises
    ------
    ValueError
        If a value is out of range.
    """

    n_neurons: int = 500
    gain: float = 1.5
    connectivity: float = 0.1
    alpha: float = 1.0
    updates: int = 100
    batch_size: int = 1
    every: int = 2

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, int | float) and not 0 < value < np.inf:
                raise ValueError(f"`{name}` must be positive and finite: got {value}.")
        if self.connectivity > 1:
            raise ValueError(f"`connectivity` must be 1 at most: got {self.connectivity}.")


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
        """Run a batch while learning; gives each output as it was before its update."""
        ...

    def network(self) -> Kind:
        """The network as it has become."""
        ...


def require_target_trace(task: Task) -> Trials:
    """Raise `ValueError` if there is no target at each step; gives a trial of the task."""
    example = task.sample(1, np.random.default_rng(0))
    if not isinstance(task.readout, TraceReadout) or example.targets is None:
        raise ValueError(
            f"`task` must have a target trace for FORCE to follow: {task.name} has none."
            " Choose one that does, or another method."
        )
    return example


@one_thread()
def train_online(
    task: Task,
    learner: Learner[Kind],
    rng: np.random.Generator,
    *,
    method: str,
    updates: int,
    batch_size: int,
    on_update: Callable[[Update], None] | None = None,
) -> TrainingResult[Kind]:
    """Let `learner` learn from batches of fresh trials, drawn with `rng`.

    Raises `TrainingDivergedError` if an output becomes NaN or infinite.
    """
    started, loss = time.perf_counter(), float("nan")
    for step in range(1, updates + 1):
        trials = task.sample(batch_size, rng)
        answer = learner.learn(trials)
        if not np.isfinite(answer.outputs).all():
            raise TrainingDivergedError(
                f"FORCE diverged in batch {step}: an output is not finite. Raise alpha."
            )
        loss = float(task.loss(torch.from_numpy(answer.outputs), trials))
        score = task.score(answer.outputs, trials)
        if on_update:
            on_update(
                Update(
                    step=step,
                    loss=loss,
                    accuracy=score.accuracy,
                    mse=score.mse,
                    rate_hz=answer.rate_hz,
                    gradient_norm=None,
                    learning_rate=None,
                    seconds=time.perf_counter() - started,
                )
            )
    return TrainingResult(
        network=learner.network(),
        method=method,
        updates=updates,
        seconds=time.perf_counter() - started,
        peak_memory_mb=peak_memory_mb(),
        final_loss=loss,
        trainable_parameters=learner.n_learned,
    )
