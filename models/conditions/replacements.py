"""Conditions that put another neuron in place of the LIF."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from brian2 import Hz, Quantity, have_same_dimensions, ms, mV, nS, pA

from ..neurons.adaptive import AdaptiveLIF
from ..neurons.adex import AdEx
from ..neurons.conductance import ConductanceLIF
from ..neurons.lif import is_lif
from ..neurons.neuron import NeuronModel
from ..quantities import time
from .circuit import Circuit
from .condition import NEURON, Condition, UnfitError, require
from .response import drive_for

_SPAN = 20 * mV  # from rest to threshold, which is 1 for a LIF
_REST = -70 * mV
_LEAK = 12 * nS  # Naud et al. (2008), table 1; the capacitance follows from the LIF's tau_mem
_NO_SLOPE = 1e-12 * mV  # AdEx divides by it
_MATCHED = 20 * Hz


@dataclass(frozen=True)
class Adaptation(Condition):
    """Spike-frequency adaptation: each spike adds a current of this size [threshold].

    Nothing makes up for it: neurons fire less on the same input. See `SpikeTriggeredAdaptation`
    for the same with a matched f-I curve.
    """

    name: ClassVar[str] = "adaptation"
    stage: ClassVar[int] = NEURON
    neuron: ClassVar[str] = "AdaptiveLIF"
    b: float = 0.1
    tau_w: Quantity = field(default_factory=lambda: 100 * ms)

    def __post_init__(self) -> None:
        require(self, "b", "zero or positive", 0 <= self.b < np.inf)
        time(self.tau_w, "tau_w")

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Put `AdaptiveLIF` in place of the LIF."""
        lif = lif_of(self, circuit)
        adaptive = AdaptiveLIF(tau_w=self.tau_w, b=self.b, dt_input=circuit.network.dt)
        return in_place_of(lif, circuit, adaptive.with_parameters(**lif.parameters))


class AdExChange(Condition):
    """`AdEx` neurons in place of the LIF's, which differ from them in one respect.

    Membrane time constant, refractory period and reset are the LIF's, as is the distance from rest
    to V_T, set to 20 mV. What is not changed is as in the LIF: no slope, no adaptation. Several
    changes add up in one AdEx. The gain of all input is such that neurons fire as fast as the LIF
    at the rate `matched` [Hz], on constant input: that of the LIF fires it at that rate.
    """

    stage: ClassVar[int] = NEURON
    neuron: ClassVar[str] = "AdEx"
    matched: Quantity

    @property
    def changes(self) -> Mapping[str, Quantity]:
        """The parameters of `AdEx` that it sets."""
        raise NotImplementedError

    def _require(self, level: str, unit: Quantity) -> None:
        value = getattr(self, level)
        right = have_same_dimensions(value, unit) and 0 <= float(value) < np.inf
        require(self, level, f"zero or positive, in units such as {unit!s}", right)
        rate = have_same_dimensions(self.matched, Hz) and 0 <= float(self.matched) < np.inf
        require(self, "matched", "a rate, or 0 Hz for none", rate)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Put `AdEx` in place of the LIF, or change the one that stands there."""
        lif = circuit.replaced or lif_of(self, circuit)
        now = circuit.network.neuron if circuit.replaced else _adex_like(lif, circuit.network.dt)
        adex = now.with_parameters(**self.changes, gain=1.0)
        if float(self.matched):
            needed, before = (drive_for(n, self.matched, circuit.dt) for n in (adex, lif))
            adex = adex.with_parameters(gain=needed / before)
        return in_place_of(lif, circuit, adex)


@dataclass(frozen=True)
class SpikeOnset(AdExChange):
    """The exponential upswing of a spike, of this slope factor Delta_T [V]; see `AdExChange`.

    Source: Brette & Gerstner, J. Neurophysiol. 94, 3637 (2005).
    """

    name: ClassVar[str] = "spike-onset"
    slope: Quantity = field(default_factory=lambda: 2 * mV)
    matched: Quantity = field(default_factory=lambda: _MATCHED)

    def __post_init__(self) -> None:
        self._require("slope", mV)

    @property
    def changes(self) -> Mapping[str, Quantity]:
        """Delta_T."""
        return {"Delta_T": max(self.slope, _NO_SLOPE)}


@dataclass(frozen=True)
class SubthresholdAdaptation(AdExChange):
    """An adaptation current that follows v by this conductance a [S]; see `AdExChange`.

    Source: Brette & Gerstner, J. Neurophysiol. 94, 3637 (2005).
    """

    name: ClassVar[str] = "subthreshold-adaptation"
    a: Quantity = field(default_factory=lambda: 2 * nS)
    tau_w: Quantity = field(default_factory=lambda: 300 * ms)
    matched: Quantity = field(default_factory=lambda: _MATCHED)

    def __post_init__(self) -> None:
        self._require("a", nS)
        time(self.tau_w, "tau_w")

    @property
    def changes(self) -> Mapping[str, Quantity]:
        """The conductance a, and its time constant."""
        return {"a": self.a, "tau_w": self.tau_w}


@dataclass(frozen=True)
class SpikeTriggeredAdaptation(AdExChange):
    """An adaptation current that each spike raises by b [A]; see `AdExChange`.

    Source: Brette & Gerstner, J. Neurophysiol. 94, 3637 (2005).
    """

    name: ClassVar[str] = "spike-triggered-adaptation"
    b: Quantity = field(default_factory=lambda: 60 * pA)
    tau_w: Quantity = field(default_factory=lambda: 300 * ms)
    matched: Quantity = field(default_factory=lambda: _MATCHED)

    def __post_init__(self) -> None:
        self._require("b", pA)
        time(self.tau_w, "tau_w")

    @property
    def changes(self) -> Mapping[str, Quantity]:
        """The jump b, and the time constant of the current."""
        return {"b": self.b, "tau_w": self.tau_w}


@dataclass(frozen=True)
class ConductanceSynapses(Condition):
    """`ConductanceLIF` neurons in place of the LIF's, with this share of the driving force.

    At 1, reversal potentials are 0 and -80 mV, rest is -70 and threshold -50 mV; below, they lie
    1/share as far from the reference -60 mV, at which a weight drives the current that was learned;
    at 0 synapses are currents and the neuron is the LIF. The f-I curve is not matched: away from
    the reference the same weight drives another current, and open conductances shorten the
    membrane's time constant.
    """

    name: ClassVar[str] = "conductances"
    stage: ClassVar[int] = NEURON
    neuron: ClassVar[str] = "ConductanceLIF"
    driving_force: float = 1.0

    def __post_init__(self) -> None:
        require(self, "driving_force", "from 0 to 1", 0 <= self.driving_force <= 1)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Put `ConductanceLIF` in place of the LIF."""
        lif = lif_of(self, circuit)
        p = lif.parameters
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
        return in_place_of(lif, circuit, replace(neuron, initial={"v": "V_reset"}))


def lif_of(condition: Condition, circuit: Circuit) -> NeuronModel:
    """Give the LIF that another neuron replaces. Raises `UnfitError` if there is another."""
    neuron = circuit.network.neuron
    if not is_lif(neuron):
        raise UnfitError(
            condition,
            f"it replaces the built-in LIF, and the network has another neuron, {neuron.name}",
        )
    return neuron


def in_place_of(lif: NeuronModel, circuit: Circuit, neuron: NeuronModel) -> Circuit:
    """Put another neuron where the LIF was."""
    return replace(circuit, network=replace(circuit.network, neuron=neuron), replaced=lif)


def _adex_like(lif: NeuronModel, dt_input: Quantity) -> NeuronModel:
    """The `AdEx` that is the LIF."""
    p = lif.parameters
    adex = AdEx(
        g_L=_LEAK, E_L=_REST, V_T=_REST + _SPAN, Delta_T=_NO_SLOPE, a=0 * nS, b=0 * pA,
        dt_input=dt_input,
    ).with_parameters(
        C=p["tau_mem"] * _LEAK,
        V_r=_reset(p),
        refractory=p["refractory"],
        tau_syn=p["tau_syn"],
    )  # fmt: skip
    return replace(adex, initial={"v": "V_r"})


def _reset(lif: Mapping[str, Any]) -> Quantity:
    """The reset potential of a LIF whose rest is 0, in mV."""
    return _REST + _SPAN * (lif["v_reset"] / lif["v_threshold"])
