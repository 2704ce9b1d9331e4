"""The cores of this machine: how a job keeps to one of them, and how it makes use of the others."""

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any
from warnings import catch_warnings, filterwarnings


def n_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def side_by_side(work: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Do work on each of several tasks, many at a time if it can be; gives results in their order.

    Tasks and results have to be pickled, what does the work has not.
    """
    with _forked(work, len(tasks)) as pool:
        if pool is None:
            return [work(*task) for task in tasks]
        return list(pool.map(_do, tasks))


@contextmanager
def aside(work: Callable[[], Any]) -> Iterator[Callable[[], Any]]:
    """Do work on another core meanwhile, if there is one; the function given waits for its result.

    What the work raises is raised there.
    """
    with _forked(work, 1) as pool:
        yield work if pool is None else pool.submit(_do).result


@contextmanager
def _forked(work: Callable[..., Any], most: int) -> Iterator[ProcessPoolExecutor | None]:
    """Give processes on other cores that can do the work, ``None`` where there can be none.

    They are `most` at most, and inherit the work. Only Linux forks safely; a daemon, such as a
    worker of a sweep, must have no children.
    """
    cores = min(most, n_cores())
    alone = sys.platform != "linux" or multiprocessing.current_process().daemon
    if cores == 0 or n_cores() == 1 or alone:
        yield None
        return
    fork = multiprocessing.get_context("fork")
    with catch_warnings():
        filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        with ProcessPoolExecutor(cores, fork, initializer=_inherit, initargs=(work,)) as pool:
            yield pool


def _inherit(work: Callable[..., Any]) -> None:
    global _work
    _work = work


def _do(task: tuple[Any, ...] = ()) -> Any:
    return _work(*task)


_work: Callable[..., Any]  # of a forked process


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
