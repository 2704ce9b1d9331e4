"""Tangling: whether similar states are followed by different ones, as no smooth flow would do."""

import numpy as np
from jaxtyping import Float

SOFTENING = 0.1
"""ε as a share of the variance of the states, summed over dimensions."""


def tangling(
    trajectories: Float[np.ndarray, "T C D"], dt: float, softening: float = SOFTENING
) -> Float[np.ndarray, "T C"]:
    """Compute Q(t) = max over t' of |ẋ(t) − ẋ(t')|² / (|x(t) − x(t')|² + ε) [1/s²].

    t' is any time of any condition; ẋ is the difference to the step before, and ε a share of the
    variance of all x, so that Q does not depend on their unit. Q is high where a state is nearly
    reached again, to be left in another direction or at another speed: then what follows is not
    decided by the state alone, but by inputs or by what is not seen. It is 0 for states at rest.

    Parameters
    ----------
    trajectories
        Mean trajectory of each condition, in few dimensions (T × C × D).
    dt
        Length of a step [s].
    softening
        ε over the summed variance of the states.

    Raises
    ------
    ValueError
        If there are fewer than two steps, or `dt` or `softening` is not positive.

    Source: Russo et al., Neuron 97, 953 (2018), eq. 1, and the published code for ẋ and ε.
    """
    n_steps = len(trajectories)
    if n_steps < 2:
        raise ValueError(f"`trajectories` must have two steps or more: got {n_steps}.")
    if not (dt > 0 and softening > 0):
        raise ValueError(f"`dt` and `softening` must be positive: got {dt:g} s and {softening:g}.")
    steps = np.diff(trajectories, axis=0) / dt
    velocities = np.concatenate([steps[:1], steps])
    states, speeds = (a.reshape(-1, a.shape[-1]).astype(float) for a in (trajectories, velocities))
    epsilon = softening * float(states.var(axis=0, ddof=1).sum())
    if epsilon == 0:
        return np.zeros(trajectories.shape[:2])
    highest = [  # one row at a time, for memory
        (np.sum((v - speeds) ** 2, axis=1) / (np.sum((x - states) ** 2, axis=1) + epsilon)).max()
        for x, v in zip(states, speeds, strict=True)
    ]
    return np.array(highest).reshape(trajectories.shape[:2])
