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
from . import plasticity
from .structure import RelayStructure, Structure, Values

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
            *("spikes.i", "spikes.t"),
            *(f"{relay.monitor}.{ACTIVITY}" for relay in s.recorded),
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
    neurons = NeuronGroup(
        s.n_trials * s.n_neurons,
        "\n".join(
            [
                s.neuron.declarations,
                "drive = drive_values(t, i) : 1",
                *_received(s),
                *plasticity.declarations(s.relays),
            ]
        ),
        threshold=s.neuron.threshold,
        reset="\n".join(filter(None, (s.neuron.reset, plasticity.reset(s.relays)))),
        refractory=s.neuron.refractory,
        clock=clock,
        namespace={"drive_values": timed_drive, **FUNCTIONS},
        name="neurons",
    )
    _update(neurons, s.neuron.update, clock)
    if released := plasticity.update(s.relays):
        _update(neurons, released, clock, "plasticity")
    objects: dict[str, BrianObject] = {"neurons": neurons}
    for relay in s.relays:
        objects |= _relay_objects(s, relay, neurons, values)
    if isinstance(s.readout, PeakReadout):
        peak = f"peak = select({ACTIVITY} > peak, {ACTIVITY}, peak)"
        objects |= spike_traces(s, neurons, "peak : 1", f"{s.outputs.filter.update}\n{peak}")
    if s.extension is not None:
        objects |= s.extension.build(s, neurons, values)
    objects["spikes"] = SpikeMonitor(neurons, name="spikes")
    for relay in s.recorded:
        objects[relay.monitor] = StateMonitor(
            objects[relay.name],
            ACTIVITY,
            record=_units(s.n_trials, relay.n_units, range(relay.first_recorded, relay.n_units)),
            clock=clock,
            when=AFTER_UPDATE,
            name=relay.monitor,
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


def _update(group: NeuronGroup, code: str, clock: Clock, what: str = "update") -> None:
    group.run_regularly(code, clock=clock, when="groups", order=1, name=f"{group.name}_{what}")


def _received(s: Structure) -> list[str]:
    """Declare the inputs that spikes act on: the sum over the groups of relay units."""
    lines = []
    for name in s.neuron.inputs[1:]:
        parts = [_received_from(s, relay, name) for relay in s.relays if name in relay.inputs]
        lines += [f"{part} : 1" for part in parts or [name]]
        if len(parts) > 1:
            lines.append(f"{name} = {' + '.join(parts)} : 1")
    return lines


def _received_from(s: Structure, relay: RelayStructure, name: str) -> str:
    """The variable of the neurons that holds what a group of relay units adds to an input."""
    alone = sum(name in other.inputs for other in s.relays) == 1
    return name if alone else f"{name}_of_{relay.name}_"


def _relay_objects(
    s: Structure, relay: RelayStructure, neurons: NeuronGroup, values: Values
) -> dict[str, BrianObject]:
    """A group of relay units with what leads to it and back."""
    sizes = {
        "n_neurons": s.n_neurons,
        "n_relay": relay.n_units,
        "n_feedback": relay.n_feedback,
        "first_direct": relay.first_direct,
        **FUNCTIONS,
    }
    units = NeuronGroup(
        s.n_trials * relay.n_units,
        relay.filter.declarations,
        clock=neurons.clock,
        namespace=sizes,
        name=relay.name,
    )
    _update(units, relay.filter.update, neurons.clock)
    objects: dict[str, BrianObject] = {relay.name: units}
    if relay is s.outputs or relay.first_direct < relay.n_units:
        counting = f"{plasticity.released(relay)}_pre*" if relay.plastic else ""
        to_relay = Synapses(
            neurons,
            units,
            f"{WEIGHT} : 1",
            on_pre=f"{relay.jump}_post += {counting}{WEIGHT}",
            clock=neurons.clock,
            namespace=sizes,
            name=f"to_{relay.name}",
        )
        to_relay.connect(j="(i//n_neurons)*n_relay + k for k in range(first_direct, n_relay)")
        objects[to_relay.name] = to_relay
    if relay.synapses is not None:
        there = f"{CONNECTIONS}{relay.name.removeprefix('relay')}"
        lookup = timed(there, values, (relay.n_feedback, s.n_neurons), 1 * second)
        objects[relay.single] = _single_synapses(relay, neurons, units, {**sizes, there: lookup})
    for k, name in enumerate(relay.inputs):
        first = {**sizes, "first": k * s.n_neurons}
        feedback = _feedback(s, relay, units, neurons, name, first)
        objects[feedback.name] = feedback
    return objects


def _single_synapses(
    relay: RelayStructure, neurons: NeuronGroup, units: NeuronGroup, namespace: dict
) -> Synapses:
    """Neurons to the units that feed back: each synapse may have its own delay, and may fail."""
    assert relay.synapses is not None
    model, on_pre, factors = f"{WEIGHT} : 1\n", "", ""
    if relay.synapses.failing:
        model += "release : 1 (shared, constant)\n"
        factors += "int(rand() < release)*"
    if relay.by_synapse:
        model += plasticity.IN_SYNAPSES
        on_pre += plasticity.AT_ARRIVAL
        factors += f"{plasticity.RELEASED_BY_SYNAPSE}*"
    elif relay.plastic:
        factors += f"{plasticity.released(relay)}_pre*"
    synapses = Synapses(
        neurons,
        units,
        model,
        on_pre=f"{on_pre}{relay.jump}_post += {factors}{WEIGHT}",
        method="exact",
        clock=neurons.clock,
        namespace=namespace,
        name=relay.single,
    )
    there = f"{CONNECTIONS}{relay.name.removeprefix('relay')}"
    synapses.connect(
        j="(i//n_neurons)*n_relay + k for k in range(n_feedback)"
        f" if {there}(k*second, i % n_neurons) > 0"
    )
    return synapses


def _feedback(
    s: Structure,
    relay: RelayStructure,
    units: NeuronGroup,
    neurons: NeuronGroup,
    target: str,
    sizes: dict,
) -> Synapses:
    """Relay units to neurons: summed input, taken from r as it stood at the end of the last step.

    One-to-one, unit ``first`` + k of a trial goes to its neuron k.
    """
    into = f"{_received_from(s, relay, target)}_post"
    model = (
        f"{into} = {ACTIVITY}_pre : 1 (summed)"
        if relay.one_to_one
        else f"{WEIGHT} : 1\n{into} = {WEIGHT}*{ACTIVITY}_pre : 1 (summed)"
    )
    synapses = Synapses(
        units,
        neurons,
        model,
        clock=neurons.clock,
        namespace=sizes,
        name=relay.source_of(target),
    )
    if relay.one_to_one:
        synapses.connect(
            j="(i//n_relay)*n_neurons + k"
            " for k in range(i % n_relay - first, i % n_relay - first + 1)"
            " if k >= 0 and k < n_neurons"
        )
    else:
        synapses.connect(
            j="(i//n_relay)*n_neurons + k for k in range(n_neurons) if i % n_relay < n_feedback"
        )
    synapses.summed_updaters[into].when = "start"
    return synapses


def spike_traces(
    s: Structure, neurons: NeuronGroup, declarations: str, update: str
) -> dict[str, BrianObject]:
    """A filter per neuron, ``traces``, for its spikes alone, with further variables."""
    traces = NeuronGroup(
        len(neurons),
        f"{s.outputs.filter.declarations}\n{declarations}",
        clock=neurons.clock,
        namespace=FUNCTIONS,
        name="traces",
    )
    _update(traces, update, neurons.clock)
    to_traces = Synapses(
        neurons,
        traces,
        f"{WEIGHT} : 1 (shared, constant)",
        on_pre=f"{s.outputs.jump}_post += {WEIGHT}",
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
