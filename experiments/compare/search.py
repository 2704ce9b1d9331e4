"""The search of a learning rate: as many networks for every method, whatever it finds."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

NETWORKS = 2
"""That each value of the last round trains; those before it train one."""
FINALISTS = 2
"""Values of the last round."""

Train = Callable[[float, int], float | None]
"""Trains the network of a number with a value: gives its performance, ``None`` if it fails."""


@dataclass(frozen=True)
class Tried:
    """A value, and the performance of each network that learned with it."""

    value: float
    performances: tuple[float | None, ...]

    @property
    def mean(self) -> float:
        """The mean performance, minus infinity if any network failed to learn."""
        known = [p for p in self.performances if p is not None]
        return float(np.mean(known)) if len(known) == len(self.performances) else -math.inf


def search(train: Train, values: Sequence[float]) -> tuple[list[Tried], float]:
    """Find the best of a geometric grid, and of one value more; gives all that was tried, too.

    Each value trains a network. One value more is tried: beyond the grid if the best is at an end
    of it, else between the best and the better one beside it. The best two then train another
    network, of other weights and trials, and the better mean wins. So any search trains as many
    networks as any other of the same number of values, see `n_networks`.

    Parameters
    ----------
    train
        Trains a network.
    values
        At least two, ascending, the usual one in the middle.
    """
    usual = values[(len(values) - 1) // 2]
    tried = [Tried(value, (train(value, 0),)) for value in values]
    more = _one_more(tried, usual)
    tried.append(Tried(more, (train(more, 0),)))
    for finalist in _ordered(tried, usual)[:FINALISTS]:
        again = (train(finalist.value, network) for network in range(1, NETWORKS))
        place = tried.index(finalist)
        tried[place] = replace(finalist, performances=(*finalist.performances, *again))
    tried.sort(key=lambda each: each.value)
    last = [each for each in tried if len(each.performances) == NETWORKS]
    best = _ordered(last, usual)[0]
    return tried, usual if best.mean == -math.inf else best.value


def n_networks(candidates: int) -> int:
    """Count the networks that a search among so many values trains."""
    return candidates + 1 + FINALISTS * (NETWORKS - 1)


def _one_more(tried: Sequence[Tried], usual: float) -> float:
    """Give the value beyond the end of a grid if the best is there, else one beside the best."""
    values = [each.value for each in tried]
    place = values.index(_ordered(tried, usual)[0].value)
    if place == 0:
        return values[0] ** 2 / values[1]
    if place == len(values) - 1:
        return values[-1] ** 2 / values[-2]
    beside = _ordered([tried[place - 1], tried[place + 1]], usual)[0]
    return math.sqrt(values[place] * beside.value)


def _ordered(tried: Sequence[Tried], usual: float) -> list[Tried]:
    """Order by performance, the best first; of equal ones the nearest to the usual value."""
    return sorted(tried, key=lambda each: (-each.mean, abs(math.log(each.value / usual))))
