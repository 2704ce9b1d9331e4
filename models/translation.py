"""Translation of Brian2 text into a step program.

The update of a model written as differential equations is the abstract code that Brian2's own state
updater generates for the chosen method; for an explicit scheme it is the statements themselves.
Whatever depends on parameters and ``dt`` alone is folded into named constants, so that new values
need no new code.
"""

from functools import lru_cache

import numpy as np
import sympy
from brian2 import Quantity, second
from brian2.core.namespace import DEFAULT_UNITS
from brian2.parsing.statements import parse_statement
from brian2.parsing.sympytools import str_to_sympy

from .brian_model import TranslationError, read_with_brian
from .neuron import Dynamics, NeuronModel
from .program import RANDOM, Assignment, Block, SpikingProgram, StepProgram, Threshold, Value
from .quantities import whole_steps

_NOT_REFRACTORY = sympy.Symbol("not_refractory", real=True)
_FUNCTIONS = (
    "abs, arccos, arcsin, arctan, ceil, clip, cos, cosh, exp, expm1, exprel, floor, int, log,"
    " log10, log1p, sign, sin, sinh, sqrt, tan, tanh; in update statements also rand and randn"
)
_SUPPORTED = {
    "exp", "expm1", "exprel", "log", "log10", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh",
    "asin", "acos", "atan", "Abs", "floor", "ceiling", "Piecewise",
}  # fmt: skip


def translate(dynamics: Dynamics, dt: Quantity) -> StepProgram:
    """Derive the step program of a synaptic filter or another model without threshold.

    Raises `TranslationError` naming the statement that cannot be expressed, and why.
    """
    return _translate(dynamics, float(dt))


@lru_cache(maxsize=64)  # by identity of the model, which is frozen
def _translate(dynamics: Dynamics, dt: float) -> StepProgram:
    translator = _Translator(dynamics, dt * second, inputs=())
    update = translator.block(translator.model.update, translator.model.conditional, random=True)
    return StepProgram(update=update, **translator.common())


def translate_neuron(neuron: NeuronModel, dt: Quantity) -> SpikingProgram:
    """Derive the step program of a neuron: update, threshold, reset, refractoriness.

    Raises `TranslationError` naming the statement that cannot be expressed, and why; `ValueError`
    if the refractory period is not a whole number of steps.
    """
    return _translate_neuron(neuron, float(dt))


@lru_cache(maxsize=64)
def _translate_neuron(neuron: NeuronModel, dt: float) -> SpikingProgram:
    translator = _Translator(neuron, dt * second, neuron.inputs)
    return SpikingProgram(
        update=translator.block(translator.model.update, translator.model.conditional, random=True),
        threshold=translator.threshold(neuron.threshold),
        reset=translator.reset(neuron.reset),
        refractory_steps=_refractory_steps(neuron, dt * second),
        scale=float(np.mean(translator.value(translator.parse(neuron.scale)))),
        **translator.common(),
    )


def _refractory_steps(neuron: NeuronModel, dt: Quantity) -> int | np.ndarray:
    if not neuron.refractory:
        return 0
    if neuron.refractory not in neuron.parameters:
        raise TranslationError(
            f"`refractory` of {neuron.name} must name a parameter that holds a time: got"
            f" {neuron.refractory!r}. Conditions are not supported."
        )
    period = neuron.parameters[neuron.refractory]
    steps = [whole_steps(p, dt, neuron.refractory) for p in np.atleast_1d(period)]
    return steps[0] if np.ndim(period) == 0 else np.array(steps)


class _Translator:
    """Turns the statements of one model into assignments and collects the constants they use."""

    def __init__(self, dynamics: Dynamics, dt: Quantity, inputs: tuple[str, ...]) -> None:
        self.dynamics = dynamics
        self.inputs = inputs
        self.model = read_with_brian(dynamics, inputs, dt)
        variables = {*self.model.state, *inputs, *self.model.subexpressions}
        units = {name: float(u) for name, u in DEFAULT_UNITS.items() if name not in variables}
        self.known: dict[str, Value] = {**units, "dt": float(dt)} | {
            name: np.asarray(value, float) if np.ndim(value) else float(value)
            for name, value in dynamics.parameters.items()
        }
        self.constants: dict[sympy.Expr, str] = {}
        self.versions: dict[str, int] = {}

    def common(self) -> dict:
        """Fields that every program has."""
        return {
            "name": self.dynamics.name,
            "state": self.model.state,
            "inputs": self.inputs,
            "initial": {
                name: self.value(self.parse(self.dynamics.initial.get(name, "0")))
                for name in self.model.state
            },
            "constants": {name: self.value(expr) for expr, name in self.constants.items()},
            "units": self.model.units,
        }

    def block(
        self, code: str, conditional: frozenset[str] = frozenset(), *, random: bool = False
    ) -> Block:
        """Translate statements in order into single assignments.

        Variables in `conditional` keep their value while refractory; `random` allows rand() and
        randn().
        """
        current: dict[sympy.Symbol, sympy.Symbol] = {}
        singular: set[sympy.Symbol] = set()  # temporaries without a value while refractory
        cases: dict[sympy.Expr, Assignment] = {}
        for line in _statements(code):
            name, operation, right, _ = map(str, parse_statement(line))
            if name == _NOT_REFRACTORY.name:  # the step itself keeps count of refractoriness
                continue
            self._refuse_bad_target(name, line)
            symbol = sympy.Symbol(name, real=True)
            before = current.get(symbol, symbol)
            expression = self.parse(right, line, random=random).xreplace(current)
            if operation != "=":
                expression = _augment(before, operation, expression, line)
            made = cases.get(expression)
            keeps = name not in conditional or (made and made.refractory == before)
            if made and keeps and expression not in singular:
                current[symbol] = expression  # another name for a value that exists
                continue
            active = self.fold(expression.xreplace({_NOT_REFRACTORY: sympy.Integer(1)}), line)
            version = self.versions[name] = self.versions.get(name, 0) + 1
            target = sympy.Symbol(f"{name}_{version}", real=True)
            if name in conditional:
                refractory = before
            else:
                silent = expression.xreplace({_NOT_REFRACTORY: sympy.Integer(0)})
                if _is_singular(silent) or not silent.free_symbols.isdisjoint(singular):
                    if name in self.model.state:
                        raise TranslationError(
                            f"{self.dynamics.name}: the statement {line!r} divides by zero while"
                            f" refractory. Mark {name} (unless refractory)."
                        )
                    singular.add(target)
                    refractory = active
                else:
                    refractory = self.fold(silent, line)
            cases[target] = Assignment(target.name, active, refractory)
            current[symbol] = target
        results = {s.name: t.name for s, t in current.items() if s.name in self.model.state}
        return Block(tuple(cases.values()), results)

    def reset(self, code: str) -> Block:
        """Translate reset statements."""
        if _NOT_REFRACTORY.name in code:
            raise TranslationError(
                f"{self.dynamics.name}: the reset uses not_refractory, which is always false for a"
                " neuron that has just spiked. Leave it out."
            )
        return self.block(code)

    def threshold(self, condition: str) -> Threshold:
        """Translate a spike condition: one comparison."""
        comparison = self.parse(condition)
        if not isinstance(comparison, sympy.Rel) or comparison.rel_op not in "<=>=":
            raise TranslationError(
                f"{self.dynamics.name}: the threshold must be one comparison such as 'v > v_th':"
                f" got {condition!r}."
            )
        left, right = comparison.gts, comparison.lts  # greater and lesser side
        return Threshold(
            self.fold(left, condition), self.fold(right, condition), comparison.rel_op in "<>"
        )

    def parse(self, text: str, line: str | None = None, *, random: bool = False) -> sympy.Expr:
        """Read an expression with Brian2's parser; subexpressions are put in, int() resolved."""
        expression = str_to_sympy(text)
        for _ in self.model.subexpressions:
            expression = expression.xreplace(
                {
                    sympy.Symbol(name, real=True): str_to_sympy(definition)
                    for name, definition in self.model.subexpressions.items()
                }
            )
        for call in expression.atoms(sympy.Function):
            replacement = _rewrite(call)
            if replacement is not None:
                expression = expression.xreplace({call: replacement})
            elif call.func.__name__ not in (_SUPPORTED | RANDOM if random else _SUPPORTED):
                raise TranslationError(
                    f"{self.dynamics.name}: the statement {(line or text)!r} uses"
                    f" {call.func.__name__}(), which cannot be used there. Functions that can:"
                    f" {_FUNCTIONS}."
                )
        return expression

    def fold(self, expression: sympy.Expr, line: str) -> sympy.Expr:
        """Replace whatever depends on parameters and dt alone by named constants."""
        if _is_singular(expression):
            raise TranslationError(f"{self.dynamics.name}: the statement {line!r} divides by zero.")
        variables = [s for s in expression.free_symbols if s.name not in self.known]
        if not variables:
            return self._constant(expression)
        coefficients = {s: sympy.diff(expression, s) for s in sorted(variables, key=str)}
        if not expression.has(sympy.Piecewise, sympy.Abs, sympy.floor, sympy.ceiling) and all(
            c.free_symbols.isdisjoint(variables) for c in coefficients.values()
        ):
            offset = expression.xreplace(dict.fromkeys(variables, sympy.Integer(0)))
            terms = [self._constant(c) * s for s, c in coefficients.items()]
            return sympy.Add(*terms, self._constant(offset))
        if isinstance(expression, sympy.Add | sympy.Mul):
            fixed = [a for a in expression.args if a.free_symbols.isdisjoint(variables)]
            moving = [a for a in expression.args if not a.free_symbols.isdisjoint(variables)]
            folded = [self.fold(a, line) for a in moving]
            return expression.func(self._constant(expression.func(*fixed)), *folded)
        if expression.is_Pow and expression.exp.is_Rational:
            return sympy.Pow(self.fold(expression.base, line), expression.exp)
        return expression.func(*(self._fold_argument(a, line) for a in expression.args))

    def _fold_argument(self, argument: sympy.Basic, line: str) -> sympy.Basic:
        if isinstance(argument, sympy.Expr):
            return self.fold(argument, line)
        if argument in (sympy.true, sympy.false):
            return argument
        return argument.func(*(self._fold_argument(a, line) for a in argument.args))

    def _constant(self, expression: sympy.Expr) -> sympy.Expr:
        if expression.is_Integer:
            return expression
        if expression.is_Symbol and expression.name in self.dynamics.parameters:
            name = self.constants.setdefault(expression, expression.name)
        else:
            name = self.constants.setdefault(expression, f"c{len(self.constants)}")
        return sympy.Symbol(name, real=True)

    def value(self, expression: sympy.Expr) -> Value:
        """Evaluate an expression of parameters and dt in float64."""
        names = sorted(s.name for s in expression.free_symbols)
        unknown = [n for n in names if n not in self.known]
        if unknown:
            raise TranslationError(
                f"{self.dynamics.name}: {expression} must depend on parameters alone: it uses"
                f" {', '.join(unknown)}."
            )
        result = sympy.lambdify(names, expression, "numpy")(*(self.known[n] for n in names))
        return float(result) if np.ndim(result) == 0 else np.asarray(result, float)

    def _refuse_bad_target(self, name: str, line: str) -> None:
        if name in self.known or name in self.inputs or name in self.model.subexpressions:
            raise TranslationError(
                f"{self.dynamics.name}: the statement {line!r} assigns to {name}, which is not a"
                " state variable."
            )


def _statements(code: str) -> list[str]:
    """Split abstract code into statements, without comments."""
    lines = (part for line in code.splitlines() for part in line.partition("#")[0].split(";"))
    return [line.strip() for line in lines if line.strip()]


def _is_singular(expression: sympy.Expr) -> bool:
    return expression.has(sympy.zoo, sympy.nan, sympy.oo)


def _rewrite(call: sympy.Function) -> sympy.Expr | None:
    """Brian2 functions that sympy knows under another form."""
    match call.func.__name__:
        case "int_" if call.args[0] == _NOT_REFRACTORY:
            return _NOT_REFRACTORY
        case "int_":
            return sympy.Piecewise((1, call.args[0]), (0, True))
        case "sqrt":
            return sympy.sqrt(call.args[0])
        case "sign":
            x = call.args[0]
            return sympy.Piecewise((1, x > 0), (-1, x < 0), (0, True))
        case "clip":
            x, low, high = call.args
            return sympy.Piecewise((low, x < low), (high, x > high), (x, True))
    return None


def _augment(before: sympy.Expr, operation: str, value: sympy.Expr, line: str) -> sympy.Expr:
    match operation:
        case "+=":
            return before + value
        case "-=":
            return before - value
        case "*=":
            return before * value
        case "/=":
            return before / value
    raise TranslationError(f"The statement {line!r} uses {operation}, which is not supported.")
