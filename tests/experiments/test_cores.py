"""Work on other cores, where there are any and may be used."""

import multiprocessing.process
import os

import pytest
from spikemodes.experiments import cores
from spikemodes.experiments.cores import aside, n_cores


def test_work_is_done_beside_this_process_where_it_can_be():
    with aside(os.getpid) as result:
        assert (result() != os.getpid()) == (n_cores() > 1 and hasattr(os, "fork"))


def test_work_that_cannot_be_pickled_is_done():
    here = object()
    with aside(lambda: here is not None) as result:
        assert result()


def test_a_daemon_does_it_itself(monkeypatch):
    monkeypatch.setattr(multiprocessing.process.BaseProcess, "daemon", True)
    monkeypatch.delattr(cores, "ProcessPoolExecutor")
    with aside(os.getpid) as result:
        assert result() == os.getpid()


def test_what_the_work_raises_is_raised_where_it_is_awaited():
    def fail():
        raise ValueError("no data")

    with aside(fail) as result, pytest.raises(ValueError, match="no data"):
        result()
