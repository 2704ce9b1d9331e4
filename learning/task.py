"""What learning needs of a task: trials, a loss, a score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import torch
    from brian2 import Quantity
    from spikemodes.models.trials import Trials


@dataclass(frozen=True)
class Score:
    """How well outputs solve a task: fraction of right trials, and mean squared error."""

    accuracy: float
    mse: float


class Task(Protocol):
    """A source of trials and the measure of what a network makes of them.

    `epochs` gives the steps of each named part of a trial; `source` is where the task was
    published. Whatever is random comes from the generator passed to `sample`.
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
    def dt(self) -> Quantity: ...
    @property
    def epochs(self) -> Mapping[str, range]: ...

    def sample(self, n_trials: int, rng: np.random.Generator) -> Trials: ...

    def loss(self, outputs: torch.Tensor, trials: Trials) -> torch.Tensor: ...

    def score(self, outputs: np.ndarray, trials: Trials) -> Score: ...
