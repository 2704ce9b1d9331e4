"""Step programs written out as Brian2 code: declarations and abstract code."""

from dataclasses import dataclass, replace

import numpy as np
import sympy
from brian2.parsing.sympytools import sympy_to_str

from .program import RANDOM, Assignment, Block, SpikingProgram, StepProgram, Threshold

_int = sympy.Function("int_")  # Brian2's name for int() in sympy


def _text(expression: sympy.Expr) -> str:
    """Write an expression for Brian2, which knows int(condition) but no case distinction."""
    return sympy_to_str(expression.replace(sympy.Piecewise, _sum_of_cases))


def _sum_of_cases(*cases: tuple[sympy.Expr, sympy.Basic]) -> sympy.Expr:
    """Products, since Brian2 2.9 writes ``and`` into numpy code where variables are arrays."""
    total, remaining = sympy.Integer(0), sympy.Integer(1)
    for value, condition in cases:
        holds = sympy.Integer(1) if condition == sympy.true else _int(condition)
        total += remaining * holds * value
        remaining *= 1 - holds
    return total


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
    threshold, reset
        Spike condition and reset; empty for a program that does not spike.
    """

    states: tuple[str, ...]
    inputs: tuple[str, ...]
    declarations: str
    update: str
    threshold: str = ""
    reset: str = ""

    @staticmethod
    def of(program: StepProgram) -> "GroupCode":
        """Write out a program."""
        code = GroupCode(
            program.state, program.inputs, _declarations(program), _statements(program.update)
        )
        if isinstance(program, SpikingProgram):
            per_neuron = np.ndim(program.refractory_steps) > 0
            period = f"refractory_period : second (constant{'' if per_neuron else ', shared'})"
            return replace(
                code,
                declarations=f"{code.declarations}\n{period}",
                threshold=_condition(program.threshold),
                reset=_statements(program.reset),
            )
        return code


def _declarations(program: StepProgram) -> str:
    """Declare states and constants, the latter open to new values."""
    lines = [f"{name} : 1" for name in program.state]
    for name, value in program.constants.items():
        lines.append(f"{name} : 1 (constant{'' if np.ndim(value) else ', shared'})")
    return "\n".join(lines)


def _statements(block: Block) -> str:
    """Write a block as abstract code; assignments are local names until the end."""
    lines: list[str] = []
    for assignment in block.assignments:
        drawn, assignment = _drawn_first(assignment)
        lines += [*drawn, f"{assignment.target} = {_case(assignment)}"]
    lines += [f"{name} = {local}" for name, local in block.results.items()]
    return "\n".join(lines)


def _drawn_first(assignment: Assignment) -> tuple[list[str], Assignment]:
    """Draw random numbers on lines of their own: Brian2 2.9 loses their arguments in case sums."""
    calls = assignment.active.atoms(sympy.Function) | assignment.refractory.atoms(sympy.Function)
    lines, names = [], {}
    for call in sorted((c for c in calls if c.func.__name__ in RANDOM), key=str):
        name = f"{assignment.target}_{call.func.__name__}"
        lines.append(f"{name} = {call.func.__name__}()")
        names[call] = sympy.Symbol(name, real=True)
    return lines, replace(
        assignment,
        active=assignment.active.xreplace(names),
        refractory=assignment.refractory.xreplace(names),
    )


def _condition(threshold: Threshold) -> str:
    sign = ">" if threshold.strict else ">="
    return f"{_text(threshold.left)} {sign} {_text(threshold.right)}"


def _case(assignment: Assignment) -> str:
    active = _text(assignment.active)
    if not assignment.depends_on_refractoriness:
        return active
    refractory = _text(assignment.refractory)
    return f"int(not_refractory)*({active}) + (1 - int(not_refractory))*({refractory})"
