"""Noise of the membrane."""

import re
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from brian2 import Quantity, ms, second
from brian2.utils.stringtools import get_identifiers

from ..neurons.neuron import NeuronModel
from ..quantities import time
from .circuit import Circuit
from .condition import NOISE, Condition, UnfitError, require

_WHITE = 1e-9 * second  # far below any step, where exp(-dt/tau) is 0


@dataclass(frozen=True)
class MembraneNoise(Condition):
    """Noise on the membrane potential: an Ornstein-Uhlenbeck current of correlation time `tau` [s].

    `sd` is the standard deviation that v would have about rest from it alone, in units of the
    distance from reset to threshold, at any step: with a = exp(-dt/tau_mem) and r = exp(-dt/tau)

        n <- r n + √(1 - r²) · N(0, 1)
        v <- v + sd · scale · √((1 - a²)(1 - a r)/(1 + a r)) · n

    With tau = 0 it is white, and the number of threshold crossings depends on the step. In cortex
    in vivo, the noise of synapses is correlated over some 3 ms (excitation) to 10 ms (inhibition).

    Source: Destexhe, Rudolph, Fellous & Sejnowski, Neuroscience 107, 13 (2001): 2.7 and 10.5 ms in
    the authors' model file ``Gfluct``.
    """

    name: ClassVar[str] = "membrane-noise"
    stage: ClassVar[int] = NOISE
    draws: ClassVar[bool] = True
    sd: float = 0.1
    tau: Quantity = field(default_factory=lambda: 5 * ms)

    def __post_init__(self) -> None:
        require(self, "sd", "zero or positive", 0 <= self.sd < np.inf)
        time(self.tau, "tau", zero=True)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Add the noise to each step."""
        noisy = self.on_neuron(circuit.network.neuron)
        return replace(circuit, network=replace(circuit.network, neuron=noisy))

    def on_neuron(self, neuron: NeuronModel) -> NeuronModel:
        """The neuron with the noise. Raises `UnfitError` for one that cannot have it."""
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
        sd, tau, n = (_free(name, names) for name in ("noise_sd", "noise_tau", "noise"))
        awake = "int(not_refractory)*" if neuron.refractory else ""  # else Brian2 lacks the name
        a, r = f"exp(-dt/({neuron.time_constant}))", f"exp(-dt/{tau})"
        noise = (
            f"{n} = {r}*{n} + sqrt(1 - {r}**2)*randn()\n"
            f"v = v + {awake}{sd}*({neuron.scale})"
            f"*sqrt((1 - {a}**2)*(1 - {a}*{r})/(1 + {a}*{r}))*{n}"
        )
        return replace(
            neuron,
            equations=f"{neuron.equations}\n{n} : 1",
            update="\n".join(filter(None, (neuron.update, noise))),
            parameters={**neuron.parameters, sd: float(self.sd), tau: max(self.tau, _WHITE)},
            any_step=not neuron.is_bound_to_step,  # noise of this size fits any step
        )


def silenced(neuron: NeuronModel) -> NeuronModel:
    """The neuron with its membrane noise at a size of 0, if it has any."""
    sizes = {name: 0.0 for name in neuron.parameters if re.fullmatch(r"noise_sd0*", name)}
    return neuron.with_parameters(**sizes) if sizes else neuron


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "0"
    return name


def _names(neuron: NeuronModel) -> set[str]:
    """Every name that occurs in the text of a neuron."""
    texts = (
        *(neuron.equations, neuron.update, neuron.threshold, neuron.reset, neuron.refractory),
        *(neuron.scale, neuron.time_constant, *neuron.initial.values()),
    )
    return {name for text in texts for name in get_identifiers(text)} | {*neuron.parameters}
