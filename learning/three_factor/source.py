"""Source of the kernel that carries eligibilities forward, generated from the neuron's equations.

It runs a step of all neurons of a trial, takes the step's Jacobian row by row from its adjoint, and
moves the eligibility of every input weight on by it. The frame is ``eligibility.template``.
"""

from importlib.resources import files

from spikemodes.models.neurons.synaptic_filter import ACTIVITY

from ..kernels.draw_lines import KEY, functions
from ..kernels.frame_lines import feedback_parts, filter_lines, filter_parts, indented
from ..kernels.groups import MODES
from ..kernels.neuron_lines import NeuronLines, loads
from ..kernels.source import Arguments, KernelSource, fill
from ..step.backend import StepModel

LEARN: Arguments = (
    *("inputs", "errors_at", "targets", "W_in", "encoder", "feedback", "back", "credit"),
    *("scalars", "arrays", "filter", "resting", "per_weight", "refractory", "gain", "axis"),
    "substeps",
    *("state", "silent", "relay", "trace", "counts", "output", "sums", "g_W_out", "g_xi_out"),
)
"""What the kernel ``learn`` is called with."""


def eligibility_source(model: StepModel, *, dtype: str) -> KernelSource:
    """Write the kernel ``learn`` of a network with modes.

    Raises `NoKernelError` if the model uses a function without derivative.
    """
    lines = _Lines(model)
    names = model.filter.state
    n_states, n_filter = len(model.neuron.state), len(names)
    parts = (
        lines.common(dtype, inputs=dtype)
        | lines.forward_parts()
        | feedback_parts(model, MODES)
        | filter_parts(model, peaks=False)
        | {
            "n_states": str(n_states),
            "n_carried": str(n_states + n_filter),
            "store_updated": indented(16, lines.store_updated()),
            "filter_trace": indented(16, filter_lines(n_filter, "trace_", ["j_"])),
            "jacobian": indented(16, lines.jacobian()),
            "n_past": str(n_states + n_filter),
            "mean": str(n_states + names.index(ACTIVITY)),
            "advance": indented(8, _advance(n_states + n_filter)),
            "carry": indented(
                12, _carry(n_states, n_filter, names.index(model.jump), names.index(ACTIVITY))
            ),
        }
    )
    template = files("spikemodes.learning.three_factor").joinpath("eligibility.template")
    arguments = LEARN + KEY if model.neuron.draws else LEARN
    return fill(template, {"learn": arguments}, parts, further=functions(model.neuron, dtype))


class _Lines(NeuronLines):
    """Writes the Jacobian of a step."""

    def store_updated(self) -> list[str]:
        """Keep the state after the update, before the reset."""
        return [f"updated_[{i}, j_] = {name}" for i, name in enumerate(self.neuron.state)]

    def jacobian(self) -> list[str]:
        """Lines of all rows: each state after the reset, then the spike.

        The adjoint of a step with 1 for one of its results gives the derivatives of that result.
        """
        state = self.neuron.state
        lines = []
        for i, result in enumerate((*state, "spike")):
            lines += [
                *loads("updated_[{}, j_]", state, self.after),
                *(f"{name}_after_ = F({int(name == result)})" for name in state),
                f"g_spike_ = F({int(result == 'spike')})",
                *self.through_threshold({name: f"{name}_after_" for name in state}),
            ]
            lines += [
                *loads("state_[{}, b_, j_]", state, self.update.needed),
                *self.results("updated_[{}, j_]", state),
                *(
                    f"{name} = inputs2_[{place}, j_]"
                    for place, name in enumerate(self.neuron.inputs)
                    if self.needs(name)
                ),
                *self.through_update(),
                *(
                    f"jacobian_[{i}, {place}, j_] = {name}_adj_"
                    for place, name in enumerate((*state, *self.neuron.inputs))
                ),
            ]
        return lines


def _advance(n_states: int) -> list[str]:
    """Multiply the states of a resting neuron and its trace by their matrix; add the input."""
    lines = [f"s{i} = past[{i}, j]" for i in range(n_states)]
    for i in range(n_states):
        terms = [f"resting[{i}, {m}] * s{m}" for m in range(n_states)]
        terms.append(f"resting[{i}, {n_states}] * presynaptic[j]")
        lines.append(f"past[{i}, j] = {' + '.join(terms)}")
    return lines


def _carry(n_states: int, n_filter: int, jump: int, output: int) -> list[str]:
    """Filter what arrives at the readout, learn from it, and move eligibilities on."""
    lines = [f"e{i} = carried[{i}, q, j]" for i in range(n_states)]
    lines += [f"r{i} = carried[{n_states + i}, q, j]" for i in range(n_filter)]
    for i in range(n_filter):
        terms = (f"filter_[{i}, {m}] * r{m}" for m in range(n_filter))
        lines.append(f"f{i} = {' + '.join(terms)}")
    lines += [
        f"learned[j] = signal[j] * f{output}",  # of the last input at the end, which is always 1
        "sums[block, q, j] += learned[j]",
    ]
    for i in range(n_states + 1):
        terms = [f"jacobian[{i}, {m}, j] * e{m}" for m in range(n_states)]
        value = f"{' + '.join(terms)} + jacobian[{i}, place, j] * value"
        lines.append(
            f"carried[{i}, q, j] = {value}" if i < n_states else f"f{jump} += gain * ({value})"
        )
    lines += [f"carried[{n_states + i}, q, j] = f{i}" for i in range(n_filter)]
    return lines
