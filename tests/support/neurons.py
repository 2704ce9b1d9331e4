"""Neurons that exercise a part of the kernels."""

from brian2 import ms
from spikemodes.models import NeuronModel

SATURATING = NeuronModel(
    name="saturating",
    equations="dv/dt = (tanh(3*(drive + recurrent)) - v)/tau : 1 (unless refractory)",
    parameters={"tau": 10 * ms, "refractory": 2 * ms},
    threshold="v > 0.3",
    reset="v = 0",
    refractory="refractory",
    method="euler",
)
"""Its adjoint needs its input again, where that of most neurons needs its state alone."""
