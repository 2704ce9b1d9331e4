"""Solvers that ask one point after another, run side by side so that each asks in one batch."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any, TypeVar

import numpy as np

Start = TypeVar("Start")
Found = TypeVar("Found")
Batched = Callable[[np.ndarray], np.ndarray]
"""A function of many points (K × anything), with a row of its answer for each (K × P)."""


def side_by_side(
    solve: Callable[[Batched, Start], Found], starts: Sequence[Start], function: Batched
) -> list[Found]:
    """Run a solver from each start, and answer what all of them ask in one call of `function`.

    Solvers of a library take one start and ask for one value at a time, where a simulation of many
    points costs as much as that of one. Each solver runs in a thread, which waits until all others
    have asked, too, or ended; `function` runs in the thread of the caller.

    Parameters
    ----------
    solve
        Takes the function, and one of the starts.
    starts
        S of them.
    function
        Answers K points of all solvers together, those of the first start first.

    Returns
    -------
    found
        What each solver returned, in the order of the starts (S).
    """
    asked: SimpleQueue[tuple[int, Any]] = SimpleQueue()
    answers: list[SimpleQueue[Any]] = [SimpleQueue() for _ in starts]

    def solved(index: int) -> Found:
        def ask(points: np.ndarray) -> np.ndarray:
            asked.put((index, points))
            answer = answers[index].get()
            if isinstance(answer, BaseException):
                raise answer
            return answer

        try:
            return solve(ask, starts[index])
        finally:
            asked.put((index, None))

    with ThreadPoolExecutor(max_workers=max(len(starts), 1)) as threads:
        futures = [threads.submit(solved, index) for index in range(len(starts))]
        running, waiting = len(starts), {}
        while running:
            index, points = asked.get()
            if points is None:
                running -= 1
            else:
                waiting[index] = points
            if not waiting or len(waiting) < running:
                continue
            order = sorted(waiting)
            try:
                values = function(np.concatenate([waiting[i] for i in order]))
            except BaseException as error:
                for i in order:
                    answers[i].put(error)
                raise
            ends = np.cumsum([len(waiting[i]) for i in order])
            for i, part in zip(order, np.split(values, ends[:-1]), strict=True):
                answers[i].put(part)
            waiting = {}
        return [future.result() for future in futures]
