"""Distances between dynamics: dynamical similarity analysis (DSA)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.stats import ortho_group

from .geometry import centred

_STARTS = 6  # of the search for the best rotation, beside those from eigenvectors
_FIRST_STEPS, _STEPS = 40, 300  # from all starts, and from the two that got farthest
_ENOUGH = 1e-9  # gain of a step, of the product of norms, below which the search ends


@dataclass(frozen=True)
class LinearDynamics:
    """How trajectories are told in linear dynamics.

    Parameters
    ----------
    delays
        How many samples, one interval apart, make a state.
    interval
        Steps from one sample to the next.
    rank
        Leading directions of the states that are kept.
    """

    delays: int = 10
    interval: int = 5
    rank: int = 10

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value < 1:
                raise ValueError(f"`{name}` must be 1 or more: got {value}.")

    def fit(self, trajectories: Float[np.ndarray, "T K D"]) -> Float[np.ndarray, "R R"]:
        """Fit x(t + interval) = A x(t) to the leading directions of delay-embedded states.

        States are whitened: A is in coordinates of unit variance, which a rotation of the
        trajectories does not change.

        Parameters
        ----------
        trajectories
            Of K conditions or trials, in D coordinates.

        Raises
        ------
        ValueError
            If trajectories are too short for the delays, not finite, or do not vary.

        Source: Ostrow, Eisen, Kozachkov & Fiete, NeurIPS (2023), arXiv 2306.10168.
        """
        sampled = centred(trajectories).reshape(trajectories.shape)[:: self.interval]
        n = len(sampled) - self.delays
        if n < 2:
            raise ValueError(
                f"`trajectories` must have {(self.delays + 1) * self.interval + 1} steps or more"
                f" for {self.delays} delays of {self.interval}: got {len(trajectories)}."
            )
        delayed = [sampled[k : k + n + 1] for k in range(self.delays)]
        states = np.concatenate(delayed, axis=-1)
        _, K, width = states.shape
        U, S, _ = np.linalg.svd(states.reshape(-1, width), full_matrices=False)
        rank = min(self.rank, int(np.sum(1e-9 * S[0] < S)))
        x = U[:, :rank].reshape(-1, K, rank)
        before, after = x[:-1].reshape(-1, rank), x[1:].reshape(-1, rank)
        return np.linalg.lstsq(before, after, rcond=None)[0].T


def dynamics_distance(
    A: Float[np.ndarray, "R R"], B: Float[np.ndarray, "R R"], seed: int = 0
) -> float:
    """Give the angle between two linear dynamics under the best rotation, over π.

    ::

        min over orthogonal C of arccos ⟨A, C B Cᵀ⟩ / (‖A‖ ‖B‖)

    Dynamics of a lower rank are filled up with zeros. The search goes from many starts; a distance
    is an upper bound.

    Raises `ValueError` if one is not square or not finite, or has no dynamics at all.

    Source: Ostrow et al. (2023), eq. 5, who descend the gradient; here each step maximises a
    bound, so that none makes it worse.
    """
    for name, one in (("A", A), ("B", B)):
        if one.ndim != 2 or one.shape[0] != one.shape[1] or not np.isfinite(one).all():
            raise ValueError(f"`{name}` must be square and finite: got shape {one.shape}.")
        if not np.linalg.norm(one) > 0:
            raise ValueError(f"`{name}` must have dynamics: got zeros.")
    n = max(len(A), len(B))
    A, B = (np.pad(one, (0, n - len(one))) / np.linalg.norm(one) for one in (A, B))
    first = [_aligned(A, B, start, _FIRST_STEPS) for start in _starts(A, B, seed)]
    first.sort(key=lambda found: -found[0])
    best = max(_aligned(A, B, C, _STEPS)[0] for _, C in first[:2])
    return float(np.arccos(np.clip(best, -1.0, 1.0)) / np.pi)


def _starts(A: np.ndarray, B: np.ndarray, seed: int) -> list[Float[np.ndarray, "R R"]]:
    """Rotations to start from: none, onto each other's symmetric parts, and some at random."""
    n = len(A)
    flip = np.eye(n)
    flip[0, 0] = -1  # the other half of the group
    drawn = [] if n == 1 else list(ortho_group.rvs(n, size=_STARTS, random_state=seed))
    return [np.eye(n), flip, _by_eigenvectors(A, B), *drawn]


def _by_eigenvectors(A: np.ndarray, B: np.ndarray) -> Float[np.ndarray, "R R"]:
    """Rotate eigenvectors of the symmetric part of B onto those of A.

    Signs, which eigenvectors leave open, are those of the leading eigenvector of the agreement of
    all elements: exact for a copy.
    """
    (_, of_a), (_, of_b) = np.linalg.eigh(A + A.T), np.linalg.eigh(B + B.T)
    agreement = (of_a.T @ A @ of_a) * (of_b.T @ B @ of_b)
    leading = np.linalg.eigh(agreement + agreement.T)[1][:, -1]
    return (of_a * np.where(leading < 0, -1, 1)) @ of_b.T


def _aligned(
    A: np.ndarray, B: np.ndarray, C: np.ndarray, n_steps: int
) -> tuple[float, Float[np.ndarray, "R R"]]:
    """Raise ⟨A, C B Cᵀ⟩ from a start, and give it with C.

    With c ≥ ‖A‖ ‖B‖ added to its Hessian it is convex in C, and so never below its tangent plane,
    whose maximum over rotations is a polar factor.
    """
    c = 2 * np.linalg.norm(A, 2) * np.linalg.norm(B, 2)
    now = float(np.sum(A * (C @ B @ C.T)))
    for _ in range(n_steps):
        U, _, Vt = np.linalg.svd(A @ C @ B.T + A.T @ C @ B + c * C)
        C = U @ Vt
        before, now = now, float(np.sum(A * (C @ B @ C.T)))
        if now - before < _ENOUGH:
            break
    return now, C
