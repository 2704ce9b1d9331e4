"""Workers in other processes do what those in this one do, and survive each other."""

import asyncio
import csv
import os
import subprocess
import sys
from functools import partial
from operator import truediv

import pytest
from distributed import Nanny
from spikemodes.experiments.cli import main as cli
from spikemodes.experiments.display.tables import FINISHED
from spikemodes.experiments.study.cluster import (
    scheduler_workers,
    workers_for,
)
from spikemodes.experiments.study.nanny import PatientNanny
from spikemodes.experiments.study.workers import Here, Outcome
from typer.testing import CliRunner

GRID = """\
base:
  task: {blank: 4 ms, stimulus: 20 ms, response: 20 ms}
  network: {neurons: 10}
  train: {updates: 2, batch: 3}
  simulate: {target: numpy, trials: 4, fine_dt: 1 ms}
grid: {seed: [0, 1]}
until: train
"""

LOST = """\
import threading
from functools import partial
from distributed import LocalCluster
from spikemodes.experiments.study.cluster import SchedulerLostError, scheduler_workers

options = {"host": "127.0.0.1", "protocol": "tcp", "dashboard_address": "127.0.0.1:0"}
cluster = LocalCluster(n_workers=0, processes=False, **options)
with scheduler_workers(cluster.scheduler_address) as workers:
    threading.Timer(0.3, cluster.close).start()
    try:
        print(dict(workers.run({"never": partial(int, 1)})))
    except SchedulerLostError as error:
        print(error)
"""


@pytest.fixture
def workers(scheduler):
    with workers_for(scheduler, 5) as workers:
        yield workers


def spikemodes(*arguments):
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def shell(script, *arguments):
    return partial(subprocess.run, ["sh", "-c", script, "sh", *map(str, arguments)], check=True)


def test_jobs_are_done_elsewhere_and_one_that_fails_leaves_the_others(workers):
    jobs = {"pid": partial(os.getpid), "fails": partial(truediv, 1, 0), "six": partial(sum, [1, 5])}
    found = dict(workers.run(jobs))
    assert found["pid"].result not in (None, os.getpid())
    assert found["fails"] == Outcome(reason="division by zero")
    assert found["six"] == Outcome(6)


def test_a_job_whose_worker_dies_is_done_by_another(workers, tmp_path):
    once = 'test -e "$1" || { touch "$1"; kill -9 $PPID; sleep 60; }'
    found = dict(workers.run({"once": shell(once, tmp_path / "died"), "two": partial(int, 2)}))
    assert (tmp_path / "died").exists()
    assert found["once"].result.returncode == 0
    assert found["two"].result == 2


def test_a_job_that_no_worker_survives_is_given_up(workers):
    ((_, outcome),) = workers.run({"deadly": shell("kill -9 $PPID; sleep 60")})
    assert outcome.reason == "every worker that tried it died, for want of memory perhaps"


def test_a_sweep_and_a_stress_test_run_on_a_scheduler(scheduler, tmp_path):
    grid, out = tmp_path / "grid.yaml", tmp_path / "sweep"
    grid.write_text(GRID)
    swept = spikemodes("sweep", grid, "--out", out, "--scheduler", scheduler)
    assert swept.exit_code == 0, swept.output
    assert "2/2  0:00:00 left  seed=" in swept.stderr
    assert {row["status"] for row in rows(out / "results.csv")} == {FINISHED}
    run = out / "cells" / "seed=0"
    levels = "--conditions=lesion", "--levels=lesion=0.4,0.2", "--trials=4", "--modes=0"
    stressed = spikemodes("stress", run, *levels, "--scheduler", scheduler)
    assert stressed.exit_code == 0, stressed.output
    there = rows(run / "stress.csv")
    assert [row["level"] for row in there] == ["0.0", *["0.2"] * 5, *["0.4"] * 5]
    assert {row["error"] for row in there} == {""}
    assert there[0]["identical"] == "True"
    assert spikemodes("stress", run, *levels, "--workers=1").exit_code == 0
    for elsewhere, here in zip(there, rows(run / "stress.csv"), strict=True):
        assert elsewhere | {"seconds": ""} == here | {"seconds": ""}


def test_one_process_is_this_one():
    with workers_for(None, 1) as workers:
        assert workers == Here()
        assert dict(workers.run({"pid": partial(os.getpid)})) == {"pid": Outcome(os.getpid())}


def test_a_scheduler_that_is_not_there_is_refused():
    with (
        pytest.raises(ValueError, match="`--scheduler` must be the address of a Dask scheduler"),
        scheduler_workers("nowhere"),
    ):
        pass


def test_a_scheduler_that_goes_away_is_told():
    ended = subprocess.run([sys.executable, "-c", LOST], capture_output=True, text=True, check=True)
    assert ended.stdout == "the scheduler went away\n"


def test_commands_that_need_no_workers_do_not_load_dask():
    known = "import sys, spikemodes.experiments.cli.main; print('dask' in sys.modules)"
    command = [sys.executable, "-c", known]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"


def test_workers_end_in_their_own_time_unless_the_study_is_broken_off(monkeypatch):
    waited = []

    async def close(self, timeout=5, reason=""):
        waited.append(timeout)

    monkeypatch.setattr(Nanny, "close", close)
    nanny = object.__new__(PatientNanny)
    asyncio.run(nanny.close())
    nanny.hurried = True
    asyncio.run(nanny.close())
    assert waited[0] > 60
    assert waited[1] == 5
