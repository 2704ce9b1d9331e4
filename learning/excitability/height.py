"""The height of the surrogate of a neuron that has no reset."""

from typing import Any

import numpy as np
from spikemodes.models.networks.network import Network
from spikemodes.models.translation.translator import translate_neuron

from ..step.centre import SurrogateCentre
from ..task import Task
from .cells import UncoupledCells, some_trials

_LOWEST, _HIGHEST = 1e-3, 1e3


def surrogate_height(
    network: Network, task: Task, *, centre: SurrogateCentre, **twin: Any
) -> float:
    """Give the factor on the surrogate at which gradients are of the size of the rates' changes.

    1 for a neuron with a reset, which ends what a spike does to the potential. Where there is none,
    as in Hodgkin & Huxley's, the upswing passes through many steps, each of which counts: there it
    is 1 over the slope ratio, see `Probe`.
    """
    program = translate_neuron(network.neuron, network.dt)
    if program.reset.results or centre.of(program, float(network.dt)) is None:
        return 1.0
    cells = UncoupledCells(network, some_trials(task), centre=centre, **twin)
    slope, by_differences = cells.slopes()
    if not slope * by_differences > 0:
        return 1.0
    return float(f"{np.clip(by_differences / slope, _LOWEST, _HIGHEST):.3g}")
