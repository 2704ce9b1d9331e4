"""The command line ``spikemodes``. Brian2 and PyTorch are imported by the commands that work."""

from __future__ import annotations

import json
import shlex
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.console import Console

from .progress import Display, display_on
from .run_directory import RunDirectory, default_path
from .summary_table import summary_table
from .tasks import TASKS

if TYPE_CHECKING:
    from .spec import Spec

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130

app = typer.Typer(
    help="Learn the connectivity modes of a spiking network, run them in Brian2,"
    " prove that both agree.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

TaskName = Annotated[str, typer.Argument(metavar="TASK", help="See `spikemodes tasks`.")]
RunPath = Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Directory of a run.")]
Out = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="New directory for the run [runs/TASK-DATE-TIME]."),
]
Seed = Annotated[int | None, typer.Option(metavar="N", help="Seed of everything random [0].")]
Config = Annotated[Path | None, typer.Option(metavar="FILE.yaml", help="Keys to change.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY.PATH=VALUE", help="A key to change; repeatable."),
]
Resume = Annotated[bool, typer.Option("--resume", help="Continue the run in --out.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]


@app.command()
def run(
    task: TaskName,
    out: Out = None,
    seed: Seed = None,
    config: Config = None,
    settings: Settings = None,
    resume: Resume = False,
    as_json: AsJson = False,
) -> None:
    """Train, validate in Brian2, analyse and report."""
    console, display = _stderr()
    with _bad_input(console):
        directory, spec = _prepare(console, task, out, seed, config, settings or [], resume)
    with _working(console, directory, f"run {task}", resumes=True):
        from .steps import run_steps

        display.say(f"run in {directory.path}")
        run_steps(directory, spec, display, resume=resume)
    _show(directory, as_json, f"report: {directory.report}")


@app.command()
def train(
    task: TaskName,
    out: Out = None,
    seed: Seed = None,
    config: Config = None,
    settings: Settings = None,
    resume: Resume = False,
    as_json: AsJson = False,
) -> None:
    """Train a network, the first step of `run`."""
    console, display = _stderr()
    with _bad_input(console):
        directory, spec = _prepare(console, task, out, seed, config, settings or [], resume)
    with _working(console, directory, f"train {task}", resumes=True):
        from . import pipeline

        display.say(f"run in {directory.path}")
        pipeline.train(directory, spec, display, resume=resume)
    _show(directory, as_json, f"network: {directory.network}")


@app.command()
def validate(run_dir: RunPath, as_json: AsJson = False) -> None:
    """Compare twin and Brian2, spike for spike."""
    console, display = _stderr()
    with _bad_input(console):
        directory, spec = _open(console, run_dir)
        from spikemodes.models.storage import load_network

        network = load_network(directory.network)
    with _working(console, directory, "validate"):
        from . import pipeline

        pipeline.validate(directory, spec, network, display)
    _show(directory, as_json, f"recording: {directory.recording}")


@app.command()
def analyse(run_dir: RunPath, as_json: AsJson = False) -> None:
    """Ask Brian2 what the report needs beyond it."""
    console, display = _stderr()
    with _bad_input(console):
        directory, spec = _open(console, run_dir)
        from spikemodes.models.storage import load_network

        network, recording = load_network(directory.network), _recording(directory)
    with _working(console, directory, "analyse"):
        from . import findings

        findings.analyse(directory, spec, network, recording, display)
    _show(directory, as_json, f"analysis: {directory.analysis}")


@app.command()
def report(run_dir: RunPath, as_json: AsJson = False) -> None:
    """Write the report of an analysed network."""
    console, display = _stderr()
    with _bad_input(console):
        directory, spec = _open(console, run_dir)
        from spikemodes.models.storage import load_network

        from .findings import Findings

        network, recording = load_network(directory.network), _recording(directory)
        found = Findings.load(directory.analysis)
    with _working(console, directory, "report"):
        from . import run_report

        run_report.report(directory, spec, network, recording, found, display)
    _show(directory, as_json, f"report: {directory.report}")


@app.command()
def stress(
    run_dir: RunPath,
    conditions: Annotated[
        str, typer.Option(metavar="NAME,...", help="Conditions to test [all].")
    ] = "",
    levels: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=LEVEL,...", help="Levels of a condition; repeatable."),
    ] = None,
    trials: Annotated[int, typer.Option(metavar="N", min=1, help="Trials at each level.")] = 200,
    modes: Annotated[
        int, typer.Option(metavar="N", min=0, help="Modes to ablate at each level, at most.")
    ] = 8,
    as_json: AsJson = False,
) -> None:
    """Put a trained network under conditions of biology, level by level."""
    console, display = _stderr()
    with _bad_input(console):
        directory, spec = _open(console, run_dir)
        from spikemodes.models.storage import load_spiking_network

        from .battery import choose, parse_levels

        names = [name.strip() for name in conditions.split(",") if name.strip()]
        sweeps = choose(names, dict(map(parse_levels, levels or [])))
        network = load_spiking_network(directory.network)
    with _working(console, directory, "stress"):
        from . import stress_run

        failed = stress_run.carry_out(directory, spec, network, sweeps, trials, modes, display)
        if directory.recording.exists() and directory.analysis.exists():
            from . import run_report
            from .findings import Findings

            found = Findings.load(directory.analysis)
            run_report.report(directory, spec, network, _recording(directory), found, display)
    if as_json:
        typer.echo(json.dumps(directory.read_summary(), indent=1, ensure_ascii=False))
    else:
        _say(Console(), f"table: {directory.stress}")
    if failed:
        _say(console, f"error: {len(failed)} cells failed, first {failed[0]}")
        raise typer.Exit(FAILED)


@app.command()
def benchmark(
    quick: Annotated[bool, typer.Option("--quick", help="Smaller sizes, few repeats.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="New directory, or a benchmark to continue [runs/benchmark-...]."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure speed and memory beside peers; one with the same --out goes on where it stopped."""
    console = Console(stderr=True)
    path = default_path("benchmark", datetime.now()) if out is None else out
    with console.status("loading PyTorch"):
        from . import benchmark as bench
        from .benchmark_file import BenchmarkDirectory
        from .benchmark_plan import FULL, QUICK
        from .benchmark_tables import rich_table, tables
    plan, directory = QUICK if quick else FULL, BenchmarkDirectory(path)
    with _bad_input(console):
        results = directory.open(plan)
    _say(console, f"benchmark in {path}")
    try:
        results = bench.measure_rows(plan, directory, results, console)
    except KeyboardInterrupt:
        again = f"spikemodes benchmark {'--quick ' * quick}--out {shlex.quote(str(path))}"
        _say(console, f"interrupted: what is measured is kept; continue with `{again}`")
        raise typer.Exit(INTERRUPTED) from None
    bench.report(plan, directory, results)
    if as_json:
        typer.echo(directory.json.read_text(encoding="utf-8"), nl=False)
    else:
        for title, table in tables(plan, results).items():
            Console().print(rich_table(title, table))
        _say(Console(), f"report: {directory.report}")
    failed = [row.name for row, result in results.items() if result.failed]
    if failed:
        _say(console, f"error: {len(failed)} rows failed, first {failed[0]}: see {directory.json}")
        raise typer.Exit(FAILED)


@app.command()
def sweep(
    file: Annotated[Path, typer.Argument(metavar="FILE.yaml", help="The grid.")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Directory of the sweep, new or to go on [runs/FILE]."),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Dask scheduler [a cluster on this machine]."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Processes on this machine [its cores].")
    ] = None,
) -> None:
    """Run a grid of settings on Dask; cells that are finished are skipped."""
    console, display = _stderr()
    with console.status("loading Brian2"):
        from . import sweep as sweeps
        from . import sweep_cluster as cluster
        from .sweep_plan import read_plan
    with _bad_input(console):
        if scheduler and workers:
            raise ValueError(
                "`--workers` must be left out with `--scheduler`, which has its own:"
                f" got {workers}. Leave out one of them."
            )
        plan = read_plan(file)
        path = Path("runs") / file.stem if out is None else out
        grid = sweeps.Sweep(plan, path)
    todo, total = len(grid.open_cells()), len(plan.cells)
    if not todo:
        grid.write_results()
        _say(console, f"all {total} cells are finished: nothing to do (results: {grid.results})")
        return
    with ExitStack() as stack:
        with _bad_input(console), console.status("reaching the workers"):
            client = stack.enter_context(
                cluster.local_workers(min(workers or cluster.n_cores(), todo))
                if scheduler is None
                else cluster.scheduler_workers(scheduler)
            )
        _say(console, f"sweep in {path}: {todo} of {total} cells to run")
        try:
            failures = grid.carry_out(client, display)
        except KeyboardInterrupt:
            _say(console, "interrupted: what is finished is kept; the same command goes on")
            raise typer.Exit(INTERRUPTED) from None
        except sweeps.SchedulerLostError as error:
            _say(console, f"error: {error}")
            raise typer.Exit(FAILED) from None
    _say(console, f"{total - len(failures)} of {total} cells are finished: {grid.results}")
    if failures:
        name, reason = next(iter(failures.items()))
        _say(console, f"error: {len(failures)} cells failed, first {name}: {reason}")
        raise typer.Exit(FAILED)


@app.command()
def paper(
    sweeps: Annotated[
        Path, typer.Argument(metavar="DIR", help="Holds the sweeps of experiments/paper.")
    ],
) -> None:
    """Draw the paper's findings from sweeps, beside what was published."""
    console = Console(stderr=True)
    with _bad_input(console), console.status("drawing"):
        from .reproduction_report import reproduce

        report = reproduce(sweeps)
    _say(Console(), f"report: {report}")


@app.command()
def tasks() -> None:
    """List the tasks."""
    width = max(map(len, TASKS))
    for name, entry in TASKS.items():
        typer.echo(f"{name:{width}}  {entry.summary} ({entry.source})")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("spikemodes"))
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Version.")
    ] = False,
) -> None:
    """Take the options of `spikemodes` itself."""


def main() -> None:
    """Run the command line: exit 0 for success, 1 for a failed run, 2 for bad usage or input."""
    console = Console(stderr=True)
    warnings.showwarning = lambda message, *_: _say(console, f"warning: {message}")
    # click's own error; newer versions of typer carry click inside
    usage_error = cast("type[typer.BadParameter]", typer.BadParameter.__mro__[1])
    try:
        sys.exit(app(standalone_mode=False))
    except usage_error as error:
        _say(console, f"error: {error.format_message().rstrip('.')}. See `spikemodes --help`.")
        sys.exit(BAD_INPUT)
    except (KeyboardInterrupt, typer.Abort):
        _say(console, "interrupted")
        sys.exit(INTERRUPTED)


def _prepare(
    console: Console,
    task: str,
    out: Path | None,
    seed: int | None,
    config: Path | None,
    settings: list[str],
    resume: bool,
) -> tuple[RunDirectory, Spec]:
    """Check everything, then make the directory of a new run or open that of a resumed one."""
    with console.status("loading Brian2"):
        from .spec import merge, parse_setting, parse_spec, read_config, require_same
    given = [{"task": {"name": task}}]
    given += [read_config(config)] if config else []
    given += [{"seed": seed}] if seed is not None else []
    given += map(parse_setting, settings)
    if not resume:
        spec = parse_spec(merge(given))
        _require_task(spec, task)
        path = default_path(task, datetime.now()) if out is None else out
        return RunDirectory.create(path, spec.resolved()), spec
    if out is None:
        raise ValueError("`--resume` must know the run to continue: got no --out. Add --out DIR.")
    with console.status("loading PyTorch"):
        from spikemodes.learning.checkpoint import Checkpoint
    directory = RunDirectory.open(out)
    Checkpoint.load(directory.checkpoint)  # a damaged one is bad input
    stored = read_config(directory.config)
    old, new = parse_spec(stored), parse_spec(merge([stored, *given]))
    _require_task(old, task)
    require_same(old, new, out)
    return directory, old


def _require_task(spec: Spec, task: str) -> None:
    if spec.task.name != task:
        raise ValueError(
            f"`TASK` must be the task of the configuration, {spec.task.name}: got {task}."
            " Change one of them."
        )


def _open(console: Console, path: Path) -> tuple[RunDirectory, Spec]:
    directory = RunDirectory.open(path)
    with console.status("loading Brian2"):
        from .spec import parse_spec, read_config
    return directory, parse_spec(read_config(directory.config))


def _recording(directory: RunDirectory):
    from spikemodes.models.recording import Recording

    if not directory.recording.exists():
        raise FileNotFoundError(
            f"`{directory.recording}` must be the recording of the validation: there is none."
            " Run `spikemodes validate` first."
        )
    return Recording.load(directory.recording)


@contextmanager
def _bad_input(console: Console) -> Iterator[None]:
    """Report what is wrong with the input in one line."""
    try:
        yield
    except (ValueError, OSError, ImportError) as error:
        _say(console, f"error: {' '.join(str(error).split())}")
        raise typer.Exit(BAD_INPUT) from None


@contextmanager
def _working(
    console: Console, directory: RunDirectory, command: str, *, resumes: bool = False
) -> Iterator[None]:
    """Report a failure in one line, its traceback in a file; say how to go on."""
    path = shlex.quote(str(directory.path))
    again = f"spikemodes {command} " + (f"--out {path} --resume" if resumes else path)
    try:
        with console.status("loading PyTorch"):
            import_module(".run_report", __package__)
        yield
    except KeyboardInterrupt:
        _say(console, f"interrupted: continue with `{again}`")
        raise typer.Exit(INTERRUPTED) from None
    except Exception as error:
        reason = directory.write_failure(error)
        _say(console, f"error: {reason} (traceback in {directory.failure})")
        raise typer.Exit(FAILED) from None


def _show(directory: RunDirectory, as_json: bool, closing: str) -> None:
    summary: dict[str, Any] = directory.read_summary()
    if as_json:
        typer.echo(json.dumps(summary, indent=1, ensure_ascii=False))
        return
    console = Console()
    if "brian2" in summary:
        console.print(summary_table(summary))
    _say(console, closing)


def _stderr() -> tuple[Console, Display]:
    console = Console(stderr=True)
    return console, display_on(console)


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
