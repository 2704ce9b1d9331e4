"""A readout that learns while it feeds back, as Brian2 objects: the learning of spiking FORCE.

In each step, ``z = phi·R`` of the filtered spikes R is compared with its target and, at the next,
fed back to the neurons. Where learning is active, phi follows by recursive least squares::

    k = Q R,   c = 1/(1 + R·k),   Q <- Q - c k kᵀ,   phi <- phi - c k (z - target)
"""

from dataclasses import dataclass

import numpy as np
from brian2 import BrianObject, Function, NeuronGroup, StateMonitor, Synapses, second
from jaxtyping import Bool, Float
from spikemodes.models.brian.objects import (
    AFTER_UPDATE,
    WEIGHT,
    in_synapse_order,
    spike_traces,
    timed,
)
from spikemodes.models.brian.structure import Structure, Values
from spikemodes.models.neurons.synaptic_filter import ACTIVITY

_ERROR, _LEAST_SQUARES, _LEARN = 1, 2, 3  # order after z, which is summed first
_CODE = """
double take_in(double active)
{
    if (active == 0) return 0;
    const int n = %(n)d;
    const double* __restrict__ r = brian::_array_traces_%(r)s;
    double* __restrict__ k = brian::_array_traces_k;
    for (int i = 0; i < n; i++) k[i] = 0;
    for (int i = 0; i < n; i++) {  // row by row, since Q is symmetric: no sum waits for the last
        const double* __restrict__ row = brian::_array_inverse_Q + (size_t)i*n;
        for (int j = 0; j < n; j++) k[j] += r[i]*row[j];
    }
    double c = 1;
    for (int i = 0; i < n; i++) c += r[i]*k[i];
    c = 1/c;
    for (int i = 0; i < n; i++) {
        double* __restrict__ row = brian::_array_inverse_Q + (size_t)i*n;
        const double scaled = c*k[i];
        for (int j = 0; j < n; j++) row[j] -= scaled*k[j];
    }
    for (int i = 0; i < n; i++) k[i] *= c;
    return 1;
}
"""


@dataclass(frozen=True)
class ReadoutLearning:
    """An extension of a network by a readout of O outputs; for one trial at a time.

    `carried` names what a run gives back for another to go on from; see `carried_states`.
    """

    n_outputs: int
    carried: tuple[str, ...] = ()

    @property
    def results(self) -> tuple[str, ...]:
        """Outputs z of each step, what has been learned, and the state at the end."""
        return ("readout_monitor.z", "inverse.Q", f"to_readout.{WEIGHT}", *self.carried)

    def build(
        self, structure: Structure, neurons: NeuronGroup, values: Values
    ) -> dict[str, BrianObject]:
        """See `Extension`."""
        s, o, clock = structure, self.n_outputs, neurons.clock
        objects = spike_traces(s, neurons, "k : 1\ntaken_in : 1 (shared)", s.outputs.filter.update)
        traces, dt = objects["traces"], s.dt_sample * second
        inverse = NeuronGroup(s.n_neurons**2, "Q : 1", clock=clock, name="inverse")
        readout = NeuronGroup(
            o,
            "z : 1\nerror : 1",
            clock=clock,
            namespace={
                "target_values": timed("target_values", values, (s.n_samples, o), dt),
                "active_values": (active := timed("active_values", values, (s.n_samples,), dt)),
            },
            name="readout",
        )
        to_readout = Synapses(
            traces,
            readout,
            f"{WEIGHT} : 1\nz_post = {WEIGHT}*{ACTIVITY}_pre : 1 (summed)",
            clock=clock,
            name="to_readout",
        )
        to_readout.connect()
        to_readout.summed_updaters["z_post"].when = AFTER_UPDATE
        from_readout = Synapses(readout, neurons, f"{WEIGHT} : 1", clock=clock, name="from_readout")
        from_readout.connect()
        from_readout.run_regularly(
            f"recurrent_post += {WEIGHT}*z_pre", clock=clock, when="start", order=1
        )
        at = {"clock": clock, "when": AFTER_UPDATE}
        readout.run_regularly(
            "error = active_values(t)*(z - target_values(t, i))", order=_ERROR, **at
        )
        traces.namespace.update(take_in=_take_in(traces, inverse), active_values=active)
        traces.run_regularly("taken_in = take_in(active_values(t))", order=_LEAST_SQUARES, **at)
        to_readout.run_regularly(f"{WEIGHT} -= k_pre*error_post", order=_LEARN, **at)
        monitor = StateMonitor(
            readout, "z", record=True, clock=clock, when=AFTER_UPDATE, name="readout_monitor"
        )
        return {
            **objects,
            "inverse": inverse,
            "readout": readout,
            "to_readout": to_readout,
            "from_readout": from_readout,
            "readout_monitor": monitor,
        }


@dataclass(frozen=True, eq=False)
class ReadoutState:
    """What has been learned.

    Parameters
    ----------
    phi
        Readout weights (N × O).
    Q
        Inverse correlation matrix of the samples (N × N).
    """

    phi: Float[np.ndarray, "N O"]
    Q: Float[np.ndarray, "N N"]

    def values(
        self,
        feedback: Float[np.ndarray, "N O"],
        targets: Float[np.ndarray, "T O"],
        active: Bool[np.ndarray, " T"],
    ) -> dict[str, np.ndarray]:
        """Values of a run for `ReadoutLearning`, beside those of network and traces."""
        return {
            "inverse.Q": self.Q.ravel(),
            f"to_readout.{WEIGHT}": in_synapse_order(self.phi.T, 1),
            f"from_readout.{WEIGHT}": in_synapse_order(feedback, 1),
            "target_values.values": np.asarray(targets, float),
            "active_values.values": np.asarray(active, float),
        }

    @staticmethod
    def of(results: dict[str, np.ndarray]) -> "ReadoutState":
        """What a run has made of it."""
        phi, Q = results[f"to_readout.{WEIGHT}"], results["inverse.Q"]
        n = round(len(Q) ** 0.5)
        return ReadoutState(phi=phi.reshape(n, -1), Q=Q.reshape(n, n))


_LAST_SPIKE = "neurons.lastspike"


def carried_states(structure: Structure) -> tuple[str, ...]:
    """Name all that a network with a readout keeps from a step to the next."""
    filters = (
        f"{group}.{name}"
        for group in ("relay", "traces")
        for name in structure.outputs.filter.states
    )
    neurons = (f"neurons.{name}" for name in structure.neuron.states)
    return (*neurons, *filters, _LAST_SPIKE, "readout.z")


def carried(structure: Structure, results: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Give the state at the end of a run as values of the next, whose time begins at 0 again."""
    state = {name: results[name] for name in carried_states(structure)}
    state[_LAST_SPIKE] = state[_LAST_SPIKE] - structure.n_steps * structure.dt
    return state


def _take_in(traces: NeuronGroup, inverse: NeuronGroup) -> Function:
    """A sample enters: Q changes, and k becomes the step c k from an error to the weights.

    A function, since statements for N² synapses take several times as long.
    """

    def take_in(active: np.ndarray) -> float:
        if not np.any(active):
            return 0.0
        r, n = traces.variables[ACTIVITY].get_value(), len(traces)
        Q = inverse.variables["Q"].get_value().reshape(n, n)
        k = Q @ r
        c = 1 / (1 + r @ k)
        Q -= c * np.outer(k, k)
        traces.variables["k"].get_value()[:] = c * k
        return 1.0

    function = Function(take_in, arg_units=[1], return_unit=1, stateless=False)
    function.implementations.add_implementation("numpy", take_in)
    function.implementations.add_implementation("cpp", _CODE % {"n": len(traces), "r": ACTIVITY})
    return function
