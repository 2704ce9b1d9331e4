"""The commands that work on one run: train it, validate, analyse, report and stress it."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from ..pipeline.directory import RunDirectory, Step
from ..report.summary_table import summary_table
from .console import FAILED, bad_input, say, stderr, working
from .workers import Processes, Scheduler, reached, require_one_place

if TYPE_CHECKING:
    from spikemodes.models.recording import Recording

    from ..config.spec import Spec
    from ..display.progress import Display

TaskName = Annotated[str, typer.Argument(metavar="TASK", help="See `spikemodes tasks`.")]
RunPath = Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Directory of a run.")]
Out = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="New directory for the run [runs/TASK-DATE-TIME]."),
]
Seed = Annotated[int | None, typer.Option(metavar="N", help="Seed of everything random [0].")]
Config = Annotated[
    Path | None, typer.Option(metavar="FILE.yaml", help="Keys to change; or a preset, cortex.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY.PATH=VALUE", help="A key to change; repeatable."),
]
Resume = Annotated[bool, typer.Option("--resume", help="Continue the run in --out.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]


def _run_until(step: Step, name: str, summary: str) -> Callable[..., None]:
    """Make the command that takes the steps of a run as far as `step`."""

    def command(
        task: TaskName,
        out: Out = None,
        seed: Seed = None,
        config: Config = None,
        settings: Settings = None,
        resume: Resume = False,
        as_json: AsJson = False,
    ) -> None:
        console, display = stderr()
        with bad_input(console):
            directory, spec = _prepare(console, task, out, seed, config, settings or [], resume)
        with working(console, directory, f"{name} {task}", resumes=True):
            from ..steps import run_steps

            display.say(f"run in {directory.path}")
            run_steps(directory, spec, display, until=step, resume=resume)
        result = directory.result_of(step)
        _show(directory, as_json, f"{result.stem}: {result}")

    command.__name__, command.__doc__ = name, summary
    return command


run = _run_until("report", "run", "Train, validate in Brian2, analyse and report.")
train = _run_until("train", "train", "Train a network, the first step of `run`.")


def validate(run_dir: RunPath, as_json: AsJson = False) -> None:
    """Compare twin and Brian2, spike for spike."""
    console, display = stderr()
    with bad_input(console):
        directory, spec = _open(console, run_dir)
        from spikemodes.models.networks.storage import load_network

        network = load_network(directory.network)
    with working(console, directory, "validate"):
        from ..pipeline import validate as validation

        validation.validate(directory, spec, network, display)
    _show(directory, as_json, f"recording: {directory.recording}")


def analyse(run_dir: RunPath, as_json: AsJson = False) -> None:
    """Ask Brian2 what the report needs beyond it."""
    console, display = stderr()
    with bad_input(console):
        directory, spec = _open(console, run_dir)
        from spikemodes.models.networks.storage import load_network

        network, recording = load_network(directory.network), _recording(directory)
    with working(console, directory, "analyse"):
        from .. import steps

        steps.analyse(directory, spec, network, recording, display)
    _show(directory, as_json, f"analysis: {directory.analysis}")


def report(
    run_dir: RunPath,
    as_json: AsJson = False,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Write the report of an analysed network."""
    console, display = stderr()
    with bad_input(console):
        directory, spec = _open(console, run_dir)
        from spikemodes.models.networks.storage import load_network

        from ..pipeline.analyse import Findings

        network, recording = load_network(directory.network), _recording(directory)
        found = Findings.load(directory.analysis)
    with working(console, directory, "report"):
        from ..report import run as reporting

        reporting.report(directory, spec, network, recording, found, display)
    _show(directory, as_json, f"report: {directory.report}")
    if show and not webbrowser.open(directory.report.resolve().as_uri()):
        say(console, f"no browser was found: open {directory.report}")


def stress(
    run_dir: RunPath,
    conditions: Annotated[
        str, typer.Option(metavar="NAME,...", help="Conditions to test [all]; A+B: together.")
    ] = "",
    levels: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=LEVEL,...", help="Levels of a condition; repeatable."),
    ] = None,
    trials: Annotated[int, typer.Option(metavar="N", min=1, help="Trials at each level.")] = 200,
    draws: Annotated[
        int, typer.Option(metavar="N", min=1, help="Draws of each level, where anything is drawn.")
    ] = 5,
    modes: Annotated[
        int, typer.Option(metavar="N", min=0, help="Modes to ablate at each level, at most.")
    ] = 8,
    scheduler: Scheduler = None,
    workers: Processes = None,
    as_json: AsJson = False,
) -> None:
    """Put a trained network under conditions, level by level: biology, damage, noise, numerics."""
    console, display = stderr()
    with bad_input(console):
        require_one_place(scheduler, workers)
        directory, spec = _open(console, run_dir)
        from spikemodes.models.networks.storage import load_spiking_network

        from ..pipeline.circumstances import Circumstances
        from ..stress.battery import choose, parse_levels
        from ..stress.fitting import fitting

        names = [name.strip() for name in conditions.split(",") if name.strip()]
        sweeps = choose(names, dict(map(parse_levels, levels or [])))
        network = load_spiking_network(directory.network)
        fit = fitting(network, sweeps, Circumstances.of(spec)).require_some()
    with (
        reached(console, scheduler, workers, len(fit.cells(draws))) as found,
        working(console, directory, "stress"),
    ):
        from ..stress import run as stress_run

        failed = stress_run.carry_out(
            directory, spec, network, fit, trials, modes, draws, display, found
        )
    with working(console, directory, "stress"):
        _report_again(directory, spec, display)
    if as_json:
        typer.echo(directory.read_summary().text())
    else:
        say(Console(), f"table: {directory.stress}")
    if failed:
        say(console, f"error: {len(failed)} cells failed, first {failed[0]}")
        raise typer.Exit(FAILED)


def perturb(
    run_dir: RunPath,
    cells: Annotated[
        str, typer.Option(metavar="CELLS", help="0,3,5, or top:K or bottom:K by their effect.")
    ] = "top:20",
    epoch: Annotated[
        str, typer.Option(metavar="NAME", help="Part of the trial in which cells are driven.")
    ] = "stimulus",
    amplitude: Annotated[
        str, typer.Option(metavar="A,...", help="Drives, in units of W_in x [of the inputs' size].")
    ] = "",
    kick: Annotated[
        int | None, typer.Option(metavar="MODE", min=1, help="Mode to kick, from 1 [all].")
    ] = None,
    trials: Annotated[int, typer.Option(metavar="N", min=2, help="Trials.")] = 400,
    sets: Annotated[
        int, typer.Option(metavar="N", min=4, help="Sets of cells whose effect is foretold.")
    ] = 24,
    as_json: AsJson = False,
) -> None:
    """Drive and silence cells in an epoch, kick modes, and check what the gradient foretells."""
    console, display = stderr()
    with bad_input(console):
        directory, spec = _open(console, run_dir)
        from spikemodes.models.networks.storage import load_spiking_network

        from ..perturb.plan import Plan, parse_amplitudes, parse_cells

        mode = None if kick is None else kick - 1
        doses = parse_amplitudes(amplitude)
        plan = Plan(parse_cells(cells), epoch, doses, mode, trials, sets)
        network = load_spiking_network(directory.network)
        plan.require(network, spec.build_task())
    with working(console, directory, "perturb"):
        from ..perturb import run as perturb_run

        perturb_run.carry_out(directory, spec, network, plan, display)
        _report_again(directory, spec, display)
    if as_json:
        typer.echo(directory.read_summary().text())
    else:
        say(Console(), f"table: {directory.perturb}")


def populations(
    run_dir: RunPath,
    times: Annotated[
        str, typer.Option(metavar="K,...", help="Sizes, in sizes of the network.")
    ] = "1,10,100",
    trials: Annotated[int, typer.Option(metavar="N", min=1, help="Trials of each network.")] = 50,
    draws: Annotated[int, typer.Option(metavar="N", min=1, help="Networks of each size.")] = 3,
    classes: Annotated[
        str, typer.Option(metavar="K,...", help="Classes of cells to draw from [as found].")
    ] = "",
) -> None:
    """Draw larger networks from the classes of cells of a trained one, and run them in Brian2."""
    console, display = stderr()
    with bad_input(console):
        directory, spec = _open(console, run_dir)
        from spikemodes.models.networks.storage import load_spiking_network

        from ..populations.sizes import Sizes, parse_classes, parse_times

        network = load_spiking_network(directory.network)
        among, each = parse_times(times), parse_classes(classes)
        sizes = Sizes(directory, spec, network, among, draws, trials, each)
    with working(console, directory, "populations"):
        sizes.carry_out(display)
        _report_again(directory, spec, display)
    say(Console(), f"table: {directory.populations}")


def _report_again(directory: RunDirectory, spec: Spec, display: Display) -> None:
    """Write the report of a run that is analysed; nothing for another."""
    from spikemodes.models.networks.storage import load_network

    from ..pipeline.analyse import Findings
    from ..report import run as reporting

    if directory.recording.exists() and directory.analysis.exists():
        network, found = load_network(directory.network), Findings.load(directory.analysis)
        reporting.report(directory, spec, network, _recording(directory), found, display)


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
        from ..steps import prepare
    given = configuration(task, seed, config, settings)
    if resume and out is None:
        raise ValueError("`--resume` must know the run to continue: got no --out. Add --out DIR.")
    try:
        return prepare(given, out=out, resume=resume, task=task)
    except FileExistsError as error:
        raise FileExistsError(
            f"{error} Choose another with --out, or continue its run with --resume."
        ) from None


def configuration(
    task: str, seed: int | None, config: Path | None, settings: list[str]
) -> dict[str, Any]:
    """Put together what the command line says of a run."""
    from ..config.nested_keys import merge, parse_setting
    from ..presets.registry import read_given

    given = [{"task": {"name": task}}]
    given += [read_given(config)] if config else []
    given += [{"seed": seed}] if seed is not None else []
    given += map(parse_setting, settings)
    return merge(given)


def _open(console: Console, path: Path) -> tuple[RunDirectory, Spec]:
    directory = RunDirectory.open(path)
    with console.status("loading Brian2"):
        from ..config.nested_keys import read_stored_config
        from ..config.spec import parse_spec
    return directory, parse_spec(read_stored_config(directory.config))


def _recording(directory: RunDirectory) -> Recording:
    from spikemodes.models.recording import Recording

    if not directory.recording.exists():
        raise FileNotFoundError(
            f"`{directory.recording}` must be the recording of the validation: there is none."
            " Run `spikemodes validate` first."
        )
    try:
        return Recording.load(directory.recording)
    except ValueError as error:
        raise ValueError(f"{error} Run `spikemodes validate` again.") from None


def _show(directory: RunDirectory, as_json: bool, closing: str) -> None:
    summary = directory.read_summary()
    if as_json:
        typer.echo(summary.text())
        return
    console = Console()
    if summary.brian2 is not None:
        console.print(summary_table(summary))
    say(console, closing)
