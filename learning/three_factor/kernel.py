"""Eligibilities carried forward by a generated kernel, on the CPU; trials run in parallel."""

from collections.abc import Callable

import numpy as np
import torch
from spikemodes.models.neurons.synaptic_filter import ACTIVITY
from torch import Tensor

from ..kernels.adjoint import NoKernelError
from ..kernels.cache import Kernels, load_kernels, prepare_kernels
from ..kernels.layout import UNITS, Layout, by_trial, filter_matrix, whole
from ..step.backend import StepModel
from ..step.random import drawn_from, new_key
from ..step.reference import ReferenceBackend
from .eligibility import Learned, Lesson, RestingResponse, resting_response
from .source import eligibility_source


class FusedEligibility:
    """Runs a batch through the kernel of ``eligibility.template``.

    Raises `NoKernelError` if the model has no kernel.
    """

    def __init__(self, model: StepModel) -> None:
        if len(model.kinds) > 1 or model.has_own_filters:
            raise NoKernelError("no kernel learns through single synapses by three factors")
        self.model = model
        self.filter = filter_matrix(model.filter)
        self.reference = ReferenceBackend(model)
        self._kernels: dict[str, Kernels] = {}
        eligibility_source(model, dtype="float32")  # is there one?

    @torch.no_grad()
    def __call__(self, lesson: Lesson) -> Learned:
        """See `EligibilityBackend`."""
        model, dtype = self.model, _dtype(lesson.W_in)
        n_samples, n_trials, n_channels = lesson.inputs.shape
        n_wanted, n_modes = lesson.feedback.shape
        n_outputs, n_steps = len(lesson.W_out), n_samples * model.substeps
        layout = Layout(model, n_wanted, dtype)
        n_neurons, n_filter = layout.n_neurons, len(self.filter)
        encoder = model.gain * torch.cat([lesson.xi_out, lesson.W_out.T], dim=1).numpy()
        encoder = whole(whole(encoder, axis=0), of=UNITS)
        past = self._past(resting_response(self.reference, lesson.W_in))
        n_inputs = n_channels + n_modes + 1
        n_sums = (n_inputs + n_outputs + n_modes) * n_neurons
        blocks = layout.blocks(n_trials, n_sums)
        counts = np.zeros((n_trials, n_neurons), dtype)
        outputs = np.empty((n_steps, n_trials, n_outputs), dtype)
        inputs = np.zeros((blocks, n_inputs, n_neurons), dtype)
        W_out = np.zeros((blocks, n_outputs, n_neurons), dtype)
        xi_out = np.zeros((blocks, n_modes, n_neurons), dtype)
        drawn = {"key": np.array(new_key())} if model.neuron.draws else {}
        self.kernels(dtype).run(
            "learn",
            blocks,
            inputs=by_trial(lesson.inputs, lesson.W_in),
            errors_at=np.ascontiguousarray(lesson.error_scale.numpy()),
            targets=np.ascontiguousarray(lesson.targets.numpy()),
            W_in=whole(lesson.W_in.numpy().T),
            encoder=encoder,
            feedback=whole(lesson.feedback.numpy().T),
            back=whole(lesson.back.numpy().T),
            credit=whole(lesson.credit.numpy().T),
            scalars=layout.scalars,
            arrays=layout.arrays,
            filter=self.filter.astype(dtype),
            resting=past.astype(dtype),
            per_weight=self._per_weight(past, n_steps).astype(dtype),
            refractory=layout.refractory,
            gain=layout.gain,
            axis=layout.axis,
            substeps=model.substeps,
            state=layout.first_state(n_trials),
            silent=layout.silent_until(n_trials),
            relay=np.zeros((n_filter, n_trials, encoder.shape[1]), dtype),
            trace=np.zeros((n_filter, n_trials, n_neurons), dtype),
            counts=counts,
            output=outputs,
            sums=inputs,
            g_W_out=W_out,
            g_xi_out=xi_out,
            **drawn,
        )
        sums = (
            torch.from_numpy(blockwise.sum(0)[:, :n_wanted])
            for blockwise in (inputs, W_out, xi_out)
        )
        of_inputs, of_W_out, of_xi_out = sums
        return Learned(
            modes=of_inputs[n_channels:-1].T,
            W_in=of_inputs[:n_channels].T,
            W_out=of_W_out,
            xi_out=of_xi_out.T,
            outputs=torch.from_numpy(outputs),
            spike_counts=torch.from_numpy(counts[:, :n_wanted]),
        )

    def _past(self, resting: RestingResponse) -> np.ndarray:
        """Matrix of a resting neuron's states and of its trace, and what an input adds to them.

        The trace of a step has its spikes before, not those of the step itself.
        """
        states, (filter_, n) = np.array(resting.states), (self.filter, len(resting.states))
        jump = self.model.gain * filter_[:, [*self.model.filter.state].index(self.model.jump)]
        return np.block(
            [
                [states[:, :n], np.zeros((n, len(filter_))), states[:, n:]],
                [np.outer(jump, resting.distance), filter_, np.zeros((len(filter_), 1))],
            ]
        )

    def _per_weight(self, past: np.ndarray, n_steps: int) -> np.ndarray:
        """For each step, one over the trace that an input of 1 leaves; 0 before there is any."""
        trace = [*self.model.filter.state].index(ACTIVITY) - len(self.filter)
        state, weights = np.zeros(len(past)), np.zeros(n_steps)
        for k in range(n_steps):
            state = past @ [*state, 1.0]
            weights[k] = state[trace]
        return np.divide(1.0, weights, out=np.zeros(n_steps), where=weights != 0)

    def kernels(self, dtype: np.dtype) -> Kernels:
        """The kernel of a precision."""
        if dtype.name not in self._kernels:
            self._kernels[dtype.name] = load_kernels(
                eligibility_source(self.model, dtype=dtype.name)
            )
        return self._kernels[dtype.name]

    def prepare(self, lesson: Lesson, on_compile: Callable[[], None] | None = None) -> None:
        """See `EligibilityBackend` and `prepare_kernels`."""
        dtype = _dtype(lesson.W_in)

        def try_out(kernels: Kernels) -> None:
            self._kernels[dtype.name] = kernels
            with drawn_from(0):
                self(lesson)

        prepare_kernels(self.kernels(dtype), try_out, on_compile)


def _dtype(tensor: Tensor) -> np.dtype:
    return np.dtype(str(tensor.dtype).removeprefix("torch."))
