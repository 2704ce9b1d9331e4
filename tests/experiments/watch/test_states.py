import os
import signal
import subprocess
import sys
import time

import pytest
from spikemodes.experiments import RunDirectory
from spikemodes.experiments.pipeline.presence import at_work, presence_of
from spikemodes.experiments.watch.states import changed_at, state_of

STEPS = ("train", "validate", "report")


@pytest.fixture
def run(tmp_path):
    return RunDirectory.create(tmp_path / "run", {"seed": 0})


def take(run, *steps):
    for step in steps:
        run.result_of(step).write_bytes(b"")


def written(path, later):
    """Let a file be written some seconds from now."""
    when = time.time() + later
    os.utime(path, (when, when))


def begin_and_end(run, until):
    with at_work(run, until):
        pass


@pytest.mark.parametrize(
    ("taken", "state"),
    [((), "training"), (STEPS[:1], "validating"), (STEPS[:2], "analysing"), (STEPS, "analysing")],
)
def test_a_run_at_work_is_in_the_step_that_has_not_ended(run, taken, state):
    take(run, *taken)
    with at_work(run, "report"):
        assert state_of(run, time.time() + 1e6) == state  # silence is no sign of an end


@pytest.mark.parametrize("until", STEPS)
def test_a_run_has_finished_with_the_step_that_was_asked_for(run, until):
    begin_and_end(run, until)
    before = STEPS[: STEPS.index(until)]
    take(run, *before)
    assert state_of(run, time.time()) == "killed"
    take(run, until)
    assert state_of(run, time.time()) == "finished"


def test_a_run_that_says_why_has_failed_unless_it_went_on_to_its_end(run):
    begin_and_end(run, "train")
    run.write_failure(ValueError("it is so"))
    written(run.failure, -10)
    assert state_of(run, time.time()) == "failed"
    with at_work(run, "train"):
        assert state_of(run, time.time()) == "training"
    take(run, "train")
    assert state_of(run, time.time()) == "finished"
    written(run.failure, 10)  # what was done to it since has failed
    assert state_of(run, time.time()) == "failed"


def test_a_process_that_is_killed_leaves_a_run_that_is_known_as_killed(run):
    code = (
        "import sys, time; from spikemodes.experiments.pipeline.directory import RunDirectory;"
        "from spikemodes.experiments.pipeline.presence import at_work\n"
        f"with at_work(RunDirectory({str(run.path)!r}), 'validate'):\n"
        "    print('begun', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        assert state_of(run, time.time()) == "training"
        process.send_signal(signal.SIGKILL)
    assert state_of(run, time.time()) == "killed"


def test_a_run_of_an_older_version_is_at_work_while_it_writes(run):
    assert presence_of(run) is None
    last = changed_at(run)
    assert state_of(run, last + 30) == "training"
    assert state_of(run, last + 90) == "killed"
    take(run, "train")
    assert state_of(run, time.time()) == "finished"
    run.write_failure(ValueError("no"))
    written(run.failure, 10)
    assert state_of(run, time.time()) == "failed"


def test_looking_changes_nothing_and_keeps_nobody_from_working(run):
    with at_work(run, "train"), at_work(run, "train"):
        before = run.work.read_bytes(), run.work.stat().st_mtime_ns
        found = presence_of(run)
        assert found is not None
        assert found.at_work
        assert (run.work.read_bytes(), run.work.stat().st_mtime_ns) == before
    run.work.write_bytes(b"\xff\x00nonsense")
    assert state_of(run, changed_at(run)) == "training"
