"""What the benchmark measured, as tables, figures and a page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from spikemodes.analysis.figures.benchmark import Timings, draw_recurrence, draw_sizes

from ..display.page import Figure, Report, Section, Tile
from ..display.writing import write_report
from .directory import BenchmarkDirectory, Results, environment
from .findings import crossover, growths, measured, per_trial, ratios
from .tables import tables

if TYPE_CHECKING:
    from .plan import Plan
    from .rows import Measurement
    from .training import TrainingStep


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
