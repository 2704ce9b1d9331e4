"""How evidence is selected: the line that it is summed along, and what of the input gets there."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float


@dataclass(frozen=True, eq=False)
class Integration:
    """The slowest mode of linear dynamics, and how inputs move activity along it.

    Parameters
    ----------
    eigenvalues
        Of the dynamics from one sample to the next, slowest first (P).
    dt
        Length of a sample [s].
    line
        Right eigenvector of the first, of length 1 (P): the line attractor, if its time constant is
        long. Real, but for a plane that activity turns in.
    selection
        Left eigenvector of the first, with selection · line = 1 (P): the selection vector. What
        input adds along it stays as long as the line does, the rest decays.
    gains
        |selection · B|: how far a unit of each input, held for one sample, moves activity along the
        line, or in the plane (C).
    """

    eigenvalues: Complex[np.ndarray, " P"]
    dt: float
    line: Complex[np.ndarray, " P"]
    selection: Complex[np.ndarray, " P"]
    gains: Float[np.ndarray, " C"]

    @property
    def time_constant(self) -> float:
        """In which a departure along the line decays [s]; infinite where it stays or grows."""
        size = float(np.abs(self.eigenvalues[0]))
        if size >= 1:
            return float("inf")
        return -self.dt / float(np.log(size)) if size > 0 else 0.0

    @property
    def rotation_hz(self) -> float:
        """How often activity turns in the slowest plane in a second; 0 for a line."""
        return abs(float(np.angle(self.eigenvalues[0]))) / (2 * np.pi * self.dt)


def integration(
    states: Float[np.ndarray, "T B P"], inputs: Float[np.ndarray, "T B C"], dt: float
) -> Integration:
    """Fit x(t + dt) = A x(t) + B u(t) to all trials of one context, and split A by its modes.

    x and u are departures from the mean over trials at each time, so that what happens in all
    trials alike, such as the answer to the context cue, is not taken for dynamics.

    Parameters
    ----------
    states
        x: activity of the modes, or coordinates along other axes, at the start of each sample
        (T × B × P).
    inputs
        u: mean input during each sample (T × B × C).
    dt
        Length of a sample [s].

    Raises
    ------
    ValueError
        If states and inputs do not fit, or there are too few samples for the fit.

    Source: the selection vector of Mante et al., Nature 503, 78 (2013), which is the left
    eigenvector of the network linearised about a slow point; here it is that of dynamics fitted to
    the residuals of trials, after Galgali, Sahani & Mante, Nat. Neurosci. 26, 326 (2023).
    """
    n_steps, n_trials, n_states = states.shape
    if inputs.shape[:2] != (n_steps, n_trials):
        raise ValueError(
            f"`inputs` must have the steps and trials of `states`: expected {(n_steps, n_trials)},"
            f" got {inputs.shape[:2]}."
        )
    n_known = n_states + inputs.shape[2]
    free = (n_steps - 1) * (n_trials - 1)  # each time gives its mean away
    if free <= n_known:
        raise ValueError(
            f"`states` must have more than {n_known} samples to fit: got {max(free, 0)}."
            " Give more trials or finer steps."
        )
    known = np.concatenate([states, inputs], axis=2)
    known = (known - known.mean(axis=1, keepdims=True))[:-1].reshape(-1, n_known)
    following = (states - states.mean(axis=1, keepdims=True))[1:].reshape(-1, n_states)
    fitted, *_ = np.linalg.lstsq(known, following, rcond=None)
    A, B = fitted[:n_states].T, fitted[n_states:].T
    values, right = np.linalg.eig(A)
    order = np.argsort(-np.abs(values), kind="stable")
    values, right = values[order].astype(complex), right[:, order].astype(complex)
    selection = np.linalg.pinv(right)[0]
    return Integration(
        eigenvalues=values,
        dt=dt,
        line=right[:, 0],
        selection=selection,
        gains=np.abs(selection @ B),
    )
