"""The plausibility table in the report of a run."""

from dataclasses import fields
from functools import partial

import numpy as np
from spikemodes.analysis.figures.spiking import draw_spike_statistics
from spikemodes.analysis.plausibility.areas import AREAS, UNREPORTED, Area
from spikemodes.analysis.plausibility.distributions import Distributions
from spikemodes.analysis.plausibility.rows import NO_NOISE
from spikemodes.analysis.plausibility.table import changes

from ..display.page import Figure, Section, Table
from ..pipeline.plausibility import N_CONDITIONS, N_REPEATS
from ..pipeline.summary import Energy, Plausibility, Statistic, Verdicts
from . import glossary
from .reported import Reported

_RATES = "train.rate_penalty, train.rate_target"
_NOISE = "network.noise, network.background.strength and ratio"
_SHARED = "network.background.ratio, network.modes"
_SYNAPSES = "network.mask, network.background.connected"
_MOVED_BY = {
    "median firing rate": _RATES,
    "standard deviation of log rate": _RATES,
    "skewness of log rate": _RATES,
    "share of silent neurons": _RATES,
    "share of neurons above 20 Hz": _RATES,
    "CV of interspike intervals": _NOISE,
    "CV2 of interspike intervals": _NOISE,
    "Fano factor in 100 ms": _NOISE,
    "correlation of spike counts in 500 ms": _SHARED,
    "synchrony: correlation in 5 ms": _SHARED,
    "inhibitory over excitatory recurrent input": "network.background.ratio",
    "outgoing weight of one sign": "network.parameterisation=dale",
    "connected pairs": _SYNAPSES,
    "share of inhibitory neurons": "network.excitatory",
    "synapses with half the weight, excitatory to excitatory": "network.background.spread",
}
"""Keys of a configuration that move a row, by its name or by that without the types of cells."""

_CONTROLS = {
    "silent": "silent",
    "poisson": "Poisson",
    "regular": "regular",
    "shuffled": "single weights permuted",
}


def cortex(found: Reported) -> Section | None:
    """Set statistics of spikes and weights beside those of cortex, and say what a trial costs."""
    cost, table = found.summary.energy, found.summary.plausibility
    if found.circuit is None or table is None:
        return None
    assert cost is not None  # the run is analysed
    area = AREAS.get(table.area or "")
    acting = f" Spikes and weights are those under the conditions: {found.conditions}."
    return Section(
        title="Plausibility",
        text=(
            f"{_introduction(area)}{acting * bool(found.conditions)}\n\n{_found(table)}\n\nA trial"
            f" takes {cost.spikes_per_trial:,.0f} spikes and"
            f" {cost.synaptic_operations_per_trial:,.0f} synaptic operations{_through_modes(cost)}."
        ),
        table=_table(table, area, np.asarray(found.findings.spiking["cv"])),
        figures=(
            Figure(
                "spike-statistics",
                "Distributions over neurons and pairs. Shaded: the table's ranges; those of CV and"
                " CV2 are of single neurons, the others of means.",
                partial(draw_spike_statistics, spiking=_distributions(found), area=area),
                finding=_finding(table),
            ),
        ),
        glossary=glossary.PLAUSIBILITY,
    )


def _through_modes(cost: Energy) -> str:
    """What the same spikes cost through the modes, where they go that way."""
    into, out = cost.mode_operations_per_trial, cost.mode_updates_per_trial
    if into is None:
        return ""
    if out is None:  # of an older version
        return f", or {into:,.0f} into the modes, without those from them to all neurons"
    return (
        f", or {into + out:,.0f} through the modes ({into:,.0f} into them, {out:,.0f} from them to"
        " all neurons in every step)"
    )


def _introduction(area: Area | None) -> str:
    if area is None:
        return "Of a version that named no area of cortex: verdicts are those it gave."
    return (
        f"Beside ranges for {area.description}, in {N_CONDITIONS} stimuli, each shown {N_REPEATS}"
        f" times in exactly the same way.{f' {area.caution}' if area.caution else ''} A range has"
        " two ends, from sources quoted below; a verdict is on the whole 95 % interval, and"
        " undecided where that covers an end. Intervals are by bootstrap of neurons, for Fano"
        " factor and correlations of repeats too, of presynaptic neurons for weights; the interval"
        " is of this network, not of training. Controls go through the same table: no spikes,"
        " Poisson and regular (gamma, CV 0.2) neurons at the rates of the network's, and"
        " its single weights permuted. A row says something only where a control that changes it"
        " fails; same: the control takes the row over from the network, spikes with permuted"
        " weights, weights and rates with other processes. Rows measure unlike things and are not"
        " added up."
    )


def _found(table: Plausibility) -> str:
    """Name the rows of each verdict."""
    named = (
        ("Within the range", table.verdicts.within),
        ("Outside", table.verdicts.outside),
        ("Undecided", table.verdicts.undecided),
    )
    return " ".join(f"{verdict}: {', '.join(rows) or 'none'}." for verdict, rows in named)


def _finding(table: Plausibility) -> str:
    """Count the verdicts, and give the median rate if it is known."""
    v = table.verdicts
    judged = len(v.within) + len(v.outside) + len(v.undecided)
    median = table.metrics.get("median firing rate")
    known = median is not None and median.value is not None
    counts = (
        f"Of {judged} statistics with a range {len(v.within)} lie within it, {len(v.outside)}"
        f" outside, and {len(v.undecided)} cannot be told."
    )
    return (counts if judged else "No statistic could be judged.") + (
        f" Neurons fire at {median.value:.1f} Hz in the median." if median and known else ""
    )


def _table(table: Plausibility, area: Area | None, cv: np.ndarray) -> Table:
    controls = {} if table.controls is None else vars(table.controls)
    ranges = {} if area is None else area.ranges
    rows = []
    for name, statistic in table.metrics.items():
        reported = ranges.get(name, UNREPORTED)
        rows.append(
            (
                _named(name, statistic, table, cv),
                "–" if statistic.value is None else statistic.value,
                _between(statistic.interval_low, statistic.interval_high),
                _between(statistic.low, statistic.high)
                + f" ({reported.basis})" * bool(reported.basis),
                _verdict(statistic),
                *(_of_control(control, name, v) for control, v in controls.items()),
                _moved_by(name),
                f"{reported.what}. {reported.source}" if reported.source else reported.what,
            )
        )
    names = (_CONTROLS[name] for name in controls)
    return Table(
        caption="The network beside cortex, and controls. A dash: no range, or not measured."
        " Derived: from other numbers; borrowed: from other areas or species.",
        columns=("statistic", "value", "interval", "cortex", "", *names, "moved by", "source"),
        rows=tuple(rows),
    )


def _named(name: str, statistic: Statistic, table: Plausibility, cv: np.ndarray) -> str:
    """The name of a row; of intervals with how they are measured, and in how many neurons."""
    short = name.removesuffix(" of interspike intervals")
    if table.area is None or short == name:
        return f"{name} [{statistic.unit}]" if statistic.unit else name
    known = f"{np.count_nonzero(np.isfinite(cv)):,} of {len(cv):,}"
    text = f"{short} of intervals, in operational time, neurons of ≥ 5 spikes a trial ({known})"
    fano = table.metrics.get("Fano factor in 100 ms")
    if fano is None or fano.reason != NO_NOISE:
        return text
    return f"{text}; biased without noise, as the train helps to make its own rate" + (
        ": irregular trains of 10 to 50 Hz measure 0.75 to 0.87 in place of 1" * (short == "CV")
    )


def _moved_by(name: str) -> str:
    """Keys of a configuration that move a row."""
    return _MOVED_BY.get(name) or _MOVED_BY.get(name.partition(",")[0], "–")


def _verdict(statistic: Statistic) -> str:
    reason = f": {statistic.reason}" if statistic.reason else ""
    return f"{statistic.verdict}{reason}"


def _between(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{low:.3g} to {high:.3g}"


def _of_control(control: str, name: str, verdicts: Verdicts) -> str:
    """Give the verdict on a row of a control, or that it is the network's."""
    of = (v.replace("_", " ") for v, names in vars(verdicts).items() if name in names)
    verdict = next(of, "–")
    return verdict if verdict == "–" or changes(control, name) else "same"


def _distributions(found: Reported) -> Distributions:
    """Those that the analysis kept, an older version further ones."""
    kept = found.findings.spiking
    return Distributions(**{field.name: kept[field.name] for field in fields(Distributions)})
