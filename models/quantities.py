"""Physical quantities: text such as ``20 ms`` to Brian2 quantities and back, and their checks."""

import ast
import operator
from contextlib import suppress

import numpy as np
from brian2 import DimensionMismatchError, Quantity, get_unit, have_same_dimensions, ms, second, us
from brian2.core.namespace import DEFAULT_UNITS
from brian2.units.fundamentalunits import Dimension

_OPERATORS = {
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_NOT_A_QUANTITY = (
    ValueError, SyntaxError, KeyError, TypeError, ArithmeticError, RecursionError,
    DimensionMismatchError,
)  # fmt: skip


def parse_quantity(text: str, name: str = "value") -> Quantity:
    """Read a number with a unit, such as ``20 ms`` or ``0.5 nS/mV``.

    Units are those of Brian2. Raises `ValueError` for text that is not a number followed by a unit.
    """
    number, _, unit = str(text).strip().partition(" ")
    try:
        return Quantity(float(number) * _evaluate(ast.parse(unit or "1", mode="eval").body))
    except _NOT_A_QUANTITY:
        raise ValueError(
            f"`{name}` must be a number with a unit: got {text!r}. Write it like '20 ms'."
        ) from None


def _evaluate(node: ast.expr):
    """Evaluate a product, quotient or power of unit names."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=unit):
            return DEFAULT_UNITS[unit]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluate(operand)
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_evaluate(left), _evaluate(right))
    raise ValueError("not a unit")


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


def time(value: Quantity, name: str, *, zero: bool = False) -> Quantity:
    """Return `value` if it is a positive time; `zero` allows 0 ms. Raises `ValueError` if not."""
    if not have_same_dimensions(value, second):
        raise ValueError(
            f"`{name}` must be a time: got {value!r}, which has no unit of time."
            " Write 20*ms or '20 ms'."
        )
    smallest = float(np.min(np.asarray(value)))
    if not np.isfinite(np.asarray(value)).all() or smallest < 0 or (smallest == 0 and not zero):
        rule = "zero or positive" if zero else "positive"
        raise ValueError(f"`{name}` must be {rule}: got {value!s}.")
    return value


def whole_steps(duration: Quantity, dt: Quantity, name: str) -> int:
    """Count the steps of `dt` in `duration`. Raises `ValueError` unless they divide evenly."""
    ratio = float(np.asarray(duration)) / float(np.asarray(time(dt, "dt")))
    steps = round(ratio)
    if abs(ratio - steps) > 1e-6 * max(1.0, ratio):
        raise ValueError(
            f"`{name}` must be a whole number of steps of dt = {dt!s}: got {duration!s},"
            f" {ratio:g} steps. Change `{name}` or dt."
        )
    return steps
