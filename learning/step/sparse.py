"""What spikes add to relay units where most of it is 0: fixed weights, synapse by synapse."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True, eq=False)
class SparseRows:
    """The rows of an encoder (N × U), of which only entries that are not 0 are there.

    Parameters
    ----------
    first
        Number of the first synapse of each neuron; at the end, how many there are (N + 1).
    unit
        The unit that each synapse acts on.
    weights
        What a spike adds there. They learn nothing.
    n_units
        U.
    """

    first: Int[Tensor, " rows"]
    unit: Int[Tensor, " S"]
    weights: Float[Tensor, " S"]
    n_units: int

    @staticmethod
    def of(encoder: Float[Tensor, "N U"]) -> "SparseRows":
        """Keep what is not 0."""
        encoder = encoder.detach()
        neuron, unit = encoder.nonzero(as_tuple=True)
        counts = torch.bincount(neuron, minlength=len(encoder))
        first = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        return SparseRows(first, unit, encoder[neuron, unit], encoder.shape[1])

    @property
    def shape(self) -> tuple[int, int]:
        """N × U."""
        return len(self.first) - 1, self.n_units

    @property
    def neuron(self) -> Int[Tensor, " S"]:
        """The neuron that each synapse comes from."""
        cells = torch.arange(self.shape[0], device=self.first.device)
        return cells.repeat_interleave(self.first.diff())

    def dense(self) -> Float[Tensor, "N U"]:
        """Multiply out."""
        whole = self.weights.new_zeros(self.shape)
        return whole.index_put((self.neuron, self.unit), self.weights)

    def like(self, weights: Tensor) -> "SparseRows":
        """The same in the precision, and on the device, of others."""
        if self.weights.dtype == weights.dtype and self.weights.device == weights.device:
            return self
        first, unit = self.first.to(weights.device), self.unit.to(weights.device)
        return SparseRows(first, unit, self.weights.to(weights), self.n_units)

    def onto(self, start: int, stop: int) -> "SparseRows":
        """Those onto some of the units, which are counted anew."""
        there = (self.unit >= start) & (self.unit < stop)
        counts = torch.bincount(self.neuron[there], minlength=self.shape[0])
        first = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        return SparseRows(first, self.unit[there] - start, self.weights[there], stop - start)
