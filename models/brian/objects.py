"""The Brian2 network of a whole batch of trials: neurons, modes as a relay group, readout.

All trials run side by side in one network: neuron j of trial b has index b·N + j. The spikes of the
neurons enter the relay group event by event; its filtered activity r feeds back at the next step.
An output is a relay unit that does not feed back (see `wiring`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from brian2 import (
    BrianObject,
    Clock,
    Network,
    NeuronGroup,
    Quantity,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    TimedArray,
    second,
)

from ..networks.network import PeakReadout
from ..neurons.names import coded
from ..neurons.synaptic_filter import ACTIVITY
from ..translation.writing import FUNCTIONS
from .structure import Structure, Values

WEIGHT = "synaptic_weight"  # no name that a neuron is likely to use, such as w
CONNECTIONS = "connection_values"  # which single synapses there are, looked up by target and source
AFTER_UPDATE = "after_groups"  # r after the step's own update, before its spikes arrive


@dataclass(frozen=True)
class BrianNetwork:
    """The objects of a built network, by name (``neurons``, ``relay``, ``to_relay`` ...)."""

    structure: Structure
    objects: dict[str, BrianObject]
    drive: TimedArray
    network: Network

    @property
    def duration(self) -> Quantity:
        """How long to run."""
        return self.structure.n_steps * self.structure.dt * second

    @property
    def results(self) -> tuple[str, ...]:
        """Arrays that a run gives back, by ``object.variable``."""
        s = self.structure
        return (
            *("spikes.i", "spikes.t", f"relay_monitor.{ACTIVITY}"),
            *(("traces.peak",) if isinstance(s.readout, PeakReadout) else ()),
            *(f"state_monitor.{coded(name)}" for name in s.record_states),
            *(s.extension.results if s.extension else ()),
        )


def build(structure: Structure, values: Values | None = None) -> BrianNetwork:
    """Build the Brian2 objects; of the `values`, only those of timed arrays are put in place."""
    s, values = structure, values or {}
    clock = Clock(dt=s.dt * second, name="simulation_clock")
    timed_drive = timed(
        "drive_values", values, (s.n_samples, s.n_trials * s.n_neurons), s.dt_sample * second
    )
    sizes = {
        "n_neurons": s.n_neurons,
        "n_relay": s.n_relay,
        "n_feedback": s.n_feedback,
        "first_direct": s.first_direct,
        "drive_values": timed_drive,
        **FUNCTIONS,
    }
    recurrent = [name for name in s.neuron.inputs if name != "drive"]
    inputs = "\n".join(["drive = drive_values(t, i) : 1", *(f"{name} : 1" for name in recurrent)])
    neurons = NeuronGroup(
        s.n_trials * s.n_neurons,
        f"{s.neuron.declarations}\n{inputs}",
        threshold=s.neuron.threshold,
        reset=s.neuron.reset,
        refractory=s.neuron.refractory,
        clock=clock,
        namespace=sizes,
        name="neurons",
    )
    _update(neurons, s.neuron.update, clock)
    relay = NeuronGroup(
        s.n_trials * s.n_relay, s.filter.declarations, clock=clock, namespace=sizes, name="relay"
    )
    _update(relay, s.filter.update, clock)
    to_relay = Synapses(
        neurons,
        relay,
        f"{WEIGHT} : 1",
        on_pre=f"{s.jump}_post += {WEIGHT}",
        clock=clock,
        namespace=sizes,
        name="to_relay",
    )
    to_relay.connect(j="(i//n_neurons)*n_relay + k for k in range(first_direct, n_relay)")
    objects: dict[str, BrianObject] = {"neurons": neurons, "relay": relay, "to_relay": to_relay}
    if s.single_synapses:
        lookup = timed(CONNECTIONS, values, (s.n_feedback, s.n_neurons), 1 * second)
        objects["synapses"] = _single_synapses(
            s, neurons, relay, clock, {**sizes, CONNECTIONS: lookup}
        )
    for k, name in enumerate(recurrent):
        first = {**sizes, "first": k * s.n_neurons}
        feedback = _feedback(s, relay, neurons, name, clock, first)
        objects[feedback.name] = feedback
    if isinstance(s.readout, PeakReadout):
        peak = f"peak = select({ACTIVITY} > peak, {ACTIVITY}, peak)"
        objects |= spike_traces(s, neurons, "peak : 1", f"{s.filter.update}\n{peak}")
    if s.extension is not None:
        objects |= s.extension.build(s, neurons, values)
    objects["spikes"] = SpikeMonitor(neurons, name="spikes")
    objects["relay_monitor"] = StateMonitor(
        relay,
        ACTIVITY,
        record=_units(s.n_trials, s.n_relay, range(s.first_recorded, s.n_relay)),
        clock=clock,
        when=AFTER_UPDATE,
        name="relay_monitor",
    )
    if s.record_states:
        objects["state_monitor"] = StateMonitor(
            neurons,
            tuple(map(coded, s.record_states)),
            record=_units(s.n_trials, s.n_neurons, s.record_neurons),
            clock=clock,
            when=AFTER_UPDATE,
            name="state_monitor",
        )
    return BrianNetwork(s, objects, timed_drive, Network(*objects.values()))


def _units(n_trials: int, n_per_trial: int, units: Sequence[int]) -> np.ndarray:
    """Indices of the same units in every trial."""
    return (np.arange(n_trials)[:, None] * n_per_trial + np.array(units, int)).ravel()


def _update(group: NeuronGroup, code: str, clock: Clock) -> None:
    group.run_regularly(code, clock=clock, when="groups", order=1, name=f"{group.name}_update")


def _single_synapses(
    s: Structure, neurons: NeuronGroup, relay: NeuronGroup, clock: Clock, namespace: dict
) -> Synapses:
    """Neurons to the relay units that feed back: each synapse has its own delay and may fail."""
    synapses = Synapses(
        neurons,
        relay,
        f"{WEIGHT} : 1\nrelease : 1 (shared, constant)",
        on_pre=f"{s.jump}_post += int(rand() < release)*{WEIGHT}",
        clock=clock,
        namespace=namespace,
        name="synapses",
    )
    synapses.connect(
        j="(i//n_neurons)*n_relay + k for k in range(n_feedback)"
        f" if {CONNECTIONS}(k*second, i % n_neurons) > 0"
    )
    return synapses


def _feedback(
    s: Structure, relay: NeuronGroup, neurons: NeuronGroup, target: str, clock: Clock, sizes: dict
) -> Synapses:
    """Modes to neurons: summed input, taken from r as it stood at the end of the last step.

    One-to-one, unit ``first`` + k of a trial goes to its neuron k.
    """
    model = (
        f"{target}_post = {ACTIVITY}_pre : 1 (summed)"
        if s.one_to_one
        else f"{WEIGHT} : 1\n{target}_post = {WEIGHT}*{ACTIVITY}_pre : 1 (summed)"
    )
    synapses = Synapses(
        relay, neurons, model, clock=clock, namespace=sizes, name=f"from_relay_{target}"
    )
    if s.one_to_one:
        synapses.connect(
            j="(i//n_relay)*n_neurons + k"
            " for k in range(i % n_relay - first, i % n_relay - first + 1)"
            " if k >= 0 and k < n_neurons"
        )
    else:
        synapses.connect(
            j="(i//n_relay)*n_neurons + k for k in range(n_neurons) if i % n_relay < n_feedback"
        )
    synapses.summed_updaters[f"{target}_post"].when = "start"
    return synapses


def spike_traces(
    s: Structure, neurons: NeuronGroup, declarations: str, update: str
) -> dict[str, BrianObject]:
    """A filter per neuron, ``traces``, for its spikes alone, with further variables."""
    traces = NeuronGroup(
        len(neurons),
        f"{s.filter.declarations}\n{declarations}",
        clock=neurons.clock,
        namespace=FUNCTIONS,
        name="traces",
    )
    _update(traces, update, neurons.clock)
    to_traces = Synapses(
        neurons,
        traces,
        f"{WEIGHT} : 1 (shared, constant)",
        on_pre=f"{s.jump}_post += {WEIGHT}",
        clock=neurons.clock,
        name="to_traces",
    )
    to_traces.connect(j="i")
    return {"traces": traces, "to_traces": to_traces}


def timed(name: str, values: Values, shape: tuple[int, ...], dt: Quantity) -> TimedArray:
    """A timed array of this shape: of its values, if they are known already."""
    return TimedArray(values.get(f"{name}.values", np.zeros(shape)), dt=dt, name=name)


def in_synapse_order(
    weights: np.ndarray, n_trials: int, connected: np.ndarray | None = None
) -> np.ndarray:
    """Flatten post × pre weights for synapses that run through pre, then post, for each trial.

    The one place where the orientation of weight matrices (post × pre, rows receive) meets
    Brian2's (pre i → post j). `connected` tells which synapses there are, all by default.
    """
    by_source = weights.T
    return np.tile(by_source.ravel() if connected is None else by_source[connected.T], n_trials)
