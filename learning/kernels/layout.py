"""How a model's constants and states lie in memory for its kernels."""

import math
from collections.abc import Mapping
from functools import cached_property

import numpy as np
import torch
from spikemodes.models.translation.program import StepProgram
from torch import Tensor

from ..step.backend import StepModel
from .adjoint import linear_map

LANES = 8
"""Neurons come in whole groups of so many: vector instructions leave no remainder, and the flags
of a group are one word. Spare neurons have no weights and are refractory for ever."""

BLOCKS = 16
"""Parts into which the trials of a batch are divided, however many threads there are: so that sums
are taken in the same order, and a seed gives the same network, on any number of cores."""

LARGEST_SUMS = 2**25
"""Numbers that all sums together may take: dense weights of many neurons have fewer parts."""

UNITS = 4
"""Relay units of modes come in whole groups of so many: the kernels take them four at a time."""

_CACHE_LINE = 64  # bytes


def whole(
    array: np.ndarray,
    axis: int = -1,
    mode: str = "constant",
    of: int = LANES,
    least: int = 0,
) -> np.ndarray:
    """Add spare neurons along an axis to fill groups `of` so many; lay the array out by rows.

    Gives the array itself where nothing has to be changed, `least` being how long the axis must be.
    """
    length = max(array.shape[axis], least)
    spare = length + -length % of - array.shape[axis]
    if spare:
        width = [(0, 0)] * array.ndim
        width[axis] = (0, spare)
        array = np.pad(array, width, mode=mode)  # pyright: ignore
    return np.ascontiguousarray(array)


def in_lanes(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Zeros whose rows of `LANES` numbers each lie within one line of the cache."""
    n_bytes = math.prod(shape) * dtype.itemsize
    room = np.zeros(n_bytes + _CACHE_LINE, np.uint8)
    start = -room.ctypes.data % _CACHE_LINE
    return room[start : start + n_bytes].view(dtype).reshape(shape)


def by_trial(inputs: Tensor, weights: Tensor) -> np.ndarray:
    """Lay inputs (sample × trial × channel) out trial by trial, as numbers like the weights.

    Events become bytes, 0 or 1.
    """
    dtype = torch.uint8 if inputs.dtype == torch.bool else weights.dtype
    return inputs.transpose(0, 1).to(dtype).contiguous().numpy()


def filter_matrix(filter_: StepProgram) -> np.ndarray:
    """What a step does to the states of a synaptic filter: a row for each new state.

    Where the filters of neurons differ, each entry has one value per neuron.
    Raises `NoKernelError` if no kernel can express the filter.
    """
    rows = linear_map(filter_.update, filter_.state, filter_.constants)
    shape = np.broadcast_shapes(*map(np.shape, filter_.constants.values()))
    return np.array([[np.broadcast_to(entry, shape) for entry in row] for row in rows])


class Layout:
    """Constants and first states of `n_wanted` neurons, and the spare ones behind them.

    Parameters
    ----------
    model
        Neuron and filter.
    n_wanted
        How many neurons were asked for; `n_neurons` is with the spare ones.
    dtype
        Precision.
    constants, initial
        Values in place of those that the neuron's program has, by name.
    """

    def __init__(
        self,
        model: StepModel,
        n_wanted: int,
        dtype: np.dtype,
        constants: Mapping[str, np.ndarray] = {},
        initial: Mapping[str, np.ndarray] = {},
    ) -> None:
        self.model, self.n_wanted, self.dtype = model, n_wanted, dtype
        self.constants = {**model.neuron.constants, **constants}
        self.initial = {**model.neuron.initial, **initial}
        self.n_neurons = n_wanted + -n_wanted % LANES
        shared = [value for value in self.constants.values() if np.ndim(value) == 0]
        self.scalars = np.array(shared, dtype)
        self.gain = dtype.type(model.gain)
        axis = model.axis
        self.axis = np.array([axis.width, axis.below, model.height], dtype)

    @cached_property
    def arrays(self) -> np.ndarray:
        """Constants with one value per neuron (constant × neuron)."""
        found = [value for value in self.constants.values() if np.ndim(value)]
        return whole(np.array(found, self.dtype).reshape(-1, self.n_wanted), mode="edge")

    @cached_property
    def refractory(self) -> np.ndarray:
        """Steps for which each neuron is refractory."""
        steps = np.broadcast_to(self.model.neuron.refractory_steps, self.n_wanted)
        return whole(steps.astype(np.int32), mode="edge")

    def first_state(self, n_trials: int) -> np.ndarray:
        """State variables before the first step (state × trial × neuron)."""
        neuron = self.model.neuron
        state = np.empty((len(neuron.state), n_trials, self.n_neurons), self.dtype)
        for row, name in zip(state, neuron.state, strict=True):
            row[:] = whole(np.broadcast_to(self.initial[name], self.n_wanted), mode="edge")
        return state

    def silent_until(self, n_trials: int) -> np.ndarray:
        """Step from which each neuron integrates (trial × neuron)."""
        steps = np.zeros((n_trials, self.n_neurons), np.int32)
        steps[:, self.n_wanted :] = np.iinfo(np.int32).max
        return steps

    def blocks(self, n_trials: int, n_sums: int) -> int:
        """Into how many parts trials are divided, each with `n_sums` sums of its own."""
        return min(BLOCKS, n_trials, max(2, LARGEST_SUMS // n_sums))
