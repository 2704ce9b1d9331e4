"""The leaky integrate-and-fire neuron whose synapses are its only current filter."""

from brian2 import Quantity, ms

from .lif import LIF
from .neuron import NeuronModel


def BiasedLIF(  # noqa: N802
    tau_mem: Quantity = 10 * ms,
    v_threshold: float = 1.0,
    v_reset: float = 0.0,
    refractory: Quantity = 2 * ms,
    bias: float = 1.0,
) -> NeuronModel:
    """Build the LIF of spiking FORCE: no current of its own but a constant one, `bias`.

    ::

        dv/dt = (bias + drive + recurrent - v)/tau_mem      unless refractory
        spike where v > v_threshold, then v = v_reset for the refractory period

    Inputs are held over a step, so that its exact integration has the same weights at any step.
    Potentials are counted from the reset in units of the way to threshold: -65 mV is 0, -40 mV
    is 1.

    Parameters
    ----------
    tau_mem, v_threshold, v_reset, refractory
        As for `LIF`.
    bias
        The constant current; the default is the largest that does not make a neuron fire by itself.

    Raises
    ------
    ValueError
        As `LIF` does.

    Examples
    --------
    >>> neuron = BiasedLIF(v_threshold=25.0, bias=25.0)  # potentials in mV above reset

    Source: Nicola & Clopath, Nat. Commun. 8, 2208 (2017); Kim, Li & Sejnowski, PNAS 116, 22811
    (2019).
    """
    lif = LIF(tau_mem, v_threshold=v_threshold, v_reset=v_reset, refractory=refractory)
    parameters = {name: value for name, value in lif.parameters.items() if name != "tau_syn"}
    return NeuronModel(
        name="BiasedLIF",
        equations="dv/dt = (bias + drive + recurrent - v)/tau_mem : 1 (unless refractory)",
        parameters={**parameters, "bias": float(bias)},
        initial=lif.initial,
        threshold=lif.threshold,
        reset=lif.reset,
        refractory=lif.refractory,
        scale=lif.scale,
    )
