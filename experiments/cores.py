"""The cores of this machine: how a job keeps to one of them, and how it makes use of the others."""

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any
from warnings import catch_warnings, filterwarnings


def n_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def forked(
    most: int, take: Callable[[Any], None], taken: Any
) -> Iterator[ProcessPoolExecutor | None]:
    """Give processes on other cores, `most` of them at most, or ``None`` where there can be none.

    They begin with `take` of what is `taken`, which they inherit: it need not be pickled. Only
    Linux forks safely; a daemon, such as a worker of a sweep, must have no children.
    """
    cores = min(most, n_cores())
    alone = sys.platform != "linux" or multiprocessing.current_process().daemon
    if cores == 0 or n_cores() == 1 or alone:
        yield None
        return
    fork = multiprocessing.get_context("fork")
    with catch_warnings():
        filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        with ProcessPoolExecutor(cores, fork, initializer=take, initargs=(taken,)) as pool:
            yield pool


@contextmanager
def aside(work: Callable[[], Any]) -> Iterator[Callable[[], Any]]:
    """Do work on another core meanwhile, if there is one; the function given waits for its result.

    What the work raises is raised there.
    """
    with forked(1, _take, work) as pool:
        yield work if pool is None else pool.submit(_do).result


_taken: Callable[[], Any] = lambda: None  # noqa: E731  (in a forked process: what it is to do)


def _take(work: Callable[[], Any]) -> None:
    global _taken
    _taken = work


def _do() -> Any:
    return _taken()


@contextmanager
def one_core() -> Iterator[None]:
    """Leave the other cores to the other workers."""
    import numba
    from spikemodes.learning.kernels.threads import one_thread

    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        with one_thread():
            yield
    finally:
        numba.set_num_threads(before)
