"""Spikes on their way through synapses that delay them or fail, in PyTorch."""

import torch
from jaxtyping import Float
from torch import Tensor

from .backend import Units


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
    """

    def __init__(self, units: Units, gain: float) -> None:
        self.release = units.release
        encoder, delays = gain * units.encoder, units.delays
        if delays is None:
            self.late, self.longest = encoder, 0
        else:
            self.longest = int(delays.max())
            steps = range(self.longest + 1)
            self.late = torch.cat([encoder * (d == delays.T) for d in steps])
        self.sent: list[Tensor] = []

    def __call__(self, spikes: Float[Tensor, "B N"]) -> Float[Tensor, "B U"]:
        """Send this step's spikes and give what arrives in it."""
        if not self.sent:
            self.sent = [torch.zeros_like(spikes)] * (self.longest + 1)
        self.sent = [spikes, *self.sent[:-1]]
        sent = torch.cat(self.sent, dim=1) if self.longest else self.sent[0]
        arriving = sent @ self.late
        if self.release < 1:
            mean = self.release * arriving
            arriving = mean + (self._drawn(sent) - mean).detach()
        return arriving

    @torch.no_grad()
    def _drawn(self, sent: Float[Tensor, "B D"]) -> Float[Tensor, "B U"]:
        trial, source = sent.nonzero(as_tuple=True)
        added = self.late[source] * sent[trial, source].unsqueeze(1)
        passed = torch.rand_like(added) < self.release
        total = added.new_zeros(len(sent), added.shape[1])
        return total.index_add_(0, trial, added * passed)
