"""Neurons (and any other dynamics) as Brian2 text with named parameters."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from brian2 import Quantity, get_dimensions

from ..quantities import whole_steps
from .text import brian_text, equation_text
from .values import Parameter, expression, initial_values, parameter_values, refractoriness, scalar

__all__ = [
    "CONDUCTANCES",
    "CURRENT",
    "FIRST_STEP",
    "LATE",
    "MATCHED_PERIOD",
    "METHODS",
    "SIGNS",
    "Dynamics",
    "NeuronModel",
    "Parameter",
    "require_whole_period",
    "scalar",
]

CURRENT = ("drive", "recurrent")
"""Inputs of a neuron whose synapses are currents."""

CONDUCTANCES = ("drive", "excitation", "inhibition")
"""Inputs of a neuron whose positive and negative weights act through different conductances."""

SIGNS = {"excitation": 1, "inhibition": -1}
"""Sign of the weights that act on an input, as their size, where it has one."""

MATCHED_PERIOD = "clip(refractory, dt_input, refractory + dt_input)"
"""`refractory` of a neuron that learned at the step `dt_input`, for any step; see `FIRST_STEP`.

A period below `dt_input` is as good as that step, at which no spikes are closer.
"""

FIRST_STEP = "(dt + late*(dt_input - dt)/2)"
"""What a neuron integrates in a step: in the first after its silence, where `late` is 1, half of
`dt_input` and half of `dt`, in others, where it is 0, `dt`.

A neuron crosses threshold half a step before the end of the step at which its spike is seen, on
average, and is silent for k - 1 steps more: k steps of refractoriness are (k - 1/2) dt of silence.
At another step the same period is longer, by half the difference of the steps, which is made up for
as it ends. The silence itself stays, so that a strongly driven neuron, which crosses again within a
step, spikes every k steps of `dt_input`, no earlier.
"""

LATE = "late = late*(1 - int(not_refractory))"
"""The last statement of such an update; the reset sets ``late = 1``."""

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
        Values of the constants that the equations name, with units: quantities, numbers, or text
        such as ``20 ms``; a list or an array has one value for each neuron.
    method
        Brian2's integration method for differential equations: ``exact``,
        ``exponential_euler`` or ``euler``. Unused for an explicit scheme.
    update
        Update statements of an explicit scheme, executed in order in each step, after the
        integration of the differential equations if there are any. They may use ``dt`` and
        ``int(not_refractory)``.
    initial
        Initial values by variable, as expressions of the parameters, quantities or numbers; 0
        where not given.
    any_step
        Whether weights mean the same at any simulation step. ``None``: those of differential
        equations do, and those of an explicit scheme with a parameter ``dt_input``, the step that
        they were learned at, by which it weighs its input.

    Raises
    ------
    ValueError
        If a piece of text cannot be read, or a parameter is no value that stays as it is.
    """

    name: str
    equations: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    method: str = "exact"
    update: str = ""
    initial: Mapping[str, str] = field(default_factory=dict)
    any_step: bool | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"`method` must be one of {', '.join(METHODS)}: got {self.method!r}.")
        self._take(
            equations=equation_text(self.equations),
            update=brian_text(self.update, "update"),
            parameters=parameter_values(self.parameters),
            initial=initial_values(self.initial),
        )

    @cached_property
    def _content(self) -> tuple[Hashable, ...]:
        texts = (n for n in self.__dataclass_fields__ if n not in ("parameters", "initial"))
        values = (
            (name, get_dimensions(value), np.shape(value), np.asarray(value, float).tobytes())
            for name, value in self.parameters.items()
        )
        return type(self), *(getattr(self, n) for n in texts), *self.initial.items(), *values

    def __eq__(self, other: object) -> bool:
        """Whether all texts and values are the same."""
        return isinstance(other, Dynamics) and self._content == other._content

    def __hash__(self) -> int:
        """By content, so that what is made of a model can be found again."""
        return hash(self._content)

    def _take(self, **fields: Any) -> None:
        """Put fields in the one form that everything else reads."""
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    @property
    def is_bound_to_step(self) -> bool:
        """Whether weights mean something else at another step than the one they learned at."""
        if self.any_step is None:
            return bool(self.update) and "dt_input" not in self.parameters
        return not self.any_step

    @property
    def scheme(self) -> tuple[Hashable, ...]:
        """What a step does, as a key: that of models that differ in name and values alone."""
        return self.equations, self.update, frozenset(self.parameters)

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
        Statements executed for a neuron that spiked; ``""`` or ``None`` for none.
    refractory
        Absolute refractory period: a time as a quantity or as text such as ``2*ms``, the name of a
        parameter or an expression of them, or, while it holds, a condition such as ``v > -40*mV``;
        ``""`` or ``None`` for none. A neuron that spiked at step k integrates ``unless
        refractory`` variables again from step k + refractory/dt: a period of one step is the same
        as none, unless the reset makes up for it as that of `BiasedLIF` does.
    scale
        What counts as 1 on the axis of the surrogate gradient, an expression of the parameters, a
        quantity or a number: the distance from reset to threshold, say.
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

    @property
    def scheme(self) -> tuple[Hashable, ...]:
        """See `Dynamics`."""
        return *super().scheme, self.threshold, self.reset, self.refractory, self.inputs

    @property
    def period(self) -> str:
        """The parameter that is the refractory period, ``""`` if none is."""
        if self.refractory == MATCHED_PERIOD:
            return "refractory"
        return self.refractory if self.refractory in self.parameters else ""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._take(
            threshold=brian_text(self.threshold, "threshold", empty=False),
            reset=brian_text(self.reset, "reset"),
            refractory=refractoriness(self.refractory),
            scale=expression(self.scale, "scale"),
            inputs=tuple(self.inputs),  # a list when read from JSON
        )
        if self.inputs not in (CURRENT, CONDUCTANCES):
            raise ValueError(f"`inputs` must be {CURRENT} or {CONDUCTANCES}: got {self.inputs}.")


def require_whole_period(neuron: NeuronModel, dt: Quantity, name: str) -> None:
    """Raise `ValueError`, naming the key `name`, if a refractory period is no whole number of `dt`.

    Only a period that is a parameter is checked here; any other is where it is translated.
    """
    if neuron.period:
        for period in np.atleast_1d(neuron.parameters[neuron.period]):  # type: ignore[arg-type]
            whole_steps(period, dt, name)
