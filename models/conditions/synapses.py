"""Conditions of the recurrent synapses and of the neurons' survival."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from brian2 import Quantity, ms

from ..quantities import time
from .circuit import Circuit, Transmission
from .condition import Condition, log_normal, require


@dataclass(frozen=True)
class Delays(Condition):
    """Transmission delays: one per synapse, uniform between 0 and twice the mean [s]."""

    name: ClassVar[str] = "delays"
    mean: Quantity = field(default_factory=lambda: 10 * ms)

    def __post_init__(self) -> None:
        time(self.mean, "mean", zero=True)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Give each synapse its delay."""
        n = circuit.network.n_neurons
        return circuit.transmitting(delays=2 * float(self.mean) * rng.random((n, n)))


@dataclass(frozen=True)
class ReleaseFailures(Condition):
    """Unreliable synapses: each spike fails at each synapse with this probability."""

    name: ClassVar[str] = "release-failures"
    failure: float = 0.5

    def __post_init__(self) -> None:
        require(self, "failure", "from 0 to below 1", 0 <= self.failure < 1)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Let spikes fail."""
        return circuit.transmitting(release=1 - self.failure)


@dataclass(frozen=True)
class SparseConnectivity(Condition):
    """A share of the N × N synapses is missing, at random; the others grow by 1/(1 - share)."""

    name: ClassVar[str] = "sparse-connectivity"
    missing: float = 0.5

    def __post_init__(self) -> None:
        require(self, "missing", "from 0 to below 1", 0 <= self.missing < 1)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Prune."""
        n = circuit.network.n_neurons
        kept = rng.random((n, n)) >= self.missing
        return circuit.transmitting(gain=_gain(circuit) * kept / (1 - self.missing))


@dataclass(frozen=True)
class WeightNoise(Condition):
    """Each weight times a log-normal factor of mean 1 with this coefficient of variation."""

    name: ClassVar[str] = "weight-noise"
    cv: float = 0.5

    def __post_init__(self) -> None:
        require(self, "cv", "zero or positive", 0 <= self.cv < np.inf)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Disturb the weights."""
        n = circuit.network.n_neurons
        return circuit.transmitting(gain=_gain(circuit) * log_normal(self.cv, (n, n), rng))


@dataclass(frozen=True)
class DalesLaw(Condition):
    """Neurons become excitatory or inhibitory: weights of the other sign shrink by this share.

    A neuron takes the sign of the sum of its outgoing weights.
    """

    name: ClassVar[str] = "dales-law"
    obedience: float = 1.0

    def __post_init__(self) -> None:
        require(self, "obedience", "from 0 to 1", 0 <= self.obedience <= 1)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Give every neuron a sign."""
        signs = np.sign(circuit.network.dense().sum(axis=0))
        return circuit.transmitting(signs=signs, violation=1 - self.obedience)


@dataclass(frozen=True)
class Lesion(Condition):
    """A share of the neurons is dead: they get no input and reach neither network nor readout."""

    name: ClassVar[str] = "lesion"
    trainable: ClassVar[bool] = False
    dead: float = 0.1

    def __post_init__(self) -> None:
        require(self, "dead", "from 0 to below 1", 0 <= self.dead < 1)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Kill neurons."""
        n = circuit.network.n_neurons
        dead = rng.permutation(n)[: round(self.dead * n)]
        return replace(circuit, network=circuit.network.without(dead))


def _gain(circuit: Circuit) -> np.ndarray:
    now = circuit.transmission or Transmission.perfect(circuit.network.n_neurons)
    return now.gain
