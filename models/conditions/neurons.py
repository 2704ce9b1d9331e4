"""Conditions of the neurons: their parameters, their noise, their kind, and the simulation step."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from brian2 import Quantity, ms, mV, nS, pA
from brian2.utils.stringtools import get_identifiers

from ..networks.network import continuous
from ..neurons.adaptive import AdaptiveLIF
from ..neurons.adex import AdEx
from ..neurons.conductance import ConductanceLIF
from ..neurons.lif import NoContinuousFormError, is_lif
from ..neurons.neuron import NeuronModel
from ..quantities import time
from .circuit import Circuit
from .condition import NEURON, NOISE, STEP, Condition, UnfitError, log_normal, require

_SPAN = 20 * mV  # from rest to threshold, which is 1 for a LIF
_REST = -70 * mV


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
    """Time constants tau_mem and tau_syn of each neuron's own: log-normal, mean kept, this CV."""

    name: ClassVar[str] = "heterogeneity"
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


@dataclass(frozen=True)
class MembraneNoise(Condition):
    """White noise on the membrane potential.

    `sd` is the standard deviation that v would have about rest from it alone, in units of the
    distance from reset to threshold: v <- v + sd · scale · √(1 - exp(-2 dt/tau)) · N(0, 1).
    """

    name: ClassVar[str] = "membrane-noise"
    stage: ClassVar[int] = NOISE
    sd: float = 0.1

    def __post_init__(self) -> None:
        require(self, "sd", "zero or positive", 0 <= self.sd < np.inf)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Add the noise to each step."""
        neuron = circuit.network.neuron
        if neuron.time_constant == "tau_mem" and "tau_mem" not in neuron.parameters:
            raise UnfitError(
                self,
                f"the neuron {neuron.name} has no parameter tau_mem",
                "Call it that, or set its `time_constant` to an expression such as 'C/g_L'.",
            )
        if "v" not in (names := _names(neuron)):
            raise UnfitError(
                self, f"the neuron {neuron.name} has no membrane potential that is called v"
            )
        sd = "noise_sd"
        while sd in names:
            sd += "0"
        awake = "int(not_refractory)*" if neuron.refractory else ""  # else Brian2 lacks the name
        noise = (
            f"v = v + {awake}{sd}*({neuron.scale})"
            f"*sqrt(1 - exp(-2*dt/({neuron.time_constant})))*randn()"
        )
        noisy = replace(
            neuron,
            update="\n".join(filter(None, (neuron.update, noise))),
            parameters={**neuron.parameters, sd: float(self.sd)},
            any_step=not neuron.is_bound_to_step,  # noise of this size fits any step
        )
        return _with_neuron(circuit, noisy)


@dataclass(frozen=True)
class Adaptation(Condition):
    """Spike-frequency adaptation: each spike adds a current of this size [threshold]."""

    name: ClassVar[str] = "adaptation"
    stage: ClassVar[int] = NEURON
    b: float = 0.1
    tau_w: Quantity = field(default_factory=lambda: 100 * ms)

    def __post_init__(self) -> None:
        require(self, "b", "zero or positive", 0 <= self.b < np.inf)
        time(self.tau_w, "tau_w")

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Put `AdaptiveLIF` in place of the LIF."""
        lif = _lif(self, circuit)
        adaptive = AdaptiveLIF(tau_w=self.tau_w, b=self.b, dt_input=circuit.network.dt)
        return _with_neuron(circuit, adaptive.with_parameters(**lif.parameters))


@dataclass(frozen=True)
class ExponentialNeurons(Condition):
    """`AdEx` neurons in place of the LIF's, matched in their passive properties.

    Membrane time constant, refractory period and reset are the LIF's, as is the distance from rest
    to threshold, set to 20 mV. Slope and adaptation are this share of those of the adapting neuron
    in Naud et al. (2008), table 1: at 0 the neuron is the LIF.
    """

    name: ClassVar[str] = "adex"
    stage: ClassVar[int] = NEURON
    strength: float = 1.0

    def __post_init__(self) -> None:
        require(self, "strength", "from 0 to 1", 0 <= self.strength <= 1)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Put `AdEx` in place of the LIF."""
        p = _lif(self, circuit).parameters
        g_L = 12 * nS  # as published; C follows from the LIF's time constant
        adex = AdEx(
            g_L=g_L,
            E_L=_REST,
            V_T=_REST + _SPAN,
            Delta_T=max(2 * self.strength, 1e-12) * mV,
            a=2 * self.strength * nS,
            tau_w=300 * ms,
            b=60 * self.strength * pA,
            dt_input=circuit.network.dt,
        )
        adex = adex.with_parameters(
            C=p["tau_mem"] * g_L,
            V_r=_reset(p),
            refractory=p["refractory"],
            tau_syn=p["tau_syn"],
        )
        return _with_neuron(circuit, replace(adex, initial={"v": "V_r"}))


@dataclass(frozen=True)
class ConductanceSynapses(Condition):
    """`ConductanceLIF` neurons in place of the LIF's, with this share of the driving force.

    At 1, reversal potentials are 0 and -80 mV, rest is -70 and threshold -50 mV; below, they lie
    1/share as far from the reference -60 mV, at which a weight drives the current that was learned;
    at 0 synapses are currents and the neuron is the LIF.
    """

    name: ClassVar[str] = "conductances"
    stage: ClassVar[int] = NEURON
    driving_force: float = 1.0

    def __post_init__(self) -> None:
        require(self, "driving_force", "from 0 to 1", 0 <= self.driving_force <= 1)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Put `ConductanceLIF` in place of the LIF."""
        p = _lif(self, circuit).parameters
        neuron = ConductanceLIF(
            E_L=_REST,
            V_th=_REST + _SPAN,
            driving_force=self.driving_force,
            dt_input=circuit.network.dt,
        ).with_parameters(
            tau_mem=p["tau_mem"],
            tau_syn=p["tau_syn"],
            V_reset=_reset(p),
            refractory=p["refractory"],
        )
        return _with_neuron(circuit, replace(neuron, initial={"v": "V_reset"}))


def _lif(condition: Condition, circuit: Circuit) -> NeuronModel:
    """The LIF that another neuron replaces."""
    neuron = circuit.network.neuron
    if not is_lif(neuron):
        raise UnfitError(
            condition,
            f"it replaces the built-in LIF, and the network has another neuron, {neuron.name}",
        )
    return neuron


def _names(neuron: NeuronModel) -> set[str]:
    """Every name that occurs in the text of a neuron."""
    texts = (
        *(neuron.equations, neuron.update, neuron.threshold, neuron.reset, neuron.refractory),
        *(neuron.scale, neuron.time_constant, *neuron.initial.values()),
    )
    return {name for text in texts for name in get_identifiers(text)} | {*neuron.parameters}


def _reset(lif: Mapping[str, Any]) -> Quantity:
    """The reset potential of a LIF whose rest is 0, in mV."""
    return _REST + _SPAN * (lif["v_reset"] / lif["v_threshold"])


def _with_neuron(circuit: Circuit, neuron: NeuronModel) -> Circuit:
    return replace(circuit, network=replace(circuit.network, neuron=neuron))


def _with_parameters(circuit: Circuit, **parameters) -> Circuit:
    return _with_neuron(circuit, circuit.network.neuron.with_parameters(**parameters))
