import csv
import os
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import numba
import psutil
import pytest
import torch
import yaml
from rich.console import Console
from spikemodes.experiments import RunDirectory
from spikemodes.experiments.cli import main as cli
from spikemodes.experiments.display.progress import Lines
from spikemodes.experiments.display.tables import FAILED, FINISHED
from spikemodes.experiments.pipeline import train as training
from spikemodes.experiments.pipeline.summary import Plausibility, Statistic, Training, Verdicts
from spikemodes.experiments.study.workers import Here
from spikemodes.experiments.sweep.cell import run_cell
from spikemodes.experiments.sweep.plan import read_plan
from spikemodes.experiments.sweep.results import row
from spikemodes.experiments.sweep.run import Sweep
from threadpoolctl import threadpool_info
from typer.testing import CliRunner

BASE = {
    "task": {"blank": "4 ms", "stimulus": "20 ms", "response": "20 ms"},
    "network": {"neurons": 10},
    "train": {"updates": 2, "batch": 3},
    "simulate": {"target": "numpy", "trials": 4, "fine_dt": "1 ms"},
}


@pytest.fixture
def plan_file(tmp_path):
    def write(grid, until="train", **base):
        path = tmp_path / "grid.yaml"
        path.write_text(yaml.safe_dump({"base": BASE | base, "grid": grid, "until": until}))
        return path

    return write


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("kernels")
def test_each_cell_is_a_run_and_each_run_a_row(plan_file, tmp_path):
    plan = read_plan(plan_file({"network.modes": [1, 2], "seed": [0, 1]}, until="validate"))
    sweep = Sweep(plan, tmp_path / "sweep")
    out = StringIO()
    assert sweep.carry_out(Here(), Lines(Console(file=out))) == {}
    table = rows(sweep.table)
    assert [(r["network.modes"], r["seed"]) for r in table] == [
        ("1", "0"), ("1", "1"), ("2", "0"), ("2", "1"),
    ]  # fmt: skip
    assert {(r["status"], r["brian2.spike_match"]) for r in table} == {(FINISHED, "1.0")}
    performances = [float(r["brian2.performance"]) for r in table]
    assert performances == [float(r["brian2.explained_variance"]) for r in table]
    assert {r["cell"] for r in table} == {run.name for run in (sweep.path / "cells").glob("n*")}
    assert "4/4  0:00:00 left  network.modes=2,seed=1 finished" in out.getvalue()
    before = contents(sweep.path)
    again = CliRunner().invoke(
        cli.app, ["sweep", str(tmp_path / "grid.yaml"), "--out", str(sweep.path)]
    )
    assert again.exit_code == 0
    assert "all 4 cells are finished: nothing to do" in again.stderr
    assert contents(sweep.path) == before


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize(("warnings", "cell"), [([], ""), (["one", "two"], "one; two")])
def test_the_warnings_of_a_run_are_one_cell_of_its_row(plan_file, tmp_path, warnings, cell):
    run = RunDirectory(tmp_path)
    run.update_summary(training=Training("m", 1, 1.0, 1.0, 0.1, {}, tuple(warnings)))
    found = row(read_plan(plan_file({"seed": [0]})).cells[0], (), FINISHED, run)
    assert found["training.warnings"] == cell


def test_a_row_has_the_plausibility_of_its_run(plan_file, tmp_path):
    run = RunDirectory(tmp_path)
    statistic = Statistic("", 1.2, 1.0, 1.5, "within", 1.1, 1.3)
    table = Plausibility("mine", Verdicts(("Fano factor",)), {"Fano factor": statistic})
    run.update_summary(plausibility=table)
    found = row(read_plan(plan_file({"seed": [0]})).cells[0], (), FINISHED, run)
    assert found["plausibility.metrics.Fano factor.value"] == 1.2
    assert found["plausibility.metrics.Fano factor.verdict"] == "within"
    assert found["plausibility.metrics.Fano factor.interval_low"] == 1.1
    assert (found["plausibility.area"], found["plausibility.within"]) == ("mine", "Fano factor")
    assert "format" not in found


def test_a_cell_that_fails_is_named_and_tried_again_at_the_next_call(
    plan_file, tmp_path, monkeypatch
):
    sweep = Sweep(read_plan(plan_file({"seed": [0, 1, 2]})), tmp_path / "sweep")
    train = training.train

    def fail_with_seed_1(run, spec, *args, **options):
        if spec.seed == 1:
            raise RuntimeError("the loss\nis nan")
        return train(run, spec, *args, **options)

    display = Lines(Console(file=StringIO()))
    with monkeypatch.context() as patch:
        patch.setattr(training, "train", fail_with_seed_1)
        assert sweep.carry_out(Here(), display) == {"seed=1": "the loss is nan"}
    assert [r["status"] for r in rows(sweep.table)] == [FINISHED, FAILED, FINISHED]
    (cell,) = sweep.open_cells()
    assert "RuntimeError" in sweep.run_of(cell).failure.read_text()
    assert sweep.carry_out(Here(), display) == {}
    assert {r["status"] for r in rows(sweep.table)} == {FINISHED}
    assert not sweep.run_of(cell).failure.exists()


def test_a_cell_takes_one_thread_and_gives_the_others_back(plan_file, tmp_path, monkeypatch):
    (cell,) = read_plan(plan_file({"seed": [0]})).cells
    before = numba.get_num_threads(), torch.get_num_threads()
    seen = []

    def look(*_, **__):
        blas = {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}
        seen.append((numba.get_num_threads(), torch.get_num_threads(), blas))

    monkeypatch.setattr(training, "train", look)
    run_cell(str(tmp_path / "cell"), cell.spec.resolved(), "train")
    assert seen == [(1, 1, {1})]
    assert (numba.get_num_threads(), torch.get_num_threads()) == before


def test_a_cell_cut_short_before_its_configuration_was_whole_is_begun_again(
    plan_file, tmp_path, monkeypatch
):
    (cell,) = read_plan(plan_file({"seed": [0]})).cells
    run = tmp_path / "cell"
    run.mkdir()
    (run / ".config.yaml.1.part").write_text("tas")
    monkeypatch.setattr(training, "train", lambda *_, **__: None)
    run_cell(str(run), cell.spec.resolved(), "train")
    assert yaml.safe_load((run / "config.yaml").read_text()) == cell.spec.resolved()


@pytest.mark.usefixtures("kernels")
def test_cells_of_other_settings_are_refused(plan_file, tmp_path):
    path = tmp_path / "sweep"
    sweep = Sweep(read_plan(plan_file({"seed": [0]})), path)
    (cell,) = sweep.plan.cells
    run_cell(str(sweep.run_of(cell).path), cell.spec.resolved(), "train")
    changed = read_plan(plan_file({"seed": [0]}, train={"updates": 9}))
    with pytest.raises(ValueError, match=r"`train\.updates` must be 2 to continue"):
        Sweep(changed, path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--scheduler", "here"), "`--scheduler` must be the address of a Dask scheduler"),
        (("--scheduler", "tcp://127.0.0.1:8786", "--workers", "2"), "Leave out one of them."),
    ],
)
def test_bad_options_are_one_line_and_leave_nothing(plan_file, tmp_path, options, message):
    out = tmp_path / "sweep"
    arguments = ["sweep", str(plan_file({"seed": [0]})), "--out", str(out), *options]
    result = CliRunner().invoke(cli.app, arguments)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
    assert not out.exists()


@pytest.mark.slow
def test_a_sweep_that_ends_well_ends_without_a_warning(plan_file, tmp_path):
    program = Path(sys.executable).with_name("spikemodes")
    path = plan_file({"seed": [0, 1]}, until="validate")
    command = [program, "sweep", path, "--out", tmp_path / "sweep", "--workers", "2"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "2 of 2 cells are finished" in ended.stderr
    assert "WARNING" not in ended.stderr


@pytest.mark.slow
def test_a_sweep_survives_the_death_of_a_worker(plan_file, tmp_path):
    path, out = plan_file({"network.modes": [1, 2, 3], "seed": [0, 1, 2, 3]}), tmp_path / "sweep"
    program = Path(sys.executable).with_name("spikemodes")
    command = [program, "sweep", path, "--out", out, "--workers", "2"]
    sweep = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    results = out / "results.csv"
    while sweep.poll() is None and not (results.exists() and results.read_text().count(FINISHED)):
        time.sleep(0.05)
    workers = [
        process
        for process in psutil.Process(sweep.pid).children(recursive=True)
        if "spawn_main" in " ".join(process.cmdline())
    ]
    os.kill(workers[0].pid, signal.SIGKILL)
    _, errors = sweep.communicate(timeout=300)
    assert sweep.returncode == 0, errors
    assert [r["status"] for r in rows(results)] == [FINISHED] * 12
    assert "Restarting worker" in errors
    before = contents(out)
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "all 12 cells are finished: nothing to do" in again.stderr
    assert contents(out) == before
