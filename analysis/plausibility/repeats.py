"""Spikes in frozen trials: a few conditions, each shown many times in exactly the same way."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.ndimage import gaussian_filter1d


@dataclass(frozen=True, eq=False)
class Repeats:
    """Spikes of N neurons in C conditions of B repeats of T steps each.

    Parameters
    ----------
    spikes
        Events (S × 4): condition, repeat, step, neuron.
    n_conditions, n_repeats, n_steps, n_neurons
        C, B, T, N.
    dt
        Duration of a step [s].

    Raises
    ------
    ValueError
        If there are fewer than two repeats, or an event lies outside.
    """

    spikes: Int[np.ndarray, "S 4"]
    n_conditions: int
    n_repeats: int
    n_steps: int
    n_neurons: int
    dt: float

    def __post_init__(self) -> None:
        if self.n_repeats < 2:
            raise ValueError(
                "`n_repeats` must be 2 or more, or nothing can vary between them:"
                f" got {self.n_repeats}."
            )
        if ((self.spikes < 0) | (self.spikes >= self.shape)).any():
            raise ValueError(
                f"`spikes` must lie within {self.shape} conditions, repeats, steps and neurons:"
                f" got values up to {tuple(self.spikes.max(axis=0).tolist())}."
            )

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """C, B, T and N."""
        return self.n_conditions, self.n_repeats, self.n_steps, self.n_neurons

    @staticmethod
    def of_trials(
        spikes: Int[np.ndarray, "S 3"], *, n_repeats: int, n_trials: int, n_steps: int,
        n_neurons: int, dt: float,
    ) -> "Repeats":  # fmt: skip
        """Take events (step, trial, neuron) of trials, the repeats of a condition in a row."""
        step, trial, neuron = spikes.T
        events = np.column_stack([trial // n_repeats, trial % n_repeats, step, neuron])
        return Repeats(events, n_trials // n_repeats, n_repeats, n_steps, n_neurons, dt)

    @staticmethod
    def of_raster(raster: Bool[np.ndarray, "C B T N"], dt: float) -> "Repeats":
        """Take spikes of conditions × repeats × steps × neurons."""
        n_conditions, n_repeats, n_steps, n_neurons = raster.shape
        return Repeats(np.argwhere(raster), n_conditions, n_repeats, n_steps, n_neurons, dt)

    @property
    def duration(self) -> float:
        """Of a trial [s]."""
        return self.n_steps * self.dt

    @cached_property
    def rates(self) -> Float[np.ndarray, " N"]:
        """Mean rate of each neuron [Hz]."""
        counts = np.bincount(self.spikes[:, 3], minlength=self.n_neurons)
        return counts / (self.n_conditions * self.n_repeats * self.duration)

    @cached_property
    def varies(self) -> bool:
        """Whether repeats of any condition differ in any spike."""
        keys = np.ravel_multi_index(self.spikes[:, [0, 2, 3]].T, np.delete(self.shape, 1))
        return bool((np.unique(keys, return_counts=True)[1] % self.n_repeats).any())

    def counts(self, window: float) -> Float[np.ndarray, "C B W N"]:
        """Count spikes in windows of `window` [s], rounded to whole steps, that lie in a trial.

        Steps that are left at its end do not count; a trial that is shorter is one window.
        """
        width = min(max(int(window / self.dt + 0.5), 1), self.n_steps)
        n_windows = self.n_steps // width
        inside = self.spikes[self.spikes[:, 2] < n_windows * width]
        shape = (self.n_conditions, self.n_repeats, n_windows, self.n_neurons)
        cells = inside // [1, 1, width, 1]
        flat = np.bincount(np.ravel_multi_index(cells.T, shape), minlength=int(np.prod(shape)))
        return flat.reshape(shape).astype(float)

    def smoothed(self, sigma: float) -> Float[np.ndarray, "C T N"]:
        """Give the mean spikes per step over repeats, smoothed by a Gaussian of `sigma` [s]."""
        shape = (self.n_conditions, self.n_steps, self.n_neurons)
        flat = np.bincount(
            np.ravel_multi_index(self.spikes[:, [0, 2, 3]].T, shape), minlength=int(np.prod(shape))
        )
        mean = flat.reshape(shape) / self.n_repeats
        return gaussian_filter1d(mean, sigma / self.dt, axis=1, mode="reflect")

    def of_neurons(self, chosen: Int[np.ndarray, " M"]) -> "Repeats":
        """Leave M neurons, given in rising order."""
        kept = self.spikes[np.isin(self.spikes[:, 3], chosen)].copy()
        kept[:, 3] = np.searchsorted(chosen, kept[:, 3])
        return replace(self, spikes=kept, n_neurons=len(chosen))
