"""Lines of the fused kernels around the neuron: inputs, feedback of the modes, filter, traces."""

from collections.abc import Iterable

from .step import StepModel


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


FED = "fed_[b_, back_, {}]"  # what mode or neuron {} fed back, as the forward pass kept it
DRIVE = RowSum("drive_", "W_in_", "channel_", "value_", "count_")
LIST_INPUTS = "count_ = list_inputs(inputs_, step_ // substeps_, b_, channel_, value_)"
_RECURRENT = RowSum("recurrent_", "feedback_", "mode_", "activity_", "mode_.shape[0]")
TO_SPIKES = RowSum("g_spikes_", "encoder_rows_", "mode_", "g_jump_", "mode_.shape[0]")


def recurrent_term(activity: str, one_to_one: bool) -> tuple[list[str], str]:
    """Lines before the loop and the term inside it, for what the modes feed back."""
    if one_to_one:
        return [], activity.format("j_")
    copy = ["for p_ in range(feedback_.shape[0]):", f"    activity_[p_] = {activity.format('p_')}"]
    return copy + _RECURRENT.lines, _RECURRENT.value


_FEEDBACK_ADJOINT = """\
                for p_ in range(n_modes_):
                    fed4_[quarter_, p_] = fed_[b_, back_, p_]
                if quarter_ == 0:
                    gather(g_feedback_, block_, fed4_, g_recurrents_)
                    for row_ in range(4):
                        clear(fed4_, row_)
                project(g_activity_, feedback_, g_recurrents_, quarter_)
                for p_ in range(n_modes_):
                    g_relay_[{output}, b_, p_] += g_activity_[p_]"""

_FEEDBACK_ADJOINT_ONE_TO_ONE = """\
                for j_ in range(n_):
                    g_relay_[{output}, b_, j_] += g_recurrents_[quarter_, j_]"""


def feedback_parts(model: StepModel, one_to_one: bool) -> dict[str, str]:
    """Lines from modes to neurons and back."""
    output = model.filter.state.index("r")
    lines, value = recurrent_term(f"relay_[{output}, b_, {{}}]", one_to_one)
    back = _FEEDBACK_ADJOINT_ONE_TO_ONE if one_to_one else _FEEDBACK_ADJOINT
    return {
        "drive": indented(20, [LIST_INPUTS, *DRIVE.lines]),
        "drive_value": DRIVE.value,
        "recurrent": indented(16, lines),
        "recurrent_value": value,
        "feedback_adjoint": back.format(output=output),
    }


def filter_parts(model: StepModel, peaks: bool) -> dict[str, str]:
    """Lines of the synaptic filter, a linear map, on relay units and on the neurons' traces."""
    names = model.filter.state
    jump, output = names.index(model.jump), names.index("r")
    parts = {
        "jump": str(jump),
        "output": str(output),
        "filter_relay": indented(20, filter_lines(len(names), "relay_", "q_", "filter_[{0}, {1}]")),
        "filter_relay_adjoint": indented(
            20, filter_lines(len(names), "g_relay_", "q_", "filter_[{1}, {0}]")
        ),
        "trace": "",
        "trace_spike": "",
        "trace_to_spikes": "",
        "trace_adjoint": "",
    }
    if peaks:
        forward = filter_lines(len(names), "trace_", "j_", "filter_[{0}, {1}]")
        backward = filter_lines(len(names), "g_trace_", "j_", "filter_[{1}, {0}]")
        loop = indented(16, ["for j_ in range(n_):"])
        highest = [
            f"if trace_[{output}, b_, j_] > peak_[b_, j_]:",
            f"    peak_[b_, j_] = trace_[{output}, b_, j_]",
            "    peak_step_[b_, j_] = k_",
        ]
        at_peak = [
            "if peak_step_[b_, j_] == k_:",
            f"    g_trace_[{output}, b_, j_] += g_peak_[b_, j_]",
        ]
        parts |= {
            "trace": f"{loop}\n{indented(20, forward + highest)}",
            "trace_spike": indented(20, [f"trace_[{jump}, b_, j_] += gain_"]),
            "trace_to_spikes": f" + gain_ * g_trace_[{jump}, b_, j_]",
            "trace_adjoint": f"{loop}\n{indented(20, at_peak + backward)}",
        }
    return parts


def filter_lines(n: int, array: str, index: str, coefficient: str) -> list[str]:
    """Multiply the n states of each unit by the filter's matrix, or by its transpose."""
    lines = [f"x{m}_ = {array}[{m}, b_, {index}]" for m in range(n)]
    for m in range(n):
        terms = (f"{coefficient.format(m, other)} * x{other}_" for other in range(n))
        lines.append(f"{array}[{m}, b_, {index}] = {' + '.join(terms)}")
    return lines
