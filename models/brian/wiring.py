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

from ..networks.modes import Modes
from ..networks.network import Network, PeakReadout
from ..neurons.neuron import CURRENT

TYPICAL_RATE_HZ = 20.0
SPIKES_PER_MODE = 0.15
"""Spikes per step and mode below which dense synapses are faster (`spikemodes benchmark`)."""


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
    rows = np.concatenate([connectivity.xi_out.T, traces(network)])
    return Wiring("modes", rows, connectivity.feedback, connectivity.n_modes)


def dense_wiring(network: Network) -> Wiring:
    """Run the main pathway through all N² weights, one filter per neuron."""
    modes = network.mode_encoder.T
    rows = np.concatenate([network.placed(network.main).dense(), modes, traces(network)])
    return Wiring("dense", rows, None, len(modes))


def outputs_alone(network: Network) -> Wiring:
    """Form the outputs; no pathway runs through the same filter."""
    outputs = traces(network)
    rows = outputs if len(outputs) else np.zeros((1, network.n_neurons))  # Brian2 needs a unit
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


def traces(network: Network) -> Float[np.ndarray, "O N"]:
    """Outputs that are filtered by relay units; none for a readout of peaks.

    Where filters differ, each neuron has a unit for its trace, of which outputs are made later.
    """
    if isinstance(network.readout, PeakReadout):
        return network.W_out[:0]
    return np.eye(network.n_neurons) if network.has_own_filters else network.W_out
