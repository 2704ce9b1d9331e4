"""The states that trials end in: how many there are, and how well conditions are told apart."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from spikemodes.analysis.manifold.end_states import condition_means, end_states, silhouette

from .activity import last_of
from .conditions import crossed, discrete_conditions, end_window, stops
from .question import Answer, Question, Subject

_COORDINATES = 3  # principal components, of a network without modes
_SHOWN = 250  # steps of a path


@dataclass(frozen=True)
class EndStates:
    """Where trials end.

    Parameters
    ----------
    space
        ``modes``, the coordinates xi_outᵀ R, or ``principal components`` without modes.
    window_ms
        The last part of each trial, over which its state is averaged.
    conditions
        Names of the conditions, all discrete ones together.
    trials
        How many trials of each there are.
    means
        Mean end state of each.
    separation
        d′ between each two, ``None`` where neither varies.
    silhouette
        Mean silhouette of all trials.
    silhouette_by
        The same for one discrete condition at a time.
    """

    space: str
    window_ms: float
    conditions: list[str]
    trials: list[int]
    means: list[list[float]]
    separation: list[list[float]]
    silhouette: float
    silhouette_by: dict[str, float]


def ends(subject: Subject) -> Answer:
    """Average the end of each trial, and measure how far apart conditions end."""
    trials = subject.trials
    labels, (space, courses) = crossed(trials), _coordinates(subject)
    n_trials, window = courses.shape[1], end_window(subject.task, trials)
    labels = labels[:n_trials]
    stop, steps = stops(trials)[:n_trials], trials.n_steps // len(courses)
    last = last_of(courses, np.maximum(stop // steps, 1), max(1, window // steps))
    found = end_states(last, labels, len(last))
    by_condition = {
        name: silhouette(found.ends, values[:n_trials])
        for name, values in discrete_conditions(trials).items()
    }
    kinds, index = np.unique(labels, return_inverse=True)
    numbers = EndStates(
        space=space,
        window_ms=1e3 * len(last) * steps * float(trials.dt),
        conditions=kinds.tolist(),
        trials=np.bincount(index).tolist(),
        means=found.means.tolist(),
        separation=found.separation.tolist(),
        silhouette=found.silhouette,
        silhouette_by=by_condition,
    )
    stride = -(-len(courses) // _SHOWN)
    paths = np.stack(list(condition_means(courses[::stride], labels).values()), axis=1)
    return Answer(numbers, {"ends": found.ends, "labels": index, "paths": paths})


def _coordinates(subject: Subject) -> tuple[str, Float[np.ndarray, "T B P"]]:
    activity = subject.activity  # a silent network has no end states either
    if subject.modes_if_any is None:
        return "principal components", activity.reduced(_COORDINATES).astype(float)
    return "modes", subject.recording.modes.astype(float)


END_STATES = Question("end_states", "end states", ends)
