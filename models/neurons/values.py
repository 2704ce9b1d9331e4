"""Values of a model as people give them: text, numbers, quantities, lists, made into one form."""

import ast
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from brian2 import DimensionMismatchError, Quantity, TimedArray
from brian2.core.functions import Function
from brian2.core.namespace import DEFAULT_UNITS

from ..quantities import evaluate, format_quantity, shorten, unit_text, with_product
from .text import brian_text

Parameter = Quantity | float
"""A scalar, or an array with one value per neuron for heterogeneous populations."""


def scalar(parameter: Parameter) -> Parameter:
    """A single value of a parameter that may be heterogeneous (for checks of dimensions)."""
    if np.ndim(parameter) == 0:
        return parameter
    return parameter[0]  # type: ignore[index]


def parameter_values(given: Any) -> dict[str, Parameter]:
    """Read the parameters of a model; see `parameter_value`."""
    return {
        name: parameter_value(value, f"parameters.{name}")
        for name, value in _named(given, "parameters").items()
    }


def parameter_value(given: Any, name: str) -> Parameter:
    """Read a parameter: a number or quantity, text such as ``20 ms``, or a list of these.

    Raises `ValueError` for what has no value, has NaN for one, or changes in time.
    """
    value = _read(given, name)
    if value is None:
        raise ValueError(_rule(name, given))
    try:
        numbers = np.asarray(value, float)
    except (TypeError, ValueError):
        raise ValueError(_rule(name, given)) from None
    if numbers.ndim > 1 or numbers.size == 0 or np.asarray(value).dtype == bool:
        raise ValueError(_rule(name, given))
    if np.isnan(numbers).any():
        raise ValueError(f"`{name}` must have a value: got NaN. Give it one.")
    if isinstance(value, Quantity) and not value.dim.is_dimensionless:
        return value
    return float(numbers) if numbers.ndim == 0 else numbers


def _read(given: Any, name: str) -> Any:
    if isinstance(given, str):
        if not any(character.isdigit() for character in given) and "inf" not in given:
            raise ValueError(_rule(name, given))
        try:
            return evaluate(given)
        except ValueError:
            raise ValueError(_rule(name, given)) from None
    if isinstance(given, TimedArray | Function) or callable(given):
        kind = "a TimedArray" if isinstance(given, TimedArray) else "a function"
        raise ValueError(
            f"`{name}` must be a number or a quantity that stays as it is: got {kind}. What"
            " changes in time comes from the trials, through `drive`."
        )
    if isinstance(given, list | tuple):
        values = [_read(value, name) for value in given]
        if not any(isinstance(value, Quantity) for value in values):
            return values
        try:
            return Quantity(values)
        except (DimensionMismatchError, TypeError, ValueError):
            raise ValueError(
                f"`{name}` must have one unit for all neurons: got {shorten(given)}."
            ) from None
    return given


def _rule(name: str, given: Any) -> str:
    return (
        f"`{name}` must be a number with a unit, or a list of them, one for each neuron: got"
        f" {shorten(given)}. Write it like '20 ms'."
    )


def initial_values(given: Any) -> dict[str, str]:
    """Read initial values by variable; see `expression`."""
    return {
        name: expression(value, f"initial.{name}")
        for name, value in _named(given, "initial").items()
    }


def expression(given: Any, name: str) -> str:
    """Write a value that may be text, a number or a quantity as Brian2's equations take it.

    ``-70 mV`` becomes ``-70*mV``; any other expression stays as it is. Raises `ValueError` for
    what is neither an expression nor one number.
    """
    if isinstance(given, str) or given is None:
        text = _multiplied(brian_text(given, name, empty=False).strip())
        if _is_expression(text):
            return text
    else:
        with suppress(TypeError, ValueError, DimensionMismatchError):
            value = Quantity(given)
            if value.ndim == 0 and not isinstance(given, bool) and not np.isnan(float(value)):
                return _written(value)
    raise ValueError(
        f"`{name}` must be an expression, a number or a quantity: got {shorten(given)}."
        " Name values that differ between neurons among the parameters."
    )


def _is_expression(text: str) -> bool:
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return not any(isinstance(node, ast.List | ast.Tuple) for node in ast.walk(tree))


def _multiplied(text: str) -> str:
    """Write ``20 ms`` as ``20*ms``, in units that Brian2's equations know."""
    product = with_product(text)
    if product == text:
        return text
    try:
        value = evaluate(product)
    except ValueError:
        return text
    names = {node.id for node in ast.walk(ast.parse(product)) if isinstance(node, ast.Name)}
    return product if names <= DEFAULT_UNITS.keys() | {"inf", "pi"} else _written(value)


def _written(value: Quantity) -> str:
    number, _, unit = format_quantity(value).partition(" ")
    if unit and unit not in DEFAULT_UNITS:
        number, unit = repr(float(value)), unit_text(value.dim)
    return f"{number}*{unit}" if unit else number


def refractoriness(given: Any) -> str:
    """Read a refractory period: ``""`` for none, a time, a parameter's name, or a condition.

    Raises `ValueError` for a number without a unit and for anything else that is none of these.
    """
    given = given.strip() if isinstance(given, str) else given
    if isinstance(given, str | float | int | None) and not given:
        return ""
    text = expression(given, "refractory")
    try:
        value = evaluate(text)
    except ValueError:
        return text  # it names parameters or variables
    if (
        value.ndim
        or value.dim != (1 * DEFAULT_UNITS["second"]).dim
        or not 0 <= float(value) < np.inf
    ):
        raise ValueError(
            "`refractory` must be a time, a parameter's name or a condition such as"
            f" 'v > -40*mV': got {shorten(given)}. Write it like '2 ms'."
        )
    return text


def _named(given: Any, what: str) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ValueError(f"`{what}` must map names to values: got {shorten(given)}.")
    for name in given:
        if not isinstance(name, str) or not name.isidentifier():
            raise ValueError(f"`{what}` must have names such as tau_m: got {shorten(name)}.")
    return given
