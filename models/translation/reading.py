"""What Brian2 makes of a model's text: checked, parsed, and integrated by its own state updater."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

import brian2
from brian2 import Network, NeuronGroup, Quantity, second
from brian2.core.base import BrianObjectException
from brian2.core.variables import Subexpression
from brian2.equations.equations import (
    BOOLEAN,
    DIFFERENTIAL_EQUATION,
    INTEGER,
    PARAMETER,
)
from brian2.parsing.expressions import parse_expression_dimensions
from brian2.units.fundamentalunits import Dimension
from brian2.utils.stringtools import get_identifiers

from ..brian_state import brian_runtime
from ..neurons.names import CLOCK, require_free
from ..neurons.neuron import Dynamics, NeuronModel, scalar
from ..quantities import unit_text


class TranslationError(ValueError):
    """A statement of a Brian2 model that has no equivalent in a step program."""


@dataclass(frozen=True)
class BrianModel:
    """A model as Brian2 reads it.

    Parameters
    ----------
    state
        State variables in order of declaration.
    units
        SI unit of each of them.
    conditional
        Variables marked ``(unless refractory)``: written only while not refractory.
    subexpressions
        Expressions that other statements use by name.
    update
        The update statements: abstract code of the state updater, then the model's own.
    refractory_is_time
        Whether `refractory` is a time; else it is a condition, or not given.
    scale_unit, threshold_unit
        SI units of the scale and of what the threshold compares; empty where there is none.
    """

    state: tuple[str, ...]
    units: dict[str, str]
    conditional: frozenset[str]
    subexpressions: dict[str, str]
    update: str
    refractory_is_time: bool = False
    scale_unit: str = ""
    threshold_unit: str = ""


def native_group(
    dynamics: Dynamics,
    inputs: tuple[str, ...],
    dt: Quantity,
    n: int = 1,
    declared: Mapping[str, str] | None = None,
) -> NeuronGroup:
    """Build the model as an ordinary Brian2 group.

    Its `inputs` are dimensionless variables, or what `declared` says in Brian2's equations.
    """
    lines = [(declared or {}).get(name, f"{name} : 1") for name in inputs]
    equations = brian2.Equations("\n".join([dynamics.equations, *lines]))
    spiking = (
        {
            "threshold": dynamics.threshold,
            "reset": dynamics.reset,
            "refractory": dynamics.refractory or False,
        }
        if isinstance(dynamics, NeuronModel)
        else {}
    )
    group = NeuronGroup(
        n,
        equations,
        dt=dt,
        method=dynamics.method,
        namespace={name: scalar(value) for name, value in dynamics.parameters.items()},
        **spiking,
    )
    if dynamics.update:
        group.run_regularly(dynamics.update, dt=dt, when="groups", order=1)
    return group


def read_with_brian(dynamics: Dynamics, inputs: tuple[str, ...], dt: Quantity) -> BrianModel:
    """Let Brian2 parse, check and integrate a model.

    Raises `TranslationError` with Brian2's reason where it rejects the model, and where a text
    beside the equations names what they have not, or has another unit.
    """
    group = None
    chosen = (name for name in dynamics.parameters if name != "refractory")  # as Brian2's argument
    require_free(chosen, inputs, f"a parameter of {dynamics.name}")
    with brian_runtime():
        try:
            group = native_group(dynamics, inputs, dt)
            own = group.user_equations
            assert own is not None
            _require_apart(dynamics, own)
            Network(group).run(0 * second, namespace={})  # prepares every code object
            _check_initial(dynamics, inputs, group)
            spiking = _spiking(dynamics, group) if isinstance(dynamics, NeuronModel) else {}
        except Exception as error:  # Brian2 wraps its reasons in many types
            if group is not None:
                group._network = object()  # spares a second message, that it was never used
            if isinstance(error, TranslationError):
                raise
            raise TranslationError(
                f"{dynamics.name}: Brian2 rejects it: {_reason(error, dynamics)}"
            ) from error
        kinds = (DIFFERENTIAL_EQUATION, PARAMETER)
        integration = group.state_updater.abstract_code if own.diff_eq_names else ""
        state = tuple(n for n, eq in own.items() if eq.type in kinds and n not in inputs)
        return BrianModel(
            state=state,
            units={name: unit_text(own[name].dim) for name in state},
            conditional=frozenset(n for n in state if "unless refractory" in own[n].flags),
            subexpressions={
                name: variable.expr
                for name, variable in group.variables.items()
                if isinstance(variable, Subexpression)
            },
            update="\n".join(filter(None, (integration, dynamics.update))),
            **spiking,
        )


def _require_apart(dynamics: Dynamics, own: brian2.Equations) -> None:
    """Refuse what Brian2 takes and a step program has not."""
    for name, equation in own.items():
        if name in CLOCK:
            raise TranslationError(
                f"{dynamics.name}: `{name}` must not be a variable of the equations: it is one of"
                " Brian2's own. Choose another name."
            )
        if name in dynamics.parameters:
            raise TranslationError(
                f"{dynamics.name}: `{name}` must be a parameter or a variable of the equations:"
                " it is both. Rename one of them."
            )
        if "constant over dt" in equation.flags:
            raise TranslationError(
                f"{dynamics.name}: `{name}` must not be (constant over dt), which has no"
                " counterpart in the twin. Leave the flag out, or set it in `update`."
            )
        if equation.var_type in (BOOLEAN, INTEGER) and equation.type == PARAMETER:
            raise TranslationError(
                f"{dynamics.name}: `{name}` must be a real number: it is declared"
                f" {equation.var_type}. Declare it as 1, and write floor() where it is to be whole."
            )


def _check_initial(dynamics: Dynamics, inputs: tuple[str, ...], group: NeuronGroup) -> None:
    """Let Brian2 set the initial values, which checks their names and units."""
    own = group.user_equations
    assert own is not None
    kinds = (DIFFERENTIAL_EQUATION, PARAMETER)
    settable = [name for name in own if own[name].type in kinds and name not in inputs]
    for name, text in dynamics.initial.items():
        if name not in settable:
            raise TranslationError(
                f"{dynamics.name}: `initial` must name variables of the equations, which are"
                f" {', '.join(settable)}: got {name!r}."
            )
        found = _dimensions(dynamics, "initial", text, group)
        if found != own[name].dim and text.strip() != "0":
            raise TranslationError(
                f"{dynamics.name}: `initial` must give {name} a value in"
                f" {unit_text(own[name].dim)}: got {text!r}, in {unit_text(found)}."
            )


def _spiking(neuron: NeuronModel, group: NeuronGroup) -> dict[str, Any]:
    """What Brian2 knows of threshold, scale and refractoriness."""
    found: dict[str, Any] = {"scale_unit": _unit(neuron, "scale", neuron.scale, group)}
    comparison = ast.parse(neuron.threshold.strip(), mode="eval").body
    if isinstance(comparison, ast.Compare):
        texts = map(ast.unparse, (comparison.left, *comparison.comparators))
        units = [_unit(neuron, "threshold", text, group) for text in texts]
        found["threshold_unit"] = max(units, key=lambda unit: unit != "1")  # 0 has none
    if neuron.refractory:
        unit = _unit(neuron, "refractory", neuron.refractory, group)
        found["refractory_is_time"] = unit == "second"
    return found


def _unit(dynamics: Dynamics, what: str, text: str, group: NeuronGroup) -> str:
    return unit_text(_dimensions(dynamics, what, text, group))


def _dimensions(dynamics: Dynamics, what: str, text: str, group: NeuronGroup) -> Dimension:
    """The dimensions of an expression in the model's own names."""
    try:
        names = get_identifiers(text)
        variables = group.resolve_all(names, run_namespace={}, user_identifiers=names)
        return parse_expression_dimensions(text, variables)
    except Exception as error:
        raise TranslationError(
            f"{dynamics.name}: `{what}` must be an expression of its parameters in Brian2's"
            f" language: got {text!r} ({_reason(error, dynamics)})."
        ) from error


def _reason(error: BaseException, dynamics: Dynamics) -> str:
    """What Brian2 found, in one line, with the line of the model where it does not say."""
    causes = [error]
    while causes[-1].__cause__ is not None:
        causes.append(causes[-1].__cause__)
    reasons = [cause for cause in causes if not isinstance(cause, BrianObjectException)]
    first, last = (reasons or causes)[0], causes[-1]
    if isinstance(last, KeyError) and str(last.args[0]) in _OPERATORS:
        return f"it has no operator {_OPERATORS[str(last.args[0])]}"
    text = " ".join(str(first.args[0] if isinstance(first, KeyError) else first).split())
    if "invalid syntax" in text:
        text += _reserved_word(dynamics)
    return text.rstrip(".") or type(first).__name__


_LOGIC = ("and", "or", "not", "True", "False")
_OPERATORS = {
    "BitAnd": "& (write `and`)",
    "BitOr": "| (write `or`)",
    "Invert": "~ (write `not`)",
}


def _reserved_word(dynamics: Dynamics) -> str:
    """Name a word of Python among the names of the equations, which nobody says is one."""
    words = (w for w in re.findall(r"[A-Za-z]\w*", dynamics.equations) if iskeyword(w))
    found = next((word for word in words if word not in _LOGIC), "")
    return f": {found!r} is a word of Python and no name. Choose another" if found else ""
