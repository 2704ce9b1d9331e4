"""How recurrent weights run in Brian2: as modes, or multiplied out as event-driven synapses.

Spikes enter relay units, whose filtered activity feeds back at the next step. With *modes* there
are P relay units; each spike costs P additions, and each step N·P products for the feedback. As
*dense* synapses there is one relay unit per neuron; each spike costs N additions, and the feedback
is one-to-one. With k spikes per step, dense synapses win where k is a small share of P.

Synapses that have delays, fail or are missing are the third way: one by one, with a relay unit
for each neuron and kind of input.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ..conditions.circuit import Circuit, Transmission
from ..networks.network import Network, PeakReadout

TYPICAL_RATE_HZ = 20.0
SPIKES_PER_MODE = 0.15
"""Spikes per step and mode below which dense synapses are faster (`spikemodes benchmark`)."""


@dataclass(frozen=True, eq=False)
class Wiring:
    """Weights between neurons and relay units; all matrices are post × pre.

    Parameters
    ----------
    name
        ``modes``, ``dense`` or ``synapses``.
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
    """

    name: str
    to_relay: Float[np.ndarray, "K N"]
    feedback: Float[np.ndarray, "N F"] | None
    n_modes: int
    synapses: "SingleSynapses | None" = None

    @property
    def n_feedback(self) -> int:
        """F."""
        if self.synapses is not None:
            return len(self.synapses.weights)
        return self.to_relay.shape[1] if self.feedback is None else self.feedback.shape[1]

    @property
    def n_relay(self) -> int:
        """All relay units."""
        return len(self.to_relay) + (0 if self.synapses is None else self.n_feedback)

    @property
    def first_recorded(self) -> int:
        """Index of the first relay unit that is recorded; all behind it are, too."""
        return self.n_feedback if self.feedback is None else 0


def mode_wiring(network: Network) -> Wiring:
    """Run the recurrence of a network with modes through them."""
    feedback = network.feedback
    if feedback is None:
        return dense_wiring(network)
    rows = np.concatenate([network.encoder.T, _traces(network)])
    return Wiring("modes", rows, feedback, network.n_modes)


def dense_wiring(network: Network) -> Wiring:
    """Run the recurrence through all N² weights, one filter per neuron."""
    modes = network.mode_encoder.T
    rows = np.concatenate([network.dense(), modes, _traces(network)])
    return Wiring("dense", rows, None, len(modes))


@dataclass(frozen=True, eq=False)
class SingleSynapses:
    """Synapses with properties of their own, onto F = N relay units, or 2N for conductances.

    Parameters
    ----------
    weights
        Of each synapse (F × N); there is none where it is 0.
    delays
        Of each synapse (F × N) [s].
    release
        Probability that a spike passes.
    """

    weights: Float[np.ndarray, "F N"]
    delays: Float[np.ndarray, "F N"]
    release: float

    @property
    def connected(self) -> np.ndarray:
        """Which synapses there are (F × N); at least one, since Brian2 needs one."""
        connected = self.weights != 0
        connected[0, 0] |= not connected.any()
        return connected


def circuit_wiring(circuit: Circuit, wire: Callable[[Network], Wiring]) -> Wiring:
    """Run the recurrence of a circuit: by `wire`, unless its synapses need to be there one by one.

    They do if they have properties of their own, and where their sign decides on what they act.
    """
    network, kinds = circuit.network, circuit.network.neuron.inputs[1:]
    if circuit.transmission is None and len(kinds) == 1:
        return wire(network)
    transmission = circuit.transmission or Transmission.perfect(network.n_neurons)
    W = transmission.weights(network.dense())
    dense, lag = dense_wiring(network), transmission.lag
    if len(kinds) == 1:
        by_kind = [W]
    elif lag is None:
        by_kind = [np.maximum(W, 0), np.maximum(-W, 0)]
    else:
        bias = np.broadcast_to(np.maximum(-W, 0).max(axis=1, keepdims=True), W.shape)
        by_kind = [W + bias, bias]
    delays = [transmission.delays + late for late in (0.0, lag or 0.0)[: len(kinds)]]
    return Wiring(
        name="synapses",
        to_relay=dense.to_relay[network.n_neurons :],
        feedback=None,
        n_modes=dense.n_modes,
        synapses=SingleSynapses(
            weights=np.concatenate(by_kind),
            delays=np.concatenate(delays),
            release=transmission.release,
        ),
    )


def faster_wiring(rate_hz: float = TYPICAL_RATE_HZ) -> Callable[[Network], Wiring]:
    """Choose whichever wiring is faster for neurons that fire at `rate_hz`."""

    def choose(network: Network) -> Wiring:
        spikes_per_step = network.n_neurons * rate_hz * float(network.dt)
        enough = spikes_per_step >= SPIKES_PER_MODE * network.n_modes
        return mode_wiring(network) if enough else dense_wiring(network)

    return choose


def _traces(network: Network) -> Float[np.ndarray, "O N"]:
    """Outputs that are filtered by relay units; none for a readout of peaks.

    Where filters differ, each neuron has a unit for its trace, of which outputs are made later.
    """
    if isinstance(network.readout, PeakReadout):
        return network.W_out[:0]
    return np.eye(network.n_neurons) if network.has_own_filters else network.W_out
