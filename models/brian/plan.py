"""What a run of Brian2 is made of: its structure, the values it gets, and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from brian2 import second

from ..conditions.circuit import Circuit, require_injectable
from ..networks.network import Network, PeakReadout, require_step
from ..networks.recurrent import require_channels
from ..neurons.names import coded
from ..neurons.synaptic_filter import ACTIVITY
from ..quantities import whole_steps
from ..recording import Recording
from ..translation.program import SpikingProgram, StepProgram, Value
from ..translation.writing import PERIOD, GroupCode
from ..trials import Trials
from . import plasticity
from .objects import CONNECTIONS, WEIGHT, in_synapse_order
from .relays import Relays, relays_of
from .structure import RelayStructure, Structure, SynapseStructure
from .wiring import Wiring, faster_wiring

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
        if self.circuit.injected:
            require_injectable(self.circuit, self.trials)

    def with_network(self, network: Network) -> "Plan":
        """The same with another network, put into the same circuit as it is."""
        return replace(self, circuit=replace(self.circuit, network=network))

    @property
    def neuron(self) -> SpikingProgram:
        """The step program of the neurons."""
        return self.circuit.neuron_program

    @property
    def filter(self) -> StepProgram:
        """The step program of the readout's filter."""
        return self.circuit.filter_program

    @cached_property
    def relays(self) -> tuple[Relays, ...]:
        """How the recurrent weights run."""
        return relays_of(self.circuit, self.wire)

    def structure(
        self, n_trials: int, record_states: tuple[str, ...], record_neurons: tuple[int, ...]
    ) -> Structure:
        """All that the generated code depends on, for so many trials at a time."""
        network = self.circuit.network
        return Structure(
            neuron=GroupCode.of(self.neuron),
            relays=tuple(map(_structure_of, self.relays)),
            n_neurons=network.n_neurons,
            n_trials=n_trials,
            n_samples=self.trials.n_steps,
            dt=float(self.circuit.dt),
            dt_sample=float(self.trials.dt),
            readout=network.readout,
            record_states=record_states,
            record_neurons=record_neurons,
        )

    def bytes_per_trial(self) -> float:
        """About how much memory a trial takes; the same whatever the values of the weights."""
        s = self.structure(1, (), ())
        numbers, synapses = s.n_samples * s.n_neurons, 0
        for group, relay in zip(self.relays, s.relays, strict=True):
            numbers += s.n_steps * (relay.n_units - relay.first_recorded)
            synapses += s.n_neurons * (relay.n_units - relay.first_direct)
            synapses += 0 if relay.one_to_one else s.n_neurons * relay.n_feedback
            if (single := group.wiring.synapses) is not None:
                synapses += single.connected.sum()
        return _BYTES_PER_NUMBER * numbers + _BYTES_PER_SYNAPSE * synapses

    def values(self, s: Structure, trials: Trials) -> dict[str, np.ndarray]:
        """All values of a run of a batch of the trials, by ``object.variable``."""
        drive = trials.inputs.astype(float) @ self.circuit.network.W_in.T
        for injection in self.circuit.injected:
            drive += injection.in_steps(len(drive))[:, None, None] * injection.weights
        values = {"drive_values.values": drive.reshape(s.n_samples, -1)}
        if s.neuron.refractory == PERIOD:
            period = self.neuron.refractory_steps * s.dt
            values[f"neurons.{PERIOD}"] = _per_neuron(period, s.n_trials)
        values |= _group_values("neurons", self.neuron, s.n_trials)
        for group, relay in zip(self.relays, s.relays, strict=True):
            values |= _relay_values(group, relay, s)
        return values | self.trace_values(s) if isinstance(s.readout, PeakReadout) else values

    def trace_values(self, s: Structure) -> dict[str, np.ndarray]:
        """Values of a filter per neuron, where there is one."""
        gain = np.array(self.circuit.network.filter.gain)
        return {f"to_traces.{WEIGHT}": gain, **_group_values("traces", self.filter, s.n_trials)}

    def recording(self, s: Structure, results: dict[str, np.ndarray]) -> Recording:
        """What the arrays of the monitors say."""
        network = self.circuit.network
        n, b = s.n_neurons, s.n_trials
        index = results["spikes.i"].astype(int)
        steps = np.rint(results["spikes.t"] / s.dt).astype(int)
        order = np.argsort(steps * (b * n) + index, kind="stable")  # as good as sorted already
        steps, index = steps[order], index[order]
        recorded = {
            relay.name: results[f"{relay.monitor}.{ACTIVITY}"].reshape(
                s.n_steps, b, relay.n_units - relay.first_recorded
            )
            for relay in s.recorded
        }
        modes = np.concatenate(
            [recorded[r.name][..., : r.wiring.n_modes] for r in self.relays if r.name in recorded],
            axis=-1,
        )
        if isinstance(s.readout, PeakReadout):
            outputs = results["traces.peak"].reshape(b, n) @ network.W_out.T
        else:
            outputs = recorded[s.outputs.name][..., self.relays[0].wiring.n_modes :]
            if network.has_own_filters:
                outputs = outputs @ network.W_out.T
        return Recording(
            spikes=np.column_stack([steps, index // n, index % n]),
            n_neurons=n,
            n_trials=b,
            n_steps=s.n_steps,
            dt=s.dt * second,
            outputs=outputs,
            modes=modes,
            states={
                name: results[f"state_monitor.{coded(name)}"].reshape(s.n_steps, b, -1)
                for name in s.record_states
            },
            state_neurons=np.array(s.record_neurons, int),
        )


def _structure_of(group: Relays) -> RelayStructure:
    """What the generated code of a group of relay units depends on."""
    wiring, single = group.wiring, group.wiring.synapses
    return RelayStructure(
        name=group.name,
        filter=GroupCode.of(group.program),
        jump=coded(group.filter.jump),
        n_units=wiring.n_relay,
        n_feedback=wiring.n_feedback,
        first_recorded=wiring.first_recorded,
        one_to_one=wiring.feedback is None,
        inputs=wiring.inputs,
        synapses=None
        if single is None
        else SynapseStructure(single.delays is not None, single.release is not None),
        plastic=group.plasticity is not None,
    )


def _relay_values(group: Relays, relay: RelayStructure, s: Structure) -> dict[str, np.ndarray]:
    """Values of a group of relay units, and of what leads to it and back."""
    wiring, gain, b = group.wiring, group.filter.gain, s.n_trials
    values = {}
    if relay is s.outputs or len(wiring.to_relay):
        values[f"to_{relay.name}.{WEIGHT}"] = in_synapse_order(gain * wiring.to_relay, b)
    if wiring.feedback is not None:
        (target,) = relay.inputs
        values[f"{relay.source_of(target)}.{WEIGHT}"] = in_synapse_order(wiring.feedback, b)
    if (single := wiring.synapses) is not None:
        there = single.connected
        values[f"{CONNECTIONS}{relay.name.removeprefix('relay')}.values"] = there.astype(float)
        weights = in_synapse_order(gain * single.weights, b, there)
        values[f"{relay.single}.{WEIGHT}"] = weights
        if single.delays is not None:
            values[f"{relay.single}.delay"] = in_synapse_order(single.delays, b, there)
        if single.release is not None:
            values[f"{relay.single}.release"] = np.array(single.release)
    if group.plasticity is not None:
        values |= plasticity.values(relay, group.plasticity, s.dt)
    # with filters of their own, all relay units are those of neurons, one group after another
    per_trial = max(relay.n_units // s.n_neurons, 1)
    return values | _group_values(relay.name, group.program, b * per_trial)


def _group_values(group: str, program: StepProgram, times: int) -> dict[str, np.ndarray]:
    """Constants and initial values; those that differ between neurons, so many `times`."""
    values = {**program.constants, **program.initial}
    return {f"{group}.{name}": _per_neuron(value, times) for name, value in values.items()}


def _per_neuron(value: Value, times: int) -> np.ndarray:
    return np.tile(value, times) if np.ndim(value) else np.asarray(value, float)
