"""Lines of the fused kernels around the neuron: inputs, feedback, filter, traces.

What spikes do to neurons comes through relay units: those of modes, which all act on every neuron
through one kind of input, or one unit per neuron and kind of input, such as excitation.
"""

from collections.abc import Iterable, Sequence

from spikemodes.models.neurons.synaptic_filter import ACTIVITY

from ..step.backend import StepModel
from .groups import MODES, Groups


def indented(indent: int, lines: Iterable[str]) -> str:
    """Lines of code, each behind `indent` spaces."""
    return "\n".join(" " * indent + line for line in lines)


class RowSum:
    """A sum of weighted rows, one value per neuron: lines before the loop, a term inside it.

    All but the last four rows are summed before the loop; where there are no more than four, none.
    """

    def __init__(self, out: str, rows: str, index: str, values: str, count: str) -> None:
        places = [f"{count} - {4 - i}" for i in range(4)]
        self.lines = [
            f"if {rows}.shape[0] > 4:",
            f"    combine({out}, {rows}, {index}, {values}, {count} - 4)",
            *(f"{out}i{i}_ = {index}[{place}]" for i, place in enumerate(places)),
            *(f"{out}x{i}_ = {values}[{place}]" for i, place in enumerate(places)),
        ]
        pairs = (f"{out}x{i}_, {rows}[{out}i{i}_, j_]" for i in range(4))
        self.value = f"{out}[j_] + four({', '.join(pairs)})"


FED = "fed_[b_, back_, {}]"  # what unit {} fed back, as the forward pass kept it
DRIVE = RowSum("drive_", "W_in_", "channel_", "value_", "count_")
LIST_INPUTS = (
    "count_ = list_inputs(inputs_, b_, k_ // substeps_, channels_, n_channels_, channel_, value_)"
)
_RECURRENT = RowSum("recurrent_", "feedback_", "mode_", "activity_", "mode_.shape[0]")
TO_SPIKES = RowSum("g_spikes_", "encoder_rows_", "unit_", "g_jump_", "unit_.shape[0]")


def recurrent_terms(
    kinds: Sequence[str], activity: str, further: Sequence[str], groups: Groups
) -> tuple[list[str], dict[str, str]]:
    """Lines before the loop and the terms inside it, for what the units feed back to each input.

    `activity` is that of a unit of the first group, `further` what each further group adds.
    """
    if groups.one_to_one:
        lines, terms = [], {name: activity.format(unit(i)) for i, name in enumerate(kinds)}
    else:
        copy = ["for p_ in range(feedback_.shape[0]):"]
        copy += [f"    activity_[p_] = {activity.format('p_')}"]
        lines, terms = copy + _RECURRENT.lines, dict.fromkeys(kinds, _RECURRENT.value)
    for synapses, term in zip(groups.synapses, further, strict=True):
        terms[kinds[synapses.kind]] += f" + {term}"
    return lines, terms


def unit(kind: int) -> str:
    """Index of the unit through which a kind of input acts on neuron j_."""
    return f"units{kind}_ + np.uint64(j_)" if kind else "j_"


_BY_SIGN = (
    "for i_ in range(wanted_):",
    "    values_[i_] = F(0.5) * (g_jump_[i_] - g_jump_[wanted_ + i_])",
    "    sizes_[i_] = F(0.5) * (g_jump_[i_] + g_jump_[wanted_ + i_])",
    "for i_ in range(wanted_, n_relay_ - wanted_):",
    "    values_[i_] = g_jump_[wanted_ + i_]",
    "combine_by_sign(g_spikes_, encoder_rows_, values_, sizes_)",
)


def spikes_parts(kinds: Sequence[str], groups: Groups) -> dict[str, str]:
    """Lines from units of the first group to the spikes that reach them.

    A synapse opens one of two conductances, by the sign of its weight w: what comes back from
    excitation e and inhibition i is w (e - i)/2 + abs(w) (e + i)/2, half as many weights to load.
    """
    if len(kinds) == 1 or not groups.one_to_one:
        return {
            "sign_rows": "",
            "to_spikes": indented(12, TO_SPIKES.lines),
            "to_spikes_value": TO_SPIKES.value,
        }
    rooms = (f"{name} = np.zeros(encoder_rows_.shape[0], F)" for name in ("values_", "sizes_"))
    return {
        "sign_rows": f"\n{indented(4, rooms)}",
        "to_spikes": indented(12, _BY_SIGN),
        "to_spikes_value": "g_spikes_[j_]",
    }


_FEEDBACK_ADJOINT = """\
            for p_ in range(n_modes_):
                fed4_[quarter_, p_] = fed_[b_, back_, p_]
            if quarter_ == 0:
                gather(g_feedback_, block_, mode_, fed4_, n_modes_, g_recurrents_)
                for row_ in range(4):
                    clear(fed4_, row_)
            project(g_activity_, feedback_, g_recurrents_, quarter_)
            for p_ in range(n_modes_):
                g_relay_[{output}, b_, p_] += g_activity_[p_]"""


def feedback_parts(model: StepModel, groups: Groups) -> dict[str, str]:
    """Lines from units to neurons and back."""
    output, kinds, one_to_one = model.filter.state.index(ACTIVITY), model.kinds, groups.one_to_one
    further = [
        f"filtered{i}_[{model.filters[s.filter].output_at}, b_, j_]"
        for i, s in enumerate(groups.synapses)
    ]
    lines, values = recurrent_terms(kinds, f"relay_[{output}, b_, {{}}]", further, groups)
    g_relay, rows = f"g_relay_[{output}, b_, {{}}]", range(len(kinds))
    g_recurrent = [f"g_recurrents_[{i if one_to_one else 'quarter_'}, j_]" for i in rows]
    back = [f"    {g_relay.format(unit(i))} += {g_recurrent[i]}" for i in rows]
    return {
        "kinds": indented(4, (f"units{i}_ = np.uint64({i} * wanted_)" for i in rows[1:])),
        "drive": indented(16, [LIST_INPUTS, *DRIVE.lines]),
        "drive_value": DRIVE.value,
        "recurrent": indented(12, lines),
        "recurrent_values": indented(16, (f"{name} = {values[name]}" for name in kinds)),
        "n_rows": str(len(kinds)) if one_to_one else "4",
        "recurrent_adjoints": indented(
            16, (f"{place} = {name}_adj_" for place, name in zip(g_recurrent, kinds, strict=True))
        ),
        "feedback_adjoint": indented(12, ["for j_ in range(n_):", *back])
        if one_to_one
        else _FEEDBACK_ADJOINT.format(output=output),
    }


def filter_parts(
    model: StepModel, peaks: bool, groups: Groups = MODES, trace_sums: Sequence[str] = ()
) -> dict[str, str]:
    """Lines of the synaptic filter, a linear map, on relay units and on the neurons' traces.

    The few relay units of modes come in groups of four, and a group is loaded as a whole before any
    of it is stored: a loop over so few would run one by one, each waiting for the last one's store.
    `trace_sums` are lines on each trace's adjoint, before it passes the filter.
    """
    one_to_one = groups.one_to_one
    units, indices = (
        ("range(n_relay_)", ["q_"]) if one_to_one else ("range(NONE, units_, FOUR)", FOUR)
    )
    names, own = model.filter.state, model.has_own_filters
    of_units = own or groups.mixed
    of_all = ", -1" if groups.mixed else ""  # behind those of the units
    n, jump, output = len(names), names.index(model.jump), names.index(ACTIVITY)
    relay, g_relay = f"relay_[{jump}, b_, {{0}}]", f"g_relay_[{output}, b_, {{0}}]"
    relay_output = f"relay_[{output}, b_, {{0}}]"
    g_encoder, g_output = "g_encoder_[block_, j_, {0}]", "g_output_[b_, k_, {0}]"
    put_out = [at("output_[b_, k_, {0}]", relay_output, indices)]
    from_output = [at(g_relay, f"{g_relay} + {g_output}", indices)]
    parts = {
        "jump": str(jump),
        "output": str(output),
        "filter_scalars": ""
        if own
        else indented(
            4,
            (
                f"{_coefficient(i, m)} = filter_[{i}, {m}{of_all}]"
                for i in range(n)
                for m in range(n)
            ),
        ),
        "units": units,
        "filter_relay": indented(16, filter_lines(n, "relay_", indices, own=of_units)),
        "put_out": indented(16, put_out),
        "jump_relay": indented(12, _jumps(relay, units, one_to_one)),
        "encoder_adjoint": indented(20, [at(g_encoder, f"{g_encoder} + g_jump_[{{0}}]", indices)]),
        "from_output": indented(16, from_output),
        "outputs_back": "",
        "filter_relay_adjoint": indented(
            16, filter_lines(n, "g_relay_", indices, transposed=True, own=of_units)
        ),
        "trace": "",
        "trace_spike": "",
        "trace_to_spikes": "",
        "trace_adjoint": "",
    }
    if one_to_one:  # of their many units, those that feed back are not read
        shown = f"{len(model.kinds)} * wanted_ + q_"
        each = "for q_ in range({}_.shape[2]):"
        put_out = [each.format("output"), f"    output_[b_, k_, q_] = {relay_output.format(shown)}"]
        back = [
            each.format("g_output"),
            f"    {g_relay.format(shown)} += {g_output.format('q_')}",
        ]
        parts |= {
            "put_out": indented(12, put_out),
            "from_output": "",
            "outputs_back": f"\n{indented(12, back)}",
        }
    if peaks:
        forward = filter_lines(n, "trace_", ["j_"], own=own)
        backward = filter_lines(n, "g_trace_", ["j_"], transposed=True, own=own)
        loop = indented(12, ["for j_ in range(n_):"])
        trace, peak, peak_step = f"trace_[{output}, b_, j_]", "peak_[b_, j_]", "peak_step_[b_, j_]"
        highest = [  # no branch: see `either`
            f"higher_ = {trace} > {peak}",
            f"{peak} = select(higher_, {trace}, {peak})",
            f"{peak_step} = select(higher_, k_, {peak_step})",
        ]
        at_peak = [
            f"g_trace_[{output}, b_, j_] += select({peak_step} == k_, g_peak_[b_, j_], F(0))"
        ]
        parts |= {
            "trace": f"{loop}\n{indented(16, forward + highest)}",
            "trace_spike": indented(16, [f"trace_[{jump}, b_, j_] += gain_"]),
            "trace_to_spikes": f" + gain_ * g_trace_[{jump}, b_, j_]",
            "trace_adjoint": f"{loop}\n{indented(16, [*at_peak, *trace_sums, *backward])}",
        }
    return parts


def _jumps(relay: str, units: str, one_to_one: bool) -> list[str]:
    """Let the spikes of a step arrive: row by row, or, where rows are short, unit by unit."""
    spikes = ["for i_ in range(n_spikes_):", "    j_ = spikes_[i_]"]
    each = f"for q_ in {units}:"
    if one_to_one:
        return [*spikes, f"    {each}", f"        {relay.format('q_')} += encoder_[j_, q_]"]
    return [
        each,
        f"    {at('y{1}_', relay, FOUR)}",
        *(f"    {line}" for line in spikes),
        f"        {at('y{1}_', 'y{1}_ + encoder_[j_, {0}]', FOUR)}",
        f"    {at(relay, 'y{1}_', FOUR)}",
    ]


FOUR = ("q_", "q_ + ONE", "q_ + TWO", "q_ + THREE")


def at(target: str, value: str, indices: Sequence[str]) -> str:
    """Assign an expression at several indices: all are evaluated before any is stored.

    ``{0}`` stands for the index, ``{1}`` for its number.
    """
    targets, values = (
        ", ".join(text.format(index, i) for i, index in enumerate(indices))
        for text in (target, value)
    )
    return f"{targets} = {values}"


def filter_lines(
    n: int,
    array: str,
    indices: Sequence[str],
    *,
    transposed: bool = False,
    own: bool = False,
    matrix: str = "filter",
) -> list[str]:
    """Multiply the n states of each unit by the filter's matrix, or by its transpose.

    The matrix is the same for all, or, where units have filters of their `own`, one for each.
    """
    places = [f"{array}[{m}, b_, {{0}}]" for m in range(n)]
    lines = [at(f"x{m}_{{1}}_", place, indices) for m, place in enumerate(places)]
    for m, place in enumerate(places):
        entries = [(k, m) if transposed else (m, k) for k in range(n)]
        factors = [_coefficient(*entry, own=own, matrix=matrix) for entry in entries]
        value = " + ".join(f"{factor} * x{k}_{{1}}_" for k, factor in enumerate(factors))
        lines.append(at(place, value, indices))
    return lines


def _coefficient(row: int, column: int, *, own: bool = False, matrix: str = "filter") -> str:
    return f"{matrix}_[{row}, {column}, {{0}}]" if own else f"{matrix}_{row}_{column}_"
