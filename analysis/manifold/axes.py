"""Targeted axes: the directions in which activity varies with what a trial is about."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from .dimensions import principal_components

N_DENOISED = 12
"""Principal components that regression vectors are kept to, as in Mante et al. (2013)."""


@dataclass(frozen=True, eq=False)
class TargetedAxes:
    """Directions in the space of z-scored activity of N neurons, one for each of V variables.

    Parameters
    ----------
    names
        Of the variables, in the order of the QR decomposition.
    vectors
        Regression vectors where they are longest, of length 1 (N × V); not orthogonal.
    axes
        Their QR decomposition, each column pointing along its vector (N × V): axis k is what
        variable k adds to those before it.
    norms
        Length of each regression vector in time (T × V).
    peaks
        When it is longest [steps] (V).
    mean, scale
        What activity is z-scored by (N each).
    """

    names: tuple[str, ...]
    vectors: Float[np.ndarray, "N V"]
    axes: Float[np.ndarray, "N V"]
    norms: Float[np.ndarray, "T V"]
    peaks: tuple[int, ...]
    mean: Float[np.ndarray, " N"]
    scale: Float[np.ndarray, " N"]

    @property
    def angles(self) -> Float[np.ndarray, "V V"]:
        """Angle between the lines along each two regression vectors, 0 to 90 [degrees]."""
        cosines = np.abs(self.vectors.T @ self.vectors)
        np.fill_diagonal(cosines, 1.0)  # where rounding leaves it below
        return np.degrees(np.arccos(np.minimum(cosines, 1.0)))

    def project(self, activity: Float[np.ndarray, "*rest N"]) -> Float[np.ndarray, "*rest V"]:
        """Coordinates of activity along the orthogonal axes."""
        return ((activity - self.mean) / self.scale) @ self.axes


def targeted_axes(
    activity: Float[np.ndarray, "T B N"],
    variables: Mapping[str, np.ndarray],
    n_components: int = N_DENOISED,
) -> TargetedAxes:
    """Regress the activity of each neuron on the variables of the trials, at each time.

    z_i(t) = Σ_v β_iv(t) x_v + β_i0(t), z the z-scored activity of neuron i, and x the variables,
    centred and scaled to at most 1. The vectors β_v(t) are projected onto the first principal
    components of condition averages; each is taken when it is longest, and QR makes orthogonal axes
    of them, in the order of the variables.

    Parameters
    ----------
    activity
        Rates (T × B × N).
    variables
        Numbers for each trial by name (B each): evidence, or 0 and 1 for two contexts.
    n_components
        How many principal components the vectors are kept to; fewer where there are not as many.

    Raises
    ------
    ValueError
        If a variable has not one value per trial or only one value, variables depend on each other
        linearly, activity is constant, or a variable leaves no trace in it.

    Source: Mante et al., Nature 503, 78 (2013), methods; conditions are the combinations of signs
    of the centred variables.
    """
    n_trials, n_neurons = activity.shape[1:]
    names = tuple(variables)
    design = np.column_stack([_scaled(name, variables[name], n_trials) for name in names])
    with_constant = np.column_stack([design, np.ones(n_trials)])
    if np.linalg.matrix_rank(with_constant) < with_constant.shape[1]:
        raise ValueError(
            f"`variables` must not depend on each other linearly: {', '.join(names)} do. Leave one"
            " out, or add trials."
        )
    samples = activity.reshape(-1, n_neurons).astype(float)
    mean, spread = samples.mean(axis=0), samples.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    z = (activity - mean) / scale
    by_step = np.einsum("vb,tbn->tvn", np.linalg.pinv(with_constant), z)[:, : len(names)]
    groups = np.unique(design > 0, axis=0, return_inverse=True)[1].ravel()
    averages = np.stack([z[:, groups == k].mean(axis=1) for k in range(groups.max() + 1)], axis=1)
    kept = min(n_components, n_neurons, averages[..., 0].size)
    pcs = principal_components(averages, kept).components
    denoised = by_step @ pcs @ pcs.T
    norms = np.linalg.norm(denoised, axis=2)
    peaks = norms.argmax(axis=0)
    vectors = np.stack([denoised[t, v] for v, t in enumerate(peaks)], axis=1)
    lengths = np.linalg.norm(vectors, axis=0)
    if not (lengths > 0).all():
        lost = [name for name, length in zip(names, lengths, strict=True) if not length > 0]
        raise ValueError(
            f"`activity` must vary with each of the variables: it does not with {', '.join(lost)}."
            " Leave them out."
        )
    vectors = vectors / lengths
    q, r = np.linalg.qr(vectors)
    return TargetedAxes(
        names=names,
        vectors=vectors,
        axes=q * np.where(np.diag(r) < 0, -1.0, 1.0),
        norms=norms,
        peaks=tuple(peaks.tolist()),
        mean=mean,
        scale=scale,
    )


def _scaled(name: str, values: np.ndarray, n_trials: int) -> Float[np.ndarray, " B"]:
    """Centre a variable between its ends and scale it to at most 1."""
    if values.shape != (n_trials,):
        raise ValueError(
            f"`{name}` must have one value per trial: expected ({n_trials},), got {values.shape}."
        )
    numbers = values.astype(float)
    low, high = numbers.min(), numbers.max()
    if not high > low:
        raise ValueError(f"`{name}` must vary between trials: all values are {low:g}.")
    return (2 * numbers - low - high) / (high - low)
