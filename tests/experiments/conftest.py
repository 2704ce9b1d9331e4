"""Fixtures that the tests of several rooms share."""

from collections.abc import Iterator
from typing import Any

import pytest
from dask.config import set as dask_settings
from distributed import LocalCluster
from spikemodes.experiments.computation import registry
from spikemodes.experiments.computation.question import Question

SIMULATED = {"map", "causality", "populations"}  # tested on their own


@pytest.fixture(scope="session", autouse=True)
def quick_questions() -> Iterator[list[Question]]:
    """Ask whole runs only what needs no simulation; gives all questions."""
    every = list(registry.QUESTIONS)
    registry.QUESTIONS[:] = [question for question in every if question.key not in SIMULATED]
    yield every
    registry.QUESTIONS[:] = every


@pytest.fixture
def every_question(
    quick_questions: list[Question], monkeypatch: pytest.MonkeyPatch
) -> list[Question]:
    """Ask a whole run all questions."""
    monkeypatch.setattr(registry, "QUESTIONS", quick_questions)
    return quick_questions


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a Dask scheduler with two workers, each in a process of its own.

    They run kernels as plain Python, sooner than compiled. A job may lose one of them.
    """
    with (
        dask_settings({"distributed.scheduler.allowed-failures": 1}),
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            env={"NUMBA_DISABLE_JIT": "1"},
        ) as cluster,
    ):
        yield str(cluster.scheduler_address)  # pyright: ignore[reportAttributeAccessIssue]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium without a window."""
    from browsing import chromium  # selenium is needed by few tests

    started = chromium(tmp_path_factory.mktemp("profile"))
    yield started
    started.quit()
