"""How many dimensions activity has: principal components and the participation ratio."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from sklearn import decomposition


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
        Variance along each of them (K), in the squared unit of the activity.
    total
        Variance along all axes together.
    """

    mean: Float[np.ndarray, " N"]
    components: Float[np.ndarray, "N K"]
    variances: Float[np.ndarray, " K"]
    total: float

    @property
    def explained(self) -> Float[np.ndarray, " K"]:
        """Share of the variance along each component; NaN for constant activity."""
        return (
            self.variances / self.total if self.total > 0 else np.full_like(self.variances, np.nan)
        )

    def project(self, activity: Float[np.ndarray, "*rest N"]) -> Float[np.ndarray, "*rest K"]:
        """Coordinates of `activity` along the components."""
        return (activity - self.mean) @ self.components


def principal_components(activity: Float[np.ndarray, "*samples N"], n_components: int) -> PCA:
    """Find the axes along which activity varies most, by scikit-learn.

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
    if np.ptp(samples, axis=0).max() == 0:
        axes = np.eye(samples.shape[1], n_components, dtype=samples.dtype)
        return PCA(mean, axes, np.zeros(n_components, samples.dtype), 0.0)
    found = decomposition.PCA(n_components, random_state=0).fit(samples)
    total = float(samples.var(axis=0, ddof=1).sum())
    return PCA(mean, np.asarray(found.components_).T, found.explained_variance_, total)


def participation_ratio(activity: Float[np.ndarray, "*samples N"]) -> float:
    """Effective dimension (Σλ)² / Σλ² of activity, λ the eigenvalues of its covariance.

    Between 1 (all variance along one axis) and N; 0 for constant activity. Few samples make it too
    small, since it is at most their number less one.

    Parameters
    ----------
    activity
        Samples, such as time × trial, of N neurons or modes (… × N).

    Source: Gao et al., bioRxiv 214262 (2017).
    """
    samples = activity.reshape(-1, activity.shape[-1]).astype(float)
    centred = samples - samples.mean(axis=0)
    wide = centred.shape[0] < centred.shape[1]  # both products have the same eigenvalues
    products = centred @ centred.T if wide else centred.T @ centred
    squares = float(np.sum(products**2))
    return float(np.trace(products) ** 2 / squares) if squares > 0 else 0.0
