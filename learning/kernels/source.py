"""Source of the fused kernels of one model: forward pass and adjoint, generated.

A kernel runs one time step of all N neurons of a trial as loops over contiguous arrays, so that
the compiler vectorises them and the state stays in cache; trials run in parallel. The frame is
``pass.template``; the lines inside its loops come from the step program and its adjoint.
"""

import textwrap
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template

from ..step.backend import StepModel
from ..step.random import STEPS
from .draw_lines import KEY, fill_rows, functions, rows
from .frame_lines import (
    DRIVE,
    FED,
    LIST_INPUTS,
    feedback_parts,
    filter_parts,
    indented,
    recurrent_terms,
    spikes_parts,
)
from .groups import Groups
from .learned_lines import (
    filter_to_learned,
    threshold_to_learned,
    trace_to_learned,
    update_to_learned,
)
from .neuron_lines import NeuronLines, assignment_line, choice, loads
from .synapse_lines import synapse_lines, with_synapses
from .trial_lines import ALONE

Arguments = tuple[str, ...]
"""Names of what a kernel is called with, in order: they write its signature, and order the call."""

BLOCK: Arguments = ("block", "blocks")
"""What all kernels are called with first: a block of trials, and how many there are."""

FORWARD: Arguments = (
    *("inputs", "W_in", "encoder", "feedback", "scalars", "arrays", "filter", "refractory"),
    *("gain", "wanted", "substeps", "start", "n_steps"),
    *("state", "silent", "relay", "trace", "peak", "peak_step", "counts"),
    *("output", "fed", "saved", "flags", "save"),
)
BACKWARD: Arguments = (
    *("inputs", "W_in", "encoder_rows", "feedback", "scalars", "arrays", "filter", "gain", "axis"),
    *("wanted", "substeps", "start", "n_steps", "first_state", "fed", "saved", "flags"),
    *("g_output", "g_counts", "g_peak", "peak_step", "g_state", "g_relay", "g_trace"),
    *("g_W_in", "g_encoder", "g_feedback"),
)


LEARNED: Arguments = ("g_learned",)
"""What the adjoint is called with beside these where constants of neurons learn."""

FILTER_STATES: Arguments = ("relay_states", "trace_states")
FILTER_SUMS: Arguments = (*FILTER_STATES, "g_relay_filter", "g_trace_filter")
"""What the forward pass, and the adjoint, are called with where the filter learns."""


@dataclass(frozen=True)
class KernelSource:
    """The module of one model's kernels.

    Parameters
    ----------
    text
        Python source.
    kernels
        Names of the kernels in it, and their arguments.
    saved
        State variables whose value after the update the forward pass keeps for the adjoint.
    fed, fed_further
        Whether it keeps what the first group fed back, and what each of the others did.
    """

    text: str
    kernels: Mapping[str, Arguments]
    saved: tuple[str, ...] = ()
    fed: bool = True
    fed_further: tuple[bool, ...] = ()


def fill(
    template: Traversable,
    kernels: Mapping[str, Arguments],
    parts: Mapping[str, str],
    saved: tuple[str, ...] = (),
    further: str = "",
) -> KernelSource:
    """Put signatures and lines into the frame of kernels, behind what all kernels share.

    `further` functions come in between.
    """
    helpers = files("spikemodes.learning.kernels").joinpath("helpers.template")
    frame = Template(f"{helpers.read_text()}{further}\n{template.read_text()}$helpers")
    signatures = {name: _signature(arguments) for name, arguments in kernels.items()}
    return KernelSource(frame.substitute(parts, **signatures), kernels, saved)


def _signature(arguments: Arguments) -> str:
    names = " ".join(f"{name}_," for name in (*BLOCK, *arguments))
    return textwrap.fill(names, 100, initial_indent="    ", subsequent_indent="    ")


def kernel_source(
    model: StepModel,
    *,
    groups: Groups,
    peaks: bool,
    dtype: str = "float32",
    inputs: str = "float32",
) -> KernelSource:
    """Write the kernels.

    Parameters
    ----------
    model
        Neuron, filter and surrogate.
    groups
        Which groups of relay units there are.
    peaks
        Keep the largest filtered activity of each neuron.
    dtype
        ``float32`` or ``float64``.
    inputs
        The same for inputs, or ``uint8`` for events.

    Raises
    ------
    NoKernelError
        If the model uses a function without derivative.
    """
    writer = _Writer(model)
    further = synapse_lines(groups, model, writer.needs)
    parts = (
        writer.common(dtype, inputs)
        | writer.forward_parts()
        | writer.backward_parts(groups)
        | feedback_parts(model, groups)
        | spikes_parts(model.kinds, groups)
        | filter_parts(model, peaks, groups, trace_to_learned(model))
        | filter_to_learned(model, peaks, groups)
        | ALONE
    )
    failing = any(synapses.failing for synapses in groups.synapses)
    forward, backward = FORWARD, BACKWARD
    if model.neuron.draws or failing:
        forward += KEY
    if writer.draws_again:
        backward += KEY
    if model.learned:
        backward += LEARNED
    if model.learned_filter:
        forward, backward = forward + FILTER_STATES, backward + FILTER_SUMS
    here = files("spikemodes.learning.kernels")
    template = here.joinpath("pass.template")
    if len(model.kinds) > 1 and groups.one_to_one:
        parts["helpers"] += here.joinpath("signs.template").read_text()
    parts = with_synapses(parts, further, model)
    for group in further:
        forward += group.taken + group.forward
        backward += group.taken + group.backward
    kernels = {"forward": forward, "backward": backward}
    draws = functions(model.neuron, dtype, failing=failing)
    source = fill(template, kernels, parts, writer.saved, draws)
    fed = not groups.one_to_one or any(map(writer.needs, model.kinds))
    return replace(source, fed=fed, fed_further=tuple(group.fed for group in further))


class _Writer(NeuronLines):
    """Writes the lines that a neuron model puts into the frame of forward pass and adjoint."""

    def __init__(self, model: StepModel) -> None:
        super().__init__(model)
        before, changed = self.update.needed, set(self.neuron.reset.results)
        needed = self.after | before | (self.read_by_reset if before & changed else set())
        needed |= {name for _, name in self.update.kept}
        self.saved = tuple(name for name in self.neuron.state if name in needed)
        self.draws_again = self.update.needed & set(self.neuron.draws)
        """Random numbers on which the adjoint depends."""

    def through_threshold(self, place: Mapping[str, str]) -> list[str]:
        """See `NeuronLines`; constants that learn come after all else."""
        return [*super().through_threshold(place), *threshold_to_learned(self)]

    def through_update(self) -> list[str]:
        """See `NeuronLines`, likewise."""
        return [*super().through_update(), *update_to_learned(self)]

    def forward_parts(self) -> dict[str, str]:
        """Lines of the forward kernel."""
        keep = (
            f"saved_[{i}, b_, back_, j_] = state_[{self.neuron.state.index(name)}, b_, j_]"
            for i, name in enumerate(self.saved)
        )
        return {
            **super().forward_parts(),
            "n_saved": str(max(1, len(self.saved))),
            "save_state": indented(20, keep),
        }

    def backward_parts(self, groups: Groups) -> dict[str, str]:
        """Lines of the adjoint kernel."""
        n = self.neuron
        place = {name: f"g_state_[{i}, b_, j_]" for i, name in enumerate(n.state)}
        values = {"drive": DRIVE.value, **self._fed_back(groups)[1]}
        inputs = [f"{name} = {values[name]}" for name in n.inputs if self.needs(name)]
        last = f"slot_ == {STEPS - 1} or step_ == n_steps_ - 1"  # of a block, the first met
        return {
            "draws_again": rows(n, self.draws_again),
            "draw_again": fill_rows(n, self.draws_again, last),
            "load_after": indented(16, self._load("saved_[{}, b_, back_, j_]", self.after)),
            "seeds": indented(16, (f"{name}_after_ = {place[name]}" for name in n.state)),
            "through_threshold": indented(16, self.through_threshold(place)),
            "middle": self._middle(groups),
            "load_before": indented(16, self._load("before_[{}, j_]", self.update.needed)),
            "load_inputs": indented(
                16, [*inputs, *self.results("saved_[{}, b_, back_, j_]", self.saved)]
            ),
            "through_update": indented(16, self.through_update()),
            "store_before": indented(16, (f"{place[name]} = {name}_adj_" for name in n.state)),
        }

    def _fed_back(self, groups: Groups) -> tuple[list[str], dict[str, str]]:
        """See `recurrent_terms`."""
        further = [group.kept for group in synapse_lines(groups, self.model, self.needs)]
        return recurrent_terms(self.model.kinds, FED, further, groups)

    def _load(self, place: str, names: Collection[str]) -> list[str]:
        return loads(place, self.saved, names)

    def _middle(self, groups: Groups) -> str:
        """Between the adjoint of the reset and that of the update, in one loop if possible.

        Where the update's coefficients depend on what was before, those rows are filled first.
        """
        lines = []
        if self.needs("drive"):
            lines += [LIST_INPUTS, *DRIVE.lines]
        kinds = self.model.kinds
        if any(map(self.needs, kinds)):
            lines += self._fed_back(groups)[0]
        before = self._before_rows()
        if not before and not lines:
            return ""
        again = ["for j_ in range(n_):", "    active = F((flags_[b_, back_, j_] >> 1) & 1)"]
        return "\n".join([before, indented(12, lines + again), indented(16, self.array_loads())])

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
            *map(assignment_line, n.reset.assignments),
            "spike = F(flags_[b_, back_ + 1, j_] & 1)",
        ]
        later = [
            f"before_[{i}, j_] = " + choice("spike", n.reset.results.get(name, name), name)
            for i, name in enumerate(self.saved)
            if name in wanted
        ]
        load = self.array_loads()
        return "\n".join(
            [
                indented(12, ["if step_ == 0:", "    for j_ in range(n_):"]),
                indented(20, first),
                indented(12, ["else:", "    for j_ in range(n_):"]),
                indented(20, load + reset + later),
            ]
        )
