"""Lines of generated kernels that belong to the neuron: its step, and the adjoint of the step.

Names that end in an underscore belong to the kernel: Brian2 forbids them to models.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from importlib.resources import files

import numpy as np
import sympy
import torch
from spikemodes.models.translation.program import Assignment

from ..step.backend import StepModel
from ..step.functions import LARGEST_EXPONENT, exprel_slope_series
from ..step.source import ACTIVE, Printer
from .adjoint import AdjointBlock, Partial, adjoint, derivative, is_call, own_factor
from .draw_lines import draw_loads, fill_rows, rows
from .frame_lines import indented

_FUNCTIONS = (
    "exp", "expm1", "log", "log10", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh",
    "asin", "acos", "atan",
)  # fmt: skip
_CAPPED = ("exp", "expm1", "sinh", "cosh")
"""Functions that overflow: the kernels have versions of their own, as the reference step has."""

_VECTORISED = ("exp", "expm1", "log", "log1p")
"""Functions that ``single.template`` has in single precision, as arithmetic."""


_X = sympy.Symbol("x", real=True)


class _KernelPrinter(Printer):
    """Numbers of the kernel's precision: a bare literal would promote float32 to float64."""

    def _print_Integer(self, expr):  # noqa: N802
        return f"F({expr.p})"

    # sympy has classes of their own for these three
    _print_One = _print_Zero = _print_NegativeOne = _print_Integer  # noqa: N815

    def _print_Rational(self, expr):  # noqa: N802
        return f"F({expr.p / expr.q!r})"

    _print_Half = _print_Rational  # noqa: N815

    def _print_NumberSymbol(self, expr):  # noqa: N802
        return f"F({float(expr)!r})"

    _print_Pi = _print_Exp1 = _print_NumberSymbol  # noqa: N815

    def _print_Float(self, expr):  # noqa: N802
        return f"F({float(expr)!r})"

    def _print_Pow(self, expr, rational=False):  # noqa: N802
        base, exponent = f"({self.doprint(expr.base)})", expr.exp
        if exponent == sympy.Rational(1, 2):
            return f"sqrt{base}"
        if exponent == -sympy.Rational(1, 2):
            return f"(F(1)/sqrt{base})"
        if exponent.is_Integer and 0 < abs(exponent) <= 4:
            product = "*".join([base] * abs(int(exponent)))
            return f"({product})" if exponent > 0 else f"(F(1)/({product}))"
        return f"({base}**({self.doprint(exponent)}))"


code = _KernelPrinter().doprint


class NeuronLines:
    """Writes what a neuron model puts into the frame of a kernel.

    Raises `NoKernelError` for a model that uses a function without derivative.
    """

    def __init__(self, model: StepModel) -> None:
        self.model = model
        self.neuron = neuron = model.neuron
        learned = model.learned
        self.update = adjoint(
            neuron.update,
            neuron.state,
            neuron.inputs,
            neuron.constants,
            learned,
            neuron.draws,
            results_kept=True,
        )
        self.reset = adjoint(neuron.reset, neuron.state, (), neuron.constants, learned)
        left, right = neuron.threshold.left, neuron.threshold.right
        self.slopes = {
            name: derivative(left - right, sympy.Symbol(name, real=True)) for name in neuron.state
        }
        self.after = {s.name for s in (left - right).free_symbols} | self.reset.needed
        self.watched = tuple(
            name for name in neuron.state if self.slopes[name] and name in neuron.update.results
        )
        """Changing variables on which spikes depend."""
        if not model.detach_reset:  # the jump from value to reset value
            self.after |= set(neuron.reset.results) | self.read_by_reset
        self.bounded = self.update.constant and self.reset.constant
        """Whether no value can overflow, so that weighing by 0 chooses."""

    @cached_property
    def read_by_reset(self) -> set[str]:
        """States that the reset statements read."""
        read = {name for a in self.neuron.reset.assignments for name in a.names}
        return read & set(self.neuron.state)

    @cached_property
    def calls(self) -> bool:
        """Whether a step calls a function of variables, such as exp."""
        n = self.neuron
        assignments = (*n.update.assignments, *n.reset.assignments)
        expressions = [
            *(case for a in assignments for case in (a.active, a.refractory)),
            *(n.threshold.left, n.threshold.right, self.model.surrogate.derivative(_X)),
            *([] if n.refractory_while is None else [n.refractory_while]),
        ]
        return any(is_call(call) for e in expressions for call in e.atoms(sympy.Function))

    def needs(self, name: str) -> bool:
        """Whether the adjoint of the update uses a variable."""
        return name in self.update.needed

    def common(self, dtype: str, inputs: str) -> dict[str, str]:
        """Parts that every kernel uses."""
        n = self.neuron
        scalars = [name for name, value in n.constants.items() if np.ndim(value) == 0]
        single = dtype == "float32" and self.calls
        here = files("spikemodes.learning.kernels")
        return {
            "dtype": dtype,
            "inputs": inputs,
            "functions": ", ".join(
                f"{name} as plain_{name}" if name in _CAPPED else name
                for name in _FUNCTIONS
                if not (single and name in _VECTORISED)
            ),
            "helpers": here.joinpath("single.template").read_text() if single else "",
            "largest_exponent": repr(LARGEST_EXPONENT[getattr(torch, dtype)]),
            "series": ", ".join(f"F({x!r})" for x in exprel_slope_series()),
            "surrogate": code(sympy.sympify(self.model.surrogate.derivative(_X))),
            "scalars": indented(4, (f"{name} = scalars_[{i}]" for i, name in enumerate(scalars))),
            "load_arrays": indented(16, self.array_loads()),
            "left": code(n.threshold.left),
            "right": f"({code(n.threshold.right)})",
            "compare": ">" if n.threshold.strict else ">=",
        }

    def results(self, place: str, order: Sequence[str]) -> list[str]:
        """Read what the adjoint of the update uses of the states after it, as `loads` does."""
        return [f"{target} = {place.format(order.index(n))}" for target, n in self.update.kept]

    def array_loads(self) -> list[str]:
        """Constants with one value per neuron."""
        arrays = [name for name, value in self.neuron.constants.items() if np.ndim(value)]
        return [f"{name} = arrays_[{i}, j_]" for i, name in enumerate(arrays)]

    def forward_parts(self) -> dict[str, str]:
        """Lines of the step itself."""
        n = self.neuron
        place = {name: f"state_[{i}, b_, j_]" for i, name in enumerate(n.state)}
        after = {name: n.update.results.get(name, name) for name in n.state}
        reset = [f"{place[name]} = {result}" for name, result in n.reset.results.items()]
        update = (assignment_line(a, _if_awake) for a in n.update.assignments)
        return {
            "draws": rows(n, n.draws),
            "draw": fill_rows(n, n.draws, "slot_ == 0 or step_ == 0"),
            "awake": indented(16, self._awake()),
            "load_state": indented(16, [f"{name} = {place[name]}" for name in n.state]),
            "update": indented(16, [*draw_loads(n, n.draws), *update]),
            "after_update": indented(  # all at once: may swap
                16, [f"{', '.join(after)} = {', '.join(after.values())}"]
            ),
            "store_state": indented(16, (f"{place[name]} = {name}" for name in n.update.results)),
            "reset": indented(16, map(assignment_line, n.reset.assignments)),
            "store_reset": indented(16, reset),
        }

    def _awake(self) -> list[str]:
        """Tell whether a neuron integrates; one that has woken by a condition stays awake."""
        until, condition = "silent_[b_, j_]", self.neuron.refractory_while
        awake = f"awake_ = {until} <= k_"
        if condition is None:
            return [awake]
        return [
            f"{awake} or ({until} != SPARE and not ({code(condition)}))",
            f"{until} = select(awake_, min({until}, k_), {until})",
        ]

    def through_threshold(self, place: Mapping[str, str]) -> list[str]:
        """From the adjoints after the reset, and of the spike, to those after the update.

        Adjoints come in as ``<name>_after_`` and ``g_spike_``; `place` says where each goes.
        """
        n, lines = self.neuron, []
        if self.model.forgets:
            beyond = f"{self._distance()} > F(0)"
            lines += [f"{v}_after_ = select({beyond}, F(0), {v}_after_)" for v in self.watched]
        if self.reset.adjoints:
            known = () if self.model.detach_reset else n.reset.assignments
            targets = {a.target for a in known}
            again = [*known, *(a for a in self.reset.recomputed if a.target not in targets)]
            lines += [*map(assignment_line, again), *adjoint_lines(self.reset)]
        if not self.model.detach_reset:
            jump = "{0} * ({1} - {2})" if self.bounded else "finite({0} * ({1} - {2}))"
            lines += [
                "g_spike_ += " + jump.format(f"{name}_after_", result, name)
                for name, result in n.reset.results.items()
            ]
        slope = f"surrogate({self._distance()} * per_scale_)"
        if self.model.height != 1:
            slope = f"height_ * {slope}"
        if not self.bounded:  # a threshold may have no value
            slope = f"finite({slope})"
        lines.append(f"g_distance_ = active * g_spike_ * {slope} * per_scale_")
        unchanged = {
            name: [(p.of, p.after, p.active) for p in partials] == [(name, True, 1)]
            for name, partials in self.reset.adjoints
        }
        for name in n.state:
            slope = f" + g_distance_ * ({code(self.slopes[name])})" if self.slopes[name] else ""
            if {s.name for s in self.slopes[name].free_symbols} & set(n.state):
                slope = f" + weighed({code(self.slopes[name])}, g_distance_)"
            if unchanged[name] and not slope:
                continue
            through = f"{name}_after_"
            if not unchanged[name]:
                choose = either if self.bounded else choice
                through = choose("spike", f"{name}_adj_", through)
            lines.append(f"{place[name]} = {through}{slope}")
        return lines

    def _distance(self) -> str:
        """How far a neuron is above the onset of its spikes."""
        threshold = self.neuron.threshold
        distance = f"({code(threshold.left)} - ({code(threshold.right)}))"
        return distance if self.model.onset is None else f"({distance} + below_)"

    def through_update(self) -> list[str]:
        """From the adjoints after the update (``<name>_after_``) to those before it.

        What it keeps of the states after the update is loaded before, see `results`.
        """
        drawn = draw_loads(self.neuron, self.update.needed)
        lines = [*drawn, *map(assignment_line, self.update.recomputed)]
        for name in self.watched if self.model.capped else ():
            own = own_factor(self.update, name)
            lines += [*adjoint_lines(own, "own"), f"{name}_after_ *= cap({name}_own_)"]
        return [*lines, *adjoint_lines(self.update)]


def adjoint_lines(block: AdjointBlock, kind: str = "adj") -> list[str]:
    """Evaluate adjoints, common subexpressions of their coefficients first.

    Those of a `kind` other than ``adj``, such as `own_factor`, start from 1.
    """
    coefficients = [
        expression
        for _, partials in block.adjoints
        for p in partials
        for expression in (p.active, p.refractory)
    ]
    names = (sympy.Symbol(f"common{i}_", real=True) for i in range(10**6))
    common, coefficients = sympy.cse(coefficients, symbols=names, list=True)
    lines = [f"{symbol} = {code(expression)}" for symbol, expression in common]
    reduced = iter(coefficients)
    for name, partials in block.adjoints:
        terms = [_term(p, next(reduced), next(reduced), kind) for p in partials]
        lines.append(f"{name}_{kind}_ = {' + '.join(terms) or 'F(0)'}")
    return lines


def _term(partial: Partial, active: sympy.Expr, refractory: sympy.Expr, kind: str) -> str:
    after = f"{partial.of}_after_" if kind == "adj" else "F(1)"
    name = after if partial.after else f"{partial.of}_{kind}_"
    if active == refractory:
        if active == 1:
            return name
        coefficient = code(active)
    else:
        choose = either if partial.constant else choice
        coefficient = choose(ACTIVE, code(active), code(refractory))
    return f"({coefficient})*{name}" if partial.constant else f"weighed({coefficient}, {name})"


def loads(place: str, order: Sequence[str], names: Collection[str]) -> list[str]:
    """Read those of the `names` that stand in an array, each in its place of `order`."""
    return [f"{name} = {place.format(i)}" for i, name in enumerate(order) if name in names]


def either(condition: str, first: str, second: str) -> str:
    """Choose by a factor of 0 or 1: of a flag read from memory, faster than a choice.

    Both values must be finite.
    """
    return f"{condition}*({first}) + (F(1) - {condition})*({second})"


def choice(flag: str, first: str, second: str) -> str:
    """Choose by a flag of 0 or 1 between values of which one may be infinite."""
    return f"select({flag} > F(0), {first}, {second})"


def _if_active(first: str, second: str) -> str:
    return choice(ACTIVE, first, second)


def _if_awake(first: str, second: str) -> str:
    """Choose in the forward pass, which has compared, and has no flag yet."""
    return f"select(awake_, {first}, {second})"


def assignment_line(assignment: Assignment, choose: Callable[[str, str], str] = _if_active) -> str:
    """Write one assignment; `choose` between an active neuron's value and a refractory one's."""
    value = code(assignment.active)
    if assignment.depends_on_refractoriness:
        value = choose(value, code(assignment.refractory))
    return f"{assignment.target} = {value}"
