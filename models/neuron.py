"""Neurons (and any other dynamics) as Brian2 text with named parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from brian2 import Quantity

Parameter = Quantity | float
"""A scalar, or an array with one value per neuron for heterogeneous populations."""

CURRENT = ("drive", "recurrent")
"""Inputs of a neuron whose synapses are currents."""

CONDUCTANCES = ("drive", "excitation", "inhibition")
"""Inputs of a neuron whose positive and negative weights act through different conductances."""

METHODS = ("exact", "exponential_euler", "euler")
"""Brian2's integration methods that have a step program."""


@dataclass(frozen=True, eq=False)
class Dynamics:
    """State variables and how they evolve in one step, written in Brian2's language.

    Parameters
    ----------
    name
        What the model is called in files and messages.
    equations
        Brian2 equations: the differential equations, or, for an explicit scheme, the declarations
        of its variables (``v : 1``).
    parameters
        Values of the constants that the equations name, with units.
    method
        Brian2's integration method for differential equations: ``exact``,
        ``exponential_euler`` or ``euler``. Unused for an explicit scheme.
    update
        Update statements of an explicit scheme, executed in order in each step, after the
        integration of the differential equations if there are any. They may use ``dt`` and
        ``int(not_refractory)``.
    initial
        Initial values by variable, as expressions of the parameters; 0 where not given.
    """

    name: str
    equations: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    method: str = "exact"
    update: str = ""
    initial: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"`method` must be one of {', '.join(METHODS)}: got {self.method!r}.")

    def with_parameters(self, **parameters: Parameter) -> Self:
        """Change some parameters. Raises `ValueError` for a name the model does not have."""
        for name in parameters:
            if name not in self.parameters:
                raise ValueError(
                    f"`{name}` must be a parameter of {self.name}: it has"
                    f" {', '.join(self.parameters)}. Choose one of these."
                )
        return replace(self, parameters={**self.parameters, **parameters})


@dataclass(frozen=True, eq=False)
class NeuronModel(Dynamics):
    """A spiking neuron. Its input current is ``drive + recurrent``, both dimensionless.

    ``drive`` is W_in·x, held over each step of the trials; ``recurrent`` is the feedback of the
    modes. Multiply by a parameter with the right unit where the equations want a current.
    A neuron with conductances takes ``excitation`` and ``inhibition`` in place of ``recurrent``:
    what arrives through positive and through negative weights, both positive.

    Parameters
    ----------
    threshold
        Condition for a spike, one comparison such as ``v > v_threshold``.
    reset
        Statements executed for a neuron that spiked.
    refractory
        Absolute refractory period: the name of a parameter, or ``""`` for none. A neuron that
        spiked at step k integrates ``unless refractory`` variables again from step
        k + refractory/dt.
    scale
        What counts as 1 on the axis of the surrogate gradient, an expression of the parameters:
        the distance from reset to threshold, say.
    time_constant
        Membrane time constant, an expression of the parameters; only noise on v needs it.
    inputs
        `CURRENT` or `CONDUCTANCES`.
    """

    threshold: str = "v > 1"
    reset: str = "v = 0"
    refractory: str = ""
    scale: str = "1"
    time_constant: str = "tau_mem"
    inputs: tuple[str, ...] = CURRENT

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "inputs", tuple(self.inputs))  # a list when read from JSON
        if self.inputs not in (CURRENT, CONDUCTANCES):
            raise ValueError(f"`inputs` must be {CURRENT} or {CONDUCTANCES}: got {self.inputs}.")


def scalar(parameter: Parameter) -> Parameter:
    """A single value of a parameter that may be heterogeneous (for checks of dimensions)."""
    if np.ndim(parameter) == 0:
        return parameter
    return parameter[0]  # type: ignore[index]
