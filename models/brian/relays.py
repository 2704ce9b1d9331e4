"""Groups of relay units of a circuit: which pathways run through them, and how.

Each pathway has a group of its own, unless it can join another. The group ``relay`` is that of the
main pathway, if this has the filter of the readout and no short-term plasticity, and of the units
that form the outputs.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ..conditions.circuit import Circuit, Transmission
from ..networks.connectivity import Masked, Sparse, modes_of
from ..networks.modes import Modes
from ..networks.network import Network
from ..networks.pathway import Pathway
from ..networks.plasticity import ShortTermPlasticity
from ..neurons.neuron import CURRENT, SIGNS
from ..neurons.synaptic_filter import SynapticFilter
from ..translation.program import StepProgram
from .wiring import SingleSynapses, Wiring, outputs_alone, traces

RELAY = "relay"
"""The group of relay units that outputs are taken from."""


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
    network = circuit.network
    hosted = network.main.filter is None and network.main.plasticity is None
    first, *others = joined_pathways(circuit)
    wiring = circuit_wiring(circuit, wire, first) if hosted else outputs_alone(network)
    groups = [Relays(RELAY, wiring, network.filter, circuit.filter_program)]
    for pathways in others if hosted else (first, *others):
        one = pathways[0]
        name = f"{RELAY}_{network.pathways.index(one)}"
        wiring = pathway_wiring(circuit, pathways)
        program, filter_ = circuit.filter_program_of(one), one.filter or network.filter
        groups.append(Relays(name, wiring, filter_, program, one.plasticity))
    return tuple(groups)


def joined_pathways(circuit: Circuit) -> list[tuple[Pathway, ...]]:
    """Pathways that run through the same units, the main one first.

    Those of one filter whose synapses are there one by one, and pass every spike at once, add up.
    """
    network = circuit.network
    groups: list[list[Pathway]] = []
    for pathway in sorted(network.pathways, key=lambda pathway: pathway is not network.main):
        for group in groups:
            if all(_joins(circuit, p) for p in (group[0], pathway)) and (
                group[0].filter == pathway.filter
            ):
                group.append(pathway)
                break
        else:
            groups.append([pathway])
    return [tuple(group) for group in groups]


def _joins(circuit: Circuit, pathway: Pathway) -> bool:
    """Whether the weights of a pathway may be added to those of another."""
    one_by_one = isinstance(pathway.connectivity, Sparse | Masked)
    plain = circuit.transmission_of(pathway) is None and pathway.plasticity is None
    return one_by_one and plain and circuit.network.inputs_of(pathway) == CURRENT[1:]


def circuit_wiring(
    circuit: Circuit,
    wire: Callable[[Network], Wiring],
    pathways: tuple[Pathway, ...] | None = None,
) -> Wiring:
    """Run the main pathway of a circuit, with those that join it, and form the outputs.

    It runs by `wire`, unless its synapses need to be there one by one.
    """
    network = circuit.network
    single = _single_synapses(circuit, pathways or (network.main,))
    if single is None:
        return wire(network)
    modes = network.mode_encoder.T
    rows = np.concatenate([modes, traces(network)])
    return Wiring("synapses", rows, None, len(modes), single, network.inputs_of(network.main))


def pathway_wiring(circuit: Circuit, pathways: tuple[Pathway, ...]) -> Wiring:
    """Run pathways with relay units for themselves alone; modes of the main one are recorded."""
    network, pathway = circuit.network, pathways[0]
    connectivity = network.placed(pathway)
    recorded = pathway is network.main
    modes = modes_of(connectivity) if recorded else None
    rows = np.zeros((0, network.n_neurons)) if modes is None else modes.xi_out.T
    inputs = network.inputs_of(pathway)
    single = _single_synapses(circuit, pathways)
    if single is not None:
        return Wiring("synapses", rows, None, len(rows), single, inputs)
    if isinstance(connectivity, Modes):
        n_modes = connectivity.n_modes if recorded else 0
        return Wiring("modes", connectivity.xi_out.T, connectivity.feedback, n_modes, inputs=inputs)
    rows = np.concatenate([connectivity.dense(), rows])
    return Wiring("dense", rows, None, len(rows) - network.n_neurons, inputs=inputs)


def by_input(W: Float[np.ndarray, "N N"], inputs: tuple[str, ...]) -> list[np.ndarray]:
    """Weights that act on each of the inputs: on conductances those of its sign, as its size."""
    return [np.maximum(SIGNS[name] * W, 0) if name in SIGNS else W for name in inputs]


def _single_synapses(circuit: Circuit, pathways: tuple[Pathway, ...]) -> SingleSynapses | None:
    """Synapses of pathways that join one by one, if they need to be there so.

    They do if they have properties of their own or are few, and where their sign decides on what
    they act.
    """
    network, pathway = circuit.network, pathways[0]
    connectivity, inputs = network.placed(pathway), network.inputs_of(pathway)
    transmission = circuit.transmission_of(pathway)
    few = isinstance(connectivity, Sparse | Masked)
    if transmission is None and inputs == CURRENT[1:] and not few:
        return None
    transmission = transmission or Transmission.perfect(network.n_neurons)
    W, lag = transmission.weights(connectivity.dense()), transmission.lag
    W = sum((network.placed(other).dense() for other in pathways[1:]), W)
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
