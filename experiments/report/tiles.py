"""The key numbers at the top of the report."""

from ..display.page import Tile
from ..pipeline.performance import Performance
from ..pipeline.summary import Brian2Performance, Summary
from .summary_table import label, measures, percent

_SHARES = ("chance", "balanced_accuracy")


def tiles(summary: Summary) -> tuple[Tile, ...]:
    """Give the numbers to look at first."""
    brian2, fine, undisturbed = summary.brian2, summary.fine, summary.undisturbed
    assert brian2 is not None  # the run is validated
    first, *others = measures(summary)
    name = label(first).capitalize() if first.islower() else label(first)

    def tile(where: str, part: Performance, note: str) -> Tile:
        return Tile(f"{name} {where}", _number(first, part.all_measures.get(first)), note)

    there = brian2.performance
    also = "".join(f", {label(key)} {_number(key, there.all_measures.get(key))}" for key in others)
    found = [tile("in Brian2", there, f"{there.trials:,} unseen trials{also}")]
    if undisturbed:
        found.append(tile("undisturbed", undisturbed, "the same network without the conditions"))
    found += _agreement_tiles(brian2)
    if fine:
        note = "the same weights as differential equations"
        found.append(tile(f"at {fine.dt_ms:g} ms", fine.performance, note))
    return tuple(found)


def _agreement_tiles(brian2: Brian2Performance) -> list[Tile]:
    rate = brian2.performance.rate_hz
    if rate is None:
        difference = f"{brian2.max_output_difference:.0e}"
        return [Tile("Output difference", difference, "largest between twin and Brian2")]
    match = Tile(
        "Spike match",
        percent(brian2.spike_match),
        f"not applicable: {brian2.not_compared}"
        if brian2.spike_match is None
        else f"{brian2.identical_trials:,} of {brian2.performance.trials:,} trials identical"
        + ("" if brian2.silenced is None else ", without noise"),
    )
    return [match, Tile("Firing rate", f"{rate:.1f} Hz", "mean over neurons and trials")]


def _number(measure: str, value: float | None) -> str:
    if value is None:
        return "–"
    if measure.startswith("accuracy") or measure in _SHARES:
        return f"{100 * value:.1f} %"
    return f"{value:.4f}" if measure == "mse" else f"{value:.3f}"
