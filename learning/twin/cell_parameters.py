"""Parameters of neurons and filters that learn, as functions of free numbers."""

import math
from dataclasses import replace

import numpy as np
import sympy
import torch
from scipy.special import logit
from spikemodes.models.networks.network import Network
from spikemodes.models.neurons.names import coded
from spikemodes.models.translation.program import Folding, SpikingProgram, StepProgram
from torch import Tensor, nn

from ..step.backend import LearnedValues
from ..step.functions import torch_function
from ..step.source import function, text
from .bounds import Bounded


class CellParameters(nn.Module):
    """Parameters θ between bounds, and the constants of a step that follow from them.

    A positive one is ``θ = θ_0 (θ_1/θ_0)^s`` with ``s = 1/(1 + exp(-free))``, so that the same
    change of a free number is the same factor everywhere; one of either sign is
    ``θ_0 + (θ_1 - θ_0) s``. Free numbers, and what follows from them, are in double precision: at
    the start the step is the one that Brian2 runs, to the last digit or two.

    Parameters
    ----------
    found
        The parameters, their values at the start, and their bounds θ_0 and θ_1.
    neuron, filter
        Step programs of the network.
    """

    def __init__(
        self, found: tuple[Bounded, ...], neuron: SpikingProgram, filter: StepProgram
    ) -> None:
        super().__init__()
        self.found = found
        self.free = nn.ParameterDict(
            {_key(b): nn.Parameter(torch.tensor(_free(b.initial, b.low, b.high))) for b in found}
        )
        self._rounding = dict.fromkeys(self.free, 0.0)  # so that the start is the start exactly
        with torch.no_grad():
            at_start = {_key(b): torch.as_tensor(b.initial) - self.value(b) for b in found}
        self._rounding = at_start
        names = {
            owner: [coded(b.learned.parameter) for b in found if b.learned.owner == owner]
            for owner in ("neuron", "filter")
        }
        self._neuron = _Folded(neuron, names["neuron"])
        self._filter = _Folded(filter, names["filter"])

    @property
    def constants(self) -> tuple[str, ...]:
        """Constants of the neurons that learn."""
        return self._neuron.constants

    @property
    def filter_constants(self) -> tuple[str, ...]:
        """Constants of the filter that do."""
        return self._filter.constants

    def forward(self, like: Tensor) -> LearnedValues:
        """Give the constants with the present values, as tensors like another."""
        values: dict[str, dict[str, Tensor]] = {"neuron": {}, "filter": {}}
        for b in self.found:
            values[b.learned.owner][coded(b.learned.parameter)] = self.value(b)
        neuron, initial = self._neuron(values["neuron"], like)
        filter_, _ = self._filter(values["filter"], like)
        return LearnedValues(neuron, filter_, initial)

    def value(self, bounded: Bounded) -> Tensor:
        """Give the present value of a parameter, in SI units."""
        low, high = bounded.low, bounded.high
        share = torch.sigmoid(self.free[_key(bounded)])
        if low > 0:
            moved = torch.exp(math.log(low) + math.log(high / low) * share)
        else:
            moved = low + (high - low) * share
        return (moved + self._rounding[_key(bounded)]).clamp(low, high)

    def written(self, network: Network) -> Network:
        """Give the network with the present values, in the units of its model."""
        for b in self.found:
            owner = b.learned.owner
            value = b.quantity(self.value(b).detach().numpy())
            model = getattr(network, owner).with_parameters(**{b.learned.parameter: value})
            network = replace(network, **{owner: model})
        return network


class _Folded:
    """The constants and initial values of a program that depend on some of its parameters."""

    def __init__(self, program: StepProgram, parameters: list[str]) -> None:
        folding: Folding = program.folding
        self.parameters = parameters
        self.constants = folding.depending_on(parameters)
        self.initial = folding.initial_depending_on(parameters)
        expressions: list[sympy.Expr] = [
            *(folding.constants[name] for name in self.constants),
            *(folding.initial[name] for name in self.initial),
        ]
        used = {s.name for e in expressions for s in e.free_symbols}
        self.others = {
            name: torch.as_tensor(np.asarray(folding.values[name], float))
            for name in sorted(used - set(parameters))
        }
        arguments = [*parameters, *self.others]
        source = function("fold", arguments, [], list(map(text, expressions)))
        self._fold = torch_function(source, "fold")

    def __call__(
        self, values: dict[str, Tensor], like: Tensor
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        given = (values[name] for name in self.parameters)
        results = [x.to(like) for x in self._fold(*given, *self.others.values())]
        n = len(self.constants)
        return (
            dict(zip(self.constants, results[:n], strict=True)),
            dict(zip(self.initial, results[n:], strict=True)),
        )


def _key(bounded: Bounded) -> str:
    return bounded.learned.name.replace(".", ":")  # no dots in names of parameters


def _free(value: np.ndarray, low: float, high: float) -> np.ndarray:
    """Give the free number that stands for a value between bounds."""
    if low > 0:
        return logit(np.log(value / low) / math.log(high / low))
    return logit((value - low) / (high - low))
