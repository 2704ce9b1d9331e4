"""Conditions of the neurons' parameters, and of the simulation step."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from brian2 import Quantity, ms

from ..networks.network import continuous
from ..neurons.lif import NoContinuousFormError
from ..quantities import time
from .circuit import Circuit
from .condition import STEP, Condition, UnfitError, log_normal, require


@dataclass(frozen=True)
class SimulationStep(Condition):
    """A finer simulation step, the network as gain-matched differential equations."""

    name: ClassVar[str] = "simulation-step"
    stage: ClassVar[int] = STEP
    refinement: int = 10

    def __post_init__(self) -> None:
        whole = self.refinement == round(self.refinement)
        require(self, "refinement", "a whole number, 1 or more", whole and self.refinement >= 1)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Refine; a refinement of 1 leaves the explicit scheme in place."""
        if self.refinement == 1:
            return circuit
        try:
            return ContinuousForm(circuit.dt / round(self.refinement)).on_circuit(circuit, rng)
        except NoContinuousFormError as error:
            raise UnfitError(self, error.reason) from None


@dataclass(frozen=True)
class ContinuousForm(Condition):
    """The network as gain-matched differential equations, at the simulation step `dt` [s]."""

    name: ClassVar[str] = "continuous-form"
    stage: ClassVar[int] = STEP
    dt: Quantity

    def __post_init__(self) -> None:
        time(self.dt, "dt")

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Take the continuous form. Raises `NoContinuousFormError` where there is none."""
        return replace(circuit, network=continuous(circuit.network), dt=self.dt)


@dataclass(frozen=True)
class RefractoryPeriod(Condition):
    """A refractory period that is longer by this time [s]; negative: shorter."""

    name: ClassVar[str] = "refractory-period"
    longer: Quantity = field(default_factory=lambda: 4 * ms)

    def __post_init__(self) -> None:
        time(abs(self.longer), "longer", zero=True)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Change the period."""
        neuron = circuit.network.neuron
        if not neuron.period:
            what = "no parameter for its" if neuron.refractory else "no"
            raise UnfitError(self, f"the neuron {neuron.name} has {what} refractory period")
        now = neuron.parameters[neuron.period]
        changed = time(now + self.longer, "longer plus the refractory period", zero=True)
        return _with_parameters(circuit, **{neuron.period: changed})


@dataclass(frozen=True)
class Heterogeneity(Condition):
    """Time constants tau_mem and tau_syn of each neuron's own: log-normal, mean kept, this CV.

    They are all that changes, as the explicit scheme has them: there a constant input is worth
    1/(1 - exp(-dt/tau_syn)), so that the gain of a neuron's input varies with its tau_syn, by a CV
    of 0.45 at a CV of 0.5 (step 2 ms, tau_syn 10 ms); its mean is kept within 0.2 % there.
    """

    name: ClassVar[str] = "heterogeneity"
    draws: ClassVar[bool] = True
    cv: float = 0.3

    def __post_init__(self) -> None:
        require(self, "cv", "zero or positive", 0 <= self.cv < np.inf)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Draw time constants."""
        neuron, n = circuit.network.neuron, circuit.network.n_neurons
        missing = [p for p in ("tau_mem", "tau_syn") if p not in neuron.parameters]
        if missing:
            raise UnfitError(
                self,
                f"the neuron {neuron.name} has no parameter {missing[0]} that could differ between"
                " neurons",
            )
        drawn = {
            p: neuron.parameters[p] * log_normal(self.cv, (n,), rng) for p in ("tau_mem", "tau_syn")
        }
        return _with_parameters(circuit, **drawn)


def _with_parameters(circuit: Circuit, **parameters) -> Circuit:
    neuron = circuit.network.neuron.with_parameters(**parameters)
    return replace(circuit, network=replace(circuit.network, neuron=neuron))
