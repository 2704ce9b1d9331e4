"""Recurrent synapses that have properties of their own, as the twin runs them."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from spikemodes.models.conditions.circuit import Circuit, Transmission
from torch import Tensor


@dataclass(frozen=True, eq=False)
class SingleSynapses:
    """A circuit's synapses in tensors.

    Parameters
    ----------
    transmission
        Which weights act in place of those learned; arrays as tensors.
    kinds
        Of inputs on which they act: one, or excitation and inhibition.
    delays
        In steps, onto each of the F = kinds · N units (F × N); ``None`` without delays.
    release
        Probability that a spike passes.
    """

    transmission: Transmission
    kinds: int
    delays: Int[Tensor, "F N"] | None
    release: float

    @property
    def one_by_one(self) -> bool:
        """Whether synapses delay spikes or fail."""
        return self.delays is not None or self.release < 1

    @property
    def n_units(self) -> int:
        """F."""
        return self.kinds * len(self.transmission.gain)

    def acting(self, W: Float[Tensor, "N N"]) -> Float[Tensor, "F N"]:
        """The weights that act in place of W, apart by sign for conductances."""
        acting = self.transmission.weights(W)
        return acting if self.kinds == 1 else torch.cat([acting.relu(), (-acting).relu()])


def synapses_of(circuit: Circuit, dtype: torch.dtype) -> SingleSynapses | None:
    """Give a circuit's synapses, ``None`` where spikes act through the modes alone."""
    kinds = len(circuit.network.neuron.inputs) - 1
    if circuit.transmission is None and kinds == 1:
        return None
    t = circuit.transmission or Transmission.perfect(circuit.network.n_neurons)
    steps = np.floor(t.delays / float(circuit.dt) + 0.5).astype(int)  # as Brian2 rounds them
    tensors = {name: torch.as_tensor(getattr(t, name), dtype=dtype) for name in ("gain", "signs")}
    return SingleSynapses(
        transmission=Transmission(**{**vars(t), **tensors}),
        kinds=kinds,
        delays=torch.from_numpy(np.tile(steps, (kinds, 1))) if steps.any() else None,
        release=t.release,
    )
