"""Lines of the fused kernels for further groups of relay units, a unit for each neuron.

A spike goes through the synapses of its neuron: those that are there, or a whole row. What arrives
in later steps waits in a ring of steps; the adjoint, which goes back in time, keeps a ring of what
the units' adjoints were in later steps. Arrays of group i have names that end in i.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files

from ..step.backend import Filter, StepModel
from .frame_lines import filter_lines, indented
from .groups import Groups, Synapses
from .trial_lines import together

Names = tuple[str, ...]


class SynapseLines:
    """Writes the lines of one further group.

    Parameters
    ----------
    number
        Of the group.
    synapses
        What it is.
    model
        Whose filters and neurons.
    fed
        Whether the adjoint needs what it fed back.
    """

    def __init__(self, number: int, synapses: Synapses, model: StepModel, *, fed: bool) -> None:
        self.i, self.synapses, self.fed = number, synapses, fed
        self.filter: Filter = model.filters[synapses.filter]
        self.own = model.has_own_filters and not synapses.filter
        self.n_states = len(self.filter.program.state)
        self.weight, self.unit, self.late = (
            (f"weight{number}_[s_]", f"unit{number}_[s_]", f"delay{number}_[s_]")
            if synapses.sparse
            else (f"weight{number}_[j_, u_]", "u_", f"delay{number}_[j_, u_]")
        )
        self.activity = f"filtered{number}_[{self.filter.output_at}, b_, j_]"
        self.kept = f"fed{number}_[b_, back_, j_]"

    @property
    def taken(self) -> Names:
        """What both kernels are called with."""
        s = self.synapses
        there = {"filter": True, "first": s.sparse, "unit": s.sparse, "weight": True}
        there |= {"delay": s.delayed, "release": s.failing, "fed": self.fed}
        return self._named(there)

    @property
    def forward(self) -> Names:
        """What the forward pass is called with beside that."""
        s = self.synapses
        there = {"filtered": True, "ring": s.delayed, "call": s.failing, "place": s.failing}
        return self._named(there)

    @property
    def backward(self) -> Names:
        """What the adjoint is called with beside that."""
        s = self.synapses
        there = {"g_filtered": True, "g_weight": s.learned, "g_ring": self.rings}
        return self._named(there)

    @property
    def rings(self) -> bool:
        """Whether the adjoint keeps those of units in later steps, or of eight trials."""
        s = self.synapses
        return s.lanes or (s.delayed and (s.learned or not s.stop))

    def _named(self, there: dict[str, bool]) -> Names:
        return tuple(f"{name}{self.i}" for name, wanted in there.items() if wanted)

    def coefficients(self) -> list[str]:
        """Entries of the filter's matrix."""
        every = range(self.n_states)
        i = self.i
        if self.own:
            return []
        return [f"filter{i}_{m}_{k}_ = filter{i}_[{m}, {k}]" for m in every for k in every]

    def each(self, lines: Sequence[str]) -> list[str]:
        """Go through the synapses of neuron j_."""
        i = self.i
        header = (
            f"for s_ in range(first{i}_[j_], first{i}_[j_ + ONE]):"
            if self.synapses.sparse
            else "for u_ in range(n_):"
        )
        return [header, *(f"    {line}" for line in lines)]

    def keep(self) -> list[str]:
        """Keep what it feeds back."""
        return ["for j_ in range(n_):", f"    {self.kept} = {self.activity}"] if self.fed else []

    def step(self, *, transposed: bool = False) -> list[str]:
        """Filter; the adjoint goes on to what is fed back."""
        array = f"g_filtered{self.i}_" if transposed else f"filtered{self.i}_"
        lines = filter_lines(
            self.n_states, array, ["j_"],
            transposed=transposed, own=self.own, matrix=f"filter{self.i}",
        )  # fmt: skip
        if transposed:
            back = f"g_kinds_[{self.synapses.kind}, j_]"
            lines.append(f"{array}[{self.filter.output_at}, b_, j_] += {back}")
        return ["for j_ in range(n_):", *(f"    {line}" for line in lines)]

    def arrive(self) -> list[str]:
        """Let the spikes of a step in."""
        i, s = self.i, self.synapses
        jump = f"filtered{i}_[{self.filter.jump_at}, b_, {{}}]"
        added = f"{jump.format(self.unit)} += {self.weight}"
        before, after = [], []
        if s.delayed:
            before = [f"steps_ = ring{i}_.shape[1]", "now_ = k_ % steps_"]
            added = f"ring{i}_[b_, {self._slot()}, {self.unit}] += {self.weight}"
            after = [
                "for j_ in range(n_):",
                f"    {jump.format('j_')} += ring{i}_[b_, now_, j_]",
                f"    ring{i}_[b_, now_, j_] = F(0)",
            ]
        synapse = [added]
        if s.failing:
            where = f"place{i}_, {self.unit}, b_, k_, call{i}_, j_"
            synapse = [f"if passed({where}, key_) < release{i}_:", f"    {added}"]
        spikes = ["for i_ in range(n_spikes_):", "    j_ = spikes_[i_]"]
        return [*before, *spikes, *(f"    {line}" for line in self.each(synapse)), *after]

    def _slot(self) -> str:
        """The place in a ring of what is late."""
        return f"later(now_, {self.late}, steps_)"

    def _adjoint(self) -> str:
        """What a spike's weight is multiplied by."""
        i, s = self.i, self.synapses
        found = (
            f"g_ring{i}_[b_, {self._slot()}, {self.unit}]"
            if s.delayed
            else f"g_filtered{i}_[{self.filter.jump_at}, b_, {self.unit}]"
        )
        return f"release{i}_ * {found}" if s.failing else found

    def _now(self) -> list[str]:
        delayed = self.synapses.delayed
        return [f"steps_ = g_ring{self.i}_.shape[1]", "now_ = k_ % steps_"] if delayed else []

    def put(self) -> list[str]:
        """Put the adjoints of a trial's units into its lane."""
        i = self.i
        if not self.synapses.lanes:
            return []
        jump = f"g_filtered{i}_[{self.filter.jump_at}, b_, j_]"
        place = f"g_ring{i}_[block_, eight_, k_ % g_ring{i}_.shape[2], j_, lane_]"
        return ["for j_ in range(n_):", f"    {place} = {jump}"]

    def spread(self) -> list[str]:
        """From units to the spikes that reach them, of eight trials."""
        i, s = self.i, self.synapses
        if not s.lanes:
            return []
        to = f"spread{i}_, g_ring{i}_[block_, eight_]"
        late = f"delay{i}_" if s.delayed else "at_once_"
        how = f"first{i}_, unit{i}_, weight{i}_, {late}, places{i}_"
        return [f"spread({to}, k_ % g_ring{i}_.shape[2], {how})"]

    def to_spikes(self) -> list[str]:
        """From units to the spikes that reach them."""
        i, s = self.i, self.synapses
        factor = f"release{i}_ * " if s.failing else ""
        if s.lanes:
            found = f"{factor}spread{i}_[j_, lane_]"
            return ["for j_ in range(n_):", f"    g_synapses_[j_] += {found}"]
        lines = []
        if self.rings:
            jump = f"g_filtered{i}_[{self.filter.jump_at}, b_, j_]"
            lines = [*self._now(), "for j_ in range(n_):", f"    g_ring{i}_[b_, now_, j_] = {jump}"]
        if s.stop:
            return lines
        sums = ["x_ = F(0)", *self.each([f"x_ += {self.weight} * {self._adjoint()}"])]
        return [
            *lines,
            "for j_ in range(wanted_):",
            *(f"    {line}" for line in [*sums, "g_synapses_[j_] += x_"]),
        ]

    def to_weights(self) -> list[str]:
        """From units to the weights through which spikes of this step reach them."""
        if not self.synapses.learned:
            return []
        i = self.i
        added = f"g_weight{i}_[block_, j_, u_] += {self._adjoint()}"
        spikes = [
            "for i_ in range(list_spikes(words_, b_, back_, group_, spikes_)):",
            "    j_ = spikes_[i_]",
        ]
        return [*self._now(), *spikes, *(f"    {line}" for line in self.each([added]))]


def synapse_lines(
    groups: Groups, model: StepModel, needs: Callable[[str], bool]
) -> tuple[SynapseLines, ...]:
    """Lines of all further groups; `needs` tells whether the adjoint needs an input."""
    return tuple(
        SynapseLines(i, synapses, model, fed=needs(model.kinds[synapses.kind]))
        for i, synapses in enumerate(groups.synapses)
    )


def with_synapses(
    parts: Mapping[str, str], further: Sequence[SynapseLines], model: StepModel
) -> dict[str, str]:
    """Put the lines of further groups behind those of the first one."""
    if not further:
        return dict(parts)

    def of_all(write: Callable[[SynapseLines], list[str]]) -> list[str]:
        return [line for group in further for line in write(group)]

    rooms = ["g_synapses_ = np.zeros(n_, F)", f"g_kinds_ = np.zeros(({len(model.kinds)}, n_), F)"]
    back = [f"g_kinds_[{i}, j_] = {name}_adj_" for i, name in enumerate(model.kinds)]
    more: dict[str, tuple[int, list[str]]] = {
        "kinds": (4, of_all(SynapseLines.coefficients)),
        "save_relay": (16, of_all(SynapseLines.keep)),
        "trace": (12, of_all(SynapseLines.step)),
        "jump_relay": (12, of_all(SynapseLines.arrive)),
        "sign_rows": (4, rooms),
        "to_spikes": (
            12,
            [
                "for j_ in range(n_):",
                "    g_synapses_[j_] = F(0)",
                *of_all(SynapseLines.to_spikes),
                *of_all(SynapseLines.to_weights),
            ],
        ),
        "recurrent_adjoints": (16, back),
        "feedback_adjoint": (12, of_all(lambda group: group.step(transposed=True))),
    }
    found = {name: f"{parts[name]}\n{indented(*lines)}" for name, lines in more.items()}
    found["to_spikes_value"] = f"{parts['to_spikes_value']} + g_synapses_[j_]"
    lanes = [group for group in further if group.synapses.lanes]
    if lanes:
        rooms = ["at_once_ = np.zeros(0, np.int32)"]
        for group in lanes:
            i = group.i
            rooms += [f"spread{i}_ = np.zeros((n_, LANES), F)"]
            rooms += [f"places{i}_ = np.zeros(unit{i}_.shape[0], np.uint32)"]
        found["sign_rows"] += f"\n{indented(4, rooms)}"
        put, spread = of_all(SynapseLines.put), of_all(SynapseLines.spread)
        found |= together(put, spread, draws=bool(parts["draws_again"]))
    here = files("spikemodes.learning.kernels")
    templates = {
        "late": bool(lanes) or any(group.synapses.delayed for group in further),
        "lanes": bool(lanes),
        "release": any(group.synapses.failing for group in further),
    }
    helpers = (here.joinpath(f"{t}.template").read_text() for t, used in templates.items() if used)
    return {**parts, **found, "helpers": "".join([parts["helpers"], *helpers])}
