"""Spikes on their way through synapses that delay them or fail, in PyTorch."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from .backend import Units
from .random import unit_interval

SOURCES = 2**20
"""More neurons than a network has: numbers of the calls that draw which spikes pass."""


def first_call(group: int) -> int:
    """Number of the call that draws for the first neuron of a group, behind those of neurons."""
    return (group + 1) * SOURCES


class Delivery:
    """What each step's spikes, and those of steps before, add to a group of relay units.

    A spike is a number: what it counts where synapses are plastic, or 1. One of step k arrives in
    the step k + delay. Where synapses fail, forward each spike and synapse is drawn; backward is
    that of the mean, so that gradients are without bias.

    Parameters
    ----------
    units
        The group.
    gain
        Factor on what spikes add to it.
    group
        Its number in the pass.
    key
        Of the pass, for what is drawn.
    """

    def __init__(self, units: Units, gain: float, group: int, key: tuple[int, int]) -> None:
        self.units, self.release = units, units.release
        self.first_call, self.key = first_call(group), key
        self.encoder, self.delays = gain * units.weights, units.delays
        if self.delays is None:
            self.late, self.longest = self.encoder, 0
        else:
            self.longest = int(self.delays.max())
            steps = range(self.longest + 1)
            self.late = torch.cat([self.encoder * (d == self.delays.T) for d in steps])
        self.sent: list[Tensor] = []
        self.coming: list[Tensor] = []

    def __call__(self, spikes: Float[Tensor, "B N"], step: int) -> Float[Tensor, "B U"]:
        """Send this step's spikes and give what arrives in it."""
        if not self.sent:
            self.sent = [torch.zeros_like(spikes)] * (self.longest + 1)
        self.sent = [spikes, *self.sent[:-1]]
        sent = torch.cat(self.sent, dim=1) if self.longest else self.sent[0]
        arriving = sent @ self.late
        if self.release < 1:
            mean = self.release * arriving
            arriving = mean + (self._drawn(spikes, step) - mean).detach()
        return arriving

    @torch.no_grad()
    def _drawn(self, spikes: Float[Tensor, "B N"], step: int) -> Float[Tensor, "B U"]:
        """Draw which of this step's spikes pass, and give what arrives."""
        trial, source = spikes.nonzero(as_tuple=True)
        counted = self.encoder[source] * spikes[trial, source].unsqueeze(1)
        added = counted * self._passed(trial, source, step)
        self.coming += [
            added.new_zeros(len(spikes), added.shape[1])
            for _ in range(self.longest + 1 - len(self.coming))
        ]
        if self.delays is None:
            self.coming[0].index_add_(0, trial, added)
        else:
            late = self.delays.T[source]
            for d, total in enumerate(self.coming):
                total.index_add_(0, trial, added * (late == d))
        return self.coming.pop(0)

    def _passed(self, trial: Tensor, source: Tensor, step: int) -> Bool[Tensor, "S U"]:
        n_units = self.encoder.shape[1]
        unit = torch.arange(n_units, device=trial.device).expand(len(trial), n_units)
        trial, call = (x[:, None].expand_as(unit) for x in (trial, self.first_call + source))
        counter = unit, trial, torch.full_like(unit, step), call
        return unit_interval(counter, self.key, self.encoder.dtype) < self.release
