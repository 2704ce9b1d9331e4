"""The recipe of a trained network: what it is made of, and how it learns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spikemodes.models.neurons.lif import LIF
from spikemodes.models.neurons.synaptic_filter import DoubleExponential, SynapticFilter

from .initialisation import initial_network
from .options import TrainingOptions
from .parameterisation import LowRank, Parameterisation

if TYPE_CHECKING:
    import numpy as np
    from spikemodes.models.networks.rate_network import RateUnit
    from spikemodes.models.networks.storage import AnyNetwork
    from spikemodes.models.neurons.neuron import NeuronModel

    from ..task import Task


@dataclass(frozen=True)
class Recipe(TrainingOptions):
    """All that a method needs to know beside the task, whatever the method.

    Parameters
    ----------
    n_neurons
        N.
    parameterisation
        How the recurrent weights are written, and what they obey.
    neuron
        The neurons, which spike or have rates.
    filter
        Of the spike trains.
    target
        Brian2's code generation, for methods that learn in it.

    The others are those of `TrainingOptions`, of which the method sets `rule` and `constraint`.
    """

    n_neurons: int = 100
    parameterisation: Parameterisation = field(default_factory=LowRank)
    neuron: NeuronModel | RateUnit = field(default_factory=LIF)
    filter: SynapticFilter = field(default_factory=DoubleExponential)
    target: str = "cpp_standalone"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_neurons < 1:
            raise ValueError(f"`n_neurons` must be positive: got {self.n_neurons}.")

    def draw(self, task: Task, rng: np.random.Generator) -> AnyNetwork:
        """Draw the network before learning, of the size that the task asks for."""
        network = initial_network(
            self.n_neurons,
            self.parameterisation.n_modes,
            task.n_inputs,
            task.n_outputs,
            task.dt,
            rng,
            neuron=self.neuron,
            filter=self.filter,
            readout=task.readout,
            full_scores=self.parameterisation.full_scores,
        )
        constraint = self.parameterisation.constraint
        return network if constraint is None else constraint.start(network, rng)
