"""Spikes on their way through synapses that delay them or fail, in PyTorch."""

import torch
from jaxtyping import Float
from torch import Tensor

from .backend import Weights


class Delivery:
    """What each step's spikes, and those of steps before, add to the relay units.

    A spike of step k arrives in the step k + delay. Where synapses fail, forward each spike and
    synapse is drawn; backward is that of the mean, so that gradients are without bias.

    Parameters
    ----------
    encoder
        What a spike adds where it passes (N × K).
    weights
        Delays and release probability of the first P units, if they have any, and whether gradients
        stop at them; all others get every spike at once.
    """

    def __init__(self, encoder: Float[Tensor, "N K"], weights: Weights) -> None:
        p = weights.n_modes if weights.one_by_one or weights.stop_transmission else 0
        self.release, self.stop = weights.release, weights.stop_transmission
        self.direct = encoder[:, p:]
        recurrent, delays = encoder[:, :p], weights.delays
        if delays is None:
            self.late, self.longest = recurrent, 0
        else:
            self.longest = int(delays.max())
            steps = range(self.longest + 1)
            self.late = torch.cat([recurrent * (d == delays.T) for d in steps])
        self.sent: list[Tensor] = []

    def __call__(self, spikes: Float[Tensor, "B N"]) -> Float[Tensor, "B K"]:
        """Send this step's spikes and give what arrives in it."""
        if not self.late.shape[1]:
            return spikes @ self.direct
        if not self.sent:
            self.sent = [torch.zeros_like(spikes)] * (self.longest + 1)
        self.sent = [spikes.detach() if self.stop else spikes, *self.sent[:-1]]
        sent = torch.cat(self.sent, dim=1) if self.longest else self.sent[0]
        arriving = sent @ self.late
        if self.release < 1:
            mean = self.release * arriving
            arriving = mean + (self._drawn(sent) - mean).detach()
        return torch.cat([arriving, spikes @ self.direct], dim=1)

    @torch.no_grad()
    def _drawn(self, sent: Float[Tensor, "B D"]) -> Float[Tensor, "B P"]:
        trial, source = sent.nonzero(as_tuple=True)
        added = self.late[source]
        passed = torch.rand_like(added) < self.release
        total = added.new_zeros(len(sent), added.shape[1])
        return total.index_add_(0, trial, added * passed)
