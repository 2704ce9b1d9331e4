"""What the trials of a task differ in, and when they end."""

from dataclasses import replace

import numpy as np
from brian2 import ms
from jaxtyping import Int
from spikemodes.learning.task import Task
from spikemodes.models.trials import Trials

from ..pipeline.analyse import condition_labels
from .question import NotAskedError

_LAST = 200 * ms


def discrete_conditions(trials: Trials) -> dict[str, np.ndarray]:
    """Give conditions that are names, whole numbers or yes or no, and differ between trials.

    Truth values become ``no`` and ``yes``; a task without conditions has its labels.
    """
    known = dict(trials.conditions)
    if not known and trials.labels is not None:
        known = {"label": trials.labels}
    return {
        name: np.where(values, "yes", "no") if values.dtype.kind == "b" else values
        for name, values in known.items()
        if values.dtype.kind in "biuU" and len(np.unique(values)) > 1
    }


def crossed(trials: Trials) -> np.ndarray:
    """Name each trial by all its discrete conditions together (B).

    Raises `NotAskedError` if there are none, or about as many as trials.
    """
    known = discrete_conditions(trials)
    if not known:
        raise NotAskedError("The trials of the task do not differ in any discrete condition.")
    labels = condition_labels(replace(trials, inputs=trials.inputs, conditions=known))
    n_kinds = len(np.unique(labels))
    if 2 * n_kinds > trials.n_trials:
        raise NotAskedError(
            f"There are {n_kinds} conditions in {trials.n_trials} trials: two of each are needed."
        )
    return labels


def stops(trials: Trials) -> Int[np.ndarray, " B"]:
    """Give the step after the last one that is scored in each trial, its end."""
    scored = trials.scored
    return np.where(scored.any(axis=0), trials.n_steps - scored[::-1].argmax(axis=0), len(scored))


def end_window(task: Task, trials: Trials) -> int:
    """Give the steps at the end of a trial: the last 200 ms, or the last epoch if it is shorter."""
    ends = [epoch for epoch in task.epochs.values() if epoch.start < trials.n_steps and len(epoch)]
    last = max(ends, key=lambda epoch: epoch.stop, default=range(trials.n_steps))
    return max(1, min(round(float(_LAST / trials.dt)), len(last)))
