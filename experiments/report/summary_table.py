"""The results of a run as a table for the terminal."""

from collections.abc import Mapping

from rich.table import Table

from ..pipeline.performance import Controls, Generation, Performance
from ..pipeline.summary import Summary
from .controls import in_words

_GENERATED = {
    "periods": "periods of a test",
    "explained_variance_at_best_phase": "explained variance at best phase, mean",
    "lowest_explained_variance": "the same, lowest of the tests",
    "permuted_at_best_phase": "the same with neurons permuted, mean",
    "frequency_hz": "frequency of the output [Hz]",
    "target_frequency_hz": "frequency of the target [Hz]",
    "frequency_error": "relative error of the frequency",
    "drift_periods": "range of the phase over a test, in periods",
    "turns": "turns of a test",
    "explained_variance_of_return_map": "explained variance of the return map",
    "permuted_by_return_map": "the same with neurons permuted",
    "distance_of_maxima": "distance of the maxima's distributions, in s.d.",
    "turns_per_second": "turns of the output per second",
    "target_turns_per_second": "turns of the target per second",
}
"""What people call each number that a `Generation` can have, and the same of a control."""


def summary_table(summary: Summary) -> Table:
    """Lay the summary of a validated run out as twin against Brian2."""
    brian2, columns = summary.brian2, compared(summary)
    assert brian2 is not None  # the run is validated
    table = Table("", *columns)
    for column in table.columns[1:]:
        column.justify = "right"
    parts = columns.values()
    for key in measures(summary):
        table.add_row(label(key), *(_text("{:.4f}", part.all_measures.get(key)) for part in parts))
    table.add_row("rate", *(_text("{:.1f} Hz", part.rate_hz) for part in parts))
    if summary.generation:
        table.add_section()
        for name, value in generated(summary.generation, summary.controls):
            table.add_row(name, "", _text("{:.4g}", value))
    if summary.controls:
        table.add_section()
        for name, text in in_words(summary.controls).items():
            table.add_row(name, "", text)
    table.add_section()
    for name, text in (
        ("target", brian2.target),
        ("spike match", percent(brian2.spike_match)),
        ("identical trials", _share_of_trials(brian2.identical_trials, brian2.performance.trials)),
        ("own equations", _own_equations(brian2.own_equations)),
        ("largest output difference", _text("{:.0e}", brian2.max_output_difference)),
        ("compile", _text("{:.1f} s", brian2.compile_seconds)),
        ("simulate", _text("{:.2f} s", brian2.simulate_seconds)),
        ("push new modes and run", _text("{:.2f} s", brian2.push_seconds)),
    ):
        table.add_row(name, "", text)
    return table


def generated(measured: Generation, controls: Controls | None) -> list[tuple[str, float]]:
    """Name what was measured of a signal that a network generated alone, for people.

    The score of the network with its neurons permuted, at a best phase of its own, stands beside.
    """
    permuted = controls.shuffled_modes if controls else None
    key = "permuted_by_return_map" if measured.periods is None else "permuted_at_best_phase"
    values = vars(measured) | {key: permuted.performance if permuted else None}
    return [(name, x) for key, name in _GENERATED.items() if (x := values.get(key)) is not None]


def compared(summary: Summary) -> dict[str, Performance]:
    """Name the simulations whose measures stand side by side: those that the network has."""
    fine = summary.fine
    columns = {
        "twin": summary.twin,
        "Brian2": summary.brian2 and summary.brian2.performance,
        f"Brian2 at {fine.dt_ms:g} ms" if fine else "": fine and fine.performance,
        "undisturbed": summary.undisturbed,
    }
    return {name: found for name, found in columns.items() if found is not None}


def measures(summary: Summary) -> list[str]:
    """Name the measures that the summary has of the twin, as of the other columns.

    Chance is one of the controls where there are any.
    """
    known = summary.twin.all_measures if summary.twin else {}
    return [name for name in known if name != "chance" or summary.controls is None]


def label(measure: str) -> str:
    """Write the name of a measure for people."""
    return "MSE" if measure == "mse" else measure.replace("_", " ")


def percent(share: float | None) -> str:
    """Write a share that is almost 1 so that only 1 itself reads as 100 %."""
    return _text("{:.12g} %", None if share is None else 100 * share)


def _own_equations(own: Mapping[str, int] | None) -> str:
    return _share_of_trials(own["identical_trials"], own["trials"]) if own else "–"


def _share_of_trials(identical: int | None, trials: int) -> str:
    return _text(f"{{}} of {trials}", identical)


def _text(form: str, value: float | None) -> str:
    return "–" if value is None else form.format(value)
