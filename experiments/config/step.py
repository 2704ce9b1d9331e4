"""Settings that follow from the task's step where a configuration does not say otherwise."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from brian2 import Quantity, ms
from spikemodes.models.quantities import format_quantity, parse_quantity

from .components import defaults_of
from .nested_keys import named_keys
from .neurons import NEURONS
from .sections import DEFAULT_NEURON, FINE_DT


def fine_step(dt: Quantity) -> Quantity:
    """Choose a finer step: 0.2 ms where that is a half or less of `dt` and divides it, else dt/10.

    It is rounded to a decimal number of ms, so that configurations show it well.
    """
    ratio = float(dt / FINE_DT)
    if ratio > 1.5 and abs(ratio - round(ratio)) < 1e-6 * ratio:
        return FINE_DT
    return parse_quantity(f"{float(dt / ms) / 10:.12g} ms")


def with_steps(config: Mapping[str, Any], dt: Quantity) -> dict[str, Any]:
    """Complete `simulate.fine_dt` and the refractory period of the neuron, if they are not there.

    The period is the neuron's default, prolonged to a whole number of steps, as Brian2 counts it.
    """
    complete = dict(config)
    simulate, network = config.get("simulate", {}), config.get("network", {})
    if isinstance(simulate, Mapping):
        complete["simulate"] = {"fine_dt": format_quantity(fine_step(dt)), **simulate}
    given = network.get("neuron", DEFAULT_NEURON) if isinstance(network, Mapping) else None
    neuron = {"name": DEFAULT_NEURON} if given == {} else named_keys(given)
    factory = NEURONS.get(str(neuron.get("name", DEFAULT_NEURON)))
    default = None if factory is None else defaults_of(factory).get("refractory")
    if not neuron or "refractory" in neuron or not isinstance(default, Quantity):
        return complete
    steps = float(default / dt)
    if abs(steps - round(steps)) > 1e-6 * steps:
        period = parse_quantity(f"{np.ceil(steps) * float(dt / ms):.12g} ms")
        own = {**neuron, "refractory": format_quantity(period)}
        complete["network"] = {**network, "neuron": own}
    return complete
