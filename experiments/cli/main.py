"""The command line ``spikemodes``. Brian2 and PyTorch are imported by the commands that work."""

from __future__ import annotations

import sys
import warnings
from typing import Annotated, cast

import typer
from rich.console import Console

from ..tasks.registry import TASKS
from . import runs as cli_runs, studies as cli_studies, trained as cli_trained
from .checks import check
from .console import BAD_INPUT, FAILED, INTERRUPTED, say, say_unforeseen
from .watching import watch

app = typer.Typer(
    help="Learn the connectivity modes of a spiking network, run them in Brian2,"
    " check that both agree.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (
    cli_runs.run,
    check,
    cli_runs.train,
    cli_runs.validate,
    cli_runs.analyse,
    cli_runs.report,
    cli_trained.stress,
    cli_trained.perturb,
    cli_trained.populations,
    cli_studies.benchmark,
    cli_studies.sweep,
    watch,
    cli_studies.compare,
    cli_studies.similarity,
    cli_studies.paper,
):
    app.command()(command)


@app.command()
def tasks() -> None:
    """List the tasks."""
    width = max(map(len, TASKS))
    for name, entry in TASKS.items():
        typer.echo(f"{name:{width}}  {entry.summary} ({entry.source})")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

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
    warnings.showwarning = lambda message, *_: say(console, f"warning: {message}")
    # click's own error; newer versions of typer carry click inside
    usage_error = cast("type[typer.BadParameter]", typer.BadParameter.__mro__[1])
    try:
        sys.exit(app(standalone_mode=False))
    except usage_error as error:
        message = error.format_message()
        if "\n" in message:  # no command at all: what click has to say is the help
            typer.echo(message)
        else:
            say(console, f"error: {message.rstrip('.')}. See `spikemodes --help`.")
        sys.exit(BAD_INPUT)
    except (KeyboardInterrupt, typer.Abort):
        say(console, "interrupted")
        sys.exit(INTERRUPTED)
    except Exception as error:
        say_unforeseen(console, error)
        sys.exit(FAILED)
