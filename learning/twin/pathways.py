"""Pathways as the twin runs them: their weights as groups of relay units."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Int
from spikemodes.models.conditions.circuit import Circuit, Transmission
from spikemodes.models.networks.connectivity import AnyConnectivity, Masked, Sparse
from spikemodes.models.networks.network import Network
from spikemodes.models.networks.pathway import Pathway
from spikemodes.models.neurons.neuron import SIGNS
from torch import Tensor, nn

from ..step.backend import Units
from ..step.sparse import SparseRows
from .parameters import DenseParameters, ModeParameters, recurrent_parameters


@dataclass(frozen=True, eq=False)
class Transmitted:
    """How the synapses of a pathway pass spikes on, in tensors.

    Parameters
    ----------
    transmission
        Which weights act in place of those learned; arrays as tensors.
    delays
        In steps (N × N); ``None`` without delays.
    """

    transmission: Transmission
    delays: Int[Tensor, "N N"] | None


class TwinPathway(nn.Module):
    """A pathway of the twin.

    Parameters
    ----------
    circuit
        The network as it runs.
    pathway
        Which of its pathways.
    filter
        Which filter of the step model is its own.
    dtype
        Of its weights.
    """

    mask: Tensor | None

    def __init__(self, circuit: Circuit, pathway: Pathway, filter: int, dtype: torch.dtype) -> None:
        super().__init__()
        network, connectivity = circuit.network, pathway.connectivity
        self.weights: ModeParameters | DenseParameters = recurrent_parameters(
            pathway.weights, dtype
        )
        self.fixed = not pathway.learned
        if self.fixed:
            self.weights.requires_grad_(False)
        self.register_buffer("mask", _mask(connectivity, dtype), persistent=False)
        kinds = network.neuron.inputs[1:]
        self.n_neurons, self.filter = network.n_neurons, filter
        acts_on = network.inputs_of(pathway)
        self.inputs = tuple(kinds.index(name) for name in acts_on)
        self.signs = [SIGNS.get(name, 0) for name in acts_on]
        everywhere = pathway.source is None and pathway.target is None
        self.cells = (
            None
            if everywhere
            else (
                torch.as_tensor(network.cells_of(pathway.target)),
                torch.as_tensor(network.cells_of(pathway.source)),
            )
        )
        self.transmitted = _transmitted(circuit, pathway, dtype)
        self.plasticity = pathway.plasticity and pathway.plasticity.at_step(circuit.dt)
        self.rows = None
        if self.fixed and isinstance(connectivity, Sparse):
            self.rows = SparseRows.of(self.acting().T)

    @property
    def through_modes(self) -> bool:
        """Whether spikes act through units of modes."""
        by_modes = isinstance(self.weights, ModeParameters)
        return by_modes and self.mask is None and self.transmitted is None and not any(self.signs)

    def units(self) -> Units:
        """The units that feed back."""
        return replace(self._units(), plasticity=self.plasticity)

    def _units(self) -> Units:
        if self.through_modes:
            encoder, feedback = self.weights.encoder(), self.weights.feedback()
            assert feedback is not None
            post, pre = (None, None) if self.cells is None else self.cells
            return Units(
                self._rows(encoder, pre), self._rows(feedback, post), self.inputs, self.filter
            )
        acting = self.acting().T if self.rows is None else self.rows.like(self.weights.dense())
        t = self.transmitted
        if t is None:
            return Units(acting, None, self.inputs, self.filter)
        delays = None if t.delays is None else t.delays.repeat(len(self.inputs), 1)
        return Units(acting, None, self.inputs, self.filter, delays, t.transmission.release)

    def acting(self) -> Float[Tensor, "F N"]:
        """The weights that act in place of those learned, on each input those of its sign."""
        W = self.weights.dense()
        if self.mask is not None:
            W = self.mask * W
        if self.cells is not None:
            post, pre = self.cells
            flat = (post[:, None] * self.n_neurons + pre).reshape(-1)
            whole = W.new_zeros(self.n_neurons**2)
            W = whole.index_copy(0, flat, W.reshape(-1)).reshape(self.n_neurons, -1)
        if self.transmitted is not None:
            W = self.transmitted.transmission.weights(W)
        return torch.cat([(sign * W).relu() if sign else W for sign in self.signs])

    def modes(self) -> Float[Tensor, "N M"]:
        """What a spike adds to each mode; none without modes."""
        if not isinstance(self.weights, ModeParameters):
            return self.weights.dense().new_zeros(self.n_neurons, 0)
        return self._rows(self.weights.encoder(), None if self.cells is None else self.cells[1])

    def _rows(self, values: Tensor, cells: Tensor | None) -> Tensor:
        """One row for each of all cells."""
        if cells is None:
            return values
        whole = values.new_zeros(self.n_neurons, values.shape[1])
        return whole.index_copy(0, cells, values)


def written(network: Network, pathways: Iterable[TwinPathway]) -> Network:
    """The network with the present weights of all pathways that learn."""
    changed = (
        pathway.with_weights(own.weights.recurrence()) if pathway.learned else pathway
        for pathway, own in zip(network.pathways, pathways, strict=True)
    )
    return replace(network, pathways=tuple(changed))


def _mask(connectivity: AnyConnectivity, dtype: torch.dtype) -> Tensor | None:
    """Factors on the weights, 0 where there is no synapse; ``None`` if all are there."""
    match connectivity:
        case Masked(mask=mask):
            return torch.as_tensor(mask, dtype=dtype)
        case Sparse():
            return torch.as_tensor(connectivity.there, dtype=dtype)
    return None


def _transmitted(circuit: Circuit, pathway: Pathway, dtype: torch.dtype) -> Transmitted | None:
    t = circuit.transmission_of(pathway)
    if t is None:
        return None
    steps = np.floor(t.delays / float(circuit.dt) + 0.5).astype(int)  # as Brian2 rounds them
    tensors = {name: torch.as_tensor(getattr(t, name), dtype=dtype) for name in ("gain", "signs")}
    return Transmitted(
        transmission=Transmission(**{**vars(t), **tensors}),
        delays=torch.from_numpy(steps) if steps.any() else None,
    )
