"""A study does what is open, keeps what it finds, and goes on where it stopped."""

import csv
from dataclasses import dataclass
from functools import partial
from io import StringIO
from operator import truediv
from pathlib import Path

import pytest
from rich.console import Console
from spikemodes.experiments.display.progress import Lines
from spikemodes.experiments.display.tables import FAILED, FINISHED, OPEN
from spikemodes.experiments.study.study import Study
from spikemodes.experiments.study.workers import Here, Outcome, attempt


@dataclass(frozen=True)
class Reciprocal:
    number: int

    @property
    def name(self):
        return f"1/{self.number}"


@dataclass(frozen=True, eq=False)
class Reciprocals(Study[Reciprocal]):
    """Divides 1 by numbers; a file keeps each result."""

    path: Path
    cells = tuple(map(Reciprocal, (1, 0, 4)))  # pyright: ignore

    @property
    def table(self):
        return self.path / "reciprocals.csv"

    def kept(self, cell):
        return self.path / f"{cell.number}.txt"

    def is_finished(self, cell):
        return self.kept(cell).exists()

    def job(self, cell):
        return partial(self.divide, cell)

    def divide(self, cell):
        self.kept(cell).write_text(str(truediv(1, cell.number)))

    def row(self, cell):
        failed = cell.name in self.outcomes and self.outcomes[cell.name].reason
        status = FINISHED if self.is_finished(cell) else FAILED if failed else OPEN
        return {"cell": cell.name, "status": status}


def statuses(study):
    with study.table.open(newline="") as file:
        return [row["status"] for row in csv.DictReader(file)]


def test_cells_are_done_once_and_those_that_failed_again(tmp_path):
    study, out = Reciprocals(tmp_path / "new"), StringIO()
    reasons = study.carry_out(Here(), Lines(Console(file=out)))
    assert reasons == {"1/0": "division by zero"}
    assert statuses(study) == [FINISHED, FAILED, FINISHED]
    assert [line.split(" left  ")[1] for line in out.getvalue().splitlines()] == [
        "1/1 finished",
        "1/0 failed: division by zero",
        "1/4 finished",
    ]
    again = Reciprocals(study.path)
    assert [cell.name for cell in again.open_cells()] == ["1/0"]
    assert [row["status"] for row in again.rows()] == [FINISHED, OPEN, FINISHED]


def test_an_interrupted_study_keeps_what_is_finished(tmp_path, monkeypatch):
    def divide(self, cell):
        if cell.number == 4:
            raise KeyboardInterrupt
        self.kept(cell).touch()

    with monkeypatch.context() as patch:
        patch.setattr(Reciprocals, "divide", divide)
        study = Reciprocals(tmp_path)
        with pytest.raises(KeyboardInterrupt):
            study.carry_out(Here(), Lines(Console(file=StringIO())))
    assert statuses(study) == [FINISHED, FINISHED, OPEN]
    assert [cell.name for cell in study.open_cells()] == ["1/4"]


def test_a_cell_that_was_not_prepared_is_not_begun(tmp_path, monkeypatch):
    monkeypatch.setattr(
        Reciprocals, "prepare", lambda self, *_: self.outcomes.update({"1/4": Outcome(reason="no")})
    )
    study = Reciprocals(tmp_path)
    reasons = study.carry_out(Here(), Lines(Console(file=StringIO())))
    assert reasons == {"1/4": "no", "1/0": "division by zero"}
    assert statuses(study) == [FINISHED, FAILED, FAILED]


def test_an_error_without_words_is_called_by_its_name():
    def fail():
        raise MemoryError

    assert attempt(fail) == Outcome(reason="MemoryError")
