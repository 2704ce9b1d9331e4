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

from .brian_code import GroupCode
from .network import PeakReadout, Readout

WEIGHT = "synaptic_weight"  # no name that a neuron is likely to use, such as w
AFTER_UPDATE = "after_groups"  # r after the step's own update, before its spikes arrive


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
    readout: Readout
    record_states: tuple[str, ...] = ()
    record_neurons: tuple[int, ...] = ()

    @property
    def n_steps(self) -> int:
        """Simulation steps of a trial."""
        return self.n_samples * round(self.dt_sample / self.dt)


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


def build(structure: Structure, drive: np.ndarray | None = None) -> BrianNetwork:
    """Build the Brian2 objects; values other than the drive (samples × B·N) are set later."""
    s = structure
    clock = Clock(dt=s.dt * second, name="simulation_clock")
    if drive is None:
        drive = np.zeros((s.n_samples, s.n_trials * s.n_neurons))
    timed_drive = TimedArray(drive, dt=s.dt_sample * second, name="drive_values")
    sizes = {
        "n_neurons": s.n_neurons,
        "n_relay": s.n_relay,
        "n_feedback": s.n_feedback,
        "drive_values": timed_drive,
    }
    neurons = NeuronGroup(
        s.n_trials * s.n_neurons,
        f"{s.neuron.declarations}\ndrive = drive_values(t, i) : 1\nrecurrent : 1",
        threshold=s.neuron.threshold,
        reset=s.neuron.reset,
        refractory="refractory_period",
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
    to_relay.connect(j="(i//n_neurons)*n_relay + k for k in range(n_relay)")
    objects: dict[str, BrianObject] = {"neurons": neurons, "relay": relay, "to_relay": to_relay}
    objects["from_relay"] = _feedback(s, relay, neurons, clock, sizes)
    if isinstance(s.readout, PeakReadout):
        objects |= _peaks(s, neurons, clock, sizes)
    objects["spikes"] = SpikeMonitor(neurons, name="spikes")
    objects["relay_monitor"] = StateMonitor(
        relay,
        "r",
        record=_units(s.n_trials, s.n_relay, range(s.first_recorded, s.n_relay)),
        clock=clock,
        when=AFTER_UPDATE,
        name="relay_monitor",
    )
    if s.record_states:
        objects["state_monitor"] = StateMonitor(
            neurons,
            s.record_states,
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


def _feedback(
    s: Structure, relay: NeuronGroup, neurons: NeuronGroup, clock: Clock, sizes: dict
) -> Synapses:
    """Modes to neurons: summed input, taken from r as it stood at the end of the last step."""
    model = (
        "recurrent_post = r_pre : 1 (summed)"
        if s.one_to_one
        else f"{WEIGHT} : 1\nrecurrent_post = {WEIGHT}*r_pre : 1 (summed)"
    )
    synapses = Synapses(relay, neurons, model, clock=clock, namespace=sizes, name="from_relay")
    if s.one_to_one:
        synapses.connect(
            j="(i//n_relay)*n_neurons + k for k in range(i % n_relay, i % n_relay + 1)"
            " if k < n_feedback"
        )
    else:
        synapses.connect(
            j="(i//n_relay)*n_neurons + k for k in range(n_neurons) if i % n_relay < n_feedback"
        )
    synapses.summed_updaters["recurrent_post"].when = "start"
    return synapses


def _peaks(s: Structure, neurons: NeuronGroup, clock: Clock, sizes: dict) -> dict[str, BrianObject]:
    """A filter per neuron that keeps its largest value over time."""
    traces = NeuronGroup(
        len(neurons),
        f"{s.filter.declarations}\npeak : 1",
        clock=clock,
        namespace=sizes,
        name="traces",
    )
    _update(traces, f"{s.filter.update}\npeak = int(r > peak)*r + int(r <= peak)*peak", clock)
    to_traces = Synapses(
        neurons,
        traces,
        f"{WEIGHT} : 1 (shared, constant)",
        on_pre=f"{s.jump}_post += {WEIGHT}",
        clock=clock,
        name="to_traces",
    )
    to_traces.connect(j="i")
    return {"traces": traces, "to_traces": to_traces}


def in_synapse_order(weights: np.ndarray, n_trials: int) -> np.ndarray:
    """Flatten post × pre weights for synapses that run through pre, then post, for each trial.

    The one place where the orientation of weight matrices (post × pre, rows receive) meets
    Brian2's (pre i → post j).
    """
    return np.tile(np.ascontiguousarray(weights.T).ravel(), n_trials)
