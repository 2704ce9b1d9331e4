"""All distances between several sets of trajectories, and a map of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ..manifold.dimensions import principal_components
from .dynamics import LinearDynamics, dynamics_distance
from .geometry import cca_distance, centred, procrustes_distance


@dataclass(frozen=True, eq=False)
class Distances:
    """How far M systems are apart.

    Parameters
    ----------
    names
        Of the systems (M).
    procrustes, cca, dsa
        Each M × M, symmetric, from 0 to 1; see `procrustes_distance`, `cca_distance` and
        `dynamics_distance`.
    """

    names: tuple[str, ...]
    procrustes: Float[np.ndarray, "M M"]
    cca: Float[np.ndarray, "M M"]
    dsa: Float[np.ndarray, "M M"]

    @property
    def by_measure(self) -> dict[str, Float[np.ndarray, "M M"]]:
        """The matrices by name."""
        return {"Procrustes": self.procrustes, "CCA": self.cca, "DSA": self.dsa}


def distances(
    activity: Mapping[str, Float[np.ndarray, "T K N"]],
    n_dimensions: int = 6,
    dynamics: LinearDynamics | None = None,
) -> Distances:
    """Compare activity of several systems in the same conditions, in their leading components.

    Parameters
    ----------
    activity
        By system: T steps of K conditions, of however many neurons.
    n_dimensions
        Principal components that are kept of each.
    dynamics
        How dynamics are fitted.

    Raises
    ------
    ValueError
        If there are fewer than two systems, their steps or conditions differ, or one is silent.
    """
    if len(activity) < 2:
        raise ValueError(f"`activity` must be of two systems or more: got {len(activity)}.")
    shapes = {name: one.shape[:2] for name, one in activity.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(
            f"`activity` must be of the same steps and conditions in all systems: got {shapes}."
        )
    dynamics = dynamics or LinearDynamics()
    reduced: list[np.ndarray] = []
    for name, one in activity.items():
        try:
            centred(one)
        except ValueError as error:
            raise ValueError(f"`activity` of {name} cannot be compared: {error}") from None
        k = min(n_dimensions, one.shape[-1], one.shape[0] * one.shape[1])
        coordinates = principal_components(one, k).project(one)
        reduced.append(np.pad(coordinates, ((0, 0), (0, 0), (0, n_dimensions - k))))
    linear = [dynamics.fit(one) for one in reduced]
    return Distances(
        names=tuple(activity),
        procrustes=_between(reduced, procrustes_distance),
        cca=_between(reduced, cca_distance),
        dsa=_between(linear, dynamics_distance),
    )


def _between(systems, distance) -> Float[np.ndarray, "M M"]:
    found = np.zeros((len(systems), len(systems)))
    for i, one in enumerate(systems):
        for j, other in enumerate(systems[:i]):
            found[i, j] = found[j, i] = distance(one, other)
    return found


def classical_map(distance: Float[np.ndarray, "M M"]) -> Float[np.ndarray, "M 2"]:
    """Place systems in a plane, with distances as near to the given ones as a plane allows.

    Classical scaling: coordinates from the two leading eigenvectors of the doubly centred squared
    distances; the same each time.

    Source: Torgerson, Psychometrika 17, 401 (1952).
    """
    m = len(distance)
    centring = np.eye(m) - 1 / m
    values, vectors = np.linalg.eigh(-centring @ distance**2 @ centring / 2)
    places = (vectors * np.sqrt(np.maximum(values, 0)))[:, ::-1][:, :2]
    signs = np.sign(places[np.abs(places).argmax(axis=0), np.arange(places.shape[1])])
    return np.pad(places * np.where(signs == 0, 1, signs), ((0, 0), (0, 2 - places.shape[1])))
