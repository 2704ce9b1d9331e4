"""A neuron's own equations as an ordinary Brian2 group, given its inputs: no step program.

What twin and Brian2 share, the translation, cannot be wrong unseen where this agrees with both.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

import brian2
import numpy as np
from brian2 import Network, Quantity, SpikeMonitor, TimedArray
from jaxtyping import Float, Int

from ..brian_state import brian_runtime
from ..neurons.neuron import NeuronModel
from ..quantities import unit_text
from ..translation.reading import native_group

_RESERVED, _PERIOD = "refractory", "refractory_period_"


def spikes_of_equations(
    neuron: NeuronModel, inputs: Mapping[str, Float[np.ndarray, "T B N"]], dt: Quantity
) -> Int[np.ndarray, "K 3"]:
    """Run a neuron as Brian2 itself reads and integrates it.

    Parameters
    ----------
    neuron
        Equations, threshold, reset and refractoriness, as their author wrote them.
    inputs
        What arrives in each step, trial and neuron, by the name that the equations give it.
    dt
        Simulation step [s].

    Returns
    -------
    spikes
        (step, trial, neuron) of each, sorted.
    """
    n_steps, n_trials, n_neurons = next(iter(inputs.values())).shape
    n = n_trials * n_neurons
    own, per_neuron = _with_values_as_variables(neuron)
    given = {f"{name}_given_": values.reshape(n_steps, n) for name, values in inputs.items()}
    with brian_runtime():
        group = native_group(
            own,
            neuron.inputs,
            dt,
            n=n,
            declared={name: f"{name} = {name}_given_(t, i) : 1" for name in neuron.inputs},
        )
        group.namespace.update({name: TimedArray(values, dt=dt) for name, values in given.items()})
        for name, values in per_neuron.items():
            setattr(
                group, name, np.tile(np.asarray(values), n_trials) * brian2.get_unit(values.dim)
            )
        for name, text in neuron.initial.items():
            setattr(group, name, text)
        monitor = SpikeMonitor(group)
        Network(group, monitor).run(n_steps * dt, namespace={})
        steps, index = np.rint(np.asarray(monitor.t) / float(dt)).astype(int), np.asarray(monitor.i)
    spikes = np.column_stack([steps, index // n_neurons, index % n_neurons])
    return spikes[np.lexsort(spikes.T[::-1])]


def _with_values_as_variables(neuron: NeuronModel) -> tuple[NeuronModel, dict[str, Quantity]]:
    """Declare parameters that differ between neurons in the equations, as Brian2 wants it."""
    arrays = {n: Quantity(v) for n, v in neuron.parameters.items() if np.ndim(v) > 0}
    single = {n: v for n, v in neuron.parameters.items() if n not in arrays}
    refractory = neuron.refractory
    if _RESERVED in arrays:  # a fine name for a parameter, but not for a variable
        arrays[_PERIOD] = arrays.pop(_RESERVED)
        refractory = re.sub(rf"\b{_RESERVED}\b", _PERIOD, refractory)
    lines = (f"{name} : {unit_text(values.dim)} (constant)" for name, values in arrays.items())
    return replace(
        neuron,
        equations="\n".join([neuron.equations, *lines]),
        parameters=single,
        refractory=refractory,
    ), arrays
