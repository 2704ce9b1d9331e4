"""How many dimensions activity has, and how they lie to the weights."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from spikemodes.analysis.manifold.angles import (
    alignments,
    eigenvalue_kinds,
    loop_eigenvalues,
    mode_overlaps,
    principal_angles,
)
from spikemodes.analysis.manifold.dimensions import PCA, participation_ratio, principal_components
from spikemodes.models.networks.modes import Modes

from .activity import Activity
from .conditions import crossed
from .question import Answer, NotAskedError, Question, Subject

_SHOWN = 20  # principal components
_MOST = 0.9  # of the variance


@dataclass(frozen=True)
class Dimensions:
    """Dimensions of activity.

    Parameters
    ----------
    participation_ratio
        Of all trials, bin by bin.
    participation_ratio_of_means
        Of the mean course of each condition; of all trials together where there are none.
    explained, explained_of_means
        Share of the variance along each principal component, of trials and of means.
    leading
        How many principal components of the means have 90 % of their variance.
    principal_angles_deg
        Angles between the space of these and that of weights, by what they are, ascending.
    overlaps
        xi_outᵀ xi_in, a row for each output mode; ``None`` without modes.
    overlap_eigenvalues, loop_eigenvalues
        Of the overlaps, and of Sigma xi_outᵀ xi_in, those of W: real and imaginary part, and what
        they mean.
    """

    participation_ratio: float
    participation_ratio_of_means: float
    explained: list[float]
    explained_of_means: list[float]
    leading: int
    principal_angles_deg: dict[str, list[float]]
    overlaps: list[list[float]] | None
    overlap_eigenvalues: list[dict[str, Any]]
    loop_eigenvalues: list[dict[str, Any]]


def dimensions(subject: Subject) -> Answer:
    """Count the dimensions of activity, and measure their angles to W_in and xi_in."""
    activity = subject.activity
    means = mean_courses(subject, activity)
    of_trials, of_means = (_components(rates) for rates in (activity.rates, means))
    enough = np.cumsum(of_means.explained) >= _MOST
    leading = int(enough.argmax()) + 1 if enough.any() else len(enough)
    weights = directions(subject)
    spaces = dict(weights)
    if len(weights) > 1:
        spaces[" and ".join(weights)] = np.hstack(list(weights.values()))
    pcs = of_means.components[:, :leading].astype(float)
    modes = subject.modes_if_any
    numbers = Dimensions(
        participation_ratio=participation_ratio(activity.rates),
        participation_ratio_of_means=participation_ratio(means),
        explained=of_trials.explained.tolist(),
        explained_of_means=of_means.explained.tolist(),
        leading=leading,
        principal_angles_deg={
            name: np.degrees(principal_angles(pcs, span)).tolist() for name, span in spaces.items()
        },
        **_loops(modes),
    )
    columns = {**weights, "global": np.ones((len(pcs), 1))}
    names = [
        name if span.shape[1] == 1 and name == "global" else f"{name} {i + 1}"
        for name, span in columns.items()
        for i in range(span.shape[1])
    ]
    return Answer(
        numbers,
        {
            "alignments": alignments(pcs, np.hstack(list(columns.values()))),
            "directions": np.array(names),
            "components": of_means.components,
        },
    )


def mean_courses(subject: Subject, activity: Activity) -> Float[np.ndarray, "K C N"]:
    """Average activity over the trials of each condition, or over all where there are none."""
    try:
        labels = crossed(subject.trials)[: activity.n_trials]
    except NotAskedError:
        return activity.rates.mean(axis=1, keepdims=True)
    kinds = np.unique(labels)
    return np.stack([activity.rates[:, labels == kind].mean(axis=1) for kind in kinds], axis=1)


def directions(subject: Subject) -> dict[str, Float[np.ndarray, "N D"]]:
    """Give the weights along which input and recurrence drive the neurons, by name.

    Columns of zeros drive nothing and are left out.
    """
    modes, found = subject.modes_if_any, {"W_in": subject.network.W_in}
    if modes is not None:
        found["xi_in"] = modes.xi_in
    driving = {name: span[:, np.abs(span).max(axis=0) > 0] for name, span in found.items()}
    return {name: span for name, span in driving.items() if span.shape[1]}


def _components(rates: Float[np.ndarray, "*samples N"]) -> PCA:
    return principal_components(rates, min(_SHOWN, rates.shape[-1], rates[..., 0].size))


def _loops(modes: Modes | None) -> dict[str, Any]:
    if modes is None:
        return {"overlaps": None, "overlap_eigenvalues": [], "loop_eigenvalues": []}
    overlaps = mode_overlaps(modes.xi_in, modes.xi_out)
    of_overlaps, of_loop = (
        loop_eigenvalues(modes.xi_in, sigma, modes.xi_out)
        for sigma in (np.eye(modes.n_modes), modes.sigma)
    )
    return {
        "overlaps": overlaps.tolist(),
        "overlap_eigenvalues": _described(of_overlaps),
        "loop_eigenvalues": _described(of_loop),
    }


def _described(eigenvalues: np.ndarray) -> list[dict[str, Any]]:
    return [
        {"real": float(value.real), "imaginary": float(value.imag), "kind": kind}
        for value, kind in zip(eigenvalues, eigenvalue_kinds(eigenvalues), strict=True)
    ]


DIMENSIONS = Question("dimensions", "dimensions of activity", dimensions)
