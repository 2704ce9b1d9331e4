"""Which backend runs the twin: the one switch."""

import warnings

import torch

from .adjoint import NoKernelError
from .fused import FusedBackend
from .reference import ReferenceBackend
from .step import Backend, StepModel


def choose_backend(model: StepModel, device: torch.device, *, one_by_one: bool = False) -> Backend:
    """Take the fused kernels on the CPU, the reference step elsewhere.

    A model that no kernel can express, or synapses that act `one_by_one`, fall back to the
    reference step with a warning that says what stands in the way.
    """
    if device.type != "cpu":
        return ReferenceBackend(model)
    try:
        if one_by_one:
            raise NoKernelError("its synapses delay spikes or fail")
        return FusedBackend(model)
    except NoKernelError as error:
        warnings.warn(
            f"{model.neuron.name} trains with the slower reference step: {error}.", stacklevel=3
        )
        return ReferenceBackend(model)
