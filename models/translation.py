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
from scipy.special import exprel as exprel_of_numbers

from .brian_model import TranslationError, read_with_brian
from .functions import exprel, without_removable
from .names import CLOCK, coded, named, require_free
from .neuron import Dynamics, NeuronModel
from .program import NEVER, RANDOM, Assignment, Block, SpikingProgram, StepProgram, Threshold, Value
from .quantities import whole_steps

_NOT_REFRACTORY = sympy.Symbol("not_refractory", real=True)
_RESERVED = ("dt", _NOT_REFRACTORY.name, "_placeholder_arg")  # the last: of rand()
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
    update = translator.block(translator.model.update, translator.model.conditional, random=True)
    translator.require_drive(update)
    steps, condition = translator.refractoriness(neuron, dt * second)
    return SpikingProgram(
        update=update,
        threshold=translator.threshold(neuron.threshold),
        reset=translator.reset(neuron.reset),
        refractory_steps=steps,
        refractory_while=condition,
        scale=translator.scale(neuron.scale),
        **translator.common(),
    )


class _Translator:
    """Turns the statements of one model into assignments and collects the constants they use."""

    def __init__(self, dynamics: Dynamics, dt: Quantity, inputs: tuple[str, ...]) -> None:
        self.dynamics = dynamics
        self.inputs = inputs
        self.model = read_with_brian(dynamics, inputs, dt)
        self.state = tuple(map(coded, self.model.state))
        self.subexpressions = {
            sympy.Symbol(coded(name), real=True): self._read(definition)
            for name, definition in self.model.subexpressions.items()
        }
        self.parameters = {coded(name): value for name, value in dynamics.parameters.items()}
        units = {name: float(u) for name, u in DEFAULT_UNITS.items()}
        self.known: dict[str, Value] = {**units, "dt": float(dt)} | {
            name: np.asarray(value, float) if np.ndim(value) else float(value)
            for name, value in self.parameters.items()
        }
        self.constants: dict[sympy.Expr, str] = {}
        self.versions: dict[str, int] = {}

    def common(self) -> dict:
        """Fields that every program has."""
        return {
            "name": self.dynamics.name,
            "state": self.state,
            "inputs": self.inputs,
            "initial": {name: self.initial(named(name)) for name in self.state},
            "constants": {name: self.value(expr) for expr, name in self.constants.items()},
            "units": {coded(name): unit for name, unit in self.model.units.items()},
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
            name = coded(name)
            symbol = sympy.Symbol(name, real=True)
            before = current.get(symbol, symbol)
            expression = self.parse(right, line, random=random).xreplace(current)
            if operation != "=":
                expression = _augment(before, operation, expression, line)
            made = cases.get(expression)
            keeps = named(name) not in conditional or (made and made.refractory == before)
            if made and keeps and expression not in singular:
                current[symbol] = expression  # another name for a value that exists
                continue
            active = self.fold(expression.xreplace({_NOT_REFRACTORY: sympy.Integer(1)}), line)
            version = self.versions[name] = self.versions.get(name, 0) + 1
            target = sympy.Symbol(f"{named(name)}_{version}", real=True)
            if named(name) in conditional:
                refractory = before
            else:
                silent = expression.xreplace({_NOT_REFRACTORY: sympy.Integer(0)})
                if _is_singular(silent) or not silent.free_symbols.isdisjoint(singular):
                    if name in self.state:
                        raise TranslationError(
                            f"{self.dynamics.name}: the statement {line!r} divides by zero while"
                            f" refractory. Mark {named(name)} (unless refractory)."
                        )
                    singular.add(target)
                    refractory = active
                else:
                    refractory = self.fold(silent, line)
            cases[target] = Assignment(target.name, active, refractory)
            current[symbol] = target
        results = {s.name: t.name for s, t in current.items() if s.name in self.state}
        return Block(tuple(cases.values()), results)

    def reset(self, code: str) -> Block:
        """Translate reset statements."""
        if _NOT_REFRACTORY.name in code:
            raise TranslationError(
                f"{self.dynamics.name}: the reset uses not_refractory, which is always false for a"
                " neuron that has just spiked. Leave it out."
            )
        block = self.block(code)
        for a in block.assignments:
            if used := {s.name for s in a.active.free_symbols} & set(self.inputs):
                raise TranslationError(
                    f"{self.dynamics.name}: the reset must use variables and parameters alone: it"
                    f" uses {', '.join(sorted(used))}."
                )
        return block

    def threshold(self, condition: str) -> Threshold:
        """Translate a spike condition: one comparison."""
        comparison = self.parse(condition)
        if not isinstance(comparison, sympy.Rel) or comparison.rel_op not in "<=>=":
            raise TranslationError(
                f"{self.dynamics.name}: the threshold must be one comparison such as 'v > v_th':"
                f" got {condition!r}."
            )
        self._require_state(comparison, condition)
        left, right = comparison.gts, comparison.lts  # greater and lesser side
        return Threshold(
            self.fold(left, condition), self.fold(right, condition), comparison.rel_op in "<>"
        )

    def parse(self, text: str, line: str | None = None, *, random: bool = False) -> sympy.Expr:
        """Read an expression with Brian2's parser; subexpressions are put in, int() resolved."""
        expression = self._read(text)
        for _ in self.subexpressions:
            expression = expression.xreplace(self.subexpressions)
        allowed = _SUPPORTED | RANDOM if random else _SUPPORTED

        def rewritten(call: sympy.Function) -> sympy.Expr:
            replacement = _rewrite(call)
            if replacement is None and call.func.__name__ not in allowed:
                name = "%" if isinstance(call, sympy.Mod) else f"{call.func.__name__}()"
                raise TranslationError(
                    f"{self.dynamics.name}: the statement {(line or text)!r} uses {name}, which"
                    f" cannot be used there. Functions that can: {_FUNCTIONS}."
                )
            return call if replacement is None else replacement

        expression = expression.replace(lambda e: isinstance(e, sympy.Function), rewritten)
        return without_removable(expression, self._is_constant)

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
            if symbol.name not in (*self.inputs, *_RESERVED, *DEFAULT_UNITS):
                own[symbol] = sympy.Symbol(coded(symbol.name), real=True)
        return expression.xreplace(own)

    def _is_constant(self, expression: sympy.Expr) -> bool:
        return all(s.name in self.known for s in expression.free_symbols)

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
        if expression.is_Symbol and expression.name in self.parameters:
            name = self.constants.setdefault(expression, expression.name)
        else:
            name = self.constants.setdefault(expression, f"c{len(self.constants)}")
        return sympy.Symbol(name, real=True)

    def value(self, expression: sympy.Expr) -> Value:
        """Evaluate an expression of parameters and dt in float64.

        Raises `TranslationError` if it uses anything else, or has no finite value although the
        parameters in it have.
        """
        names = sorted(s.name for s in expression.free_symbols)
        if unknown := [named(n) for n in names if n not in self.known]:
            raise TranslationError(
                f"{self.dynamics.name}: {_plain(expression)} must depend on parameters alone: it"
                f" uses {', '.join(unknown)}."
            )
        given = [self.known[n] for n in names]
        try:
            with np.errstate(all="ignore"):
                modules = [{"exprel": exprel_of_numbers}, "numpy"]
                result = np.asarray(sympy.lambdify(names, expression, modules)(*given), float)
        except (ArithmeticError, TypeError, ValueError):  # Python's own numbers raise
            result = np.array(np.nan)
        finite = all(np.isfinite(value).all() for value in given)
        if np.isnan(result).any() or (np.isinf(result).any() and finite):
            values = ", ".join(f"{named(n)} = {self._shown(n)}" for n in names if n != "dt")
            raise TranslationError(
                f"{self.dynamics.name}: {_plain(expression)} must have a finite value: it has none"
                f" for {values or 'any parameters'}. Where two time constants are equal, change one"
                " of them a little, or choose another method; a width must not be 0."
            )
        return float(result) if np.ndim(result) == 0 else result

    def _shown(self, name: str) -> str:
        value = self.parameters.get(name, self.known[name])
        return str(value) if np.ndim(value) == 0 else "one value per neuron"

    def initial(self, name: str) -> Value:
        """The initial value of a state variable."""
        return self.value(self.parse(self.dynamics.initial.get(name, "0")))

    def scale(self, text: str) -> float:
        """The range of the threshold variable that counts as 1 for surrogate gradients."""
        scale = float(np.mean(self.value(self.parse(text))))
        if not 0 < scale < np.inf:
            raise TranslationError(
                f"{self.dynamics.name}: `scale` must be positive: got {text!r}, {scale:g}. Give the"
                " distance from rest to threshold."
            )
        return scale

    def refractoriness(
        self, neuron: NeuronModel, dt: Quantity
    ) -> tuple[int | np.ndarray, sympy.Basic | None]:
        """For how many steps a neuron that spiked is refractory, or while which condition holds."""
        text = neuron.refractory
        if not text:
            return 0, None
        expression = self.parse(text)
        if not self.model.refractory_is_time:
            self._require_state(expression, text)
            return NEVER, self._fold_argument(expression, text)
        changing = {s.name for s in expression.free_symbols if s.name not in self.known}
        written = {coded(name) for name in _targets(f"{self.model.update}\n{neuron.reset}")}
        if changing & written or changing - set(self.state):
            raise TranslationError(
                f"{self.dynamics.name}: `refractory` must be a time that does not change, or a"
                f" condition: got {text!r}. Give a parameter."
            )
        fixed = {coded(name): self.initial(name) for name in self.model.state}
        self.known |= {name: fixed[name] for name in changing}
        period = self.value(expression)
        for name in changing:
            del self.known[name]
        steps = [whole_steps(p * second, dt, text) for p in np.atleast_1d(period)]
        return (steps[0] if np.ndim(period) == 0 else np.array(steps)), None

    def require_drive(self, update: Block) -> None:
        """Raise `TranslationError` unless all inputs act on the neuron."""
        used = {
            s.name
            for a in update.assignments
            for s in a.active.free_symbols | a.refractory.free_symbols
        }
        if missing := [name for name in self.inputs if name not in used]:
            raise TranslationError(
                f"{self.dynamics.name}: {missing[0]} must act on the neuron: no equation or update"
                f" statement uses it. Add `{' + '.join(self.inputs)}`, times a current where the"
                " equations want one."
            )

    def _require_state(self, expression: sympy.Basic, text: str) -> None:
        """Refuse inputs and random numbers where only states and parameters are known."""
        if used := {s.name for s in expression.free_symbols} & {*self.inputs, *_RESERVED}:
            raise TranslationError(
                f"{self.dynamics.name}: {text!r} must use variables and parameters alone: it uses"
                f" {', '.join(sorted(used))}."
            )

    def _refuse_bad_target(self, name: str, line: str) -> None:
        model = self.model
        if name in self.inputs or {name} & {*self.dynamics.parameters, *model.subexpressions}:
            raise TranslationError(
                f"{self.dynamics.name}: the statement {line!r} assigns to {name}, which is not a"
                " state variable."
            )
        if name not in model.state and name in _targets(self.dynamics.update):
            require_free([name], (), f"a variable of {self.dynamics.name}")


def _targets(code: str) -> set[str]:
    """Names that statements assign to."""
    return {str(parse_statement(line)[0]) for line in _statements(code)}


def _plain(expression: sympy.Basic) -> str:
    """Write an expression in the names of the model's text."""
    names = {s: sympy.Symbol(named(s.name)) for s in expression.free_symbols}
    return str(expression.xreplace(names))


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
