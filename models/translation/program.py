"""A step program: what one simulation step does to one neuron, as ordered assignments.

The common ground of the two halves: derived from a Brian2 model by `translation`, run by Brian2 in
generated C++, by the twin in PyTorch. All values are in SI units.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import sympy

from ..neurons.names import named

Value = float | np.ndarray
"""A constant: the same for all neurons, or an array with one value per neuron."""

NEVER = 2**30
"""Steps for which a neuron is refractory that only a condition makes active again."""


@dataclass(frozen=True)
class Assignment:
    """``target <- active``, or ``target <- refractory`` for a neuron that is refractory.

    Every assignment makes a new name (static single assignment), so order is the only state.
    """

    target: str
    active: sympy.Expr
    refractory: sympy.Expr

    @property
    def depends_on_refractoriness(self) -> bool:
        """Whether the two cases differ."""
        return self.active != self.refractory

    @property
    def names(self) -> set[str]:
        """Of all that either case reads."""
        return {s.name for s in self.active.free_symbols | self.refractory.free_symbols}


@dataclass(frozen=True)
class Block:
    """Assignments in order, and the name under which each changed state variable ends.

    `results` maps a state variable to the assignment target that holds its new value.
    """

    assignments: tuple[Assignment, ...]
    results: Mapping[str, str]


@dataclass(frozen=True)
class Threshold:
    """A spike occurs where ``left > right`` (``>=`` if not `strict`)."""

    left: sympy.Expr
    right: sympy.Expr
    strict: bool


@dataclass(frozen=True, eq=False)
class Folding:
    """How what is the same in every step comes from the parameters of the model.

    Parameters
    ----------
    constants, initial
        The folded constants and the initial values, by name, as expressions of parameters.
    scale
        What counts as 1 for surrogate gradients, likewise; ``None`` for a program that does not
        spike.
    refractoriness
        What decides for how long a neuron is refractory, or ``None``.
    values
        Of parameters, units and ``dt``, in SI units.
    """

    constants: Mapping[str, sympy.Expr]
    initial: Mapping[str, sympy.Expr]
    scale: sympy.Expr | None
    refractoriness: sympy.Basic | None
    values: Mapping[str, Value]

    def depending_on(self, parameters: Collection[str]) -> tuple[str, ...]:
        """Constants that change with any of these parameters, named as in generated code."""
        return tuple(
            name for name, e in self.constants.items() if _names(e).intersection(parameters)
        )

    def initial_depending_on(self, parameters: Collection[str]) -> tuple[str, ...]:
        """Initial values that do."""
        return tuple(name for name, e in self.initial.items() if _names(e).intersection(parameters))


@dataclass(frozen=True, eq=False)
class StepProgram:
    """One step of a `Dynamics`.

    Its symbols are the names of generated code (see `names`).

    Parameters
    ----------
    name
        Name of the model.
    state
        State variables, in the order of their declaration.
    inputs
        Names that are given anew in each step (``drive``, ``recurrent``).
    draws
        Names of the random numbers that the update draws anew for each neuron, in the order of
        their calls, and what each comes from: ``rand``, uniform in [0, 1), or ``randn``, standard
        normal.
    update
        What happens in the slot *groups*.
    constants
        Values of the folded constants by name.
    initial
        Initial values of the state variables.
    units
        SI unit of each state variable, as Brian2 writes it.
    folding
        How constants and initial values come from the parameters.
    """

    name: str
    state: tuple[str, ...]
    inputs: tuple[str, ...]
    draws: Mapping[str, str]
    update: Block
    constants: Mapping[str, Value]
    initial: Mapping[str, Value]
    units: Mapping[str, str]
    folding: Folding

    @property
    def variables(self) -> tuple[str, ...]:
        """State variables by the names that the model's text gives them."""
        return tuple(map(named, self.state))

    @property
    def given(self) -> tuple[str, ...]:
        """Names of all that each step is given: inputs, then random numbers."""
        return *self.inputs, *self.draws

    @property
    def is_random(self) -> bool:
        """Whether the update draws random numbers."""
        return bool(self.draws)


@dataclass(frozen=True, eq=False)
class SpikingProgram(StepProgram):
    """One step of a neuron: update, then threshold, then the reset of those that spiked.

    Parameters
    ----------
    threshold
        Evaluated on the updated state of neurons that are not refractory.
    reset
        Assignments of a neuron that spiked.
    refractory_steps
        A neuron that spiked at step k integrates again from step k + `refractory_steps`.
    refractory_while
        Or from the first step at whose beginning this condition does not hold; `refractory_steps`
        is `NEVER` then.
    scale
        Range of the threshold variable that counts as 1 for surrogate gradients.
    """

    threshold: Threshold
    reset: Block
    refractory_steps: int | np.ndarray
    scale: float
    refractory_while: sympy.Basic | None = None

    @property
    def fewest_steps(self) -> int:
        """Steps from one spike to the next, at least, of the neuron that can fire most often."""
        held = self.refractory_while is not None
        return 1 if held else max(1, int(np.min(self.refractory_steps)))

    @property
    def watched(self) -> tuple[str, ...]:
        """State variables, as the model's text names them, on which spikes depend."""
        names = {s.name for s in (self.threshold.left - self.threshold.right).free_symbols}
        return tuple(named(name) for name in self.state if name in names)

    @property
    def has_upswing(self) -> bool:
        """Whether a threshold variable makes its own growth faster or slower, as in the AdEx.

        Then its new value is not a linear function of the old one.
        """
        values: dict[str, sympy.Expr] = {}
        for a in self.update.assignments:  # what is linear case by case counts as linear
            value = a.active.replace(sympy.Piecewise, lambda *cases: sum(v for v, _ in cases))
            known = {s: values[s.name] for s in value.free_symbols if s.name in values}
            values[a.target] = value.xreplace(known)
        watched = (self.threshold.left - self.threshold.right).free_symbols
        return any(
            v in sympy.diff(values[self.update.results[v.name]], v).free_symbols
            for v in watched
            if v.name in self.update.results
        )


def _names(expression: sympy.Basic) -> set[str]:
    return {symbol.name for symbol in expression.free_symbols}  # pyright: ignore
