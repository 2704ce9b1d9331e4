"""The results of a run as a table for the terminal."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

NO_MEASURES = frozenset({"trials", "rate_hz"})


def summary_table(summary: Mapping[str, Any]) -> Table:
    """Lay the summary of a validated run out as twin against Brian2."""
    brian2, columns = summary["brian2"], compared(summary)
    table = Table("", *columns)
    for column in table.columns[1:]:
        column.justify = "right"
    for key in measures(summary["twin"]):
        table.add_row(label(key), *(_text("{:.4f}", part[key]) for part in columns.values()))
    table.add_row("rate", *(_text("{:.1f} Hz", part["rate_hz"]) for part in columns.values()))
    table.add_section()
    for name, text in (
        ("target", brian2["target"]),
        ("spike match", percent(brian2["spike_match"])),
        ("identical trials", _text(f"{{}} of {brian2['trials']}", brian2["identical_trials"])),
        ("own equations", _share_of_trials(brian2.get("own_equations"))),
        ("largest output difference", _text("{:.0e}", brian2["max_output_difference"])),
        ("compile", _text("{:.1f} s", brian2["compile_seconds"])),
        ("simulate", _text("{:.2f} s", brian2["simulate_seconds"])),
        ("push new modes and run", _text("{:.2f} s", brian2["push_seconds"])),
    ):
        table.add_row(name, "", text)
    return table


def compared(summary: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Name the simulations whose measures stand side by side: those that the network has."""
    fine, undisturbed = summary["fine"], summary.get("undisturbed")
    return {
        "twin": summary["twin"],
        "Brian2": summary["brian2"],
        **({f"Brian2 at {fine['dt_ms']:g} ms": fine} if fine else {}),
        **({"undisturbed": undisturbed} if undisturbed else {}),
    }


def measures(twin: Mapping[str, Any]) -> list[str]:
    """Name the measures of the task that the summary has of the twin, as of the other columns."""
    return [key for key in twin if key not in NO_MEASURES]


def label(measure: str) -> str:
    """Write the name of a measure for people."""
    return "MSE" if measure == "mse" else measure.replace("_", " ")


def percent(share: float | None) -> str:
    """Write a share that is almost 1 so that only 1 itself reads as 100 %."""
    return _text("{:.12g} %", None if share is None else 100 * share)


def _share_of_trials(own: Mapping[str, Any] | None) -> str:
    return "–" if own is None else f"{own['identical_trials']} of {own['trials']}"


def _text(form: str, value: float | None) -> str:
    return "–" if value is None else form.format(value)
