"""The neurons that a configuration names, and one of the user's own in Brian2's language."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from brian2 import Quantity, ms
from pydantic import BeforeValidator
from spikemodes.models.networks.rate_network import RateUnit
from spikemodes.models.networks.transfer import TRANSFERS, Tanh
from spikemodes.models.neurons.adaptive import AdaptiveLIF
from spikemodes.models.neurons.adex import AdEx
from spikemodes.models.neurons.biased import BiasedLIF
from spikemodes.models.neurons.conductance import ConductanceLIF
from spikemodes.models.neurons.lif import LIF, ContinuousLIF
from spikemodes.models.neurons.neuron import NeuronModel
from spikemodes.models.neurons.text import brian_text
from spikemodes.models.neurons.unit_hints import wrong_unit
from spikemodes.models.neurons.values import expression, refractoriness
from spikemodes.models.translation.translator import translate_neuron

Reset = Annotated[str, BeforeValidator(lambda given: brian_text(given, "reset"))]
Period = Annotated[str, BeforeValidator(refractoriness)]
Scale = Annotated[str, BeforeValidator(lambda given: expression(given, "scale"))]


def neuron_of_text(
    equations: str = "dv/dt = (drive + recurrent - v)/tau : 1 (unless refractory)",
    threshold: str = "v > 1",
    reset: Reset = "v = 0",
    refractory: Period = "",
    method: str = "exponential_euler",
    update: str = "",
    scale: Scale = "1",
    parameters: Mapping[str, Any] = {"tau": "20 ms"},
    initial: Mapping[str, Any] = {},
    dt_input: Quantity | None = None,
) -> NeuronModel:
    """Build a neuron from Brian2 text, as `NeuronModel` takes it.

    Quantities in `parameters` are text such as ``20 ms``; the input current is
    ``drive + recurrent``. Raises `ValueError` for text that Brian2 or the twin cannot take.
    """
    neuron = NeuronModel(
        name="equations",
        equations=equations,
        threshold=threshold,
        reset=reset,
        refractory=refractory,
        method=method,
        update=update,
        scale=scale,
        parameters=parameters,
        initial=initial,
    )
    if dt_input is not None:  # a mistake shows before anything runs
        try:
            translate_neuron(neuron, dt_input)
        except ValueError:
            if hint := wrong_unit(neuron):
                raise ValueError(hint) from None
            raise
    return neuron


def rate_unit(tau_mem: Quantity = 20 * ms, transfer: str = Tanh.name) -> RateUnit:
    """Build a rate neuron. Raises `ValueError` for an unknown transfer function."""
    if transfer not in TRANSFERS:
        raise ValueError(f"`transfer` must be one of {', '.join(TRANSFERS)}: got {transfer!r}.")
    return RateUnit(tau_mem, TRANSFERS[transfer])


NEURONS: dict[str, Callable[..., NeuronModel | RateUnit]] = {
    "lif": LIF,
    "continuous-lif": ContinuousLIF,
    "adaptive-lif": AdaptiveLIF,
    "biased-lif": BiasedLIF,
    "adex": AdEx,
    "conductance-lif": ConductanceLIF,
    "equations": neuron_of_text,
    "rate": rate_unit,
}
"""Add an entry to make a neuron of your own known to configurations."""
