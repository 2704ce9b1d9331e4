"""Step programs written out as straight-line Python functions.

The same text runs on PyTorch tensors, on numpy arrays and, compiled, on numbers: what ``exp`` or
``select`` mean is up to the namespace it is executed in.
"""

from collections.abc import Iterable, Sequence

import sympy
from spikemodes.models.translation.program import Assignment, SpikingProgram, StepProgram
from sympy.printing.pycode import PythonCodePrinter

ACTIVE = "active"


class Printer(PythonCodePrinter):
    """Plain function names, and ``select(condition, a, b)`` for case distinctions."""

    def __init__(self) -> None:
        super().__init__({"fully_qualified_modules": False, "allow_unknown_functions": True})

    def _print_Piecewise(self, expr: sympy.Piecewise) -> str:  # noqa: N802
        *cases, (text, _) = [(self.doprint(v), self.doprint(c)) for v, c in expr.args]
        for value, condition in reversed(cases):
            text = f"select({condition}, {value}, {text})"
        return text

    def _print_Pow(self, expr: sympy.Pow, rational: bool = False) -> str:  # noqa: N802
        root = abs(expr.exp) == sympy.Rational(1, 2)
        if expr.exp.is_Integer or root:
            return super()._print_Pow(expr, rational=rational)
        return f"power({self.doprint(expr.base)}, {self.doprint(expr.exp)})"

    def _print_Abs(self, expr: sympy.Abs) -> str:  # noqa: N802
        return f"abs({self.doprint(expr.args[0])})"

    def _print_sign(self, expr: sympy.Expr) -> str:
        x = expr.args[0]
        return self.doprint(sympy.Piecewise((1, x > 0), (-1, x < 0), (0, True)))

    def _print_And(self, expr: sympy.And) -> str:  # noqa: N802
        return " & ".join(f"({self.doprint(a)})" for a in expr.args)

    def _print_Or(self, expr: sympy.Or) -> str:  # noqa: N802
        return " | ".join(f"({self.doprint(a)})" for a in expr.args)


text = Printer().doprint


def function(name: str, arguments: Sequence[str], lines: Iterable[str], results: Sequence[str]):
    """Write a function."""
    body = [*lines, f"return ({', '.join(results)}{',' if results else ''})"]
    return f"def {name}({', '.join(arguments)}):\n" + "".join(f"    {line}\n" for line in body)


def assignment_line(assignment: Assignment) -> str:
    """Write one assignment."""
    value = text(assignment.active)
    if assignment.depends_on_refractoriness:
        value = f"select({ACTIVE}, {value}, {text(assignment.refractory)})"
    return f"{assignment.target} = {value}"


def update_source(program: StepProgram) -> str:
    """``update(*state, *inputs, *draws, active, *constants) -> state``."""
    arguments = [*program.state, *program.given, ACTIVE, *program.constants]
    results = [program.update.results.get(name, name) for name in program.state]
    return function("update", arguments, map(assignment_line, program.update.assignments), results)


def threshold_source(program: SpikingProgram) -> str:
    """``threshold(*state, *constants) -> (left, right)``; a spike where left > right."""
    sides = [text(program.threshold.left), text(program.threshold.right)]
    return function("threshold", [*program.state, *program.constants], [], sides)


def awake_source(program: SpikingProgram) -> str:
    """``awake(*state, *constants)``: whether a neuron that has spiked stays refractory."""
    condition = sympy.false if program.refractory_while is None else program.refractory_while
    return function("awake", [*program.state, *program.constants], [], [text(condition)])


def reset_source(program: SpikingProgram) -> str:
    """``reset(*state, *constants) -> state`` of a neuron that spiked."""
    results = [program.reset.results.get(name, name) for name in program.state]
    arguments = [*program.state, ACTIVE, *program.constants]
    return function("reset", arguments, map(assignment_line, program.reset.assignments), results)


def expression_source(name: str, argument: str, expression: sympy.Expr) -> str:
    """A function of one argument."""
    return f"def {name}({argument}):\n    return {text(expression)}\n"
