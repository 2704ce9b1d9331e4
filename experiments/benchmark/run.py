"""The rows of a benchmark, measured one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from ..display import tables
from ..study.study import Study
from ..study.workers import Here, Job
from .directory import BenchmarkDirectory, Results
from .findings import findings, measured
from .plan import Plan, encode
from .process import result_of
from .rows import Measurement, Result, Row
from .tables import in_words


@dataclass(frozen=True, eq=False)
class Benchmark(Study[Row]):
    """A plan and the directory of its rows.

    Parameters
    ----------
    plan
        The rows.
    directory
        Where they are kept.
    known
        What was measured there before.
    """

    plan: Plan
    directory: BenchmarkDirectory
    known: Results

    @property
    def cells(self) -> Sequence[Row]:
        """See `Study`."""
        return self.plan.rows

    @property
    def table(self) -> Path:
        """See `Study`."""
        return self.directory.csv

    @property
    def results(self) -> Results:
        """What is known, in the order of the plan."""
        new = {cell: self._new(cell) for cell in self.cells if cell.name in self.outcomes}
        found = self.known | new
        return {cell: found[cell] for cell in self.cells if cell in found}

    def is_finished(self, cell: Row) -> bool:
        """See `Study`."""
        return measured(self.known, cell) is not None

    def job(self, cell: Row) -> Job:
        """See `Study`."""
        return partial(result_of, cell, self.directory.cache)

    def row(self, cell: Row) -> tables.Row | None:
        """See `Study`."""
        if (result := self.results.get(cell)) is None:
            return None
        numbers = result.measured or {}
        return {"name": cell.name, **encode(cell), **numbers, "reason": result.reason}

    def write(self, rows: Iterable[tables.Row]) -> None:
        """Write table and JSON."""
        super().write(rows)
        self.directory.write(self.plan, self.results, findings(self.plan, self.results))

    def in_words(self, cell: Row) -> str:
        """See `Study`."""
        result = self._new(cell)
        return f"{cell.name}: {_brief(result.measured) or result.reason}"

    def _new(self, cell: Row) -> Result:
        outcome = self.outcomes[cell.name]
        return outcome.result or Result(reason=f"failed: {outcome.reason}", failed=True)


@dataclass(frozen=True)
class RowDisplay:
    """The progress of rows that are measured in their order, each as long as it is expected to."""

    rows: Sequence[Row]
    console: Console

    def say(self, text: str) -> None:
        """Show one line."""
        self.console.print(text, markup=False, highlight=False)

    @contextmanager
    def cells(self, total: int) -> Iterator[Callable[[int, float, str], None]]:
        """Show the row that is being measured and, of all, the time left."""
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[row]} of {task.fields[rows]}"),
            TimeRemainingColumn(),
            console=self.console,
            disable=not self.console.is_interactive,
            speed_estimate_period=1e9,  # rows are few and long
        ) as progress:
            expected = sum(row.expected_seconds for row in self.rows)
            bar = progress.add_task("", total=expected, row=0, rows=total)

            def begin(i: int) -> None:
                if i < total:
                    progress.update(bar, description=self.rows[i].name, row=i + 1)

            def show(done: int, _: float, outcome: str) -> None:
                progress.advance(bar, self.rows[done - 1].expected_seconds)
                self.say(f"{done}/{total}  {outcome}")
                begin(done)

            begin(0)
            yield show


def measure_rows(
    plan: Plan, directory: BenchmarkDirectory, results: Results, console: Console
) -> Results:
    """Measure the rows that have no measurement yet; each is on disk before the next begins.

    One worker measures all, so that no two rows share the cores.
    """
    benchmark = Benchmark(plan, directory, results)
    benchmark.carry_out(Here(), RowDisplay(benchmark.open_cells(), console))
    directory.forget_cache()
    return benchmark.results


def _brief(measurement: Measurement | None) -> str:
    """The times of a measurement in a few words."""
    times = {k: v for k, v in (measurement or {}).items() if k.endswith("seconds")}
    names = {"seconds": "median"}
    return ", ".join(
        f"{names.get(k, k.removesuffix('_seconds'))} {in_words(v)}" for k, v in times.items()
    )
