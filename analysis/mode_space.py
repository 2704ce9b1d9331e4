"""Activity in the space of modes: coordinates, subspaces, and the states trials end in."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.linalg import subspace_angles


def mode_overlaps(
    xi_in: Float[np.ndarray, "N P"], xi_out: Float[np.ndarray, "N P"]
) -> Float[np.ndarray, "P P"]:
    """Overlaps xi_outᵀ xi_in: how strongly output mode p reads what input mode q writes.

    Parameters
    ----------
    xi_in, xi_out
        Input and output modes (N × P).

    Returns
    -------
    overlaps
        Row: output mode; column: input mode (P × P).
    """
    return xi_out.T @ xi_in


def orthonormal_basis(*modes: Float[np.ndarray, "N _"]) -> Float[np.ndarray, "N D"]:
    """Orthonormal coordinates of the span of `modes`, such as W_in and xi_in, in that order.

    QR, each axis signed to point along its own column: axis k is what column k adds to those
    before it. Coordinates of activity R (… × N) are ``R @ basis``.

    Parameters
    ----------
    modes
        Column vectors (N × K each).

    Returns
    -------
    basis
        Orthonormal columns (N × D), D the number of columns of all `modes`.

    Raises
    ------
    ValueError
        If the columns are linearly dependent.
    """
    columns = np.concatenate(modes, axis=1)
    rank = np.linalg.matrix_rank(columns)
    if rank < columns.shape[1]:
        raise ValueError(
            "`modes` must have linearly independent columns: got"
            f" {columns.shape[1]} columns of rank {rank}. Leave out the redundant ones."
        )
    q, r = np.linalg.qr(columns)
    return q * np.sign(np.diag(r))


@dataclass(frozen=True, eq=False)
class PCA:
    """Principal components of activity.

    Parameters
    ----------
    mean
        Mean activity (N).
    components
        Orthonormal axes, largest variance first (N × K).
    variances
        Variance along each of all axes (min(N, samples)), in the squared unit of the activity.
    """

    mean: Float[np.ndarray, " N"]
    components: Float[np.ndarray, "N K"]
    variances: Float[np.ndarray, " M"]

    @property
    def explained(self) -> Float[np.ndarray, " K"]:
        """Share of the variance along each component; NaN for constant activity."""
        total = self.variances.sum()
        kept = self.variances[: self.components.shape[1]]
        return kept / total if total > 0 else np.full(len(kept), np.nan)

    def project(self, activity: Float[np.ndarray, "*rest N"]) -> Float[np.ndarray, "*rest K"]:
        """Coordinates of `activity` along the components."""
        return (activity - self.mean) @ self.components


def principal_components(activity: Float[np.ndarray, "*samples N"], n_components: int) -> PCA:
    """Find the axes along which activity varies most.

    Parameters
    ----------
    activity
        Samples, such as time × trial, of N neurons (… × N).
    n_components
        K, how many axes to keep.

    Raises
    ------
    ValueError
        If there are fewer than two samples, or `n_components` is not between 1 and what the
        samples can span.
    """
    samples = activity.reshape(-1, activity.shape[-1])
    if len(samples) < 2:
        raise ValueError(f"`activity` must have two samples or more: got {len(samples)}.")
    if not 1 <= n_components <= min(samples.shape):
        raise ValueError(
            f"`n_components` must be between 1 and {min(samples.shape)}: got {n_components}."
        )
    mean = samples.mean(axis=0)
    _, singular_values, axes = np.linalg.svd(samples - mean, full_matrices=False)
    return PCA(mean, axes[:n_components].T, singular_values**2 / (len(samples) - 1))


def principal_angles(
    a: Float[np.ndarray, "N K"], b: Float[np.ndarray, "N L"]
) -> Float[np.ndarray, " M"]:
    """Principal angles between the spans of the columns of `a` and `b`, ascending [rad].

    Source: Knyazev & Argentati, SIAM J. Sci. Comput. 23, 2008 (2002), by `scipy.linalg`.
    """
    return subspace_angles(a, b)[::-1]


def participation_ratio(activity: Float[np.ndarray, "*samples N"]) -> float:
    """Effective dimension (Σλ)² / Σλ² of activity, λ the eigenvalues of its covariance.

    Between 1 (all variance along one axis) and N; 0 for constant activity.

    Parameters
    ----------
    activity
        Samples, such as time × trial, of N neurons or modes (… × N).

    Source: Gao et al., bioRxiv 214262 (2017).
    """
    samples = activity.reshape(-1, activity.shape[-1])
    centred = samples - samples.mean(axis=0)
    covariance = centred.T @ centred
    squares = float(np.sum(covariance**2))
    return float(np.trace(covariance) ** 2 / squares) if squares > 0 else 0.0


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
    _require_labels(labels, trajectories.shape[1])
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
    means
        Mean end state (K × P).
    separation
        Distance between two conditions' means over their pooled standard deviation along the
        line that joins them (K × K): d′. Zero on the diagonal, NaN where two conditions have no
        more than two trials together.
    """

    conditions: tuple[Hashable, ...]
    means: Float[np.ndarray, "K P"]
    separation: Float[np.ndarray, "K K"]


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
    _require_labels(labels, trajectories.shape[1])
    ends = trajectories[-n_steps:].mean(axis=0)
    conditions = np.unique(labels)
    groups = [ends[labels == condition] for condition in conditions]
    return EndStates(
        conditions=tuple(conditions.tolist()),
        means=np.stack([group.mean(axis=0) for group in groups]),
        separation=np.array([[_separation(a, b) for b in groups] for a in groups]),
    )


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


def _require_labels(labels: np.ndarray, n_trials: int) -> None:
    if labels.shape != (n_trials,):
        raise ValueError(
            f"`labels` must have one value per trial: expected ({n_trials},), got {labels.shape}."
        )
