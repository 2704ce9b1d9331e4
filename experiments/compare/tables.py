"""The tables of a comparison, for the terminal and its report: a row for each method."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..display.page import Table
from ..display.tables import FAILED, FINISHED
from .contestants import CONTROL
from .intervals import (
    CONFIDENCE,
    FEWEST,
    TRUE_OF_FIVE,
    interval,
    known,
    lower_bound,
    paired,
    shown,
)
from .measures import ENOUGH
from .plan import Budget, ComparisonPlan
from .search import FINALISTS, NETWORKS

Row = Mapping[str, Any]
Rows = Sequence[Row]

_CLOSE = 0.1  # of a budget of seconds: what training may miss it by without being named


@dataclass(frozen=True)
class Column:
    """A column: its heading, and what stands there of the rows of a method, ``""`` if nothing."""

    heading: str
    cell: Callable[[Rows], str]

    @staticmethod
    def of(heading: str, key: str, form: str, *, limits: bool = True) -> "Column":
        """Make a column of numbers."""
        return Column(heading, lambda rows: shown([r.get(key) for r in rows], form, limits=limits))

    def holds(self, by_method: Mapping[str, Rows]) -> bool:
        """Whether something stands there for any method."""
        return any(self.cell(rows) not in {"", "–"} for rows in by_method.values())


def tables(plan: ComparisonPlan, rows: Rows) -> dict[str, Table]:
    """Lay out what was found, by title, the best first; each narrow enough for a terminal."""
    by_method = ranked(plan, rows)
    most = max((len(finished(own)) for own in by_method.values()), default=0)
    how = (
        f"Mean over {most} seeds and its bootstrap interval (BCa; nominal {CONFIDENCE:.0%}, about"
        f" {TRUE_OF_FIVE:.0%} with 5 seeds of normal or binomial scores, unknown for bimodal ones),"
        if most >= FEWEST
        else f"All seeds (from {FEWEST} on there are intervals),"
    ) + _measured_on(rows)
    found = {
        "How well": _table(_HOW_WELL, by_method, how + _chance(rows) + _below(plan, rows)),
        "How long": _table(_HOW_LONG, by_method, _effort(plan, rows)),
        "At what cost": _table(_COST, by_method, _COST_CAPTION),
        "What carries it": _table(_CARRIES, by_method, _CARRIES_CAPTION),
    }
    best = next(iter(by_method))
    for title, to in (("best", best if best != CONTROL else ""), ("control", CONTROL)):
        if differences := _differences(by_method, to):
            found[f"Differences to the {title}"] = differences
    if any(row["status"] != FINISHED for row in rows):
        found["How well"] = _with_seeds(found["How well"], by_method)
    return found


def ranked(plan: ComparisonPlan, rows: Rows) -> dict[str, Rows]:
    """Give the rows of each method, that of the best mean performance first."""
    own = {c.name: [row for row in rows if row["method"] == c.name] for c in plan.contestants}
    return dict(sorted(own.items(), key=lambda item: -_mean_performance(item[1])))


def finished(rows: Rows) -> Rows:
    """Those of networks that were measured."""
    return [row for row in rows if row["status"] == FINISHED]


def _mean_performance(rows: Rows) -> float:
    known = [row["performance"] for row in finished(rows) if row.get("performance") is not None]
    return float(np.mean(known)) if known else -np.inf


def _table(columns: Sequence[Column], by_method: Mapping[str, Rows], caption: str) -> Table:
    done = {name: finished(rows) for name, rows in by_method.items()}
    known = [column for column in columns if column.holds(done)]
    return Table(
        caption=caption,
        columns=("method", *(column.heading for column in known)),
        rows=tuple((name, *(c.cell(rows) for c in known)) for name, rows in done.items()),
    )


def _accuracy(rows: Rows) -> str:
    """Write accuracies; with the bound that all trials together give, where all seeds agree."""
    text = shown([row.get("accuracy") for row in rows], "{:.3f}")
    first, *others = [row.get("accuracy") for row in rows] or [None]
    if first is None or not others or any(other != first for other in others):
        return text
    trials = sum(row["test_trials"] for row in rows)
    bound = lower_bound(round(first * trials), trials)
    return f"{text} (≥ {bound:.3f}, {trials} trials pooled)"


def _chosen(rows: Rows) -> str:
    if not rows:
        return ""
    name = rows[0]["searched"].split(".")[-1].replace("learning_rate", "rate")
    end = f" ({rows[0]['at_end']} tried)" if rows[0]["at_end"] else ""
    return f"{name} {rows[0]['chosen']:.3g}{end}"


def _out_of(rows: Rows) -> str:
    """Write out of how many directions: those of what was learned, beside fixed weights."""
    if not rows:
        return ""
    rank = shown([row["rank"] for row in rows], "{:.0f}", limits=False)
    return f"gJ + {rank}" if any(row["fixed_synapses"] for row in rows) else rank


_HOW_WELL = (
    Column.of("performance", "performance", "{:.3f}"),
    Column("accuracy", _accuracy),
    Column.of("explained variance", "explained_variance", "{:.3f}"),
)
_HOW_LONG = (
    Column.of("trials", "trials", "{:,.0f}", limits=False),
    Column.of("updates", "updates", "{:,.0f}", limits=False),
    Column.of("seconds", "seconds", "{:.1f}"),
    Column("learning rate", _chosen),
)
_COST = (
    Column.of("MB", "above_libraries_mb", "{:,.0f}", limits=False),
    Column.of("learned", "trainable_parameters", "{:,.0f}", limits=False),
    Column.of("W takes", "stored_weights", "{:,.0f}", limits=False),
    Column("inputs", lambda rows: rows[0]["input_weights"] if rows else ""),
    Column.of("spikes", "spikes_per_trial", "{:,.0f}", limits=False),
    Column.of("operations", "operations_per_trial", "{:,.0f}", limits=False),
)
_CARRIES = (
    Column.of("W removed after training", "performance_without_recurrence", "{:.2f}", limits=False),
    Column.of("directions", "directions", "{:.3g}"),
    Column("of", _out_of),
    Column.of("variance", "directions_variance", "{:.2f}"),
)
_COST_CAPTION = (
    f"From {FEWEST} seeds on means. MB: the most memory during training above what the loaded"
    " libraries take. Learned: numbers. W takes: numbers that make the recurrent weights, as modes"
    " or single synapses. Operations of a trial: a spike at each of its single synapses and modes,"
    " and each mode at all neurons in each step."
)
_CARRIES_CAPTION = (
    "Directions: the fewest leading singular directions of what was learned of W that keep"
    f" {ENOUGH:.0%} of the performance above that of the same network with W removed after training"
    f" (the contestant `{CONTROL}` is another: it learned without W), or above a constant answer;"
    " “gJ + 1” has fixed random weights beside them. Chosen on the first ≤ 100 test trials, so no"
    " held-out claim. Variance: their share of that of filtered activity."
)


def _measured_on(rows: Rows) -> str:
    trials = sorted({row["test_trials"] for row in finished(rows)})
    each = f"{' or '.join(map(str, trials))} " if trials else ""
    return (
        f" on {each}unseen trials of each seed, spiking networks in Brian2, networks of rates in"
        " the twin."
    )


def _chance(rows: Rows) -> str:
    known = [row["chance"] for row in rows if row.get("chance") is not None]
    if not known:
        return " A constant answer has performance 0."
    return f" Chance: accuracy {np.mean(known):.3f}, performance 0."


def _below(plan: ComparisonPlan, rows: Rows) -> str:
    names = not_shown_better(plan, rows)
    text = f" Not shown to be better than {CONTROL}, seed by seed: {', '.join(names)}."
    return text if names else ""


def _effort(plan: ComparisonPlan, rows: Rows) -> str:
    tried = (
        f" The learning rate is the best of {plan.candidates} around the method's default and one"
        f" value more, beyond the grid where the best is at its end: one network each, {NETWORKS}"
        f" for the best {FINALISTS}, on trials of their own; how well defaults were tuned before"
        " differs."
        if plan.candidates
        else ""
    )
    same = "Trials come in the same order for all networks of a seed." + tried
    if not isinstance(plan.effort, Budget):
        return same
    budget = plan.effort.seconds
    missed = {
        row["method"]: row["seconds"]
        for row in finished(rows)
        if abs(row["seconds"] / budget - 1) > _CLOSE
    }
    return same + (
        f" Missed the {budget:g} s by more than {_CLOSE:.0%}: "
        + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in missed.items())
        + "."
        if missed
        else f" All met the {budget:g} s to {_CLOSE:.0%}."
    )


def _differences(by_method: Mapping[str, Rows], to: str) -> Table | None:
    """What others have beyond one method, seed by seed; ``None`` with nothing to compare."""
    first = by_method.get(to, ())
    others = [(name, rows) for name, rows in by_method.items() if name != to and finished(rows)]
    if not others or not finished(first):
        return None
    measures = [
        key
        for key in ("performance", "accuracy", "explained_variance")
        if any(row.get(key) is not None for row in first)
    ]
    return Table(
        caption=f"Method less {to}, paired: networks of the same seed share their trials. Values"
        " or intervals as above.",
        columns=("method", *(measure.replace("_", " ") for measure in measures)),
        rows=tuple(
            (
                name,
                *(shown(_paired(rows, first, measure), "{:+.3f}") for measure in measures),
            )
            for name, rows in others
        ),
    )


def _paired(rows: Rows, others: Rows, measure: str) -> list[float | None]:
    return paired(*([row.get(measure) for row in of] for of in (rows, others)))


def _with_seeds(table: Table, by_method: Mapping[str, Rows]) -> Table:
    """Say how many seeds are finished, and why any of them failed."""
    failed = [
        "; ".join({row["reason"] for row in rows if row["status"] == FAILED})
        for rows in by_method.values()
    ]
    seeds = [f"{len(finished(rows))} of {len(rows)}" for rows in by_method.values()]
    ends = [(n, reason) if any(failed) else (n,) for n, reason in zip(seeds, failed, strict=True)]
    return replace(
        table,
        columns=(*table.columns, *("seeds", "failed")[: 1 + any(failed)]),
        rows=tuple((*row, *end) for row, end in zip(table.rows, ends, strict=True)),
    )


def not_shown_better(plan: ComparisonPlan, rows: Rows) -> list[str]:
    """Name the methods whose interval of the difference to the control does not lie above 0.

    Differences are paired over seeds; fewer than `FEWEST` have no interval and show nothing.
    """
    by_method = ranked(plan, rows)
    control = by_method.get(CONTROL, ())
    if not finished(control):
        return []
    names = []
    for name, own in by_method.items():
        if name != CONTROL and finished(own):
            differences = known(_paired(own, control, "performance"))
            if len(differences) < FEWEST or not interval(differences)[0] > 0:
                names.append(name)
    return names
