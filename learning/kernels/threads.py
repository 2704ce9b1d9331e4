"""Threads: the kernels use all cores themselves, and other libraries' would only get in their way.

Besides, what sums on several threads adds in an order that depends on how many there are.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from threadpoolctl import threadpool_limits


@contextmanager
def one_thread() -> Iterator[None]:
    """Let PyTorch and numpy work on one thread; their operations here are many and small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(before)
