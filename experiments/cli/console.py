"""What the commands share: exit codes, messages on the terminal, failures in one line."""

from __future__ import annotations

import shlex
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import typer
from rich.console import Console

from ..display.progress import Display, display_on
from ..pipeline.directory import RunDirectory

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130


@contextmanager
def bad_input(console: Console) -> Iterator[None]:
    """Report what is wrong with the input in one line."""
    try:
        yield
    except (ValueError, OSError, ImportError) as error:
        reason = " ".join(str(error).split())
        if isinstance(error, OSError) and error.filename is not None:  # the system's own words
            reason = f"`{error.filename}` must be a path that can be used: {error.strerror}."
        say(console, f"error: {reason}")
        raise typer.Exit(BAD_INPUT) from None
    except Exception as error:  # no check foresaw it, yet it is the input that brought it about
        say_unforeseen(console, error)
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
            import_module("spikemodes.experiments.report.run")
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


def say_unforeseen(console: Console, error: Exception) -> None:
    """Report an error in one line, its traceback in a file of its own."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="spikemodes-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.writelines(traceback.format_exception(error))
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    say(console, f"error: {reason} (traceback in {file.name})")


def say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
