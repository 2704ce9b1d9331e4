"""What learns beside the weights, as the kernels take it, and its gradients as they give them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from ..step.backend import LearnedValues, StepModel
from ..step.functions import torch_function
from ..step.source import function, text
from .adjoint import linear_expressions


@dataclass(frozen=True, eq=False)
class LearnedArrays:
    """Values that a pass is given in place of those of the step programs.

    Parameters
    ----------
    constants, initial
        Of the neurons, by name.
    matrix
        What a step does to the states of the filter (n × n), where the filter learns.
    """

    constants: Mapping[str, np.ndarray] = field(default_factory=dict)
    initial: Mapping[str, np.ndarray] = field(default_factory=dict)
    matrix: np.ndarray | None = None

    @staticmethod
    def of(names: tuple[str, ...], tensors: tuple[Tensor, ...]) -> "LearnedArrays":
        """Take apart what `flat` has put in a row."""
        found: dict[str, dict[str, np.ndarray]] = {"constants": {}, "initial": {}, "matrix": {}}
        for name, tensor in zip(names, tensors, strict=True):
            kind, _, key = name.partition(" ")
            found[kind][key] = tensor.detach().numpy()
        return LearnedArrays(found["constants"], found["initial"], found["matrix"].get(""))

    def gradients(
        self,
        model: StepModel,
        n_neurons: int,
        sums: np.ndarray,
        first_state: np.ndarray,
        matrix: np.ndarray,
    ) -> list[Tensor]:
        """Put the gradients in a row, in the order of `flat`.

        Parameters
        ----------
        model
            What ran.
        n_neurons
            How many neurons there are, without the spare ones behind them.
        sums
            Of each constant that learns and each neuron.
        first_state
            Adjoint of the first state (state × trial × neuron).
        matrix
            Of the filter's matrix, all sums taken.
        """

        def like(value: np.ndarray, of_each: np.ndarray) -> Tensor:
            own = of_each[:n_neurons]
            return torch.from_numpy(np.array(own if value.ndim else own.sum(), value.dtype))

        states = model.neuron.state
        return [
            *(like(self.constants[n], sums[model.learned.index(n)]) for n in self.constants),
            *(like(x, first_state[states.index(n)].sum(0)) for n, x in self.initial.items()),
            *([] if self.matrix is None else [torch.from_numpy(matrix)]),
        ]


def flat(values: LearnedValues | None, model: StepModel) -> tuple[tuple[str, ...], list[Tensor]]:
    """Put what learns in a row of tensors, and name them."""
    if values is None:
        return (), []
    found = {f"constants {name}": x for name, x in values.neuron.items()}
    found |= {f"initial {name}": x for name, x in values.initial.items()}
    if model.learned_filter:
        found["matrix "] = filter_matrix_of(model, values.filter)
    return tuple(found), list(found.values())


def filter_matrix_of(model: StepModel, learned: Mapping[str, Tensor]) -> Tensor:
    """What a step does to the states of the filter, as a function of the constants that learn.

    A row for each new state and a column for each old one, with one entry for each unit behind it
    where filters differ.
    """
    program = model.filter
    entries = linear_expressions(program.update, program.state, program.constants)
    given = {**program.constants, **learned}
    like = next(iter(learned.values()))
    source = function("matrix", list(given), [], [text(e) for row in entries for e in row])
    numbers = (torch.as_tensor(value, dtype=like.dtype) for value in given.values())
    found = torch_function(source, "matrix")(*numbers)
    rows = torch.broadcast_tensors(*(torch.as_tensor(entry, dtype=like.dtype) for entry in found))
    matrix = torch.stack(rows)
    return matrix.reshape(len(entries), len(entries), *matrix.shape[1:])
