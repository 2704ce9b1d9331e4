"""Where trials end beside where a flow rests."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.spatial.distance import cdist, pdist


def spacing(
    attractors: Sequence[Float[np.ndarray, "_ P"]], ends: Float[np.ndarray, "K P"]
) -> float:
    """Give the distance that others are measured by: between attractors, in the mean.

    Parameters
    ----------
    attractors
        Stable states under each input (A × P each); pairs under the same input count.
    ends
        Where trials end: the largest distance between them is taken where no input has two
        attractors.

    Returns
    -------
    spacing
        NaN if there are no two states that differ.
    """
    pairs = np.concatenate([pdist(states) for states in attractors if len(states) > 1] or [[]])
    if not len(pairs):
        pairs = pdist(ends).max(initial=0.0, keepdims=True)
    mean = float(pairs.mean())
    return mean if mean > 0 else np.nan


def nearest(
    ends: Float[np.ndarray, "K P"], attractors: Float[np.ndarray, "A P"]
) -> Float[np.ndarray, " K"]:
    """Distance from each state to the nearest attractor; NaN if there is none."""
    if not len(attractors):
        return np.full(len(ends), np.nan)
    return cdist(ends, attractors).min(axis=1)
