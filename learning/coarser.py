"""A task at a coarser step, for networks of rates that need no finer one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .wrapped import Wrapped

if TYPE_CHECKING:
    from brian2 import Quantity
    from spikemodes.models.trials import Trials

    from .task import Score, Task


@dataclass(frozen=True, eq=False)
class Coarser(Wrapped):
    """A task whose trials have one step where those of `task` have `factor` of them.

    Inputs are averaged over a step, so that what they add to a leaky unit is about the same.
    """

    factor: int

    @classmethod
    def of(cls, task: Task, longest: Quantity) -> Coarser:
        """Take the longest step of at most `longest` that divides the trials of a task."""
        n_steps = task.sample(1, np.random.default_rng(0)).n_steps
        most = max(int(float(longest / task.dt) * (1 + 1e-9)), 1)
        return cls(task, max(k for k in range(1, most + 1) if n_steps % k == 0))

    @property
    def dt(self) -> Quantity:
        """See `Task`."""
        return self.factor * self.task.dt

    @property
    def epochs(self) -> Mapping[str, range]:
        """See `Task`; ends that fall within a step are rounded down."""
        return {
            name: range(steps.start // self.factor, steps.stop // self.factor)
            for name, steps in self.task.epochs.items()
        }

    def sample(self, n_trials: int, rng: np.random.Generator) -> Trials:
        """Draw trials of the task and make them coarser."""
        trials, k = self.task.sample(n_trials, rng), self.factor
        blocks = trials.inputs.reshape(-1, k, *trials.inputs.shape[1:])
        last = slice(k - 1, None, k)
        return replace(
            trials,
            inputs=blocks.mean(1, dtype=np.float32) if k > 1 else trials.inputs,
            dt=self.dt,
            targets=None if trials.targets is None else trials.targets[last],
            mask=None if trials.mask is None else trials.mask[last],
        )

    def score(self, outputs: np.ndarray, trials: Trials) -> Score:
        """Score as the task does, with each step held for those that it stands for."""
        held = {
            name: None if value is None else np.repeat(value, self.factor, axis=0)
            for name in ("inputs", "targets", "mask")
            for value in [getattr(trials, name)]
        }
        fine = replace(trials, dt=self.task.dt, **held)
        return self.task.score(
            outputs if outputs.ndim < 3 else np.repeat(outputs, self.factor, axis=0), fine
        )
