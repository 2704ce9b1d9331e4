"""What is done to a network: which cells, when, how strongly, and which modes are kicked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from brian2 import Quantity
from jaxtyping import Float
from spikemodes.learning.task import Task
from spikemodes.models.networks.network import Network

DOSES = (0.025, 0.05, 0.1, 0.2)
"""Amplitudes where none are given, in units of the r.m.s. of what inputs drive in the epoch."""

_MOST_KICKED = 8  # modes, where none is named


class Cells(Protocol):
    """A choice of cells."""

    def of(self, effect: Float[np.ndarray, " N"]) -> tuple[int, ...]:
        """Choose, where the predicted effect of driving each cell is known."""
        ...

    def require(self, n_neurons: int) -> None:
        """Raise `ValueError` for cells that a network does not have."""
        ...


@dataclass(frozen=True)
class Listed:
    """These cells, by their indices."""

    cells: tuple[int, ...]

    def of(self, effect: Float[np.ndarray, " N"]) -> tuple[int, ...]:
        """See `Cells`."""
        return self.cells

    def require(self, n_neurons: int) -> None:
        """See `Cells`."""
        unknown = [cell for cell in self.cells if not 0 <= cell < n_neurons]
        if unknown or len({*self.cells}) < len(self.cells):
            got = unknown[0] if unknown else f"{max(self.cells, key=self.cells.count)} twice"
            raise ValueError(
                f"`--cells` must be cells of the network, from 0 to {n_neurons - 1}, each once: got"
                f" {got}."
            )


@dataclass(frozen=True)
class Extreme:
    """The k cells with the largest predicted effect, or, of `sign` -1, the most negative one."""

    k: int
    sign: int = 1

    def of(self, effect: Float[np.ndarray, " N"]) -> tuple[int, ...]:
        """See `Cells`."""
        return tuple(np.argsort(-self.sign * effect, kind="stable")[: self.k].tolist())

    def require(self, n_neurons: int) -> None:
        """See `Cells`."""
        if not 1 <= self.k <= n_neurons:
            raise ValueError(
                f"`--cells` must ask for 1 to {n_neurons} cells, as many as the network has: got"
                f" {self.k}."
            )


def parse_cells(text: str) -> Cells:
    """Read ``0,3,5``, ``top:20`` or ``bottom:20``; raises `ValueError` for anything else."""
    kind, colon, number = text.partition(":")
    try:
        if colon:
            return Extreme(int(number), {"top": 1, "bottom": -1}[kind.strip()])
        return Listed(tuple(int(cell) for cell in text.split(",")))
    except (ValueError, KeyError):
        raise ValueError(
            f"`--cells` must be indices such as 0,3,5, or top:20 or bottom:20: got {text!r}."
        ) from None


def parse_amplitudes(text: str) -> tuple[float, ...]:
    """Read ``0.02,0.05``; none of ``""``. Raises `ValueError` unless all are finite and not 0."""
    try:
        found = tuple(float(one) for one in text.split(",") if one.strip())
    except ValueError:
        found = (np.nan,)
    if not all(np.isfinite(one) and one != 0 for one in found):
        raise ValueError(
            "`--amplitude` must be finite numbers other than 0, such as 0.02,0.05, in units of"
            f" W_in · x: got {text!r}. 0 is tested anyway."
        )
    return found


@dataclass(frozen=True)
class Plan:
    """What is done.

    Parameters
    ----------
    cells
        Which are driven and silenced.
    epoch
        Name of the part of the trial in which they are.
    amplitudes
        Of the dose curve, in units of W_in · x; none: `DOSES`, of both signs.
    mode
        Which is kicked, from 0; ``None``: the first eight.
    trials, sets
        How many trials, and how many sets of cells whose effect is foretold.
    """

    cells: Cells
    epoch: str
    amplitudes: tuple[float, ...] = ()
    mode: int | None = None
    trials: int = 400
    sets: int = 24

    def require(self, network: Network, task: Task) -> None:
        """Raise `ValueError` for what a network or its task does not have."""
        self.cells.require(network.n_neurons)
        epoch_of(task.epochs, self.epoch)
        if self.mode is not None and not 0 <= self.mode < network.n_modes:
            has = f"from 1 to {network.n_modes}" if network.n_modes else "and it has none"
            raise ValueError(f"`--kick` must be a mode of the network, {has}: got {self.mode + 1}.")

    def kicked(self, network: Network) -> Sequence[int]:
        """Modes that are kicked."""
        return range(network.n_modes)[:_MOST_KICKED] if self.mode is None else [self.mode]

    def doses(self, drive: float) -> tuple[float, ...]:
        """Amplitudes in ascending order, 0 among them, for inputs that drive cells so much."""
        known = self.amplitudes or [sign * dose * drive for dose in DOSES for sign in (-1, 1)]
        return tuple(sorted({*known, 0.0}))


def epoch_of(epochs: Mapping[str, range], name: str) -> range:
    """Give the steps of an epoch. Raises `ValueError` for one that the task does not have."""
    if name not in epochs:
        raise ValueError(
            f"`--epoch` must be a part of the task's trials, {', '.join(epochs)}: got {name}."
        )
    return epochs[name]


def answered_in(epochs: Mapping[str, range]) -> range:
    """Give the steps in which the answer is read: the response, or the last epoch."""
    return epochs.get("response", list(epochs.values())[-1])


def times_of(steps: range, dt: Quantity) -> tuple[Quantity, Quantity]:
    """When an epoch starts and stops [s]."""
    return steps.start * dt, steps.stop * dt
