"""The commands that work on many networks: benchmark, sweep, comparison, the paper's findings."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..pipeline.directory import default_path, require_makeable
from .console import FAILED, INTERRUPTED, bad_input, say, stderr
from .workers import Processes, Scheduler, reached, require_one_place, resumable


def benchmark(
    quick: Annotated[bool, typer.Option("--quick", help="Smaller sizes, few repeats.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="New directory, or a benchmark to continue [runs/benchmark-...]."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Measure speed and memory beside peers; one with the same --out goes on where it stopped."""
    console = Console(stderr=True)
    path = default_path("benchmark", datetime.now()) if out is None else out
    with console.status("loading PyTorch"):
        from ..benchmark import report
        from ..benchmark.directory import BenchmarkDirectory
        from ..benchmark.plan import FULL, QUICK
        from ..benchmark.run import measure_rows
        from ..benchmark.tables import tables
        from ..display.tables import rich_table
    plan, directory = QUICK if quick else FULL, BenchmarkDirectory(path)
    with bad_input(console):
        results = directory.open(plan)
    say(console, f"benchmark in {path}")
    try:
        results = measure_rows(plan, directory, results, console)
    except KeyboardInterrupt:
        again = f"spikemodes benchmark {'--quick ' * quick}--out {shlex.quote(str(path))}"
        say(console, f"interrupted: what is measured is kept; continue with `{again}`")
        raise typer.Exit(INTERRUPTED) from None
    report.report(plan, directory, results)
    if as_json:
        typer.echo(directory.json.read_text(encoding="utf-8"), nl=False)
    else:
        for title, table in tables(plan, results).items():
            Console().print(rich_table(title, table))
        say(Console(), f"report: {directory.report}")
    failed = [row.name for row, result in results.items() if result.failed]
    if failed:
        say(console, f"error: {len(failed)} rows failed, first {failed[0]}: see {directory.json}")
        raise typer.Exit(FAILED)


def sweep(
    file: Annotated[Path, typer.Argument(metavar="FILE.yaml", help="The grid.")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Directory of the sweep, new or to go on [runs/FILE]."),
    ] = None,
    scheduler: Scheduler = None,
    workers: Processes = None,
) -> None:
    """Run a grid of settings on Dask; cells that are finished are skipped."""
    console, display = stderr()
    with console.status("loading Brian2"):
        from ..sweep.plan import read_plan
        from ..sweep.run import Sweep
    with bad_input(console):
        require_one_place(scheduler, workers)
        grid = Sweep(read_plan(file), Path("runs") / file.stem if out is None else out)
        todo, total = len(grid.open_cells()), len(grid.cells)
        require_makeable(grid.path)
    if not todo:
        grid.write(grid.rows())
        say(console, f"all {total} cells are finished: nothing to do (results: {grid.table})")
        return
    with reached(console, scheduler, workers, todo) as found:
        say(console, f"sweep in {grid.path}: {todo} of {total} cells to run")
        with resumable(console, "the same command"):
            failures = grid.carry_out(found, display)
    say(console, f"{total - len(failures)} of {total} cells are finished: {grid.table}")
    _end(console, "cells", failures)


def compare(
    task: Annotated[str, typer.Argument(metavar="TASK", help="See `spikemodes tasks`.")],
    methods: Annotated[
        str, typer.Option(metavar="NAME,...", help="Methods to compare [all].")
    ] = "",
    seeds: Annotated[int, typer.Option(metavar="N", help="Networks of each method.")] = 5,
    trials: Annotated[
        int | None, typer.Option(metavar="N", help="Trials that each network sees [3000].")
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Seconds or minutes of each instead, like 10s."),
    ] = None,
    updates: Annotated[
        int | None, typer.Option(metavar="N", help="Updates of each network, instead of both.")
    ] = None,
    search: Annotated[
        int,
        typer.Option(
            metavar="N", help="Learning rates in the grid that each method tries; 0 for none."
        ),
    ] = 3,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="New directory, or a comparison to go on [runs/...]."),
    ] = None,
    scheduler: Scheduler = None,
    workers: Processes = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE.yaml", help="Keys of a run to change; or a preset, cortex."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY.PATH=VALUE", help="A key to change; repeatable."),
    ] = None,
) -> None:
    """Compare ways to learn a task; networks that are finished are skipped."""
    console, display = stderr()
    with console.status("loading Brian2"):
        from ..compare.contestants import choose
        from ..compare.plan import ComparisonPlan, effort_of
        from ..compare.run import Comparison
        from ..config.nested_keys import merge, parse_setting
        from ..presets.registry import read_given
    with bad_input(console):
        require_one_place(scheduler, workers)
        given = [{"task": {"name": task}}, *([read_given(config)] if config else [])]
        given += map(parse_setting, settings or [])
        effort = effort_of(trials, budget, updates)
        plan = ComparisonPlan(choose(methods), seeds, effort, merge(given), search)
        path = default_path(f"compare-{task}", datetime.now()) if out is None else out
        comparison = Comparison(plan, path)
        todo, total = len(comparison.open_cells()), len(comparison.cells)
        require_makeable(comparison.path)
    failures: dict[str, str] = {}
    if todo:
        with reached(console, scheduler, workers, todo) as found:
            say(console, f"comparison in {path}: {todo} of {total} networks to train")
            with resumable(console, f"the same command with --out {shlex.quote(str(path))}"):
                failures = comparison.carry_out(found, display)
    else:
        say(console, f"all {total} networks are finished: nothing to train")
    with console.status("drawing"):
        from ..compare.report import report
        from ..compare.tables import tables
        from ..display.tables import rich_table

        rows = comparison.rows()
        written = report(comparison, rows)
    for title, table in tables(plan, rows).items():
        Console().print(rich_table(title, table))
    say(Console(), f"report: {written}")
    _end(console, "networks", failures)


def similarity(
    run_dirs: Annotated[
        list[Path], typer.Argument(metavar="RUN_DIR...", help="Runs of one task, two or more.")
    ],
    trials: Annotated[int, typer.Option(metavar="N", min=2, help="Trials to compare in.")] = 40,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="New directory [runs/similarity-...].")
    ] = None,
) -> None:
    """Say whether networks found the same solution: distances of their activity and dynamics."""
    console, display = stderr()
    folder = default_path("similarity", datetime.now()) if out is None else out
    with console.status("loading PyTorch"):
        from ..similarity.report import report
        from ..similarity.run import compare_solutions, write_matrices
        from ..similarity.solutions import read_solutions
    with bad_input(console):
        solutions = read_solutions(run_dirs)
        require_makeable(folder)
        with display.stages() as begin:
            found = compare_solutions(solutions, trials, begin)
    folder.mkdir(parents=True, exist_ok=True)
    for path in write_matrices(found, folder):
        say(console, f"distances: {path}")
    say(Console(), f"report: {report(found, solutions, folder)}")


def paper(
    sweeps: Annotated[
        Path, typer.Argument(metavar="DIR", help="Holds the sweeps of experiments/paper.")
    ],
) -> None:
    """Draw the paper's findings from sweeps, beside what was published."""
    console = Console(stderr=True)
    with bad_input(console), console.status("drawing"):
        from ..paper.report import reproduce

        report = reproduce(sweeps)
    say(Console(), f"report: {report}")


def _end(console: Console, what: str, failures: Mapping[str, str]) -> None:
    if failures:
        name, reason = next(iter(failures.items()))
        say(console, f"error: {len(failures)} {what} failed, first {name}: {reason}")
        raise typer.Exit(FAILED)
