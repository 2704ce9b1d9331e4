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
    """Transmission delays: one per synapse, uniform between 0 and twice the mean [s].

    A simulation rounds them to whole steps. Local synapses of cortex have a mean of 1.5 ms with an
    s.d. of half of that (excitatory; inhibitory 0.75 ms) in Potjans & Diesmann, Cereb. Cortex 24,
    785 (2014), as their published code has it: a mean above 1.5 ms is beyond local circuits.
    """

    name: ClassVar[str] = "delays"
    draws: ClassVar[bool] = True
    mean: Quantity = field(default_factory=lambda: 1.5 * ms)

    def __post_init__(self) -> None:
        time(self.mean, "mean", zero=True)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Give each synapse its delay."""
        n = circuit.network.n_neurons
        return circuit.transmitting(delays=2 * float(self.mean) * rng.random((n, n)))


@dataclass(frozen=True)
class ReleaseFailures(Condition):
    """Unreliable synapses: each spike fails at each synapse with this probability f.

    Those that pass have the weight w/(1 - f), so that the mean is kept, as a mean postsynaptic
    potential is measured over failures and successes; the variance of a spike's effect is
    w² f/(1 - f). Each synapse has one site of release: with n of them that would be a share of 1/n.
    See `WeakerSynapses` for what the mean alone does.
    """

    name: ClassVar[str] = "release-failures"
    draws: ClassVar[bool] = True
    failure: float = 0.5

    def __post_init__(self) -> None:
        require(self, "failure", "from 0 to below 1", 0 <= self.failure < 1)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Let spikes fail, and those that pass count for them."""
        passing = 1 - self.failure
        return circuit.transmitting(release=passing, gain=_gain(circuit) / passing)


@dataclass(frozen=True)
class WeakerSynapses(Condition):
    """Every recurrent weight w is w (1 - loss): the mean of failing synapses, without failures."""

    name: ClassVar[str] = "weaker-synapses"
    loss: float = 0.5

    def __post_init__(self) -> None:
        require(self, "loss", "from 0 to 1", 0 <= self.loss <= 1)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Weaken all synapses alike."""
        return circuit.transmitting(gain=_gain(circuit) * (1 - self.loss))


@dataclass(frozen=True)
class SparseConnectivity(Condition):
    """A share of the N × N synapses is missing, at random; the others grow by 1/(1 - share).

    The mean is kept. What is left of the effect falls with 1/√(synapses onto a neuron): a share
    means nothing without N.
    """

    name: ClassVar[str] = "sparse-connectivity"
    draws: ClassVar[bool] = True
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
    """Each weight times a log-normal factor of mean 1 with this coefficient of variation.

    Its effect falls with 1/√N, as that of `SparseConnectivity`.
    """

    name: ClassVar[str] = "weight-noise"
    draws: ClassVar[bool] = True
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

    A neuron takes the sign of the sum of its outgoing weights. This prunes up to half of W, and
    nothing makes up for it. `InhibitoryInterneurons` keeps all of W.
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
    draws: ClassVar[bool] = True
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
