"""The fused backend: generated kernels behind one differentiable function."""

import os
from collections.abc import Callable

import torch

from ..step.backend import Activity, Inputs, StepModel, Weights
from ..step.random import drawn_from
from .arrays import Buffers, State
from .cache import Kernels, load_kernels, prepare_kernels
from .groups import ONE_TO_ONE, Grouped, Groups, grouped
from .layout import by_trial, filter_matrix
from .learned import LearnedArrays, flat
from .run import Run
from .source import kernel_source

MEMORY_BUDGET = max(512e6, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 8)
"""Bytes that the saved values of a pass may take before it is cut into chunks: an eighth of the
machine's memory, whatever else is using it, so that results on one machine are always the same."""


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
        self.matrices = {0: filter_matrix(model.filter)}
        self.buffers = Buffers()
        self._kernels: dict[tuple[Groups, bool, str, str], Kernels] = {}
        kernel_source(model, groups=ONE_TO_ONE, peaks=False)  # is there one?

    def __call__(self, inputs: Inputs, weights: Weights, *, peaks: bool = False) -> Activity:
        """Run a batch of trials.

        Raises `NoKernelError` for weights that no kernel runs, see `require`.
        """
        grouped = self.grouped(weights)
        names, learned = flat(weights.values, self.model)
        relay, counts, peak = _Pass.apply(
            inputs.detach(),
            weights.W_in,
            grouped.encoder,
            grouped.feedback,
            self,
            peaks,
            grouped,
            names,
            *(group.weights for group in grouped.further if group.synapses.learned),
            *learned,
        )
        return Activity(relay[..., grouped.spare :], counts, peak if peaks else None)

    def kernels(self, groups: Groups, peaks: bool, dtype: str, inputs: str) -> Kernels:
        """The kernels for one kind of pass."""
        key = groups, peaks, dtype, inputs
        if key not in self._kernels:
            source = kernel_source(
                self.model, groups=groups, peaks=peaks, dtype=dtype, inputs=inputs
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
        groups = self.grouped(weights).groups
        first = inputs[:1, :1]
        dtype = weights.W_in.numpy(force=True).dtype.name
        key = (
            groups,
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
        """Raise `NoKernelError` for weights that no kernel runs.

        These are modes that open conductances or have filters that differ from neuron to neuron,
        modes and recorded units whose filters have other states than that of the readout, and
        several pathways one of which has a filter that learns.
        """
        self.grouped(weights)

    def grouped(self, weights: Weights) -> Grouped:
        """Sort the groups of a pass, and find the matrices of their filters."""
        found = grouped(weights, self.model)
        for i in {*found.filters.tolist(), *(f.synapses.filter for f in found.further)}:
            if i not in self.matrices:
                self.matrices[i] = filter_matrix(self.model.filters[i].program)
        return found


class _Pass(torch.autograd.Function):
    """Forward pass and adjoint of a batch."""

    @staticmethod
    def forward(ctx, inputs, W_in, encoder, feedback, backend, peaks, grouped, names, *tensors):
        inputs = by_trial(inputs, W_in)
        values = LearnedArrays.of(names, tensors[len(tensors) - len(names) :])
        run = Run(
            backend.model,
            backend.kernels,
            backend.buffers,
            backend.matrices,
            inputs,
            W_in.detach().numpy(),
            grouped,
            peaks,
            values,
        )
        needs_gradient = any(ctx.needs_input_grad)
        state, chunks = run.initial_state(), run.chunks(backend.memory_budget)
        output = run.output()
        starts: list[State] = []
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
        run: Run | None = ctx.run
        if run is None:
            raise RuntimeError("The values of this pass are gone: run it again to differentiate.")
        ctx.run = None  # buffers are used again from here on
        grads = run.gradients(*(g.numpy() for g in grad_outputs))
        again = run.output() if len(ctx.chunks) > 1 else None
        for chunk, start in zip(reversed(ctx.chunks), reversed(ctx.starts), strict=True):
            saved = ctx.saved if again is None else run.forward(chunk, start, again, save=True)
            run.backward(chunk, saved, ctx.peak_step, grads)
            run.buffers.give_back(*saved.buffers)
        n = run.n_wanted
        W_in = torch.from_numpy(grads.W_in.sum(0).T[:n])
        encoder = torch.from_numpy(grads.encoder.sum(0)[:n, : ctx.n_relay])
        feedback = None if run.one_to_one else torch.from_numpy(grads.feedback.sum(0).T[:n])
        further = map(torch.from_numpy, run.further.weight_gradients(grads.further))
        return None, W_in, encoder, feedback, *[None] * 4, *further, *run.learned_gradients(grads)
