"""What a run of Brian2 is made of: its structure, the values it gets, and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from brian2 import second

from ..conditions.circuit import Circuit
from ..networks.network import Network, PeakReadout, require_step
from ..networks.recurrent import require_channels
from ..neurons.names import coded
from ..neurons.synaptic_filter import ACTIVITY
from ..quantities import whole_steps
from ..recording import Recording
from ..translation.program import SpikingProgram, StepProgram, Value
from ..translation.writing import PERIOD, GroupCode
from ..trials import Trials
from .objects import CONNECTIONS, WEIGHT, in_synapse_order
from .structure import Structure
from .wiring import Wiring, circuit_wiring, faster_wiring

_BYTES_PER_NUMBER, _BYTES_PER_SYNAPSE = 24, 64  # in Python, on the way, and in the program


@dataclass(frozen=True, eq=False)
class Plan:
    """A circuit and the trials that it is shown, ready to run.

    Parameters
    ----------
    circuit, trials
        Network and inputs, under whatever conditions there are.
    wire
        How recurrent weights run, unless synapses have to be there one by one.
    seed
        Of what is drawn while it runs.

    Raises
    ------
    ValueError
        If the trials, or their step, do not fit the circuit.
    """

    circuit: Circuit
    trials: Trials
    wire: Callable[[Network], Wiring] = field(default_factory=faster_wiring)
    seed: int = 0

    def __post_init__(self) -> None:
        network, dt = self.circuit.network, self.circuit.dt
        require_channels(network, self.trials)
        whole_steps(self.trials.dt, dt, "trials.dt")
        require_step(network, self.trials.dt, dt)

    def with_network(self, network: Network) -> "Plan":
        """The same with another network, put into the same circuit as it is."""
        return replace(self, circuit=replace(self.circuit, network=network))

    @property
    def neuron(self) -> SpikingProgram:
        """The step program of the neurons."""
        return self.circuit.neuron_program

    @property
    def filter(self) -> StepProgram:
        """The step program of the synaptic filters."""
        return self.circuit.filter_program

    @cached_property
    def wiring(self) -> Wiring:
        """How the recurrent weights run."""
        return circuit_wiring(self.circuit, self.wire)

    def structure(
        self, n_trials: int, record_states: tuple[str, ...], record_neurons: tuple[int, ...]
    ) -> Structure:
        """All that the generated code depends on, for so many trials at a time."""
        network, wiring = self.circuit.network, self.wiring
        return Structure(
            neuron=GroupCode.of(self.neuron),
            filter=GroupCode.of(self.filter),
            jump=coded(network.filter.jump),
            n_neurons=network.n_neurons,
            n_relay=wiring.n_relay,
            n_feedback=wiring.n_feedback,
            first_recorded=wiring.first_recorded,
            n_trials=n_trials,
            n_samples=self.trials.n_steps,
            dt=float(self.circuit.dt),
            dt_sample=float(self.trials.dt),
            one_to_one=wiring.feedback is None,
            single_synapses=wiring.synapses is not None,
            readout=network.readout,
            record_states=record_states,
            record_neurons=record_neurons,
        )

    def bytes_per_trial(self) -> float:
        """About how much memory a trial takes; the same whatever the values of the weights."""
        s = self.structure(1, (), ())
        numbers = s.n_samples * s.n_neurons + s.n_steps * (s.n_relay - s.first_recorded)
        synapses = s.n_neurons * (s.n_relay + (0 if s.one_to_one else s.n_feedback))
        return _BYTES_PER_NUMBER * numbers + _BYTES_PER_SYNAPSE * synapses

    def values(self, s: Structure, trials: Trials) -> dict[str, np.ndarray]:
        """All values of a run of a batch of the trials, by ``object.variable``."""
        network, wiring = self.circuit.network, self.wiring
        drive = trials.inputs.astype(float) @ network.W_in.T
        gain = network.filter.gain
        values = {
            "drive_values.values": drive.reshape(s.n_samples, -1),
            f"to_relay.{WEIGHT}": in_synapse_order(gain * wiring.to_relay, s.n_trials),
        }
        if s.neuron.refractory == PERIOD:
            period = self.neuron.refractory_steps * s.dt
            values[f"neurons.{PERIOD}"] = _per_neuron(period, s.n_trials)
        if wiring.feedback is not None:
            values[f"from_relay_recurrent.{WEIGHT}"] = in_synapse_order(wiring.feedback, s.n_trials)
        if (single := wiring.synapses) is not None:
            there = single.connected
            values |= {
                f"{CONNECTIONS}.values": there.astype(float),
                f"synapses.{WEIGHT}": in_synapse_order(gain * single.weights, s.n_trials, there),
                "synapses.delay": in_synapse_order(single.delays, s.n_trials, there),
                "synapses.release": np.array(single.release),
            }
        # with filters of their own, all relay units are those of neurons, one group after another
        per_trial = max(s.n_relay // s.n_neurons, 1)
        values |= _group_values("neurons", self.neuron, s.n_trials)
        values |= _group_values("relay", self.filter, s.n_trials * per_trial)
        return values | self.trace_values(s) if isinstance(s.readout, PeakReadout) else values

    def trace_values(self, s: Structure) -> dict[str, np.ndarray]:
        """Values of a filter per neuron, where there is one."""
        gain = np.array(self.circuit.network.filter.gain)
        return {f"to_traces.{WEIGHT}": gain, **_group_values("traces", self.filter, s.n_trials)}

    def recording(self, s: Structure, results: dict[str, np.ndarray]) -> Recording:
        """What the arrays of the monitors say."""
        network, wiring = self.circuit.network, self.wiring
        n, b = s.n_neurons, s.n_trials
        index = results["spikes.i"]
        steps = np.rint(results["spikes.t"] / s.dt).astype(int)
        spikes = np.column_stack([steps, index // n, index % n])
        relay = results[f"relay_monitor.{ACTIVITY}"].reshape(
            s.n_steps, b, s.n_relay - s.first_recorded
        )
        if isinstance(s.readout, PeakReadout):
            outputs = results["traces.peak"].reshape(b, n) @ network.W_out.T
        else:
            outputs = relay[..., wiring.n_modes :]
            if network.has_own_filters:
                outputs = outputs @ network.W_out.T
        return Recording(
            spikes=spikes[np.lexsort(spikes.T[::-1])],
            n_neurons=n,
            n_trials=b,
            n_steps=s.n_steps,
            dt=s.dt * second,
            outputs=outputs,
            modes=relay[..., : wiring.n_modes],
            states={
                name: results[f"state_monitor.{coded(name)}"].reshape(s.n_steps, b, -1)
                for name in s.record_states
            },
            state_neurons=np.array(s.record_neurons, int),
        )


def _group_values(group: str, program: StepProgram, times: int) -> dict[str, np.ndarray]:
    """Constants and initial values; those that differ between neurons, so many `times`."""
    values = {**program.constants, **program.initial}
    return {f"{group}.{name}": _per_neuron(value, times) for name, value in values.items()}


def _per_neuron(value: Value, times: int) -> np.ndarray:
    return np.tile(value, times) if np.ndim(value) else np.asarray(value, float)
