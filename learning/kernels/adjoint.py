"""Adjoints of step programs: reverse-mode differentiation of their assignments by sympy."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy
from spikemodes.models.translation.functions import NUMERIC
from spikemodes.models.translation.program import Assignment, Block, Value
from sympy.core.function import AppliedUndef

_WITHOUT_DERIVATIVE = (sympy.floor, sympy.ceiling, sympy.Derivative, sympy.Subs)


class NoKernelError(ValueError):
    """A program that cannot be differentiated into a kernel; the reference step still can run."""


@dataclass(frozen=True)
class Partial:
    """How an adjoint enters another: coefficient for an active and for a refractory neuron.

    `of` names the variable whose adjoint it is, and `after` says whether it is that of its value
    after the block. `constant` tells whether the coefficients depend on parameters alone.
    """

    of: str
    active: sympy.Expr
    refractory: sympy.Expr
    constant: bool = True
    after: bool = False


@dataclass(frozen=True)
class AdjointBlock:
    """The adjoint of a block, in the order of evaluation.

    Parameters
    ----------
    adjoints
        (name, partials): the adjoint of `name` is the sum of coefficient × adjoint over partials.
    needed
        Variables whose values the coefficients use: states before the block, inputs, draws.
    recomputed
        Assignments of the block that have to be evaluated again for the coefficients.
    learned
        Like `adjoints`, of the constants that learn; they come after all others.
    kept
        (assignment target, state variable): the coefficients use what the variable has become.
    """

    adjoints: tuple[tuple[str, tuple[Partial, ...]], ...]
    needed: frozenset[str]
    recomputed: tuple[Assignment, ...]
    learned: tuple[tuple[str, tuple[Partial, ...]], ...] = ()
    kept: tuple[tuple[str, str], ...] = ()

    @property
    def constant(self) -> bool:
        """Whether all coefficients of `adjoints` depend on parameters alone."""
        return all(p.constant for _, partials in self.adjoints for p in partials)


def adjoint(
    block: Block,
    state: Sequence[str],
    inputs: Sequence[str],
    constants: Iterable[str],
    learned: Collection[str] = (),
    draws: Collection[str] = (),
    results_kept: bool = False,
) -> AdjointBlock:
    """Differentiate a block with respect to the state before it, its inputs and some constants.

    The adjoints of state variables after the block come in from outside. So do their values if
    `results_kept`: then nothing is computed again that only led to them. Random numbers that it
    `draws` are variables by which nothing is differentiated.
    Raises `NoKernelError` naming a function that has no derivative.
    """
    fixed = set(constants)
    block = calls_apart(block, fixed)
    contributions: dict[str, list[Partial]] = {}
    to_learned: dict[str, list[Partial]] = {}
    for name in state:
        result = block.results.get(name, name)
        one = sympy.Integer(1)
        contributions.setdefault(result, []).append(Partial(name, one, one, after=True))
    order = []
    for a in reversed(block.assignments):
        if a.target in contributions:
            order.append((a.target, tuple(contributions.pop(a.target))))
            symbols = a.active.free_symbols | a.refractory.free_symbols
            for symbol in sorted(symbols, key=str):
                if symbol.name not in {*fixed, *draws} or symbol.name in learned:
                    coefficients = derivative(a.active, symbol), derivative(a.refractory, symbol)
                    collected = to_learned if symbol.name in learned else contributions
                    if any(coefficients):
                        used = set[sympy.Symbol]().union(*(c.free_symbols for c in coefficients))
                        constant = {s.name for s in used} <= fixed
                        collected.setdefault(symbol.name, []).append(
                            Partial(a.target, *coefficients, constant)
                        )
    for name in (*state, *inputs):
        order.append((name, tuple(contributions.get(name, ()))))
    to_constants = tuple((name, tuple(to_learned.get(name, ()))) for name in learned)
    used = {
        symbol.name
        for _, partials in (*order, *to_constants)
        for p in partials
        for symbol in p.active.free_symbols | p.refractory.free_symbols
    } - fixed
    results = {block.results[n]: n for n in state if n in block.results} if results_kept else {}
    needed, recomputed, kept = _values_of(block, used, fixed, results)
    return AdjointBlock(tuple(order), needed, recomputed, to_constants, kept)


def own_factor(block: AdjointBlock, name: str) -> AdjointBlock:
    """Give the part of an adjoint that leads from a state's new value back to its old one.

    From 1 for the new value and 0 for all others, the adjoint of `name` is ∂new/∂old.
    """
    reached = set[str]()
    forward = []
    for target, partials in block.adjoints:
        used = tuple(p for p in partials if (p.of == name if p.after else p.of in reached))
        if used:
            reached.add(target)
            forward.append((target, used))
    wanted, kept = {name}, []
    for target, partials in reversed(forward):
        if target in wanted:
            wanted |= {p.of for p in partials if not p.after}
            kept.append((target, partials))
    adjoints = tuple(reversed(kept)) if name in reached else ((name, ()),)
    return replace(block, adjoints=adjoints, learned=())


def calls_apart(block: Block, fixed: set[str]) -> Block:
    """Give each call of a function of variables an assignment of its own.

    Then coefficients are products of values and derivatives of single calls, as in automatic
    differentiation: sympy would write exp(x)² as exp(2 x), which overflows where their quotient
    does not.
    """
    apart: dict[sympy.Expr, sympy.Symbol] = {}
    assignments: list[Assignment] = []

    def of_its_own(call: sympy.Expr) -> sympy.Expr:
        if {s.name for s in call.free_symbols} <= fixed:
            return call
        if call not in apart:
            apart[call] = sympy.Symbol(f"call{len(apart)}_", real=True)
            assignments.append(Assignment(apart[call].name, call, call))
        return apart[call]

    for a in block.assignments:
        cases = (
            case.replace(is_call, of_its_own) if case.has(sympy.Function) else case
            for case in (a.active, a.refractory)
        )
        assignments.append(Assignment(a.target, *cases))
    return replace(block, assignments=tuple(assignments))


def is_call(expression: sympy.Basic) -> bool:
    """Whether an expression is a call of a smooth function."""
    return isinstance(expression, sympy.Function) and not isinstance(
        expression,
        (sympy.Piecewise, sympy.Abs, sympy.sign, sympy.floor, sympy.ceiling, AppliedUndef),
    )


def derivative(expression: sympy.Expr, symbol: sympy.Symbol) -> sympy.Expr:
    """Differentiate, or raise `NoKernelError` naming the function that stands in the way."""
    result = sympy.diff(expression, symbol)
    found = (expression if symbol in expression.free_symbols else result).atoms(
        *_WITHOUT_DERIVATIVE
    )
    if found:
        name = type(found.pop()).__name__
        raise NoKernelError(f"{name}() has no derivative that a kernel could use")
    return result


def _values_of(
    block: Block, used: set[str], fixed: set[str], results: Mapping[str, str]
) -> tuple[frozenset[str], tuple[Assignment, ...], tuple[tuple[str, str], ...]]:
    """Which values from before the block, which assignments and which results give `used` ones."""
    used, again, kept = set(used), [], []
    for a in reversed(block.assignments):
        if a.target in used:
            used.remove(a.target)
            if a.target in results:
                kept.append((a.target, results[a.target]))
            else:
                used |= a.names - fixed
                again.append(a)
    return frozenset(used), tuple(reversed(again)), tuple(reversed(kept))


def linear_map(
    block: Block, state: Sequence[str], constants: Mapping[str, Value]
) -> list[list[Value]]:
    """The matrix of a linear block: row per new state, column per old.

    Its entries are numbers, or arrays where constants are.

    Raises `NoKernelError` if the block is not linear.
    """
    return _rows(block, state, constants, lambda factor: _number(factor, constants))


def linear_expressions(
    block: Block, state: Sequence[str], constants: Iterable[str]
) -> list[list[sympy.Expr]]:
    """The same as expressions of the constants."""
    return _rows(block, state, constants, lambda factor: factor)


def _rows(
    block: Block,
    state: Sequence[str],
    constants: Iterable[str],
    value_of: Callable[[sympy.Expr], Any],
) -> list[list[Any]]:
    differentiated = adjoint(block, state, (), constants)
    if differentiated.needed or any(_from_nothing(block, state)):
        raise NoKernelError("a synaptic filter that is not linear has no kernel")
    matrix = []
    for name in state:
        seeds = {n: value_of(sympy.Integer(int(n == name))) for n in state}
        values: dict[str, Any] = {}
        for target, partials in differentiated.adjoints:
            values[target] = sum(
                value_of(p.active) * (seeds if p.after else values)[p.of] for p in partials
            )
        matrix.append([values[n] for n in state])
    return matrix


def _from_nothing(block: Block, state: Sequence[str]) -> list[sympy.Expr]:
    """What states that are all 0 become."""
    zero: sympy.Expr = sympy.Integer(0)
    values = {sympy.Symbol(name, real=True): zero for name in state}
    for a in block.assignments:
        values[sympy.Symbol(a.target, real=True)] = a.active.xreplace(values)
    return [values[sympy.Symbol(block.results.get(name, name), real=True)] for name in state]


def _number(expression: sympy.Expr, constants: Mapping[str, Value]) -> Value:
    """The value of an expression of constants: an array if one of them is."""
    used = {s: constants[s.name] for s in expression.free_symbols}
    if any(np.ndim(value) for value in used.values()):
        return sympy.lambdify(list(used), expression, NUMERIC)(*used.values())
    return float(expression.xreplace(used))
