"""The cores of this machine, and how a job keeps to one of them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


def n_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
