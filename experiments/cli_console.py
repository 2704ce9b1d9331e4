"""What the commands share: exit codes, messages on the terminal, failures in one line."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import typer
from rich.console import Console

from .progress import Display, display_on
from .run_directory import RunDirectory

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130


@contextmanager
def bad_input(console: Console) -> Iterator[None]:
    """Report what is wrong with the input in one line."""
    try:
        yield
    except (ValueError, OSError, ImportError) as error:
        say(console, f"error: {' '.join(str(error).split())}")
        raise typer.Exit(BAD_INPUT) from None


@contextmanager
def working(
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
        say(console, f"interrupted: continue with `{again}`")
        raise typer.Exit(INTERRUPTED) from None
    except Exception as error:
        reason = directory.write_failure(error)
        say(console, f"error: {reason} (traceback in {directory.failure})")
        raise typer.Exit(FAILED) from None


def stderr() -> tuple[Console, Display]:
    console = Console(stderr=True)
    return console, display_on(console)


def say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
