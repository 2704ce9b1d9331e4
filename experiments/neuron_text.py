"""A neuron of the user's own, written in a configuration file in Brian2's language."""

from collections.abc import Mapping

from brian2 import Quantity
from spikemodes.models.neuron import NeuronModel
from spikemodes.models.quantities import parse_quantity
from spikemodes.models.translation import translate_neuron


def neuron_of_text(
    equations: str = "dv/dt = (drive + recurrent - v)/tau : 1 (unless refractory)",
    threshold: str = "v > 1",
    reset: str = "v = 0",
    refractory: str = "",
    method: str = "exponential_euler",
    update: str = "",
    scale: str = "1",
    parameters: Mapping[str, str | float] = {"tau": "20 ms"},
    initial: Mapping[str, str] = {},
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
        parameters={name: _value(name, value) for name, value in parameters.items()},
        initial=dict(initial),
    )
    if dt_input is not None:
        translate_neuron(neuron, dt_input)  # a mistake shows before anything runs
    return neuron


def _value(name: str, value: str | float) -> Quantity | float:
    if isinstance(value, int | float):
        return float(value)
    quantity = parse_quantity(value, f"parameters.{name}")
    return float(quantity) if quantity.dim.is_dimensionless else quantity
