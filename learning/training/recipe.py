"""The recipe of a trained network: what it is made of, and how it learns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spikemodes.models.networks.network import Network
from spikemodes.models.networks.rate_network import RateNetwork, RateUnit
from spikemodes.models.neurons.lif import LIF
from spikemodes.models.neurons.synaptic_filter import DoubleExponential, SynapticFilter

from ..excitability.gain import GivenGain, InputGain, default_gain
from .circuitry import Circuitry
from .initialisation import initial_network
from .options import TrainingOptions
from .parameterisation import LowRank, Parameterisation
from .penalties import FiringRate, Penalty

if TYPE_CHECKING:
    import numpy as np
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
    input_gain
        How strongly the neurons feel their inputs; ``None`` for `default_gain`.
    circuitry
        What surrounds the weights that learn: a background, masks, noise.
    target
        Brian2's code generation, for methods that learn in it.

    The others are those of `TrainingOptions`, of which the method sets `rule` and `constraint`.
    """

    n_neurons: int = 100
    parameterisation: Parameterisation = field(default_factory=LowRank)
    neuron: NeuronModel | RateUnit = field(default_factory=LIF)
    filter: SynapticFilter = field(default_factory=DoubleExponential)
    input_gain: InputGain | None = None
    circuitry: Circuitry = field(default_factory=Circuitry)
    target: str = "cpp_standalone"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_neurons < 1:
            raise ValueError(f"`n_neurons` must be positive: got {self.n_neurons}.")

    def draw(self, task: Task, rng: np.random.Generator) -> AnyNetwork:
        """Draw weights of the size that the task asks for; see `start`."""
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
        if isinstance(network, Network):
            network = self.circuitry.put_around(network, constraint, rng)
        return network if constraint is None else constraint.start(network, rng)

    def start(self, task: Task, rng: np.random.Generator) -> AnyNetwork:
        """Draw the network before learning, and match the gain of its neurons to the task.

        Raises `ExcitabilityError` if no gain makes them fire as they should, or a background
        silences them or makes them fire without end.
        """
        network = self.draw(task, rng)
        if isinstance(network, RateNetwork):
            return network
        from ..excitability.cells import some_trials

        trials = some_trials(task)
        network = self.gain.match(network, trials)
        if self.circuitry.background is not None:
            from ..excitability.alive import require_alive

            require_alive(network, trials)
        return network

    @property
    def gain(self) -> InputGain:
        """How strongly the neurons feel their inputs."""
        if isinstance(self.neuron, RateUnit):
            return GivenGain()
        return self.input_gain or default_gain(self.neuron)

    @property
    def rate_penalty(self) -> tuple[Penalty, ...]:
        """What holds the rates where the gain was set for, unless another penalty does."""
        gain = self.gain
        if not gain.penalty or any(isinstance(p, FiringRate) for p in self.penalties):
            return ()
        return (FiringRate(gain.penalty, gain.rate),)
