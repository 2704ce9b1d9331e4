"""Lines of the adjoint kernel that collect the gradients of what learns beside the weights.

Neurons have constants that learn, each with a sum per neuron; the filter is a matrix, each entry of
which has a sum per unit. Sums over neurons, units and trials come after the kernels.
"""

from collections.abc import Sequence
from dataclasses import replace

import sympy

from ..step.backend import StepModel
from .adjoint import AdjointBlock, derivative
from .frame_lines import FOUR, at, indented
from .groups import Groups
from .neuron_lines import NeuronLines, adjoint_lines, choice, code

_SUM = "g_learned_[block_, {}, j_] += {}"


def threshold_to_learned(lines: NeuronLines) -> list[str]:
    """From the adjoints at threshold and reset to the constants that learn."""
    threshold = lines.neuron.threshold
    distance = threshold.left - threshold.right
    found = _lines(lines.reset)
    partials = dict(lines.reset.learned)
    for i, name in enumerate(lines.model.learned):
        if partials[name]:
            found.append(_SUM.format(i, choice("spike", f"{name}_adj_", "F(0)")))
        slope = derivative(distance, sympy.Symbol(name, real=True))
        if slope:
            found.append(_SUM.format(i, f"weighed({code(slope)}, g_distance_)"))
    return found


def update_to_learned(lines: NeuronLines) -> list[str]:
    """From the adjoints of the update to the constants that learn."""
    partials = dict(lines.update.learned)
    used = [i for i, name in enumerate(lines.model.learned) if partials[name]]
    sums = (_SUM.format(i, f"{lines.model.learned[i]}_adj_") for i in used)
    return [*_lines(lines.update), *sums]


def _lines(block: AdjointBlock) -> list[str]:
    return adjoint_lines(replace(block, adjoints=block.learned))


def filter_to_learned(model: StepModel, peaks: bool, groups: Groups) -> dict[str, str]:
    """Keep the filters' states from before each step, and sum what their matrix gets of it."""
    if not model.learned_filter:
        return {"save_relay": "", "relay_to_learned": ""}
    n = len(model.filter.state)
    saved = _saved(n, "relay", "q_", "n_relay_")
    if peaks:
        saved += _saved(n, "trace", "j_", "n_")
    sums = _sums(n, "relay", ["q_"] if groups.one_to_one else FOUR)
    return {"save_relay": indented(16, saved), "relay_to_learned": indented(16, sums)}


def trace_to_learned(model: StepModel) -> list[str]:
    """Lines of the sums of the neurons' traces."""
    return _sums(len(model.filter.state), "trace", ["j_"]) if model.learned_filter else []


def _saved(n: int, of: str, index: str, count: str) -> list[str]:
    keep = (f"{of}_states_[{m}, b_, back_, {index}] = {of}_[{m}, b_, {index}]" for m in range(n))
    return [f"for {index} in range({count}):", *(f"    {line}" for line in keep)]


def _sums(n: int, of: str, indices: Sequence[str]) -> list[str]:
    lines = []
    for i in range(n):
        for m in range(n):
            total = f"g_{of}_filter_[block_, {i}, {m}, {{0}}]"
            given, state = f"g_{of}_[{i}, b_, {{0}}]", f"{of}_states_[{m}, b_, back_, {{0}}]"
            lines.append(at(total, f"{total} + {given} * {state}", indices))
    return lines
