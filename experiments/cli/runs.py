"""The commands that take the steps of a run: train, validate, analyse and report."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from ..pipeline.directory import RunDirectory, Step
from ..report.summary_table import summary_table
from .console import bad_input, say, stderr, working

if TYPE_CHECKING:
    from spikemodes.models.recording import Recording

    from ..config.spec import Spec

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
        directory, spec = open_run(console, run_dir)
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
        directory, spec = open_run(console, run_dir)
        from spikemodes.models.networks.storage import load_network

        network, recording = load_network(directory.network), recording_of(directory)
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
        directory, spec = open_run(console, run_dir)
        from spikemodes.models.networks.storage import load_network

        from ..pipeline.analyse import Findings

        network, recording = load_network(directory.network), recording_of(directory)
        found = Findings.load(directory.analysis)
    with working(console, directory, "report"):
        from ..report import run as reporting

        reporting.report(directory, spec, network, recording, found, display)
    _show(directory, as_json, f"report: {directory.report}")
    if show and not webbrowser.open(directory.report.resolve().as_uri()):
        say(console, f"no browser was found: open {directory.report}")


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


def open_run(console: Console, path: Path) -> tuple[RunDirectory, Spec]:
    """Take the directory of a run and read its configuration; raises as both do."""
    directory = RunDirectory.open(path)
    with console.status("loading Brian2"):
        from ..config.nested_keys import read_stored_config
        from ..config.spec import parse_spec
    return directory, parse_spec(read_stored_config(directory.config))


def recording_of(directory: RunDirectory) -> Recording:
    """Read the recording of a run that is validated.

    Raises `FileNotFoundError` or `ValueError` saying what to run.
    """
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
