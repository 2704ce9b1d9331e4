"""What a person sees while a run works: bars on a terminal, a few plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column

if TYPE_CHECKING:
    from spikemodes.learning.training.result import Update


class CellDisplay(Protocol):
    """Where the progress of a study goes."""

    def say(self, text: str) -> None:
        """Show one line."""
        ...

    def cells(self, total: int) -> AbstractContextManager[Callable[[int, float, str], None]]:
        """Show the progress of a study; the function given is called as each cell ends.

        It takes the number of cells done, the seconds left, and what became of the last one.
        """
        ...


class Display(CellDisplay, Protocol):
    """Where progress goes."""

    def training(self, updates: int) -> AbstractContextManager[Callable[[Update], None]]:
        """Show the progress of training; the function given is called after each update."""
        ...

    def stages(self) -> AbstractContextManager[Callable[[str], None]]:
        """Show stages of unknown length; the function given names the one that begins."""
        ...


def display_on(console: Console) -> Display:
    """Choose bars for an interactive terminal and lines for anything else."""
    return Bars(console) if console.is_interactive else Lines(console)


@dataclass(frozen=True)
class Bars:
    """Progress bars and spinners."""

    console: Console

    def say(self, text: str) -> None:
        """Show one line."""
        self.console.print(text, markup=False, highlight=False)

    @contextmanager
    def training(self, updates: int) -> Iterator[Callable[[Update], None]]:
        """Show a bar with loss, accuracy, firing rate and the time left."""
        left = TimeRemainingColumn(table_column=Column(no_wrap=True))
        with self._progress("training", "metrics", left) as progress:
            bar = progress.add_task("training", total=updates, metrics="")
            yield lambda update: progress.update(
                bar, completed=update.step, metrics=_metrics(update)
            )

    @contextmanager
    def stages(self) -> Iterator[Callable[[str], None]]:
        """Show a spinner with the elapsed time for each stage."""
        with Progress(
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            console=self.console,
        ) as progress:

            def end() -> None:
                for task in progress.tasks:
                    progress.update(task.id, total=1, completed=1)

            def begin(stage: str) -> None:
                end()
                progress.add_task(stage, total=None)

            yield begin
            end()

    @contextmanager
    def cells(self, total: int) -> Iterator[Callable[[int, float, str], None]]:
        """Show a bar with the time left, and a line for each cell."""
        with self._progress("cells", "left") as progress:
            bar = progress.add_task("cells", total=total, left="")

            def show(done: int, seconds: float, outcome: str) -> None:
                self.say(outcome)
                progress.update(bar, completed=done, left=_left(seconds))

            yield show

    def _progress(self, name: str, field: str, *others: ProgressColumn) -> Progress:
        """Make a bar with a counter; where the terminal is narrow, its text gives way first."""
        rest = Column(no_wrap=True, overflow="ellipsis", ratio=1)
        return Progress(
            TextColumn(name),
            BarColumn(bar_width=max(4, min(40, self.console.width // 4))),
            MofNCompleteColumn(table_column=Column(no_wrap=True)),
            *others,
            TextColumn(f"{{task.fields[{field}]}}", markup=False, table_column=rest),
            console=self.console,
            expand=True,
        )


@dataclass(frozen=True)
class Lines:
    """Plain lines: one per stage and cell, about ten for the training."""

    console: Console

    def say(self, text: str) -> None:
        """Show one line."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def training(self, updates: int) -> Iterator[Callable[[Update], None]]:
        """Show every tenth part of the training."""
        every = max(1, updates // 10)

        def show(update: Update) -> None:
            if update.step % every == 0 or update.step == updates:
                self.say(f"training {update.step}/{updates}  {_metrics(update)}")

        yield show

    @contextmanager
    def stages(self) -> Iterator[Callable[[str], None]]:
        """Show each stage with its duration, once it has ended."""
        current: list[tuple[str, float]] = []

        def end() -> None:
            while current:
                stage, start = current.pop()
                self.say(f"{stage}: {time.perf_counter() - start:.1f} s")

        def begin(stage: str) -> None:
            end()
            current.append((stage, time.perf_counter()))

        yield begin
        end()

    @contextmanager
    def cells(self, total: int) -> Iterator[Callable[[int, float, str], None]]:
        """Show each cell with the time left."""
        yield lambda done, seconds, outcome: self.say(
            f"{done}/{total}  {_left(seconds)}  {outcome}"
        )


def _left(seconds: float) -> str:
    return f"{timedelta(seconds=round(seconds))} left"


def _metrics(update: Update) -> str:
    right = "" if update.accuracy is None else f"  accuracy {100 * update.accuracy:.1f} %"
    if (explained := update.explained_variance) is not None:
        right += f"  explained variance {explained:.2f}"
    rate = "" if update.rate_hz is None else f"  rate {update.rate_hz:.1f} Hz"
    return f"loss {update.loss:.4f}{right}{rate}"
