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
class Structure:
    """All that the generated code depends on; weights, inputs and constants are values.

    Parameters
    ----------
    neuron, filter
        Code of one neuron and of one synaptic filter.
    jump
        The variable of the filter that a spike adds to.
    n_neurons, n_relay, n_trials
        N, K, B.
    n_feedback, first_recorded
        How many relay units feed back, from the first; from which one on they are recorded.
    single_synapses
        Whether synapses onto the F relay units have weights, delays and failures one by one.
    n_samples
        Steps of the trials.
    dt, dt_sample
        Simulation step, and the step over which inputs are held [s].
    one_to_one
        Relay unit i feeds back to neuron i alone (dense weights).
    readout
        How the output is formed.
    record_states, record_neurons
        State variables to record, of which neurons of every trial.
    extension
        What the network has beside its neurons, modes and readout.
    """

    neuron: GroupCode
    filter: GroupCode
    jump: str
    n_neurons: int
    n_relay: int
    n_feedback: int
    first_recorded: int
    n_trials: int
    n_samples: int
    dt: float
    dt_sample: float
    one_to_one: bool
    single_synapses: bool
    readout: Readout
    record_states: tuple[str, ...] = ()
    record_neurons: tuple[int, ...] = ()
    extension: Extension | None = None

    @property
    def n_steps(self) -> int:
        """Simulation steps of a trial."""
        return self.n_samples * round(self.dt_sample / self.dt)

    @property
    def first_direct(self) -> int:
        """The first relay unit that spikes reach with fixed weights, at once."""
        return self.n_feedback if self.single_synapses else 0
