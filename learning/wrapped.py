"""A task made of another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import torch
    from brian2 import Quantity
    from spikemodes.models.networks.network import Readout
    from spikemodes.models.trials import Trials

    from .task import Score, Task


@dataclass(frozen=True, eq=False)
class Wrapped:
    """A task that has all of `task` but what a subclass changes."""

    task: Task

    @property
    def name(self) -> str:
        """See `Task`."""
        return self.task.name

    @property
    def description(self) -> str:
        """See `Task`."""
        return self.task.description

    @property
    def source(self) -> str:
        """See `Task`."""
        return self.task.source

    @property
    def n_inputs(self) -> int:
        """See `Task`."""
        return self.task.n_inputs

    @property
    def n_outputs(self) -> int:
        """See `Task`."""
        return self.task.n_outputs

    @property
    def readout(self) -> Readout:
        """See `Task`."""
        return self.task.readout

    @property
    def dt(self) -> Quantity:
        """See `Task`."""
        return self.task.dt

    @property
    def epochs(self) -> Mapping[str, range]:
        """See `Task`."""
        return self.task.epochs

    def sample(self, n_trials: int, rng: np.random.Generator) -> Trials:
        """See `Task`."""
        return self.task.sample(n_trials, rng)

    def loss(self, outputs: torch.Tensor, trials: Trials) -> torch.Tensor:
        """See `Task`."""
        return self.task.loss(outputs, trials)

    def score(self, outputs: np.ndarray, trials: Trials) -> Score:
        """See `Task`."""
        return self.task.score(outputs, trials)
