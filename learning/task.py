"""What learning needs of a task: trials, a loss, a score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
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
    accuracy
        Fraction of trials that are right, ``None`` where trials are not right or wrong.
    mse
        Mean squared error, ``None`` where there are no target traces.
    further
        Measures of the task's own, by name.
    """

    accuracy: float | None = None
    mse: float | None = None
    further: Mapping[str, float] = field(default_factory=dict)

    @property
    def measures(self) -> dict[str, float]:
        """All measures that there are, by name."""
        own = {"accuracy": self.accuracy, "mse": self.mse}
        return {name: value for name, value in own.items() if value is not None} | {**self.further}


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


def unseen(task: Task, n_trials: int, rng: np.random.Generator) -> Trials:
    """Draw trials that training has not seen: of the data kept back, else fresh ones."""
    return (task.sample_test if isinstance(task, HeldOut) else task.sample)(n_trials, rng)
