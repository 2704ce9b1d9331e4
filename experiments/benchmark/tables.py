"""The benchmark as tables, for the terminal and the report alike."""

from itertools import chain

from ..display.page import Table
from .directory import Results
from .findings import crossover, growths, measured, passes, per_trial, ratios
from .plan import Plan
from .rows import Row


def tables(plan: Plan, results: Results) -> dict[str, Table]:
    """Lay the results out, one table per question; a row without result gives its reason."""
    return {
        "Training step": _contenders(plan, results),
        "Growth": _growth(plan, results),
        "Recursive least squares": _least_squares(plan, results),
        "Compilation and Brian2": _programs(plan, results),
        "Modes against dense synapses": _recurrences(plan, results),
    }


def _contenders(plan: Plan, results: Results) -> Table:
    factor = {(r.contender, r.neurons): r for r in ratios(plan, results)}
    rows = []
    for row in plan.contenders:
        if m := measured(results, row):
            ratio = factor.get((row.contender, row.neurons))
            rows.append(
                (
                    row.name,
                    in_words(m["seconds"]),
                    in_words(m["fastest_seconds"]),
                    f"{m['memory_mb']:.0f} MB",
                    f"{m['step_memory_mb']:.0f} MB",
                    f"{m['memory_before_mb']:.0f} MB",
                    f"{m['rate_hz']:.0f} Hz",
                    f"time × {ratio.time:.1f}, memory × {ratio.memory:.1f}, step alone"
                    f" × {ratio.step_memory:.1f}"
                    if ratio
                    else "",
                )
            )
        else:
            rows.append(_without(row, results, 8))
    columns = (
        "step", "median", "fastest", "memory", "step alone", "before", "rate",
        "over the fused kernels",
    )  # fmt: skip
    threads = {int(m["threads"]) for row in plan.contenders if (m := measured(results, row))}
    caption = (
        "Forward pass, gradient and Adam update. Memory is the peak of the process above what it"
        " held before the first allocation, all imports done; of the step alone, above what it held"
        " with the model loaded, compiled code included."
    )
    if threads:
        caption += f" All use {', '.join(map(str, threads))} threads."
    return Table(caption, columns, tuple(rows))


def _growth(plan: Plan, results: Results) -> Table:
    rows = []
    for row in dict.fromkeys(chain(plan.neurons, plan.steps, plan.modes)):
        if m := measured(results, row):
            core_time = in_words(per_trial(row, m))
            rows.append((row.name, in_words(m["seconds"]), core_time, f"{m['memory_mb']:.0f} MB"))
        else:
            rows.append(_without(row, results, 4))
    fits = "; ".join(
        f"in {g.size} from {g.smallest:,} to {g.largest:,}: {g.exponent:.2f} ±"
        f" {g.standard_error:.2f}"
        for g in growths(plan, results)
    )
    caption = f"Exponents of core time per trial (± standard error) {fits or 'need three rows'}."
    return Table(caption, ("step", "median", "core time per trial", "memory"), tuple(rows))


def _least_squares(plan: Plan, results: Results) -> Table:
    rows = []
    for row in plan.least_squares:
        if m := measured(results, row):
            times = in_words(m["seconds"]), in_words(m["pass_seconds"])
            rows.append((row.name, *times, f"{passes(results, row):.2f}"))
        else:
            rows.append(_without(row, results, 4))
    caption = (
        "An update of FORCE's weights against a pass that reads and writes the N(N + 1)/2 numbers"
        " of its symmetric matrix. Both stay in the caches."
    )
    return Table(caption, ("learner", "update", "pass", "update / pass"), tuple(rows))


def _programs(plan: Plan, results: Results) -> Table:
    rows = []
    compilation = measured(results, plan.compilation)
    if compilation:
        rows.append((plan.compilation.name, in_words(compilation["seconds"]), "", "", ""))
    else:
        rows.append(_without(plan.compilation, results, 5))
    for row in plan.programs:
        if m := measured(results, row):
            times = (m[key] for key in ("build_seconds", "simulate_seconds", "seconds"))
            rows.append((row.name, *map(in_words, times), f"{m['rate_hz']:.0f} Hz"))
        else:
            rows.append(_without(row, results, 5))
    columns = "program", "build", "first run", "new weights, run", "rate"
    return Table("Built with nothing in the cache.", columns, tuple(rows))


def _recurrences(plan: Plan, results: Results) -> Table:
    rows = []
    for row in plan.recurrences:
        if m := measured(results, row):
            modes, dense = m["modes_seconds"], m["dense_seconds"]
            rows.append(
                (
                    row.name,
                    f"{m['spikes_per_step']:.1f}",
                    in_words(modes),
                    in_words(dense),
                    f"{dense / modes:.2f}",
                )
            )
        else:
            rows.append(_without(row, results, 5))
    at = crossover(plan, results)
    caption = (
        "One side wins throughout, or too little is measured."
        if at is None
        else f"Both take the same time at {at:.2g} spikes per step and mode."
    )
    columns = "network", "spikes per step", "modes", "dense", "dense / modes"
    return Table(caption, columns, tuple(rows))


def _without(row: Row, results: Results, n_columns: int) -> tuple[str, ...]:
    reason = results[row].reason if row in results else "not measured"
    return (row.name, *("–" for _ in range(n_columns - 2)), reason)


def in_words(value: float) -> str:
    """Write a duration with a fitting unit."""
    return f"{1e3 * value:.3g} ms" if value < 1 else f"{value:.3g} s"
