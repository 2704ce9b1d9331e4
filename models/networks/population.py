"""Named groups of cells."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int


@dataclass(frozen=True, eq=False)
class Population:
    """Some of a network's cells.

    Parameters
    ----------
    name
        What pathways call it.
    cells
        Indices of its cells.
    sign
        Of all weights from its cells: 1 excitatory, -1 inhibitory, 0 either.

    Raises
    ------
    ValueError
        If it is empty, names a cell twice, or `sign` is another number.
    """

    name: str
    cells: Int[np.ndarray, " n"]
    sign: int = 0

    def __post_init__(self) -> None:
        if self.cells.size == 0 or np.unique(self.cells).size < self.cells.size:
            raise ValueError(
                f"`cells` of the population {self.name} must be some cells, none twice: got"
                f" {self.cells.tolist()}."
            )
        if self.sign not in {-1, 0, 1}:
            raise ValueError(
                f"`sign` of the population {self.name} must be 1, -1 or 0: got {self.sign}."
            )

    @property
    def n_neurons(self) -> int:
        """How many cells."""
        return self.cells.size


def require_partition(populations: Sequence[Population], n_neurons: int) -> None:
    """Raise `ValueError` unless each cell of a network is in one population, or there is none."""
    if not populations:
        return
    names = [p.name for p in populations]
    if len(set(names)) < len(names):
        raise ValueError(f"`populations` must have names of their own: got {', '.join(names)}.")
    times = np.zeros(n_neurons, int)
    for p in populations:
        if not (p.cells.min() >= 0 and p.cells.max() < n_neurons):
            raise ValueError(
                f"`populations` must have cells from 0 to {n_neurons - 1}: {p.name} has"
                f" {p.cells.min()} to {p.cells.max()}."
            )
        times[p.cells] += 1
    for wrong, what in ((times > 1, "overlap in"), (times == 0, "leave out")):
        if wrong.any():
            raise ValueError(
                f"`populations` must have each of the {n_neurons} cells once: {', '.join(names)}"
                f" {what} {wrong.sum()} of them, cell {wrong.argmax()} first."
            )


def signs_of(populations: Sequence[Population], n_neurons: int) -> Int[np.ndarray, " N"]:
    """Sign of the weights from each cell: 0 where populations do not say."""
    signs = np.zeros(n_neurons, int)
    for p in populations:
        signs[p.cells] = p.sign
    return signs


def excitatory_and_inhibitory(
    n_neurons: int, excitatory: float = 0.8
) -> tuple[Population, Population]:
    """Divide cells into ``E``, the first ones, and ``I``; at least one of each.

    Raises `ValueError` for a share of excitatory cells that is not between 0 and 1, or fewer than
    two cells.
    """
    if not 0 < excitatory < 1 or n_neurons < 2:
        raise ValueError(
            "`excitatory` must be a share between 0 and 1 of two cells or more: got"
            f" {excitatory:g} of {n_neurons}."
        )
    n = min(max(round(excitatory * n_neurons), 1), n_neurons - 1)
    cells = np.arange(n_neurons)
    return Population("E", cells[:n], 1), Population("I", cells[n:], -1)
