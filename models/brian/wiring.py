"""How recurrent weights run in Brian2: as modes, or multiplied out as event-driven synapses.

Spikes enter relay units, whose filtered activity feeds back at the next step. With *modes* there
are P relay units; each spike costs P additions, and each step N·P products for the feedback. As
*dense* synapses there is one relay unit per neuron; each spike costs N additions, and the feedback
is one-to-one. With k spikes per step, dense synapses win where k is a small share of P.

Synapses that have delays, fail or are missing are the third way: one by one, with a relay unit
for each neuron and kind of input.

Each pathway has a group of relay units of its own. The group ``relay`` is that of the main pathway,
if this has the filter of the readout and no short-term plasticity, and of the units that form the
outputs.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ..conditions.circuit import Circuit, Transmission
from ..networks.connectivity import Masked, Sparse, modes_of
from ..networks.modes import Modes
from ..networks.network import Network, PeakReadout
from ..networks.pathway import Pathway
from ..networks.plasticity import ShortTermPlasticity
from ..neurons.neuron import CURRENT, SIGNS
from ..neurons.synaptic_filter import SynapticFilter
from ..translation.program import StepProgram

TYPICAL_RATE_HZ = 20.0
SPIKES_PER_MODE = 0.15
"""Spikes per step and mode below which dense synapses are faster (`spikemodes benchmark`)."""

RELAY = "relay"
"""The group of relay units that outputs are taken from."""


@dataclass(frozen=True, eq=False)
class Wiring:
    """Weights between neurons and the relay units of a group; all matrices are post × pre.

    Parameters
    ----------
    name
        ``modes``, ``dense``, ``synapses``, or ``outputs`` alone.
    to_relay
        What a spike of each neuron adds to each relay unit (K × N). The first F units feed back;
        the others are recorded: modes that do not feed back here, then outputs that are traces, or
        the traces of all neurons where their filters differ.
    feedback
        What each of the F units adds to each neuron's input (N × F); ``None`` if unit i drives
        neuron i alone.
    n_modes
        How many of the recorded units are modes.
    synapses
        What takes the place of the first F rows of `to_relay`, which it then lacks.
    inputs
        Inputs of the neurons on which the units that feed back act: N of them on each where it is
        one-to-one.
    """

    name: str
    to_relay: Float[np.ndarray, "K N"]
    feedback: Float[np.ndarray, "N F"] | None
    n_modes: int
    synapses: "SingleSynapses | None" = None
    inputs: tuple[str, ...] = CURRENT[1:]

    @property
    def n_feedback(self) -> int:
        """F."""
        if self.synapses is not None:
            return len(self.synapses.weights)
        if self.feedback is None:
            return len(self.inputs) * self.to_relay.shape[1]
        return self.feedback.shape[1]

    @property
    def n_relay(self) -> int:
        """All relay units."""
        return len(self.to_relay) + (0 if self.synapses is None else self.n_feedback)

    @property
    def first_recorded(self) -> int:
        """Index of the first relay unit that is recorded; all behind it are, too."""
        return self.n_feedback if self.feedback is None else 0


def mode_wiring(network: Network) -> Wiring:
    """Run the main pathway of a network through its modes, if it can."""
    connectivity = network.placed(network.main)
    if not isinstance(connectivity, Modes):
        return dense_wiring(network)
    rows = np.concatenate([connectivity.xi_out.T, _traces(network)])
    return Wiring("modes", rows, connectivity.feedback, connectivity.n_modes)


def dense_wiring(network: Network) -> Wiring:
    """Run the main pathway through all N² weights, one filter per neuron."""
    modes = network.mode_encoder.T
    rows = np.concatenate([network.placed(network.main).dense(), modes, _traces(network)])
    return Wiring("dense", rows, None, len(modes))


def outputs_alone(network: Network) -> Wiring:
    """Form the outputs; no pathway runs through the same filter."""
    traces = _traces(network)
    rows = traces if len(traces) else np.zeros((1, network.n_neurons))  # Brian2 needs a unit
    return Wiring("outputs", rows, None, 0, inputs=())


@dataclass(frozen=True, eq=False)
class SingleSynapses:
    """Synapses with properties of their own, onto F = N relay units, or 2N for conductances.

    Parameters
    ----------
    weights
        Of each synapse (F × N); there is none where it is 0.
    delays
        Of each synapse (F × N) [s]; ``None`` without delays.
    release
        Probability that a spike passes; ``None`` where all do, whatever conditions there are.
    """

    weights: Float[np.ndarray, "F N"]
    delays: Float[np.ndarray, "F N"] | None
    release: float | None

    @property
    def connected(self) -> np.ndarray:
        """Which synapses there are (F × N); at least one, since Brian2 needs one."""
        connected = self.weights != 0
        connected[0, 0] |= not connected.any()
        return connected


@dataclass(frozen=True, eq=False)
class Relays:
    """A group of relay units.

    Parameters
    ----------
    name
        What it is called in Brian2.
    wiring
        What its units get and give.
    filter, program
        Filter of the units, and its step program.
    plasticity
        Of the synapses onto the units, if any.
    """

    name: str
    wiring: Wiring
    filter: SynapticFilter
    program: StepProgram
    plasticity: ShortTermPlasticity | None = None


def relays_of(circuit: Circuit, wire: Callable[[Network], Wiring]) -> tuple[Relays, ...]:
    """Give the groups of relay units of a circuit, that of its outputs first.

    The main pathway runs by `wire`, unless its synapses need to be there one by one.
    """
    network, main = circuit.network, circuit.network.index_of_main
    hosted = network.main.filter is None and network.main.plasticity is None
    first = circuit_wiring(circuit, wire) if hosted else outputs_alone(network)
    groups = [Relays(RELAY, first, network.filter, circuit.filter_program)]
    for i, pathway in enumerate(network.pathways):
        if i == main and hosted:
            continue
        wiring = pathway_wiring(circuit, pathway)
        program, filter_ = circuit.filter_program_of(pathway), pathway.filter or network.filter
        groups.append(Relays(f"{RELAY}_{i}", wiring, filter_, program, pathway.plasticity))
    return tuple(groups)


def circuit_wiring(circuit: Circuit, wire: Callable[[Network], Wiring]) -> Wiring:
    """Run the main pathway of a circuit, and form the outputs.

    It runs by `wire`, unless its synapses need to be there one by one.
    """
    network = circuit.network
    single = _single_synapses(circuit, network.main)
    if single is None:
        return wire(network)
    modes = network.mode_encoder.T
    rows = np.concatenate([modes, _traces(network)])
    return Wiring("synapses", rows, None, len(modes), single, inputs_of(network, network.main))


def pathway_wiring(circuit: Circuit, pathway: Pathway) -> Wiring:
    """Run a pathway with relay units for itself alone; modes that it has are recorded."""
    network = circuit.network
    connectivity = network.placed(pathway)
    recorded = pathway is network.main
    modes = modes_of(connectivity) if recorded else None
    rows = np.zeros((0, network.n_neurons)) if modes is None else modes.xi_out.T
    inputs = inputs_of(network, pathway)
    single = _single_synapses(circuit, pathway)
    if single is not None:
        return Wiring("synapses", rows, None, len(rows), single, inputs)
    if isinstance(connectivity, Modes):
        n_modes = connectivity.n_modes if recorded else 0
        return Wiring("modes", connectivity.xi_out.T, connectivity.feedback, n_modes, inputs=inputs)
    rows = np.concatenate([connectivity.dense(), rows])
    return Wiring("dense", rows, None, len(rows) - network.n_neurons, inputs=inputs)


def inputs_of(network: Network, pathway: Pathway) -> tuple[str, ...]:
    """Inputs of the neurons on which a pathway acts."""
    kinds = network.neuron.inputs[1:]
    return kinds if pathway.acts_on is None else (pathway.acts_on,)


def by_input(W: Float[np.ndarray, "N N"], inputs: tuple[str, ...]) -> list[np.ndarray]:
    """Weights that act on each of the inputs: on conductances those of its sign, as its size."""
    return [np.maximum(SIGNS[name] * W, 0) if name in SIGNS else W for name in inputs]


def _single_synapses(circuit: Circuit, pathway: Pathway) -> SingleSynapses | None:
    """Synapses of a pathway one by one, if they need to be there so.

    They do if they have properties of their own or are few, and where their sign decides on what
    they act.
    """
    network = circuit.network
    connectivity, inputs = network.placed(pathway), inputs_of(network, pathway)
    transmission = circuit.transmission_of(pathway)
    few = isinstance(connectivity, Sparse | Masked)
    if transmission is None and inputs == CURRENT[1:] and not few:
        return None
    transmission = transmission or Transmission.perfect(network.n_neurons)
    W, lag = transmission.weights(connectivity.dense()), transmission.lag
    if lag is None:
        weights = by_input(W, inputs)
    else:
        bias = np.broadcast_to(np.maximum(-W, 0).max(axis=1, keepdims=True), W.shape)
        weights = [W + bias, bias]
    late = dict(zip(inputs, (0.0, lag or 0.0), strict=False))
    delays = np.concatenate([transmission.delays + late[name] for name in inputs])
    certain = circuit.transmission is None and pathway.release == 1
    return SingleSynapses(
        weights=np.concatenate(weights),
        delays=delays if delays.any() or circuit.transmission is not None else None,
        release=None if certain else transmission.release,
    )


def faster_wiring(rate_hz: float = TYPICAL_RATE_HZ) -> Callable[[Network], Wiring]:
    """Choose whichever wiring is faster for neurons that fire at `rate_hz`."""

    def choose(network: Network) -> Wiring:
        connectivity = network.main.connectivity
        if not isinstance(connectivity, Modes):
            return dense_wiring(network)
        spikes_per_step = network.n_neurons * rate_hz * float(network.dt)
        enough = spikes_per_step >= SPIKES_PER_MODE * connectivity.n_modes
        return mode_wiring(network) if enough else dense_wiring(network)

    return choose


def _traces(network: Network) -> Float[np.ndarray, "O N"]:
    """Outputs that are filtered by relay units; none for a readout of peaks.

    Where filters differ, each neuron has a unit for its trace, of which outputs are made later.
    """
    if isinstance(network.readout, PeakReadout):
        return network.W_out[:0]
    return np.eye(network.n_neurons) if network.has_own_filters else network.W_out
