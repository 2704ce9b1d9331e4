"""The fused backend: generated kernels behind one differentiable function.

Only what the adjoint needs is kept. Where even that would exceed the memory budget, the pass keeps
the state at the start of each chunk of steps and runs the chunk again when its adjoint is due.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..step.backend import Activity, Inputs, StepModel, Weights
from ..step.random import drawn_from, new_key
from .adjoint import NoKernelError
from .cache import Kernels, load_kernels, prepare_kernels
from .groups import merged
from .layout import LANES, UNITS, Layout, by_trial, filter_matrix, whole
from .learned import LearnedArrays, flat
from .source import FILTER_SUMS, LEARNED, kernel_source

MEMORY_BUDGET = max(512e6, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 8)
"""Bytes that the saved values of a pass may take before it is cut into chunks: an eighth of the
machine's memory, whatever else is using it, so that results on one machine are always the same."""


WHERE_LEARNED = (*LEARNED, *FILTER_SUMS)
"""Arguments that only kernels take of which more learns than weights."""


@dataclass(frozen=True, eq=False)
class _State:
    """State between two steps, by the kernels' names: neurons, relay, traces and their peaks."""

    state: np.ndarray
    silent: np.ndarray
    relay: np.ndarray
    trace: np.ndarray
    peak: np.ndarray
    peak_step: np.ndarray
    counts: np.ndarray

    def copy(self) -> "_State":
        return _State(*(array.copy() for array in vars(self).values()))


@dataclass(frozen=True, eq=False)
class _Saved:
    """What the adjoint needs of a chunk: its first state, and values after each update.

    The states of filters before each step are kept where the filter learns.
    """

    first_state: np.ndarray
    fed: np.ndarray
    saved: np.ndarray
    flags: np.ndarray
    relay_states: np.ndarray
    trace_states: np.ndarray


class _Buffers:
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


class FusedBackend:
    """Runs a batch of trials through generated kernels, on the CPU.

    Parameters
    ----------
    model
        Neuron, filter and surrogate.
    memory_budget
        Bytes that the saved values of a pass may take.

    Raises
    ------
    NoKernelError
        If the model has no kernel.
    """

    def __init__(self, model: StepModel, memory_budget: float = MEMORY_BUDGET) -> None:
        self.model = model
        self.memory_budget = memory_budget
        self.filter = filter_matrix(model)
        self.buffers = _Buffers()
        self._kernels: dict[tuple[bool, bool, str, str], Kernels] = {}
        kernel_source(model, one_to_one=True, peaks=False)  # is there one?

    def __call__(self, inputs: Inputs, weights: Weights, *, peaks: bool = False) -> Activity:
        """Run a batch of trials.

        Raises `NoKernelError` if synapses delay spikes or fail, if modes open conductances or have
        filters that differ, or if pathways cannot run as one.
        """
        self.require(weights)
        weights = merged(weights)
        names, learned = flat(weights.values, self.model)
        (feeding,) = weights.feeding
        relay, counts, peak = _Pass.apply(
            inputs.detach(),
            weights.W_in,
            self.model.gain * torch.cat([units.encoder for units in weights.units], 1),
            feeding.feedback,
            self,
            peaks,
            feeding.stop,
            names,
            *learned,
        )
        return Activity(relay, counts, peak if peaks else None)

    def kernels(self, one_to_one: bool, peaks: bool, dtype: str, inputs: str) -> Kernels:
        """The kernels for one kind of pass."""
        key = one_to_one, peaks, dtype, inputs
        if key not in self._kernels:
            source = kernel_source(
                self.model, one_to_one=one_to_one, peaks=peaks, dtype=dtype, inputs=inputs
            )
            self._kernels[key] = load_kernels(source)
        return self._kernels[key]

    def prepare(
        self,
        inputs: Inputs,
        weights: Weights,
        *,
        peaks: bool,
        on_compile: Callable[[], None] | None = None,
    ) -> None:
        """See `Backend` and `prepare_kernels`."""
        self.require(weights)
        first = inputs[:1, :1]
        dtype = weights.W_in.numpy(force=True).dtype.name
        key = (
            weights.feeding[0].feedback is None,
            peaks,
            dtype,
            by_trial(first, weights.W_in).dtype.name,
        )

        def try_out(kernels: Kernels) -> None:
            self._kernels[key] = kernels
            with torch.enable_grad(), drawn_from(0):
                self(first, weights, peaks=peaks).spike_counts.sum().backward()

        prepare_kernels(self.kernels(*key), try_out, on_compile)

    def require(self, weights: Weights) -> None:
        """Raise `NoKernelError` for weights that no kernel runs."""
        if any(units.one_by_one for units in weights.units):
            raise NoKernelError("its synapses delay spikes or fail")
        if any(units.plasticity for units in weights.units):
            raise NoKernelError("its synapses have short-term plasticity")
        feeding = merged(weights).feeding
        every = tuple(range(len(self.model.kinds)))
        alone = len(feeding) == 1 and feeding[0].inputs == every
        if not alone or any(units.filter for units in weights.units):
            raise NoKernelError("its pathways differ in filter or kind")
        split = len(self.model.kinds) > 1 or self.model.has_own_filters
        if feeding[0].feedback is not None and split:
            raise NoKernelError("no kernel has modes that open conductances, or filter differently")


class _Run:
    """One batch: its arrays in the layout of the kernels, and the calls.

    `n_wanted` neurons were asked for, `n_neurons` and `n_relay` include the spare ones.
    """

    def __init__(
        self,
        backend: FusedBackend,
        inputs,
        W_in,
        encoder,
        feedback,
        peaks: bool,
        stop: bool,
        learned: LearnedArrays,
    ) -> None:
        self.backend, self.learned = backend, learned
        self.model = model = backend.model
        self.dtype = W_in.dtype
        self.inputs = inputs
        self.one_to_one = feedback is None
        self.n_wanted = len(encoder)
        self.W_in_rows = whole(W_in.T.copy())  # the adjoint may come after it has changed
        rows = whole(encoder, axis=0)
        self.n_neurons = len(rows)
        before_last = (len(model.kinds) - 1) * self.n_wanted  # units of all kinds but the last
        feeding = before_last + self.n_wanted if feedback is None else feedback.shape[1]
        self.n_modes = before_last + self.n_neurons if feedback is None else feeding
        self.encoder = whole(rows, of=LANES if self.one_to_one else UNITS, least=self.n_modes)
        self.n_relay = self.encoder.shape[1]
        self.n_trials = len(inputs)
        self.n_steps = inputs.shape[1] * model.substeps
        self.n_read = encoder.shape[1] - feeding if self.one_to_one else self.n_relay
        self.encoder_rows = np.array(self.encoder.T, order="C")  # by which spikes get gradients
        if stop:
            self.encoder_rows[:feeding] = 0
        if len(model.kinds) > 1:  # see `spikes_parts`
            excitation, inhibition, others = np.split(self.encoder_rows, [before_last, feeding])
            self.encoder_rows = whole(np.vstack([excitation - inhibition, others]), 0, of=UNITS)
        none = np.zeros((0, self.n_neurons), self.dtype)
        self.feedback_rows = none if feedback is None else whole(feedback.T.copy())
        self.peaks = peaks
        self.key = np.array(new_key() if model.neuron.draws else (), np.int64)
        self.kernels = backend.kernels(self.one_to_one, peaks, self.dtype.name, inputs.dtype.name)
        matrix = backend.filter if learned.matrix is None else learned.matrix
        self.filter = matrix.astype(self.dtype)
        self.layout = Layout(model, self.n_wanted, self.dtype, learned.constants, learned.initial)
        sums = (self.W_in_rows, self.encoder, self.feedback_rows)
        self.blocks = self.layout.blocks(self.n_trials, sum(array.size for array in sums))
        if model.has_own_filters:  # one after the other, units stand for all neurons
            self.filter = self.filter[..., np.arange(self.n_relay) % self.n_wanted]

    def initial_state(self) -> _State:
        b, n = self.n_trials, self.n_neurons
        n_filter = len(self.filter)
        traced = n if self.peaks else 0
        return _State(
            state=self.layout.first_state(b),
            silent=self.layout.silent_until(b),
            relay=np.zeros((n_filter, b, self.n_relay), self.dtype),
            trace=np.zeros((n_filter, b, traced), self.dtype),
            peak=np.zeros((b, traced), self.dtype),
            peak_step=np.full((b, traced), -1, np.int32),
            counts=np.zeros((b, n), self.dtype),
        )

    def chunks(self) -> list[slice]:
        """Steps of each chunk, so that the saved values of one stay within the budget."""
        per_neuron = len(self.kernels.source.saved) * self.dtype.itemsize + 1
        kept = self.n_modes + len(self.filter) * sum(self.n_kept)
        per_step = self.n_trials * (self.n_neurons * per_neuron + kept * self.dtype.itemsize)
        substeps = self.model.substeps
        length = max(1, int(self.backend.memory_budget / per_step / substeps)) * substeps
        return [
            slice(start, min(start + length, self.n_steps))
            for start in range(0, self.n_steps, length)
        ]

    @property
    def n_kept(self) -> tuple[int, int]:
        """Relay units and traces whose filter states the adjoint needs."""
        if not self.model.learned_filter:
            return 0, 0
        return self.n_relay, self.n_neurons if self.peaks else 0

    def output(self) -> np.ndarray:
        """Room for the relay activity, trial by trial, so that a kernel writes it in a row."""
        return np.empty((self.n_trials, self.n_steps, self.n_read), self.dtype)

    def forward(self, chunk: slice, state: _State, output: np.ndarray, save: bool) -> _Saved:
        """Run a chunk; `state` moves on, `output` gets the relay activity."""
        steps = chunk.stop - chunk.start if save else 0
        b, n = self.n_trials, self.n_neurons
        take = self.backend.buffers.take
        of_relay, of_traces = ((len(self.filter), b, steps, units) for units in self.n_kept)
        saved = _Saved(  # a trial's steps lie one after the other, as the kernels go through them
            first_state=state.state.copy() if save else state.state,
            fed=take((b, steps, self.n_modes if self.kernels.source.fed else 0), self.dtype),
            saved=take((len(self.kernels.source.saved), b, steps, n), self.dtype),
            flags=take((b, steps, n), np.dtype(np.uint8)),
            relay_states=take(of_relay, self.dtype),
            trace_states=take(of_traces, self.dtype),
        )
        self._call(
            "forward",
            chunk,
            encoder=self.encoder,
            refractory=self.layout.refractory,
            **vars(state),
            output=output,
            fed=saved.fed,
            saved=saved.saved,
            flags=saved.flags,
            relay_states=saved.relay_states,
            trace_states=saved.trace_states,
            save=save,
        )
        return saved

    def backward(
        self, chunk: slice, saved: _Saved, peak_step: np.ndarray, grads: "_Gradients"
    ) -> None:
        """Run the adjoint of a chunk; `grads` moves back in time and collects."""
        self._call(
            "backward",
            chunk,
            encoder_rows=self.encoder_rows,
            axis=self.layout.axis,
            **vars(saved),
            peak_step=peak_step,
            **{f"g_{name}": array for name, array in vars(grads).items()},
        )

    def _call(self, kernel: str, chunk: slice, **arguments: Any) -> None:
        """Call a kernel for a chunk, with what all kernels of a pass take and `arguments`."""
        layout = self.layout
        taken = self.kernels.source.kernels[kernel]
        for name in WHERE_LEARNED:
            if name not in taken:
                arguments.pop(name, None)
        arguments |= {"key": self.key} if "key" in taken else {}
        self.kernels.run(
            kernel,
            self.blocks,
            inputs=self.inputs,
            W_in=self.W_in_rows,
            feedback=self.feedback_rows,
            scalars=layout.scalars,
            arrays=layout.arrays,
            filter=self.filter,
            gain=layout.gain,
            wanted=self.n_wanted,
            substeps=self.model.substeps,
            start=chunk.start,
            n_steps=chunk.stop - chunk.start,
            **arguments,
        )

    def gradients(self, output: np.ndarray, counts: np.ndarray, peak: np.ndarray) -> "_Gradients":
        like = self.initial_state()
        n, of_filter = self.n_neurons, (self.blocks, len(self.filter), len(self.filter))
        of_relay, of_traces = self.n_kept
        return _Gradients(
            output=whole(output.transpose(1, 0, 2), of=max(1, self.n_read)),
            counts=whole(counts),
            peak=whole(peak),
            state=np.zeros_like(like.state),
            relay=np.zeros_like(like.relay),
            trace=np.zeros_like(like.trace),
            W_in=np.zeros((self.blocks, *self.W_in_rows.shape), self.dtype),
            encoder=np.zeros((self.blocks, *self.encoder.shape), self.dtype),
            feedback=np.zeros((self.blocks, *self.feedback_rows.shape), self.dtype),
            learned=np.zeros((self.blocks, len(self.model.learned), n), self.dtype),
            relay_filter=np.zeros((*of_filter, of_relay), self.dtype),
            trace_filter=np.zeros((*of_filter, of_traces), self.dtype),
        )

    def learned_gradients(self, grads: "_Gradients") -> list[torch.Tensor]:
        """Gradients of what learns beside the weights."""
        of_relay, of_traces = map(self._of_filter, (grads.relay_filter, grads.trace_filter))
        return self.learned.gradients(
            self.model,
            self.n_wanted,
            grads.learned.sum(0),
            grads.state,
            of_relay + of_traces,
        )

    def _of_filter(self, of_units: np.ndarray) -> np.ndarray:
        """Sum gradients (block × state × state × unit) over units of one filter."""
        by_unit = of_units.sum(0)
        if not self.model.has_own_filters:
            return by_unit.sum(-1)
        n = self.n_wanted
        return np.stack([by_unit[..., i::n].sum(-1) for i in range(n)], axis=-1)


@dataclass(frozen=True, eq=False)
class _Gradients:
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


class _Pass(torch.autograd.Function):
    """Forward pass and adjoint of a batch."""

    @staticmethod
    def forward(ctx, inputs, W_in, encoder, feedback, backend, peaks, stop, names, *learned):
        inputs = by_trial(inputs, W_in)
        W_in, encoder = W_in.detach().numpy(), encoder.detach().numpy()
        feedback = None if feedback is None else feedback.detach().numpy()
        values = LearnedArrays.of(names, learned)
        run = _Run(backend, inputs, W_in, encoder, feedback, peaks, stop, values)
        needs_gradient = any(ctx.needs_input_grad)
        state, chunks = run.initial_state(), run.chunks()
        output = run.output()
        starts: list[_State] = []
        saved = None
        for chunk in chunks:
            if needs_gradient:
                starts.append(state.copy())
            saved = run.forward(chunk, state, output, save=needs_gradient and len(chunks) == 1)
        if needs_gradient:
            ctx.run, ctx.chunks, ctx.starts, ctx.saved = run, chunks, starts, saved
            ctx.peak_step = state.peak_step
        ctx.n_relay = encoder.shape[1]
        wanted = (
            output[..., : ctx.n_relay].transpose(1, 0, 2),  # its gradient comes back laid out alike
            state.counts[:, : len(encoder)],
            state.peak[:, : len(encoder)],
        )
        return tuple(map(torch.from_numpy, wanted))

    @staticmethod
    def backward(ctx, *grad_outputs):
        run: _Run | None = ctx.run
        if run is None:
            raise RuntimeError("The values of this pass are gone: run it again to differentiate.")
        ctx.run = None  # buffers are used again from here on
        grads = run.gradients(*(g.numpy() for g in grad_outputs))
        again = run.output() if len(ctx.chunks) > 1 else None
        for chunk, start in zip(reversed(ctx.chunks), reversed(ctx.starts), strict=True):
            saved = ctx.saved if again is None else run.forward(chunk, start, again, save=True)
            run.backward(chunk, saved, ctx.peak_step, grads)
            run.backend.buffers.give_back(saved.fed, saved.saved, saved.flags)
            run.backend.buffers.give_back(saved.relay_states, saved.trace_states)
        n = run.n_wanted
        W_in = torch.from_numpy(grads.W_in.sum(0).T[:n])
        encoder = torch.from_numpy(grads.encoder.sum(0)[:n, : ctx.n_relay])
        feedback = None if run.one_to_one else torch.from_numpy(grads.feedback.sum(0).T[:n])
        return None, W_in, encoder, feedback, *[None] * 4, *run.learned_gradients(grads)
