"""A job in a process of its own ends well, badly, or with the process that wanted it."""

import json
import operator
import os
import signal
import subprocess
import sys

import psutil
import pytest
from spikemodes.experiments.study.apart import ApartError, run_apart


def test_a_job_gives_its_result_from_another_process():
    assert run_apart(operator.add, [1], [2]) == [1, 2]
    assert run_apart(os.getpid) != os.getpid()


def test_what_it_prints_goes_to_the_log(tmp_path):
    log = tmp_path / "new" / "log.txt"
    for word in ("one", "two"):
        assert run_apart(print, word, log=log) is None
    assert log.read_text() == "one\ntwo\n"


def test_it_has_an_environment_of_its_own():
    assert run_apart(os.getenv, "OWN", env={"OWN": "yes"}) == "yes"


def test_an_error_is_one_line_and_its_traceback_is_in_the_log(tmp_path):
    log = tmp_path / "log.txt"
    with pytest.raises(ApartError, match="Expecting value: line 1 column 1") as error:
        run_apart(json.loads, "nonsense", log=log)
    assert error.value.kind == "JSONDecodeError"
    assert "Traceback" in log.read_text()


@pytest.mark.parametrize(
    ("work", "argument", "reason", "by"),
    [
        (os._exit, 3, "exit code 3", 0),
        (signal.raise_signal, 9, "killed by signal 9, for want of memory perhaps", 9),
    ],
    ids=["exit", "kill"],
)
def test_a_process_that_dies_leaves_a_reason(work, argument, reason, by):
    with pytest.raises(ApartError, match=reason) as error:
        run_apart(work, argument)
    assert (error.value.kind, error.value.signal) == ("", by)


def test_it_ends_with_the_process_that_wanted_it():
    wanted = "import time; from spikemodes.experiments.study.apart import run_apart;"
    with subprocess.Popen([sys.executable, "-c", f"{wanted} run_apart(time.sleep, 60)"]) as parent:
        while not (children := psutil.Process(parent.pid).children()):
            pass
        parent.kill()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive
