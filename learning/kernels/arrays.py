"""Arrays that a pass through the fused kernels goes with from chunk to chunk of its steps."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .synapses import Arrays


@dataclass(frozen=True, eq=False)
class State:
    """State between two steps, by the kernels' names: neurons, relay, traces and their peaks.

    `further` is that of further groups.
    """

    state: np.ndarray
    silent: np.ndarray
    relay: np.ndarray
    trace: np.ndarray
    peak: np.ndarray
    peak_step: np.ndarray
    counts: np.ndarray
    further: Arrays

    def copy(self) -> "State":
        """Keep it, while the original moves on."""
        copies: dict[str, Any] = {name: array.copy() for name, array in own(self).items()}
        return State(**copies, further={name: x.copy() for name, x in self.further.items()})


@dataclass(frozen=True, eq=False)
class Saved:
    """What the adjoint needs of a chunk: its first state, and values after each update.

    The states of filters before each step are kept where the filter learns.
    """

    first_state: np.ndarray
    fed: np.ndarray
    saved: np.ndarray
    flags: np.ndarray
    relay_states: np.ndarray
    trace_states: np.ndarray
    further: Arrays

    @property
    def buffers(self) -> list[np.ndarray]:
        """Large arrays that nobody uses after the adjoint."""
        own = [self.fed, self.saved, self.flags, self.relay_states, self.trace_states]
        return [*own, *self.further.values()]


class Buffers:
    """Large arrays for use again: fresh memory costs more than the computation that fills it."""

    def __init__(self) -> None:
        self._free: list[np.ndarray] = []

    def take(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """An array with arbitrary values."""
        for i, array in enumerate(self._free):
            if array.shape == shape and array.dtype == dtype:
                return self._free.pop(i)
        self._free.clear()
        return np.empty(shape, dtype)

    def give_back(self, *arrays: np.ndarray) -> None:
        """Offer arrays that nobody uses any more."""
        self._free.extend(arrays)


@dataclass(frozen=True, eq=False)
class Gradients:
    """Given gradients, adjoints carried from step to step, and sums per block.

    Each is that of what the kernels call by its name.
    """

    output: np.ndarray
    counts: np.ndarray
    peak: np.ndarray
    state: np.ndarray
    relay: np.ndarray
    trace: np.ndarray
    W_in: np.ndarray
    encoder: np.ndarray
    feedback: np.ndarray
    learned: np.ndarray
    relay_filter: np.ndarray
    trace_filter: np.ndarray
    further: Arrays


def own(arrays: State | Saved | Gradients) -> dict[str, np.ndarray]:
    """All but those of further groups, by name."""
    return {name: array for name, array in vars(arrays).items() if name != "further"}
