"""What decides the generated code of a simulation, apart from all values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from brian2 import BrianObject, NeuronGroup

from ..networks.network import Readout
from ..translation.writing import GroupCode

Values = Mapping[str, np.ndarray]
"""Values of a run by ``object.variable``."""


class Extension(Protocol):
    """Further objects of a network; hashable, since they are part of its structure."""

    @property
    def results(self) -> tuple[str, ...]:
        """Arrays that a run gives back beside the network's own, by ``object.variable``."""
        ...

    def build(
        self, structure: "Structure", neurons: NeuronGroup, values: Values
    ) -> dict[str, BrianObject]:
        """Build the objects; `values` has those of timed arrays, if they are known already."""
        ...


@dataclass(frozen=True)
class SynapseStructure:
    """What generated code of single synapses depends on: whether they delay spikes, or fail."""

    delayed: bool
    failing: bool


@dataclass(frozen=True)
class RelayStructure:
    """All that the generated code of a group of relay units depends on.

    Parameters
    ----------
    name
        What the group is called.
    filter
        Code of one synaptic filter.
    jump
        The variable of the filter that a spike adds to.
    n_units
        K.
    n_feedback, first_recorded
        How many units feed back, from the first; from which one on they are recorded.
    one_to_one
        Unit i feeds back to neuron i alone, N units for each of the inputs.
    inputs
        Inputs of the neurons on which the units act.
    synapses
        Of synapses onto the units that feed back, where they are there one by one.
    plastic
        What spikes add depends on those before, see `plasticity`.
    """

    name: str
    filter: GroupCode
    jump: str
    n_units: int
    n_feedback: int
    first_recorded: int
    one_to_one: bool
    inputs: tuple[str, ...]
    synapses: SynapseStructure | None = None
    plastic: bool = False

    @property
    def by_synapse(self) -> bool:
        """Whether synapses that delay spikes have short-term plasticity of their own."""
        return self.plastic and self.synapses is not None and self.synapses.delayed

    @property
    def first_direct(self) -> int:
        """The first unit that spikes reach with fixed weights, at once."""
        return 0 if self.synapses is None else self.n_feedback

    @property
    def monitor(self) -> str:
        """Name of what records the units."""
        return f"{self.name}_monitor"

    @property
    def single(self) -> str:
        """Name of the synapses that are there one by one."""
        return "synapses" + self.name.removeprefix("relay")

    def source_of(self, target: str) -> str:
        """Name of what feeds back to an input."""
        return f"from_{self.name}_{target}"


@dataclass(frozen=True)
class Structure:
    """All that the generated code depends on; weights, inputs and constants are values.

    Parameters
    ----------
    neuron
        Code of one neuron.
    relays
        Groups of relay units: first that of the outputs.
    n_neurons, n_trials
        N, B.
    n_samples
        Steps of the trials.
    dt, dt_sample
        Simulation step, and the step over which inputs are held [s].
    readout
        How the output is formed.
    record_states, record_neurons
        State variables to record, of which neurons of every trial.
    extension
        What the network has beside its neurons, modes and readout.
    """

    neuron: GroupCode
    relays: tuple[RelayStructure, ...]
    n_neurons: int
    n_trials: int
    n_samples: int
    dt: float
    dt_sample: float
    readout: Readout
    record_states: tuple[str, ...] = ()
    record_neurons: tuple[int, ...] = ()
    extension: Extension | None = None

    @property
    def outputs(self) -> RelayStructure:
        """The group of relay units that outputs are taken from."""
        return self.relays[0]

    @property
    def recorded(self) -> tuple[RelayStructure, ...]:
        """Groups with units that are recorded; that of the outputs always, though it has none."""
        return tuple(r for r in self.relays if r is self.outputs or r.first_recorded < r.n_units)

    @property
    def n_steps(self) -> int:
        """Simulation steps of a trial."""
        return self.n_samples * round(self.dt_sample / self.dt)
