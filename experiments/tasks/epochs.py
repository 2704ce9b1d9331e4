"""Epochs of a trial that follow each other."""

from collections.abc import Mapping

from brian2 import Quantity
from spikemodes.models.quantities import whole_steps


def successive(durations: Mapping[str, Quantity], dt: Quantity) -> dict[str, range]:
    """Give the steps of each epoch, in order.

    Raises `ValueError` naming an epoch that is not a whole number of steps.
    """
    epochs, start = {}, 0
    for name, duration in durations.items():
        stop = start + whole_steps(duration, dt, name)
        epochs[name] = range(start, stop)
        start = stop
    return epochs
