"""Expressions of a model's text: read by Brian2's parser, in the names of generated code."""

import re
from collections.abc import Mapping

import numpy as np
import sympy
from brian2 import Quantity
from brian2.core.namespace import DEFAULT_UNITS
from brian2.parsing.sympytools import str_to_sympy
from sympy.logic.boolalg import Boolean

from ..neurons.names import CLOCK, coded, named
from ..neurons.neuron import Dynamics
from .functions import NUMERIC, exprel, without_removable
from .program import Value
from .reading import BrianModel, TranslationError

NOT_REFRACTORY = sympy.Symbol("not_refractory", real=True)
_RESERVED = ("dt", NOT_REFRACTORY.name)
_DRAW = re.compile(r"\b(randn?)\s*\(\s*\)")
_FUNCTIONS = (
    "abs, arccos, arcsin, arctan, ceil, clip, cos, cosh, exp, expm1, exprel, floor, int, log,"
    " log10, log1p, sign, sin, sinh, sqrt, tan, tanh; in update statements also rand and randn"
)
_SUPPORTED = {
    "exp", "expm1", "exprel", "log", "log10", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh",
    "asin", "acos", "atan", "Abs", "floor", "ceiling", "Piecewise",
}  # fmt: skip


class ExpressionReader:
    """Reads the expressions of one model, and knows the values of its parameters.

    Parameters
    ----------
    dynamics
        The model.
    model
        What Brian2 makes of it.
    inputs
        What it is given in each step.
    dt
        The step [s].
    """

    def __init__(
        self, dynamics: Dynamics, model: BrianModel, inputs: tuple[str, ...], dt: Quantity
    ) -> None:
        self.dynamics = dynamics
        self.inputs = inputs
        self.draws: dict[str, str] = {}
        self.subexpressions = {
            sympy.Symbol(coded(name), real=True): self._read(definition)
            for name, definition in model.subexpressions.items()
        }
        self.parameters = {coded(name): value for name, value in dynamics.parameters.items()}
        units = {name: float(u) for name, u in DEFAULT_UNITS.items()}
        self.known: dict[str, Value] = {**units, "dt": float(dt)} | {
            name: np.asarray(value, float) if np.ndim(value) else float(value)
            for name, value in self.parameters.items()
        }

    def name_draws(self, text: str) -> str:
        """Write a variable in place of each call of rand() and randn(); `draws` keeps them."""

        def name(call: re.Match[str]) -> str:
            found = f"{call[1]}_{len(self.draws)}"
            self.draws[found] = call[1]
            return found

        return _DRAW.sub(name, text)

    def parse(self, text: str, line: str | None = None) -> sympy.Expr:
        """Read an expression with Brian2's parser; subexpressions are put in, int() resolved."""
        expression = self._read(text)
        for _ in self.subexpressions:
            expression = expression.xreplace(self.subexpressions)
        for call in expression.atoms(sympy.Function):
            if call.func.__name__ not in _SUPPORTED:
                name = "%" if isinstance(call, sympy.Mod) else f"{call.func.__name__}()"
                raise TranslationError(
                    f"{self.dynamics.name}: the statement {(line or text)!r} uses {name}, which"
                    f" cannot be used there. Functions that can: {_FUNCTIONS}."
                )
        return without_removable(expression, self.is_constant)

    def _read(self, text: str) -> sympy.Expr:
        """Read an expression; names that the model chose are coded (see `names`)."""
        try:
            expression = sympy.sympify(str_to_sympy(text))
        except Exception as error:  # its parser lets many kinds through
            reason = " ".join(str(error).split())
            raise TranslationError(
                f"{self.dynamics.name}: {text!r} must be an expression in Brian2's language:"
                f" {reason}."
            ) from None
        own = {}
        for symbol in expression.free_symbols:
            if symbol.name in CLOCK:
                raise TranslationError(
                    f"{self.dynamics.name}: {text!r} uses {symbol.name}, which the twin does not"
                    " have. Give what changes in time as an input channel, what differs between"
                    " neurons as a parameter with one value for each."
                )
            if symbol.name not in (*self.inputs, *self.draws, *_RESERVED, *DEFAULT_UNITS):
                own[symbol] = sympy.Symbol(coded(symbol.name), real=True)
        expression = expression.xreplace(own)
        return expression.replace(lambda e: isinstance(e, sympy.Function), _rewrite)

    def is_constant(self, expression: sympy.Expr) -> bool:
        """Whether it depends on parameters and dt alone."""
        return all(s.name in self.known for s in expression.free_symbols)

    def value(self, expression: sympy.Expr, also: Mapping[str, Value] | None = None) -> Value:
        """Evaluate an expression of parameters, dt and what is known `also`, in float64.

        Raises `TranslationError` if it uses anything else, or has no finite value although the
        parameters in it have.
        """
        known = {**self.known, **(also or {})}
        names = sorted(s.name for s in expression.free_symbols)
        if unknown := [named(n) for n in names if n not in known]:
            raise TranslationError(
                f"{self.dynamics.name}: {_plain(expression)} must depend on parameters alone: it"
                f" uses {', '.join(unknown)}."
            )
        given = [known[n] for n in names]
        try:
            with np.errstate(all="ignore"):
                result = np.asarray(sympy.lambdify(names, expression, NUMERIC)(*given), float)
        except (ArithmeticError, TypeError, ValueError):  # Python's own numbers raise
            result = np.array(np.nan)
        finite = all(np.isfinite(value).all() for value in given)
        if np.isnan(result).any() or (np.isinf(result).any() and finite):
            values = ", ".join(
                f"{named(n)} = {self._shown(n, known[n])}" for n in names if n != "dt"
            )
            raise TranslationError(
                f"{self.dynamics.name}: {_plain(expression)} must have a finite value: it has none"
                f" for {values or 'any parameters'}. Where two time constants are equal, change one"
                " of them a little, or choose another method; a width must not be 0."
            )
        return float(result) if np.ndim(result) == 0 else result

    def _shown(self, name: str, number: Value) -> str:
        value = self.parameters.get(name, number)
        return str(value) if np.ndim(value) == 0 else "one value per neuron"

    def require_state(self, expression: sympy.Basic, text: str) -> None:
        """Refuse inputs and random numbers where only states and parameters are known."""
        if used := {s.name for s in expression.free_symbols} & {*self.inputs, *_RESERVED}:
            raise TranslationError(
                f"{self.dynamics.name}: {text!r} must use variables and parameters alone: it uses"
                f" {', '.join(sorted(used))}. Compute it in the equations or in `update`."
            )


def _plain(expression: sympy.Basic) -> str:
    """Write an expression in the names of the model's text."""
    names = {s: sympy.Symbol(named(s.name)) for s in expression.free_symbols}
    return str(expression.xreplace(names))


def _rewrite(call: sympy.Function) -> sympy.Expr:
    """Brian2 functions that sympy knows under another form; any other as it is."""
    match call.func.__name__:
        case "int_" if call.args[0] == NOT_REFRACTORY:
            return NOT_REFRACTORY
        case "int_" if isinstance(call.args[0], Boolean):
            return sympy.Piecewise((1, call.args[0]), (0, True))
        case "int_":
            x = call.args[0]  # towards 0
            return sympy.Piecewise((sympy.floor(x), x >= 0), (sympy.ceiling(x), True))
        case "exprel":
            return exprel(call.args[0])
        case "sqrt":
            return sympy.sqrt(call.args[0])
        case "sign":
            x = call.args[0]
            return sympy.Piecewise((1, x > 0), (-1, x < 0), (0, True))
        case "clip":
            x, low, high = call.args
            return sympy.Piecewise((low, x < low), (high, x > high), (x, True))
    return call
