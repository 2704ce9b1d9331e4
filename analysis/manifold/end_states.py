"""The states that trials end in: where, how far apart, and how well told apart."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from sklearn.metrics import silhouette_score


def condition_means(
    trajectories: Float[np.ndarray, "T B P"], labels: np.ndarray
) -> dict[Hashable, Float[np.ndarray, "T P"]]:
    """Average trajectories over the trials of each condition.

    Parameters
    ----------
    trajectories
        Mode activity, or any coordinates of it (T × B × P).
    labels
        Condition of each trial (B): numbers or names.

    Returns
    -------
    means
        Mean trajectory (T × P) by condition, conditions in sorted order.

    Raises
    ------
    ValueError
        If there is not one label per trial.
    """
    require_labels(labels, trajectories.shape[1])
    return {
        condition.item(): trajectories[:, labels == condition].mean(axis=1)
        for condition in np.unique(labels)
    }


@dataclass(frozen=True, eq=False)
class EndStates:
    """Where the trials of each of K conditions end.

    Parameters
    ----------
    conditions
        Their names or values, sorted.
    ends
        End state of each trial (B × P).
    means
        Mean end state (K × P).
    separation
        Distance between two conditions' means over their pooled standard deviation along the
        line that joins them (K × K): d′. Zero on the diagonal, NaN where two conditions have no
        more than two trials together.
    silhouette
        Mean silhouette of the trials, see `silhouette`.
    """

    conditions: tuple[Hashable, ...]
    ends: Float[np.ndarray, "B P"]
    means: Float[np.ndarray, "K P"]
    separation: Float[np.ndarray, "K K"]
    silhouette: float


def end_states(
    trajectories: Float[np.ndarray, "T B P"], labels: np.ndarray, n_steps: int
) -> EndStates:
    """Average the last `n_steps` of each trial, and say how far apart conditions end.

    Parameters
    ----------
    trajectories
        Mode activity, or any coordinates of it (T × B × P).
    labels
        Condition of each trial (B).
    n_steps
        Length of the window at the end of the trial [steps].

    Raises
    ------
    ValueError
        If there is not one label per trial or the window does not fit into the trial.
    """
    if not 1 <= n_steps <= len(trajectories):
        raise ValueError(f"`n_steps` must be between 1 and {len(trajectories)}: got {n_steps}.")
    require_labels(labels, trajectories.shape[1])
    ends = trajectories[-n_steps:].mean(axis=0)
    conditions = np.unique(labels)
    groups = [ends[labels == condition] for condition in conditions]
    return EndStates(
        conditions=tuple(conditions.tolist()),
        ends=ends,
        means=np.stack([group.mean(axis=0) for group in groups]),
        separation=np.array([[_separation(a, b) for b in groups] for a in groups]),
        silhouette=silhouette(ends, labels),
    )


def silhouette(states: Float[np.ndarray, "B P"], labels: np.ndarray) -> float:
    """Mean over trials of (b − a) / max(a, b), by scikit-learn.

    a is the mean distance of a trial's state to those of its own condition, b that to the nearest
    other condition: 1 for points far apart, 0 where conditions lie over each other, negative where
    another one is nearer. NaN with fewer than two conditions, or as many as trials.

    Parameters
    ----------
    states
        One for each trial (B × P).
    labels
        Condition of each trial (B).

    Raises `ValueError` if there is not one label per trial.

    Source: Rousseeuw, J. Comput. Appl. Math. 20, 53 (1987).
    """
    require_labels(labels, len(states))
    if not 2 <= len(np.unique(labels)) < len(states):
        return float("nan")
    return float(silhouette_score(states, labels))


def _separation(a: Float[np.ndarray, "A P"], b: Float[np.ndarray, "B P"]) -> float:
    difference = a.mean(axis=0) - b.mean(axis=0)
    distance = float(np.linalg.norm(difference))
    degrees_of_freedom = len(a) + len(b) - 2
    if distance == 0:
        return 0.0
    if degrees_of_freedom == 0:
        return np.nan
    squares = sum(float(np.sum(((g - g.mean(axis=0)) @ difference) ** 2)) for g in (a, b))
    deviation = np.sqrt(squares / degrees_of_freedom) / distance
    return distance / deviation if deviation > 0 else np.inf


def require_labels(labels: np.ndarray, n_trials: int) -> None:
    """Raise `ValueError` if there is not one label for each trial."""
    if labels.shape != (n_trials,):
        raise ValueError(
            f"`labels` must have one value per trial: expected ({n_trials},), got {labels.shape}."
        )
