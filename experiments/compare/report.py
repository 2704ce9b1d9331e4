"""What a comparison found: a table for the terminal, and a report with figures."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student
from spikemodes.analysis.figures.comparison import Contender, draw_comparison

from ..display.page import Figure, Report, Section, Table, Tile, write_report
from ..display.tables import FAILED, FINISHED
from ..pipeline.directory import Metrics
from .measures import ENOUGH
from .plan import Budget
from .run import Comparison

Rows = Sequence[Mapping[str, Any]]

_TABLES = {  # by title: heading and number format of what a row has
    "How well, how fast": {
        "accuracy": ("accuracy", "{:.3f}"),
        "mse": ("MSE", "{:.3f}"),
        "seconds": ("seconds", "{:.0f}"),
        "updates": ("updates", "{:,.0f}"),
    },
    "At what cost": {
        "above_libraries_mb": ("MB", "{:,.0f}"),
        "trainable_parameters": ("parameters", "{:,.0f}"),
        "spikes_per_trial": ("spikes", "{:,.0f}"),
        "synaptic_operations_per_trial": ("operations", "{:,.0f}"),
    },
    "What was learned": {
        "performance_without_recurrence": ("without W", "{:.2f}"),
        "directions": ("directions", "{:.1f}"),
        "rank": ("of", "{:.0f}"),
        "directions_variance": ("variance", "{:.2f}"),
    },
}
_CONFIDENCE = 0.95
_BINS = 25


def tables(comparison: Comparison, rows: Rows) -> dict[str, Table]:
    """Lay out means over seeds with their 95 % intervals, by title; a row for each method.

    `rows` are those of the comparison. Each table is narrow enough for a terminal.
    """
    by_method = {
        contestant.name: [row for row in rows if row["method"] == contestant.name]
        for contestant in comparison.plan.contestants
    }
    found = {title: _table(columns, by_method) for title, columns in _TABLES.items()}
    first = next(iter(found))
    if any(row["status"] != FINISHED for row in rows):
        found[first] = _with_seeds(found[first], by_method)
    return found


def _table(columns: Mapping[str, tuple[str, str]], by_method: Mapping[str, Rows]) -> Table:
    known = {
        key: column
        for key, column in columns.items()
        if any(row.get(key) is not None for rows in by_method.values() for row in rows)
    }
    return Table(
        caption=f"Mean over seeds ± half of its {_CONFIDENCE:.0%} interval, on unseen trials.",
        columns=("method", *(heading for heading, _ in known.values())),
        rows=tuple(
            (
                name,
                *(_cell([row.get(key) for row in rows], form) for key, (_, form) in known.items()),
            )
            for name, rows in by_method.items()
        ),
    )


def _with_seeds(table: Table, by_method: Mapping[str, Rows]) -> Table:
    """Say how many seeds are finished, and why any of them failed."""
    failed = [
        "; ".join({row["reason"] for row in rows if row["status"] == FAILED})
        for rows in by_method.values()
    ]
    seeds = [
        f"{sum(row['status'] == FINISHED for row in rows)} of {len(rows)}"
        for rows in by_method.values()
    ]
    ends = [(n, reason) if any(failed) else (n,) for n, reason in zip(seeds, failed, strict=True)]
    return replace(
        table,
        columns=(*table.columns, *("seeds", "failed")[: 1 + any(failed)]),
        rows=tuple((*row, *end) for row, end in zip(table.rows, ends, strict=True)),
    )


def report(comparison: Comparison, rows: Rows) -> Path:
    """Write ``comparison.html`` and its figures into the comparison's directory."""
    plan = comparison.plan
    task = plan.contestants[0].spec(plan.given).build_task()
    effort = plan.effort
    each = f"{effort.seconds:g} s" if isinstance(effort, Budget) else f"{effort.updates} updates"
    found = {
        contestant.name: _contender(comparison, own)
        for contestant in plan.contestants
        if (own := _finished(rows, contestant.name))
    }
    figures = ()
    if found:
        score = "accuracy" if _measure(rows) == "accuracy" else "mean squared error"
        figures = (
            Figure(
                "comparison",
                "Unseen trials: mean and range over seeds. Lines: the first seed while it learns,"
                " on its own batches.",
                partial(draw_comparison, found=found, score=score),
            ),
        )
    what = "\n\n".join(f"{c.name}: {c.about}." for c in plan.contestants)
    whole = Report(
        title=f"Ways to learn {task.name}",
        subtitle=task.description,
        tiles=(
            Tile("methods", str(len(plan.contestants))),
            Tile("seeds", str(plan.seeds)),
            Tile("training each", each, "one process on one thread"),
        ),
        sections=(
            *(
                Section(title=title, table=table)
                for title, table in tables(comparison, rows).items()
            ),
            Section(title="How it was measured", text=_EXPLANATION),
            Section(title="Time and memory", figures=figures),
            Section(title="What they are", text=what),
        ),
    )
    path = comparison.path / "comparison.html"
    write_report(whole, path, comparison.path / "figures")
    return path


_EXPLANATION = (
    "All networks see trials of the same task, with the same seeds, and answer through the same"
    " kind of readout; classes are asked for in the second half of a trial. Spiking networks run in"
    " Brian2.\n\n"
    "MB: the most memory during training above what the loaded libraries take. Parameters: numbers"
    " that are learned. Spikes and operations: per trial; a spike counts once at each synapse of"
    " its neuron.\n\n"
    "Directions: the fewest leading singular directions of W that alone keep"
    f" {ENOUGH:.0%} of the performance; variance: the share of the variance of filtered activity"
    " that they hold; without W: the performance with no recurrent weight at all. Performance is"
    " the accuracy, or the share of the targets' variance that the outputs explain."
)


def _cell(values: Sequence[float | None], form: str) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    mean = form.format(np.mean(known))
    if len(known) < 2 or np.ptp(known) == 0:
        return mean
    half = student.ppf((1 + _CONFIDENCE) / 2, len(known) - 1) * np.std(known, ddof=1)
    return f"{mean} ± {form.format(half / np.sqrt(len(known)))}"


def _finished(rows: Rows, method: str) -> Rows:
    return [row for row in rows if row["method"] == method and row["status"] == FINISHED]


def _measure(rows: Rows) -> str:
    return "accuracy" if any(row.get("accuracy") is not None for row in rows) else "mse"


def _contender(comparison: Comparison, rows: Rows) -> Contender:
    def of(key: str) -> np.ndarray:
        return np.array([row[key] for row in rows], float)

    key = _measure(rows)
    (first, *_) = (
        cell
        for cell in comparison.plan.cells
        if (cell.contestant.name, cell.seed) == (rows[0]["method"], rows[0]["seed"])
    )
    metrics = Metrics(comparison.run_of(first).metrics).read()
    known = [(m["seconds"], m[key]) for m in metrics if m[key] is not None]
    parts = np.array_split(np.array(known, float).reshape(-1, 2), min(_BINS, max(1, len(known))))
    course = np.array([part.mean(axis=0) for part in parts if len(part)]).reshape(-1, 2).T
    return Contender(of(key), of("seconds"), of("above_libraries_mb"), course)
