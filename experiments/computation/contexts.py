"""Contexts: the constant inputs under which trials of a task end."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from spikemodes.learning.task import Task
from spikemodes.models.trials import Trials

from ..pipeline.analyse import condition_labels

_TELLS = 0.5
"""Share of the variance of an input that a condition has to explain to tell contexts apart."""

_MOST = 4

ALL = "all trials"
"""Name of the context of a task that has no others."""


@dataclass(frozen=True, eq=False)
class Context:
    """Trials that end under the same input, noise apart.

    Parameters
    ----------
    name
        Values of the conditions that decide on it, such as ``context 0``.
    input
        Mean of each channel in the last epoch (C).
    trials
        Which of the trials are in it (B).
    """

    name: str
    input: Float[np.ndarray, " C"]
    trials: Bool[np.ndarray, " B"]


def last_epoch(task: Task, trials: Trials) -> slice:
    """Give the steps of the epoch in which trials end; of all if the task has no epochs."""
    ends = [epoch for epoch in task.epochs.values() if epoch.start < trials.n_steps and len(epoch)]
    last = max(ends, key=lambda epoch: epoch.stop, default=range(trials.n_steps))
    return slice(last.start, min(last.stop, trials.n_steps))


def contexts_of(trials: Trials, epoch: slice) -> list[Context]:
    """Find the contexts of a task, the four most frequent at most.

    A discrete condition, such as the context or the choice, tells contexts apart if its values
    explain more than half of the variance, over trials, of the mean of some input in the epoch. A
    task without such a condition has one context, of the mean input.

    Parameters
    ----------
    trials
        Trials with their conditions.
    epoch
        Steps in which trials end.
    """
    means = trials.inputs[epoch].astype(float).mean(axis=0)
    telling = {
        name: values
        for name, values in trials.conditions.items()
        if values.dtype.kind in "iuU" and _explained(means, values) > _TELLS
    }
    reduced = Trials(trials.inputs[:1], trials.dt, conditions=telling)
    names = condition_labels(reduced) if telling else np.full(trials.n_trials, ALL)
    found, counts = np.unique(names, return_counts=True)
    kept = np.sort(found[np.argsort(-counts, kind="stable")[:_MOST]])
    return [Context(str(name), means[names == name].mean(axis=0), names == name) for name in kept]


def _explained(means: Float[np.ndarray, "B C"], values: np.ndarray) -> float:
    """Largest share of the variance of an input that a condition explains; 0 if none varies."""
    total = means.var(axis=0)
    varies = total > 1e-12 * max(float((means**2).max()), 1e-300)
    within = np.zeros(means.shape[1])
    for value in np.unique(values):
        chosen = means[values == value]
        within += len(chosen) / len(means) * chosen.var(axis=0)
    shares = 1 - within[varies] / total[varies]
    return float(shares.max(initial=0))
