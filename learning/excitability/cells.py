"""The cells of a network without its recurrence, driven by what a task gives them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import ModeNetwork, Network, TraceReadout
from spikemodes.models.neurons.neuron import scalar
from spikemodes.models.trials import Trials
from torch import Tensor

from ..kernels.threads import one_thread
from ..step.random import drawn_from
from ..task import Task
from ..twin.twin import Twin

TRIALS = 4
"""Trials of a task that are enough to know how much the cells are driven."""


def some_trials(task: Task) -> Trials:
    """Draw the trials in which the cells of any network for a task are measured."""
    return task.sample(TRIALS, np.random.default_rng(0))


class UncoupledCells:
    """The neurons of a network on their own, with its input weights.

    Parameters
    ----------
    network
        Where neurons and input weights come from.
    trials
        What drives them, such as `some_trials`.
    twin
        How spikes pass gradients: `TrainingOptions.of_twin`.
    """

    def __init__(self, network: Network, trials: Trials, **twin: Any) -> None:
        n = network.n_neurons
        column = np.ones((n, 1))
        of_one = {name: scalar(value) for name, value in network.filter.parameters.items()}
        alone = ModeNetwork(
            neuron=network.neuron,
            filter=network.filter.with_parameters(**of_one),  # it does not matter here
            W_in=np.concatenate([network.W_in, column], axis=1),
            W_out=np.zeros((1, n)),
            dt=network.dt,
            modes=Modes(0 * column, np.zeros(1), 0 * column),
            readout=TraceReadout(),
        )
        self.twin = Twin(alone, **twin)
        self.inputs = torch.from_numpy(np.asarray(trials.inputs, np.float32))
        self.seconds = trials.n_steps * float(trials.dt)

    @torch.no_grad()
    @one_thread()
    @drawn_from(0)
    def rates(
        self,
        gains: Sequence[float] | Float[np.ndarray, " R"],
        biases: Sequence[float] | Float[np.ndarray, " R"],
        *,
        constant: bool = False,
    ) -> Float[np.ndarray, "R N"]:
        """Mean rate of each cell in the trials [Hz], at several gains of the drive and biases.

        `constant` says that all gains are 0: then one trial is as good as many.
        """
        trials = slice(1 if constant else None)
        driven = [self._driven(*given)[:, trials] for given in zip(gains, biases, strict=True)]
        counts = self.twin(torch.cat(driven, dim=1)).activity.spike_counts
        by_gain = counts.reshape(len(gains), -1, counts.shape[1]).mean(dim=1) / self.seconds
        return np.nan_to_num(by_gain.numpy().astype(float))

    @property
    def spread(self) -> float:
        """Standard deviation of the drive over steps, trials and cells."""
        return float((self.inputs @ self.twin.W_in.detach()[:, :-1].T).std())

    @one_thread()
    @drawn_from(0)
    def slopes(self) -> tuple[float, float]:
        """d(mean rate)/d(constant drive) [Hz], by the surrogate gradient and by differences.

        Differences are those between a tenth of `spread` more and less.
        """
        column = self.twin.W_in[:, -1].detach()
        self.twin.zero_grad()
        try:  # a weight of 0 to an input of 1, whose gradient is that of a constant drive
            column.zero_()
            counts = self.twin(self._driven(1.0, 1.0)).activity.spike_counts
            (counts.mean() / self.seconds).backward()
        finally:
            column.fill_(1)
        assert self.twin.W_in.grad is not None
        surrogate = float(self.twin.W_in.grad[:, -1].sum())
        step = 0.1 * self.spread
        low, high = self.rates([1.0, 1.0], [-step, step]).mean(axis=1)
        return surrogate, float((high - low) / (2 * step))

    def _driven(self, gain: float, bias: float) -> Tensor:
        inputs = self.inputs * gain
        constant = torch.full_like(inputs[..., :1], bias)
        return torch.cat([inputs, constant], dim=-1)
