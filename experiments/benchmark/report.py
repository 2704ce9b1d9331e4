"""The benchmark: rows measured one after the other, then tables, figures and a page for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from spikemodes.analysis.figures.benchmark import Timings, draw_recurrence, draw_sizes

from ..display.page import Figure, Report, Section, Tile, write_report
from .directory import BenchmarkDirectory, Results, environment
from .findings import crossover, findings, growths, measured, per_trial, ratios
from .process import run_apart
from .tables import in_words, tables

if TYPE_CHECKING:
    from .plan import Plan
    from .rows import Measurement
    from .training import TrainingStep


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


def report(plan: Plan, directory: BenchmarkDirectory, results: Results) -> None:
    """Write the page and its figures."""
    figures = _figures(plan, results)
    sections = [
        Section(title, figures=tuple(figures.get(title, ())), table=table)
        for title, table in tables(plan, results).items()
    ]
    where = ", ".join(f"{name} {value}" for name, value in environment().items() if value)
    tiles = [
        Tile(
            f"{ratio.contender}, N = {ratio.neurons:,}",
            f"{ratio.time:.1f} ×",
            f"the time of the fused kernels, {ratio.memory:.1f} × their memory",
        )
        for ratio in ratios(plan, results)
    ] + [
        Tile(f"Exponent in {g.size}", f"{g.exponent:.2f}", f"± {g.standard_error:.2f}")
        for g in growths(plan, results)
    ]
    whole = Report(f"spikemodes benchmark ({plan.name})", where, tuple(sections), tuple(tiles))
    write_report(whole, directory.report, directory.figures)


def _figures(plan: Plan, results: Results) -> dict[str, list[Figure]]:
    """Figures by the title of their section; none without data."""
    figures: dict[str, list[Figure]] = {}
    times = _curves(plan, results, lambda row, m: 1e3 * per_trial(row, m))
    memory = _curves(plan, results, lambda row, m: max(m["memory_mb"], 1.0) / row.trials)
    if times:
        at = "against the number of neurons; large networks run in smaller batches."
        figures["Training step"] = [
            Figure(
                "training-time",
                f"Core time of a training step per trial {at}",
                partial(draw_sizes, curves=times, x="neurons N", y="core time per trial [ms]"),
            ),
            Figure(
                "training-memory",
                f"Peak memory of a training step per trial {at}",
                partial(draw_sizes, curves=memory, x="neurons N", y="memory per trial [MB]"),
            ),
        ]
    timings = [
        Timings(row.modes, m["spikes_per_step"], m["modes_seconds"], m["dense_seconds"])
        for row in plan.recurrences
        if (m := measured(results, row)) and m["spikes_per_step"]
    ]
    if timings:
        figures["Modes against dense synapses"] = [
            Figure(
                "modes-against-dense",
                "The same recurrence in Brian2 as modes and as dense event-driven synapses.",
                partial(draw_recurrence, timings=timings, crossover=crossover(plan, results)),
            )
        ]
    return figures


def _curves(
    plan: Plan, results: Results, value: Callable[[TrainingStep, Measurement], float]
) -> dict[str, list[tuple[float, float]]]:
    """Points (N, value) of each contender, in order of N."""
    curves: dict[str, dict[float, float]] = {}
    for row in (*plan.contenders, *plan.neurons):
        if m := measured(results, row):
            curves.setdefault(row.contender, {})[row.neurons] = value(row, m)
    return {name: sorted(points.items()) for name, points in curves.items()}
