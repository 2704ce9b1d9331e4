"""The plausibility table in the report of a run."""

from dataclasses import fields
from functools import partial

from spikemodes.analysis.figures.spiking import draw_spike_statistics
from spikemodes.analysis.plausibility.areas import AREAS, UNREPORTED, Area
from spikemodes.analysis.plausibility.distributions import Distributions

from ..display.page import Figure, Section, Table
from ..pipeline.plausibility import N_CONDITIONS, N_REPEATS
from ..pipeline.summary import Plausibility, Statistic, Verdicts
from .reported import Reported

_CONTROLS = {
    "silent": "silent",
    "poisson": "Poisson",
    "regular": "regular",
    "shuffled": "W shuffled",
}


def cortex(found: Reported) -> Section | None:
    """Set statistics of spikes and weights beside those of cortex, and say what a trial costs."""
    cost, table = found.summary.energy, found.summary.plausibility
    if found.circuit is None or table is None:
        return None
    assert cost is not None  # the run is analysed
    area = AREAS.get(table.area or "")
    modes = cost.mode_operations_per_trial
    through = "" if modes is None else f", or {modes:,.0f} through the modes"
    acting = f" Spikes and weights are those under the conditions: {found.conditions}."
    return Section(
        title="Plausibility",
        text=(
            f"{_introduction(area)}{acting * bool(found.conditions)}\n\n{_found(table)}\n\nA trial"
            f" takes {cost.spikes_per_trial:,.0f} spikes and"
            f" {cost.synaptic_operations_per_trial:,.0f} synaptic operations{through}: a proxy"
            " of its energy."
        ),
        table=_table(table, area),
        figures=(
            Figure(
                "spike-statistics",
                "Distributions over neurons and pairs; shaded, the ranges of means.",
                partial(draw_spike_statistics, spiking=_distributions(found), area=area),
            ),
        ),
    )


def _introduction(area: Area | None) -> str:
    if area is None:
        return "Of a version that named no area of cortex: verdicts are those it gave."
    return (
        f"Beside {area.description}, in {N_CONDITIONS} stimuli, each shown {N_REPEATS} times in"
        " exactly the same way. A range has two ends, from sources quoted below; a verdict is on"
        " the whole 95 % interval, by bootstrap over neurons and trials, and undecided where that"
        " covers an end. Controls go through the same table: no spikes, Poisson and regular (gamma,"
        " CV 0.2) neurons at the rates of the network's, and its weights shuffled. What they pass"
        " says nothing. Rows measure unlike things and are not added up."
    )


def _found(table: Plausibility) -> str:
    """Name the rows of each verdict."""
    named = (
        ("Within the range", table.verdicts.within),
        ("Outside", table.verdicts.outside),
        ("Undecided", table.verdicts.undecided),
    )
    return " ".join(f"{verdict}: {', '.join(rows) or 'none'}." for verdict, rows in named)


def _table(table: Plausibility, area: Area | None) -> Table:
    controls = {} if table.controls is None else vars(table.controls)
    ranges = {} if area is None else area.ranges
    rows = []
    for name, statistic in table.metrics.items():
        reported = ranges.get(name, UNREPORTED)
        rows.append(
            (
                f"{name} [{statistic.unit}]" if statistic.unit else name,
                "–" if statistic.value is None else statistic.value,
                _between(statistic.interval_low, statistic.interval_high),
                _between(statistic.low, statistic.high),
                _verdict(statistic),
                *(_of_control(name, verdicts) for verdicts in controls.values()),
                f"{reported.what}. {reported.source}" if reported.source else reported.what,
            )
        )
    names = (_CONTROLS[name] for name in controls)
    return Table(
        caption="The network beside cortex, and controls. A dash: no range, or not measured.",
        columns=("statistic", "value", "interval", "cortex", "", *names, "source"),
        rows=tuple(rows),
    )


def _verdict(statistic: Statistic) -> str:
    reason = f": {statistic.reason}" if statistic.reason else ""
    return f"{statistic.verdict}{reason}"


def _between(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{low:.3g} to {high:.3g}"


def _of_control(name: str, verdicts: Verdicts) -> str:
    """Give the verdict on a row of a control."""
    of = (v.replace("_", " ") for v, names in vars(verdicts).items() if name in names)
    return next(of, "–")


def _distributions(found: Reported) -> Distributions:
    """Those that the analysis kept, an older version further ones."""
    kept = found.findings.spiking
    return Distributions(**{field.name: kept[field.name] for field in fields(Distributions)})
