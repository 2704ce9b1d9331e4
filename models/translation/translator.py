"""Translation of Brian2 text into a step program.

The update of a model written as differential equations is the abstract code that Brian2's own state
updater generates for the chosen method; for an explicit scheme it is the statements themselves.
Whatever depends on parameters and ``dt`` alone is folded into named constants, so that new values
need no new code.
"""

from functools import cached_property, lru_cache

import numpy as np
import sympy
from brian2 import Quantity, second
from brian2.parsing.statements import parse_statement

from ..neurons.names import coded, named, require_free
from ..neurons.neuron import Dynamics, NeuronModel
from ..quantities import whole_steps
from .expressions import NOT_REFRACTORY, ExpressionReader
from .functions import NUMERIC
from .program import (
    NEVER,
    Assignment,
    Block,
    Folding,
    SpikingProgram,
    StepProgram,
    Threshold,
    Value,
)
from .reading import TranslationError, read_with_brian

_LOG_LARGE = 20.0  # of a factor that is better part of an exponent


def translate(dynamics: Dynamics, dt: Quantity) -> StepProgram:
    """Derive the step program of a synaptic filter or another model without threshold.

    Raises `TranslationError` naming the statement that cannot be expressed, and why.
    """
    return _translate(dynamics, float(dt))


@lru_cache(maxsize=64)  # by content of the model
def _translate(dynamics: Dynamics, dt: float) -> StepProgram:
    translator = _Translator(dynamics, dt * second, inputs=())
    update = translator.block(translator.model.update, translator.model.conditional, random=True)
    return StepProgram(update=update, folding=translator.folding(), **translator.common())


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
    program = SpikingProgram(
        update=update,
        threshold=translator.threshold(neuron.threshold),
        reset=translator.reset(neuron.reset),
        refractory_steps=steps,
        refractory_while=condition,
        scale=translator.scale(neuron.scale),
        folding=translator.folding(neuron),
        **translator.common(),
    )
    _require_first_step(program)
    return program


def _require_first_step(program: SpikingProgram) -> None:
    """Raise `TranslationError` unless a step from the initial values, without input, has results.

    What is 0/0 there would be so in Brian2, too: both would agree in nothing but NaN.
    """
    if program.is_random:
        return
    values: dict[str, Value] = {
        **program.constants,
        **program.initial,
        **dict.fromkeys(program.inputs, 0.0),
    }
    with np.errstate(all="ignore"):
        for a in program.update.assignments:
            names = sorted(s.name for s in a.active.free_symbols)
            found = sympy.lambdify(names, a.active, NUMERIC)(
                *(np.asarray(values[name], float) for name in names)
            )
            values[a.target] = np.asarray(found, float)
    for state, target in program.update.results.items():
        if np.isnan(values[target]).any():
            start = ", ".join(
                f"{named(n)} = {np.ravel(v)[0]:g}" for n, v in program.initial.items()
            )
            raise TranslationError(
                f"{program.name}: {named(state)} must have a value after the first step: from"
                f" {start}, without input, it has none. Something in the update is 0/0, or a root"
                " or logarithm of what has none: change `initial`, or write it otherwise."
            )


class _Translator:
    """Turns the statements of one model into assignments and collects the constants they use."""

    def __init__(self, dynamics: Dynamics, dt: Quantity, inputs: tuple[str, ...]) -> None:
        self.dynamics = dynamics
        self.inputs = inputs
        self.model = read_with_brian(dynamics, inputs, dt)
        self.state = tuple(map(coded, self.model.state))
        self.reader = ExpressionReader(dynamics, self.model, inputs, dt)
        self.constants: dict[sympy.Expr, str] = {}
        self.versions: dict[str, int] = {}

    def common(self) -> dict:
        """Fields that every program has."""
        return {
            "name": self.dynamics.name,
            "state": self.state,
            "inputs": self.inputs,
            "draws": self.reader.draws,
            "initial": self.initial,
            "constants": {name: self.reader.value(expr) for expr, name in self.constants.items()},
            "units": {coded(name): unit for name, unit in self.model.units.items()},
        }

    def folding(self, neuron: NeuronModel | None = None) -> Folding:
        """How constants, initial values and scale come from parameters, once all are collected."""
        initial, silence = self._initial_expressions, None
        if neuron and neuron.refractory:
            silence = self.reader.parse(neuron.refractory)
            if self.model.refractory_is_time:
                silence = silence.xreplace(initial)
        return Folding(
            constants={name: expression for expression, name in self.constants.items()},
            initial={symbol.name: expression for symbol, expression in initial.items()},
            scale=self.reader.parse(neuron.scale) if neuron else None,
            refractoriness=silence,
            values=self.reader.known,
        )

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
            if name == NOT_REFRACTORY.name:  # the step itself keeps count of refractoriness
                continue
            self._refuse_bad_target(name, line)
            name = coded(name)
            symbol = sympy.Symbol(name, real=True)
            before = current.get(symbol, symbol)
            right = self.reader.name_draws(right) if random else right
            expression = self.reader.parse(right, line).xreplace(current)
            if operation != "=":
                expression = _augment(before, operation, expression, line)
            made = cases.get(expression)
            keeps = named(name) not in conditional or (made and made.refractory == before)
            if made and keeps and expression not in singular:
                current[symbol] = expression  # another name for a value that exists
                continue
            active = self.fold(expression.xreplace({NOT_REFRACTORY: sympy.Integer(1)}), line)
            version = self.versions[name] = self.versions.get(name, 0) + 1
            target = sympy.Symbol(f"{named(name)}_{version}", real=True)
            if named(name) in conditional:
                refractory = before
            else:
                silent = expression.xreplace({NOT_REFRACTORY: sympy.Integer(0)})
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
        if NOT_REFRACTORY.name in code:
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
        comparison = self.reader.parse(condition)
        if not isinstance(comparison, sympy.Rel) or comparison.rel_op not in "<=>=":
            raise TranslationError(
                f"{self.dynamics.name}: the threshold must be one comparison such as 'v > v_th':"
                f" got {condition!r}. Put further conditions into `refractory` or a variable."
            )
        self.reader.require_state(comparison, condition)
        left, right = comparison.gts, comparison.lts  # greater and lesser side
        return Threshold(
            self.fold(left, condition), self.fold(right, condition), comparison.rel_op in "<>"
        )

    def fold(self, expression: sympy.Expr, line: str) -> sympy.Expr:
        """Replace whatever depends on parameters and dt alone by named constants."""
        if _is_singular(expression):
            raise TranslationError(
                f"{self.dynamics.name}: the statement {line!r} divides by zero. Write it so that no"
                " divisor is 0."
            )
        variables = [s for s in expression.free_symbols if s.name not in self.reader.known]
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
            factor = expression.func(*fixed)
            if isinstance(expression, sympy.Mul) and isinstance(moving[0], sympy.exp):
                number, rest = factor.as_coeff_Mul()
                if number > 0 and abs(sympy.log(number)) > _LOG_LARGE:
                    # sympy takes numbers out of an exponent: back, lest the factor overflow
                    exponent = self.fold(moving[0].args[0], line) + self._constant(
                        sympy.log(number)
                    )
                    factor, moving = rest, moving[1:]
                    folded = [sympy.exp(exponent), *(self.fold(a, line) for a in moving)]
                    return expression.func(self._constant(factor), *folded)
            folded = [self.fold(a, line) for a in moving]
            return expression.func(self._constant(factor), *folded)
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
        if expression.is_Symbol and expression.name in self.reader.parameters:
            name = self.constants.setdefault(expression, expression.name)
        else:
            name = self.constants.setdefault(expression, f"c{len(self.constants)}")
        return sympy.Symbol(name, real=True)

    @cached_property
    def initial(self) -> dict[str, Value]:
        """Initial values of the state variables; one may use those that are given before it."""
        values: dict[str, Value] = {}
        for name, text in self.dynamics.initial.items():
            values[coded(name)] = self.reader.value(self.reader.parse(text), values)
        return {name: values.get(name, 0.0) for name in self.state}

    @property
    def _initial_expressions(self) -> dict[sympy.Symbol, sympy.Expr]:
        """The same as expressions of parameters alone, by the symbols of the variables."""
        before: dict[sympy.Symbol, sympy.Expr] = {}
        for name, text in self.dynamics.initial.items():
            symbol = sympy.Symbol(coded(name), real=True)
            before[symbol] = self.reader.parse(text).xreplace(before)
        return before

    def scale(self, text: str) -> float:
        """The range of the threshold variable that counts as 1 for surrogate gradients."""
        unit, wanted = self.model.scale_unit, self.model.threshold_unit
        if unit != wanted:
            raise TranslationError(
                f"{self.dynamics.name}: `scale` must have the unit of the threshold, {wanted}: got"
                f" {text!r}, in {unit}. Give the distance from reset to threshold, such as '20*mV'."
            )
        scale = float(np.mean(self.reader.value(self.reader.parse(text))))
        if not 0 < scale < np.inf:
            raise TranslationError(
                f"{self.dynamics.name}: `scale` must be positive: got {text!r}, {scale:g}. Give the"
                " distance from reset to threshold."
            )
        return scale

    def refractoriness(
        self, neuron: NeuronModel, dt: Quantity
    ) -> tuple[int | np.ndarray, sympy.Basic | None]:
        """For how many steps a neuron that spiked is refractory, or while which condition holds."""
        text = neuron.refractory
        if not text:
            return 0, None
        expression = self.reader.parse(text)
        if not self.model.refractory_is_time:
            self.reader.require_state(expression, text)
            return NEVER, self._fold_argument(expression, text)
        changing = {s.name for s in expression.free_symbols if s.name not in self.reader.known}
        written = {coded(name) for name in _targets(f"{self.model.update}\n{neuron.reset}")}
        if changing & written or changing - set(self.state):
            raise TranslationError(
                f"{self.dynamics.name}: `refractory` must be a time that does not change, or a"
                f" condition: got {text!r}. Give a parameter."
            )
        period = self.reader.value(expression, {name: self.initial[name] for name in changing})
        name = neuron.period or text
        steps = [whole_steps(p * second, dt, name) for p in np.atleast_1d(period)]
        return (steps[0] if np.ndim(period) == 0 else np.array(steps)), None

    def require_drive(self, update: Block) -> None:
        """Raise `TranslationError` unless all inputs act on the neuron."""
        used = {name for a in update.assignments for name in a.names}
        if missing := [name for name in self.inputs if name not in used]:
            raise TranslationError(
                f"{self.dynamics.name}: {missing[0]} must act on the neuron: no equation or update"
                f" statement uses it. Add `{' + '.join(self.inputs)}`, times a current where the"
                " equations want one."
            )

    def _refuse_bad_target(self, name: str, line: str) -> None:
        model = self.model
        if name in self.inputs or {name} & {*self.dynamics.parameters, *model.subexpressions}:
            raise TranslationError(
                f"{self.dynamics.name}: the statement {line!r} assigns to {name}, which is not a"
                " state variable. Declare one of another name in the equations."
            )
        if name not in model.state and name in _targets(self.dynamics.update):
            require_free([name], (), f"a variable of {self.dynamics.name}")


def _targets(code: str) -> set[str]:
    """Names that statements assign to."""
    return {str(parse_statement(line)[0]) for line in _statements(code)}


def _statements(code: str) -> list[str]:
    """Split abstract code into statements, without comments."""
    lines = (part for line in code.splitlines() for part in line.partition("#")[0].split(";"))
    return [line.strip() for line in lines if line.strip()]


def _is_singular(expression: sympy.Expr) -> bool:
    return expression.has(sympy.zoo, sympy.nan, sympy.oo)


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
    raise TranslationError(
        f"The statement {line!r} must use =, +=, -=, *= or /=: got {operation}. Write it with =."
    )
