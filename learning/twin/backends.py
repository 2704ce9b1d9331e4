"""Which backend runs the twin: the one switch."""

import warnings

from ..kernels.adjoint import NoKernelError
from ..kernels.fused import FusedBackend
from ..step.backend import Backend, StepModel, Weights
from ..step.reference import ReferenceBackend


def choose_backend(model: StepModel, weights: Weights) -> Backend:
    """Take the fused kernels on the CPU, the reference step elsewhere.

    A model, or weights, that no kernel can express fall back to the reference step with a warning
    that says what stands in the way.
    """
    if weights.W_in.device.type != "cpu":
        return ReferenceBackend(model)
    try:
        backend = FusedBackend(model)
        backend.require(weights)
        return backend
    except NoKernelError as error:
        return slower_backend(model, str(error))


def slower_backend(model: StepModel, reason: str) -> Backend:
    """Take the reference step where kernels would be faster, and say why."""
    warnings.warn(
        f"{model.neuron.name} trains with the slower reference step: {reason}.", stacklevel=4
    )
    return ReferenceBackend(model)
