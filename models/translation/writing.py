"""Step programs written out as Brian2 code: declarations and abstract code."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import brian2
import numpy as np
import sympy
from brian2.parsing.sympytools import sympy_to_str

from .program import Assignment, Block, SpikingProgram, StepProgram, Threshold

_SELECT_CPP = """
template <typename A, typename B>
inline double select(const bool condition, const A first, const B second)
{
    return condition ? (double)first : (double)second;
}
"""
_SELECT_CYTHON = """
cdef inline double select(bint condition, double first, double second) noexcept nogil:
    return first if condition else second
"""


def _select() -> brian2.Function:
    """Make Brian2's case distinction, which it lacks.

    A sum of cases weighted by 0 and 1 would be NaN where the case not chosen is infinite.
    """
    select = brian2.Function(
        np.where, arg_units=[1, 1, 1], arg_types=["any", "any", "any"], return_unit=1
    )
    select.implementations.add_implementation("cpp", _SELECT_CPP)
    select.implementations.add_implementation("cython", _SELECT_CYTHON)
    return select


FUNCTIONS = {"select": _select()}
"""What generated abstract code calls beside Brian2's own functions."""

_choice = sympy.Function("select")


def _text(expression: sympy.Basic) -> str:
    """Write an expression for Brian2."""
    return sympy_to_str(expression.replace(sympy.Piecewise, _choices))


def _choices(*cases: tuple[sympy.Expr, sympy.Basic]) -> sympy.Expr:
    *others, (result, _) = cases
    for value, condition in reversed(others):
        result = _choose(condition, value, result)
    return result


def _choose(condition: sympy.Basic, first: sympy.Expr, second: sympy.Expr) -> sympy.Expr:
    """One comparison a choice: Brian2 2.9 writes ``and`` into numpy code, which has arrays."""
    match condition:
        case sympy.And(args=(one, *others)):
            return _choose(one, _choose(sympy.And(*others), first, second), second)
        case sympy.Or(args=(one, *others)):
            return _choose(one, first, _choose(sympy.Or(*others), first, second))
        case sympy.Not(args=(one,)):
            return _choose(one, second, first)
    if condition in (sympy.true, sympy.false):
        return first if condition == sympy.true else second
    return _choice(condition, first, second)


@dataclass(frozen=True)
class GroupCode:
    """A step program as the text of a Brian2 group, without its values.

    Parameters
    ----------
    states
        State variables; they and the constants are in SI units.
    inputs
        What it is given in each step, such as ``drive`` and ``recurrent``.
    declarations
        Brian2 equations that declare states and constants.
    update
        Abstract code of the slot *groups*.
    threshold, reset, refractory
        Spike condition, reset, and the refractory period or condition; empty for a program that
        does not spike.
    """

    states: tuple[str, ...]
    inputs: tuple[str, ...]
    declarations: str
    update: str
    threshold: str = ""
    reset: str = ""
    refractory: str = ""

    @staticmethod
    def of(program: StepProgram) -> "GroupCode":
        """Write out a program."""
        code = GroupCode(
            program.state,
            program.inputs,
            _declarations(program),
            _statements(program.update, program.draws),
        )
        if isinstance(program, SpikingProgram):
            code = replace(
                code, threshold=_condition(program.threshold), reset=_statements(program.reset)
            )
            if program.refractory_while is not None:
                return replace(code, refractory=_as_number(program.refractory_while))
            per_neuron = np.ndim(program.refractory_steps) > 0
            period = f"{PERIOD} : second (constant{'' if per_neuron else ', shared'})"
            return replace(code, declarations=f"{code.declarations}\n{period}", refractory=PERIOD)
        return code


PERIOD = "refractory_period"


def _as_number(condition: sympy.Basic) -> str:
    """Write a condition so that Brian2's numpy code has no ``and``."""
    return f"{_text(_choose(condition, sympy.Integer(1), sympy.Integer(0)))} > 0"


def _declarations(program: StepProgram) -> str:
    """Declare states and constants, the latter open to new values."""
    lines = [f"{name} : 1" for name in program.state]
    for name, value in program.constants.items():
        lines.append(f"{name} : 1 (constant{'' if np.ndim(value) else ', shared'})")
    return "\n".join(lines)


def _statements(block: Block, draws: Mapping[str, str] = {}) -> str:
    """Write a block as abstract code; assignments are local names until the end."""
    lines = [f"{name} = {function}()" for name, function in draws.items()]
    lines += [f"{a.target} = {_case(a)}" for a in block.assignments]
    lines += [f"{name} = {local}" for name, local in block.results.items()]
    return "\n".join(lines)


def _condition(threshold: Threshold) -> str:
    sign = ">" if threshold.strict else ">="
    return f"{_text(threshold.left)} {sign} {_text(threshold.right)}"


def _case(assignment: Assignment) -> str:
    active = _text(assignment.active)
    if not assignment.depends_on_refractoriness:
        return active
    return f"select(not_refractory, {active}, {_text(assignment.refractory)})"
