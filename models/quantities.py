"""Physical quantities: text such as ``20 ms`` to Brian2 quantities and back, and their checks."""

import ast
import operator
import re
from collections.abc import Mapping
from contextlib import suppress
from math import isfinite
from typing import Any

import brian2
import numpy as np
from brian2 import DimensionMismatchError, Quantity, get_unit, have_same_dimensions, ms, second, us
from brian2.core.namespace import DEFAULT_UNITS
from brian2.units import allunits
from brian2.units.fundamentalunits import Dimension, Unit

_SYMBOLS = {"s": "second", "V": "volt", "A": "amp", "F": "farad", "S": "siemens", "ohms": "ohm"}
UNITS: Mapping[str, Unit] = {
    name: unit
    for known in (vars(allunits), vars(brian2), DEFAULT_UNITS)
    for name, unit in known.items()
    if isinstance(unit, Unit)
}
UNITS = {**{symbol: UNITS[name] for symbol, name in _SYMBOLS.items()}, **UNITS}
"""Every unit of Brian2 by name, and those that SI writes with one letter; `DEFAULT_UNITS` are those
that equations know."""

_CONSTANTS = {"inf": np.inf, "nan": np.nan, "pi": np.pi}
_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_NOT_A_QUANTITY = (
    ValueError, SyntaxError, KeyError, TypeError, ArithmeticError, RecursionError, MemoryError,
    DimensionMismatchError,
)  # fmt: skip
_LONGEST = 10_000  # characters; Python's parser takes deep nesting badly
_LONGEST_SHOWN = 120
_NUMBER = r"(?>(?:\d[\d_]*\.?[\d_]*|\.\d+)(?:[eE][+-]?\d+)?|inf\b|nan\b)"
_HAS_NUMBER = re.compile(r"\d|\binf\b|\bnan\b")
_UNIT_FOLLOWS = re.compile(rf"((?:^|[\[,])\s*[+-]?{_NUMBER})\s*(?=[A-Za-z(]|1\s*/)")
_AS_TYPED = str.maketrans({"µ": "u", "μ": "u", "−": "-"})


def with_product(text: str) -> str:
    """Write the product that a number before its unit stands for: ``20 ms`` as ``20*ms``."""
    return _UNIT_FOLLOWS.sub(r"\1*", text.translate(_AS_TYPED).strip())


def evaluate(text: str, names: Mapping[str, Quantity | float] | None = None) -> Quantity:
    """Evaluate arithmetic of numbers, units and `names`; lists have a value for each neuron.

    Both ``20 ms`` and ``20*ms`` are products. Raises `ValueError` for anything else, such as
    unknown names, units that do not fit, or a result without a value.
    """
    known = {**UNITS, **_CONSTANTS, **(names or {})}
    try:
        if len(text) > _LONGEST:
            raise ValueError("too long")
        with np.errstate(divide="raise", over="raise", invalid="raise"):
            return Quantity(_value(ast.parse(with_product(text), mode="eval").body, known))
    except _NOT_A_QUANTITY as error:
        raise ValueError(f"{text!r} has no value ({error})") from None


def _value(node: ast.expr, known: Mapping[str, Quantity | float]):
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float() as number) if isfinite(number):
            return float(number)  # whole numbers to the power of others never end
        case ast.Name(id=name):
            return known[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, known)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand, known)
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_value(left, known), _value(right, known))
        case ast.List(elts=[_, *_] as elements):
            return Quantity([_value(element, known) for element in elements])
    raise ValueError("neither number nor unit")


def parse_quantity(text: str, name: str = "value") -> Quantity:
    """Read a number with a unit: ``20 ms``, ``20ms``, ``-70*mV``, ``0.5 nS/mV``, ``1/(20*ms)``.

    Units are those of Brian2. Raises `ValueError` for text that is not one number with a unit.
    """
    with suppress(ValueError):
        quantity = evaluate(str(text))
        if quantity.ndim == 0 and _HAS_NUMBER.search(text):
            return quantity
    raise ValueError(
        f"`{name}` must be a number with a unit: got {shorten(text)}. Write it like '20 ms'."
    )


def shorten(value: object) -> str:
    """Write what was given, in one line that is not too long for a message."""
    text = " ".join(repr(value).split())
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]} ..."


def unit_text(dimensions: Dimension) -> str:
    """Name the SI unit of `dimensions` as Brian2 spells it, ``1`` if there is none."""
    return repr(get_unit(dimensions)) if not dimensions.is_dimensionless else "1"


def format_quantity(quantity: Quantity) -> str:
    """Write a scalar quantity so that `parse_quantity` gives exactly the same value back."""
    if quantity.dim.is_dimensionless:
        return repr(float(quantity))
    units = (ms, us) if have_same_dimensions(quantity, second) else ()
    texts = [f"{float(quantity / unit):.12g} {unit!s}" for unit in units]
    texts.append(quantity.in_best_unit(precision=12).replace(". ", " "))
    for text in texts:
        with suppress(ValueError):  # Brian2's best unit of a compound dimension is not parseable
            if float(parse_quantity(text)) == float(quantity):
                return text
    return f"{float(quantity)!r} {unit_text(quantity.dim)}"


def shown(value: Any) -> str:
    """Write a value for people: a scalar quantity as `format_quantity` does, others as they are."""
    if isinstance(value, Quantity) and np.ndim(value) == 0:
        return format_quantity(value)
    return " ".join(str(value).split())


def time(value: Quantity, name: str, *, zero: bool = False) -> Quantity:
    """Return `value` if it is a positive time; `zero` allows 0 ms. Raises `ValueError` if not."""
    if not isinstance(value, Quantity) or not have_same_dimensions(value, second):
        raise ValueError(
            f"`{name}` must be a time: got {shorten(value)}, which has no unit of time."
            " Write 20*ms in Python, '20 ms' in a configuration."
        )
    smallest = float(np.min(np.asarray(value)))
    if not np.isfinite(np.asarray(value)).all() or smallest < 0 or (smallest == 0 and not zero):
        rule = "zero or positive" if zero else "positive"
        raise ValueError(f"`{name}` must be {rule}: got {shown(value)}.")
    return value


def whole_steps(duration: Quantity, dt: Quantity, name: str) -> int:
    """Count the steps of `dt` in `duration`. Raises `ValueError` unless they divide evenly."""
    ratio = float(np.asarray(duration)) / float(np.asarray(time(dt, "dt")))
    steps = round(ratio) if isfinite(ratio) else -1
    if steps < 0 or abs(ratio - steps) > 1e-6 * max(1.0, ratio):
        raise ValueError(
            f"`{name}` must be a whole number of steps of dt = {shown(dt)}: got {shown(duration)},"
            f" {ratio:g} steps. Change `{name}` or dt."
        )
    return steps


def require_finite(**arrays: np.ndarray) -> None:
    """Raise `ValueError` naming the first array that holds NaN or infinity."""
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"`{name}` must be finite: got NaN or infinity. Retrain or repair it.")
