"""The rows of a benchmark, measured one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from .directory import BenchmarkDirectory, Results
from .findings import findings, measured
from .process import run_apart
from .tables import in_words

if TYPE_CHECKING:
    from .plan import Plan
    from .rows import Measurement


def measure_rows(
    plan: Plan, directory: BenchmarkDirectory, results: Results, console: Console
) -> Results:
    """Measure the rows that have no measurement yet; each is on disk before the next begins."""
    todo = [row for row in plan.rows if measured(results, row) is None]
    results = dict(results)
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[row]} of {task.fields[rows]}"),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_interactive,
        speed_estimate_period=1e9,  # rows are few and long
    ) as progress:
        total = sum(row.expected_seconds for row in todo)
        bar = progress.add_task("", total=total, row=0, rows=len(todo))
        for i, row in enumerate(todo, start=1):
            progress.update(bar, description=row.name, row=i)
            results[row] = run_apart(row, directory.cache)
            ordered = {row: results[row] for row in plan.rows if row in results}
            directory.write(plan, ordered, findings(plan, ordered))
            progress.advance(bar, row.expected_seconds)
            said = _brief(results[row].measured) or results[row].reason
            console.print(f"{i}/{len(todo)}  {row.name}: {said}", markup=False, highlight=False)
    directory.forget_cache()
    return results


def _brief(measurement: Measurement | None) -> str:
    """The times of a measurement in a few words."""
    times = {k: v for k, v in (measurement or {}).items() if k.endswith("seconds")}
    names = {"seconds": "median"}
    return ", ".join(
        f"{names.get(k, k.removesuffix('_seconds'))} {in_words(v)}" for k, v in times.items()
    )
