"""Which parameter has a unit that its equations do not fit: Brian2 names only the equation."""

from itertools import product

from brian2 import Equations, Hz, Mohm, NeuronGroup, Quantity, ms, mV, nS, pA, pF, second

from ..brian_state import brian_runtime
from ..quantities import format_quantity
from .neuron import NeuronModel, scalar

_EXAMPLES = {
    "a time": 20 * ms,
    "a voltage": 20 * mV,
    "a current": 20 * pA,
    "a conductance": 20 * nS,
    "a capacitance": 20 * pF,
    "a rate": 20 * Hz,
    "a resistance": 20 * Mohm,
    "a plain number": Quantity(20.0),
}


def wrong_unit(neuron: NeuronModel) -> str:
    """Say which parameter would have to be what for all equations to fit, ``""`` if none alone.

    Plain numbers are suspected first: their unit may have been forgotten.
    """
    values = {name: Quantity(scalar(value)) for name, value in neuron.parameters.items()}
    suspects = sorted(values, key=lambda name: not values[name].dim.is_dimensionless)
    declared = "".join(f"\n{name} : 1" for name in neuron.inputs)
    with brian_runtime():
        try:
            equations = Equations(neuron.equations + declared)
            # with any refractory period, Brian2 does not warn of flags without one
            group = NeuronGroup(1, equations, refractory=1 * second, namespace={**values})
        except Exception:  # what is wrong are not units
            return ""
        group._network = object()  # spares a message that it was never used
        if _fits(group):
            return ""
        for name, (kind, example) in product(suspects, _EXAMPLES.items()):
            group.namespace[name] = example
            fits = _fits(group)
            group.namespace[name] = values[name]
            if fits:
                return (
                    f"`parameters.{name}` must be {kind} for the equations to fit: got"
                    f" {format_quantity(values[name])}. Write it like '{format_quantity(example)}'."
                )
    return ""


def _fits(group: NeuronGroup) -> bool:
    try:
        group.equations.check_units(group, run_namespace={})
    except Exception:  # Brian2 has several kinds for units that do not fit
        return False
    return True
