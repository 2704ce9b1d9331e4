"""The same trials for every method, however many it takes at a time."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from spikemodes.learning.task import Task
from spikemodes.learning.wrapped import Wrapped
from spikemodes.models.trials import Trials


def shared_trials(task: Task, block: int) -> Task:
    """Give a task that draws trials in blocks, so that methods of any batch size see the same.

    A batch of a block or more is drawn as the task itself does. Smaller ones are cut from blocks,
    and these are drawn from the seed of the generator that asks, whatever it has drawn before: a
    method that draws its weights from the same generator gets the trials of the others.

    Parameters
    ----------
    task
        What trials are drawn from; everything else is its own, too.
    block
        Trials of a block; a batch that does not fit into what is left of one begins the next.
    """
    return _SharedTrials(task, block)


@dataclass(frozen=True, eq=False)
class _SharedTrials(Wrapped):
    """See `shared_trials`."""

    block: int
    _cut: dict[int, "_Blocks"] = field(default_factory=dict, init=False, repr=False)

    def sample(self, n_trials: int, rng: np.random.Generator) -> Trials:
        """Draw trials, or take the next of a block."""
        if n_trials >= self.block:
            return self.task.sample(n_trials, rng)
        blocks = self._cut.setdefault(id(rng), _Blocks(self.task, self.block, rng))
        return blocks.take(n_trials)

    def __getattr__(self, name: str) -> Any:
        """What only some tasks have is that of the task, too."""
        return getattr(self.task, name)


class _Blocks:
    """The blocks of a generator, which is kept so that no other gets its identity."""

    def __init__(self, task: Task, size: int, asks: np.random.Generator) -> None:
        self.task, self.size, self.asks = task, size, asks
        seed = asks.bit_generator.seed_seq
        assert isinstance(seed, np.random.SeedSequence)
        self.rng = np.random.default_rng(seed)
        self.left = range(0)

    def take(self, n_trials: int) -> Trials:
        if n_trials > len(self.left):
            self.block = self.task.sample(self.size, self.rng)
            self.left = range(self.size)
        taken, self.left = self.left[:n_trials], self.left[n_trials:]
        return self.block.subset(slice(taken.start, taken.stop))
