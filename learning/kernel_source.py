"""Source of the fused kernels of one model: forward pass and adjoint, generated.

A kernel runs one time step of all N neurons of a trial as loops over contiguous arrays, so that
the compiler vectorises them and the state stays in cache; trials run in parallel. The frame is
``kernel.template``; the lines inside its loops come from the step program and its adjoint. Names
that end in an underscore belong to the kernel: Brian2 forbids them to models.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from string import Template

import numpy as np
import sympy
from spikemodes.models.program import Assignment

from .adjoint import AdjointBlock, adjoint, derivative
from .kernel_frame import (
    DRIVE,
    FED,
    LIST_INPUTS,
    TO_SPIKES,
    feedback_parts,
    filter_parts,
    indented,
    recurrent_term,
)
from .source import ACTIVE, Printer
from .step import StepModel

_FUNCTIONS = (
    "exp", "expm1", "log", "log10", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh",
    "asin", "acos", "atan",
)  # fmt: skip


class _KernelPrinter(Printer):
    """Numbers of the kernel's precision: a bare literal would promote float32 to float64."""

    def _print_Integer(self, expr):  # noqa: N802
        return f"F({expr.p})"

    # sympy has classes of their own for these three
    _print_One = _print_Zero = _print_NegativeOne = _print_Integer  # noqa: N815

    def _print_Float(self, expr):  # noqa: N802
        return f"F({float(expr)!r})"

    def _print_Pow(self, expr, rational=False):  # noqa: N802
        base, exponent = f"({self.doprint(expr.base)})", expr.exp
        if exponent == sympy.Rational(1, 2):
            return f"sqrt{base}"
        if exponent.is_Integer and 0 < abs(exponent) <= 4:
            product = "*".join([base] * abs(int(exponent)))
            return f"({product})" if exponent > 0 else f"(F(1)/({product}))"
        return f"({base}**({self.doprint(exponent)}))"


_print = _KernelPrinter().doprint


@dataclass(frozen=True)
class KernelSource:
    """The module of one model's kernels.

    Parameters
    ----------
    text
        Python source with the functions ``forward`` and ``backward``.
    saved
        State variables whose value after the update the forward pass keeps for the adjoint.
    """

    text: str
    saved: tuple[str, ...]


def kernel_source(model: StepModel, *, one_to_one: bool, peaks: bool, dtype: str) -> KernelSource:
    """Write the kernels.

    Parameters
    ----------
    model
        Neuron, filter and surrogate.
    one_to_one
        Mode i feeds back to neuron i alone (dense weights).
    peaks
        Keep the largest filtered activity of each neuron.
    dtype
        ``float32`` or ``float64``.

    Raises
    ------
    NoKernelError
        If the model uses a function without derivative.
    """
    writer = _Writer(model)
    parts = (
        writer.common(dtype)
        | writer.forward_parts()
        | writer.backward_parts(one_to_one)
        | feedback_parts(model, one_to_one)
        | filter_parts(model, peaks)
    )
    template = files("spikemodes.learning").joinpath("kernel.template").read_text()
    return KernelSource(Template(template).substitute(parts), writer.saved)


class _Writer:
    """Writes the lines that a neuron model puts into the frame."""

    def __init__(self, model: StepModel) -> None:
        self.model = model
        self.neuron = neuron = model.neuron
        self.update = adjoint(neuron.update, neuron.state, neuron.inputs, neuron.constants)
        self.reset = adjoint(neuron.reset, neuron.state, (), neuron.constants)
        left, right = neuron.threshold.left, neuron.threshold.right
        self.slopes = {
            name: derivative(left - right, sympy.Symbol(name, real=True)) for name in neuron.state
        }
        self.after = {s.name for s in (left - right).free_symbols} | self.reset.needed
        changed = set(neuron.reset.results)
        if not model.detach_reset:
            self.after |= changed | self._read_by_reset()  # the jump from value to reset value
        before = self.update.needed
        needed = self.after | before | (self._read_by_reset() if before & changed else set())
        self.saved = tuple(name for name in neuron.state if name in needed)

    def needs(self, name: str) -> bool:
        """Whether the adjoint of the update uses a variable."""
        return name in self.update.needed

    def common(self, dtype: str) -> dict[str, str]:
        """Parts that both kernels use."""
        n = self.neuron
        scalars = [name for name, value in n.constants.items() if np.ndim(value) == 0]
        x = sympy.Symbol("x", real=True)
        load = self._array_loads()
        return {
            "dtype": dtype,
            "functions": ", ".join(_FUNCTIONS),
            "surrogate": _print(sympy.sympify(self.model.surrogate.derivative(x))),
            "scalars": indented(4, (f"{name} = scalars_[{i}]" for i, name in enumerate(scalars))),
            "load_arrays": indented(20, load),
            "left": _print(n.threshold.left),
            "right": f"({_print(n.threshold.right)})",
            "compare": ">" if n.threshold.strict else ">=",
            "n_saved": str(max(1, len(self.saved))),
        }

    def forward_parts(self) -> dict[str, str]:
        """Lines of the forward kernel."""
        n = self.neuron
        place = {name: f"state_[{i}, b_, j_]" for i, name in enumerate(n.state)}
        load = [f"{name} = {place[name]}" for name in n.state]
        after = {name: n.update.results.get(name, name) for name in n.state}
        reset = [f"{place[name]} = {result}" for name, result in n.reset.results.items()]

        saved = enumerate(self.saved)
        keep = (f"saved_[{i}, b_, back_, j_] = {place[name]}" for i, name in saved)
        return {
            "load_state": indented(20, load),
            "update": indented(20, map(_assignment, n.update.assignments)),
            "store_state": indented(
                20,
                [
                    f"{', '.join(after)} = {', '.join(after.values())}",  # all at once: may swap
                    *(f"{place[name]} = {name}" for name in n.update.results),
                ],
            ),
            "save_state": indented(24, keep),
            "reset": indented(20, map(_assignment, n.reset.assignments)),
            "store_reset": indented(20, reset),
        }

    def backward_parts(self, one_to_one: bool) -> dict[str, str]:
        """Lines of the adjoint kernel."""
        n = self.neuron
        through_reset = []
        if self.reset.adjoints:
            through_reset += map(_assignment, self._reset_values())
            through_reset += _adjoint_lines(self.reset)
        if not self.model.detach_reset:
            through_reset += [
                f"g_spike_ += {name}_after_ * ({result} - {name})"
                for name, result in n.reset.results.items()
            ]
        unchanged = {
            name: [(p.adjoint, p.active) for p in partials] == [(f"after:{name}", 1)]
            for name, partials in self.reset.adjoints
        }
        place = {name: f"g_state_[{i}, b_, j_]" for i, name in enumerate(n.state)}
        store_after = []
        for name in n.state:
            slope = f" + g_distance_ * ({_print(self.slopes[name])})" if self.slopes[name] else ""
            if unchanged[name] and not slope:
                continue
            through = f"{name}_after_"
            if not unchanged[name]:
                through = _either("spike", f"{name}_adj_", through)
            store_after.append(f"{place[name]} = {through}{slope}")
        values = {"drive": DRIVE.value, "recurrent": recurrent_term(FED, one_to_one)[1]}
        inputs = [f"{name} = {values[name]}" for name in n.inputs if self.needs(name)]
        return {
            "load_after": indented(20, self._load("saved_[{}, b_, back_, j_]", self.after)),
            "seeds": indented(20, (f"{name}_after_ = {place[name]}" for name in n.state)),
            "through_reset": indented(20, through_reset),
            "store_after": indented(20, store_after),
            "middle": self._middle(one_to_one),
            "load_before": indented(20, self._load("before_[{}, j_]", self.update.needed)),
            "load_inputs": indented(20, inputs),
            "to_spikes": indented(16, TO_SPIKES.lines),
            "to_spikes_value": TO_SPIKES.value,
            "recompute": indented(20, map(_assignment, self.update.recomputed)),
            "through_update": indented(20, _adjoint_lines(self.update)),
            "store_before": indented(20, (f"{place[name]} = {name}_adj_" for name in n.state)),
        }

    def _read_by_reset(self) -> set[str]:
        """States that the reset statements read."""
        read = set().union(*(_symbols(a) for a in self.neuron.reset.assignments))
        return read & set(self.neuron.state)

    def _reset_values(self) -> tuple[Assignment, ...]:
        """Assignments of the reset that the adjoint evaluates again."""
        if self.model.detach_reset:
            return self.reset.recomputed
        return self.neuron.reset.assignments

    def _load(self, place: str, names: Iterable[str]) -> list[str]:
        return [f"{name} = {place.format(i)}" for i, name in enumerate(self.saved) if name in names]

    def _middle(self, one_to_one: bool) -> str:
        """Between the adjoint of the reset and that of the update, in one loop if possible.

        Where the update's coefficients depend on what was before, those rows are filled first.
        """
        lines = []
        if self.needs("drive"):
            lines += [LIST_INPUTS, *DRIVE.lines]
        if self.needs("recurrent"):
            lines += recurrent_term(FED, one_to_one)[0]
        before = self._before_rows()
        if not before and not lines:
            return ""
        again = ["for j_ in range(n_):", "    active = F((flags_[b_, back_, j_] >> 1) & 1)"]
        return "\n".join([before, indented(16, lines + again), indented(20, self._array_loads())])

    def _array_loads(self) -> list[str]:
        arrays = [name for name, value in self.neuron.constants.items() if np.ndim(value)]
        return [f"{name} = arrays_[{i}, j_]" for i, name in enumerate(arrays)]

    def _before_rows(self) -> str:
        """State before the update: what the last step left, after its reset."""
        n = self.neuron
        wanted = self.update.needed & set(n.state)
        if not wanted:
            return ""
        first = [
            f"before_[{i}, j_] = first_state_[{n.state.index(name)}, b_, j_]"
            for i, name in enumerate(self.saved)
            if name in wanted
        ]
        reset = [
            *self._load("saved_[{}, b_, back_ + 1, j_]", self.saved),
            *map(_assignment, n.reset.assignments),
            "spike = F(flags_[b_, back_ + 1, j_] & 1)",
        ]
        later = [
            f"before_[{i}, j_] = " + _either("spike", n.reset.results.get(name, name), name)
            for i, name in enumerate(self.saved)
            if name in wanted
        ]
        load = self._array_loads()
        return "\n".join(
            [
                indented(16, ["if step_ == 0:", "    for j_ in range(n_):"]),
                indented(24, first),
                indented(16, ["else:", "    for j_ in range(n_):"]),
                indented(24, load + reset + later),
            ]
        )


def _adjoint_lines(block: AdjointBlock) -> list[str]:
    """Evaluate adjoints, common subexpressions of their coefficients first."""
    coefficients = [
        expression
        for _, partials in block.adjoints
        for p in partials
        for expression in (p.active, p.refractory)
    ]
    names = (sympy.Symbol(f"common{i}_", real=True) for i in range(10**6))
    common, coefficients = sympy.cse(coefficients, symbols=names, list=True)
    lines = [f"{symbol} = {_print(expression)}" for symbol, expression in common]
    reduced = iter(coefficients)
    for name, partials in block.adjoints:
        terms = [_term(p.adjoint, next(reduced), next(reduced)) for p in partials]
        lines.append(f"{name}_adj_ = {' + '.join(terms) or 'F(0)'}")
    return lines


def _term(adjoint: str, active: sympy.Expr, refractory: sympy.Expr) -> str:
    name = f"{adjoint[6:]}_after_" if adjoint.startswith("after:") else f"{adjoint}_adj_"
    if active == refractory:
        return name if active == 1 else f"({_print(active)})*{name}"
    return f"({_either(ACTIVE, _print(active), _print(refractory))})*{name}"


def _assignment(assignment: Assignment) -> str:
    value = _print(assignment.active)
    if assignment.depends_on_refractoriness:
        value = _either(ACTIVE, value, _print(assignment.refractory))
    return f"{assignment.target} = {value}"


def _either(condition: str, first: str, second: str) -> str:
    """Choose by a factor of 0 or 1: compilers vectorise this where they branch on a choice."""
    return f"{condition}*({first}) + (F(1) - {condition})*({second})"


def _symbols(assignment: Assignment) -> set[str]:
    return {s.name for s in assignment.active.free_symbols | assignment.refractory.free_symbols}
