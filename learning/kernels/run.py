"""One pass through the fused kernels: its arrays in their layout, and the calls.

Only what the adjoint needs is kept. Where even that would exceed the memory budget, the pass keeps
the state at the start of each chunk of steps and runs the chunk again when its adjoint is due.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from ..step.backend import StepModel
from ..step.random import new_key
from .arrays import Buffers, Gradients, Saved, State, own
from .cache import Kernels
from .groups import Grouped, Groups
from .layout import LANES, UNITS, Layout, whole
from .learned import LearnedArrays
from .source import FILTER_SUMS, LEARNED
from .synapses import Arrays, FurtherRun

MakeKernels = Callable[[Groups, bool, str, str], Kernels]

WHERE_LEARNED = (*LEARNED, *FILTER_SUMS)
"""Arguments that only kernels take of which more learns than weights."""


class Run:
    """One batch: its arrays in the layout of the kernels, and the calls.

    `n_wanted` neurons were asked for, `n_neurons` and `n_relay` include the spare ones.

    Parameters
    ----------
    model
        Neuron, filter and surrogate.
    make_kernels
        Gives the kernels for groups, with peaks or without, a precision and a type of inputs.
    buffers
        Where large arrays come from.
    matrices
        What a step does to the states of each filter that there is.
    inputs
        As `by_trial` gives them.
    W_in
        Input weights (N × C).
    grouped
        Groups of relay units.
    peaks
        Whether to find the largest filtered activity of each neuron.
    learned
        What learns beside the weights.
    """

    def __init__(
        self,
        model: StepModel,
        make_kernels: MakeKernels,
        buffers: Buffers,
        matrices: Mapping[int, np.ndarray],
        inputs: np.ndarray,
        W_in: np.ndarray,
        grouped: Grouped,
        peaks: bool,
        learned: LearnedArrays,
    ) -> None:
        self.model, self.buffers, self.learned = model, buffers, learned
        self.dtype = W_in.dtype
        self.inputs = inputs
        groups = grouped.groups
        self.one_to_one = groups.one_to_one
        encoder = grouped.encoder.detach().numpy()
        feedback = None if grouped.feedback is None else grouped.feedback.detach().numpy()
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
        self.encoder_rows[: len(grouped.stopped)][grouped.stopped] = 0
        if len(model.kinds) > 1 and self.one_to_one:  # see `spikes_parts`
            excitation, inhibition, others = np.split(self.encoder_rows, [before_last, feeding])
            self.encoder_rows = whole(np.vstack([excitation - inhibition, others]), 0, of=UNITS)
        none = np.zeros((0, self.n_neurons), self.dtype)
        self.feedback_rows = none if feedback is None else whole(feedback.T.copy())
        self.peaks = peaks
        failing = any(synapses.failing for synapses in groups.synapses)
        self.key = np.array(new_key() if model.neuron.draws or failing else (), np.int64)
        self.kernels = make_kernels(groups, peaks, self.dtype.name, inputs.dtype.name)
        matrix = matrices[0] if learned.matrix is None else learned.matrix
        self.filter = matrix.astype(self.dtype)
        self.layout = Layout(model, self.n_wanted, self.dtype, learned.constants, learned.initial)
        self.further = FurtherRun(
            grouped.further, model, matrices, self.n_wanted, self.n_neurons, self.dtype
        )
        sums = (self.W_in_rows, self.encoder, self.feedback_rows)
        n_sums = sum(array.size for array in sums) + self.further.n_sums
        self.blocks = self.layout.blocks(self.n_trials, n_sums)
        if groups.mixed:  # those of spare units, and at the end that of traces
            spare = self.n_relay + 1 - len(grouped.filters)
            of_units = [matrices[f] for f in (*grouped.filters, *[0] * spare)]
            self.filter = np.stack(of_units, axis=-1).astype(self.dtype)
        elif model.has_own_filters:  # one after the other, units stand for all neurons
            before = 0 if self.one_to_one else feeding
            neuron = np.maximum(np.arange(self.n_relay) - before, 0) % self.n_wanted
            self.filter = self.filter[..., neuron]

    def initial_state(self) -> State:
        b, n = self.n_trials, self.n_neurons
        n_filter = len(self.filter)
        traced = n if self.peaks else 0
        return State(
            state=self.layout.first_state(b),
            silent=self.layout.silent_until(b),
            relay=np.zeros((n_filter, b, self.n_relay), self.dtype),
            trace=np.zeros((n_filter, b, traced), self.dtype),
            peak=np.zeros((b, traced), self.dtype),
            peak_step=np.full((b, traced), -1, np.int32),
            counts=np.zeros((b, n), self.dtype),
            further=self.further.state(b),
        )

    def chunks(self, memory_budget: float) -> list[slice]:
        """Steps of each chunk, so that the saved values of one stay within the budget [bytes]."""
        per_neuron = len(self.kernels.source.saved) * self.dtype.itemsize + 1
        kept = self.n_modes + len(self.filter) * sum(self.n_kept)
        kept += sum(self.kernels.source.fed_further) * self.n_neurons
        per_step = self.n_trials * (self.n_neurons * per_neuron + kept * self.dtype.itemsize)
        substeps = self.model.substeps
        length = max(1, int(memory_budget / per_step / substeps)) * substeps
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

    def forward(self, chunk: slice, state: State, output: np.ndarray, save: bool) -> Saved:
        """Run a chunk; `state` moves on, `output` gets the relay activity."""
        steps = chunk.stop - chunk.start if save else 0
        b, n = self.n_trials, self.n_neurons
        take = self.buffers.take
        of_relay, of_traces = ((len(self.filter), b, steps, units) for units in self.n_kept)
        saved = Saved(  # a trial's steps lie one after the other, as the kernels go through them
            first_state=state.state.copy() if save else state.state,
            fed=take((b, steps, self.n_modes if self.kernels.source.fed else 0), self.dtype),
            saved=take((len(self.kernels.source.saved), b, steps, n), self.dtype),
            flags=take((b, steps, n), np.dtype(np.uint8)),
            relay_states=take(of_relay, self.dtype),
            trace_states=take(of_traces, self.dtype),
            further={
                f"fed{i}": take((b, steps, n if fed else 0), self.dtype)
                for i, fed in enumerate(self.kernels.source.fed_further)
            },
        )
        self._call(
            "forward",
            chunk,
            state.further | saved.further,
            encoder=self.encoder,
            refractory=self.layout.refractory,
            **own(state),
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
        self, chunk: slice, saved: Saved, peak_step: np.ndarray, grads: "Gradients"
    ) -> None:
        """Run the adjoint of a chunk; `grads` moves back in time and collects."""
        self._call(
            "backward",
            chunk,
            saved.further | grads.further,
            encoder_rows=self.encoder_rows,
            axis=self.layout.axis,
            **own(saved),
            peak_step=peak_step,
            **{f"g_{name}": array for name, array in own(grads).items()},
        )

    def _call(self, kernel: str, chunk: slice, further: Arrays, **arguments: Any) -> None:
        """Call a kernel for a chunk, with what all kernels of a pass take and `arguments`.

        Of further groups it takes what it needs.
        """
        layout = self.layout
        taken = self.kernels.source.kernels[kernel]
        found = self.further.values | further
        arguments |= {name: found[name] for name in taken if name in found}
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

    def gradients(self, output: np.ndarray, counts: np.ndarray, peak: np.ndarray) -> "Gradients":
        like = self.initial_state()
        n, of_filter = self.n_neurons, (self.blocks, len(self.filter), len(self.filter))
        of_relay, of_traces = self.n_kept
        return Gradients(
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
            further=self.further.gradients(self.n_trials, self.blocks),
        )

    def learned_gradients(self, grads: "Gradients") -> list[torch.Tensor]:
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
