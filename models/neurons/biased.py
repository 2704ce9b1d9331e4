"""The leaky integrate-and-fire neuron whose synapses are its only current filter."""

import numpy as np
from brian2 import Quantity, ms

from .lif import LIF
from .neuron import NeuronModel

_RESET = (
    "v = current - (current - v_reset)*exp(clip(refractory, 0*ms, dt)/tau_mem)"
    "*clip((current - v)/(abs(current - v_threshold) + 1e-9), exp(-dt/tau_mem), 1)"
)
"""Where v would have been at the end of the step for the neuron to be at its right place later.

The overshoot o, from the crossing to the end of the step, has exp(-o/tau_mem) = (current - v) /
(current - v_threshold). Whole steps of silence leave min(refractory, dt) - o to be made up for: the
solution of the membrane equation from `v_reset`, taken back by as much.
"""

_NOISE = (
    "\nv = v + int(not_refractory)*noise*(v_threshold - v_reset)"
    "*sqrt(1 - exp(-2*dt/tau_mem))*randn()"
)


def BiasedLIF(  # noqa: N802
    tau_mem: Quantity = 10 * ms,
    v_threshold: float = 1.0,
    v_reset: float = 0.0,
    refractory: Quantity = 2 * ms,
    bias: float = 1.0,
    noise: float = 0.0,
) -> NeuronModel:
    """Build the LIF of spiking FORCE: no current of its own but a constant one, `bias`.

    ::

        dv/dt = (bias + drive + recurrent - v)/tau_mem      unless refractory
        spike where v > v_threshold, then v = v_reset for the refractory period

    A spike counts at the end of its step, but the refractory period starts where v crossed the
    threshold within the step, as the exact solution has it for inputs held over the step. What this
    leaves of a whole number of silent steps is in the potential that the neuron starts from
    afterwards, below `v_reset` where it has yet to wait. So the rate under a constant current is
    that of the equations at any step that divides the refractory period, a period of one step
    counts, too, and weights mean the same at any step.

    Potentials are counted from the reset in units of the way to threshold: -65 mV is 0, -40 mV
    is 1.

    Parameters
    ----------
    tau_mem, v_threshold, v_reset, refractory
        As for `LIF`.
    bias
        The constant current; the default is the largest that does not make a neuron fire by itself.

    noise
        Standard deviation that v would have about rest from white noise alone, in units of the way
        from reset to threshold.

    Raises
    ------
    ValueError
        As `LIF` does, and for negative noise.

    Examples
    --------
    >>> neuron = BiasedLIF(v_threshold=25.0, bias=25.0)  # potentials in mV above reset

    Source: Nicola & Clopath, Nat. Commun. 8, 2208 (2017); Kim, Li & Sejnowski, PNAS 116, 22811
    (2019).
    """
    lif = LIF(tau_mem, v_threshold=v_threshold, v_reset=v_reset, refractory=refractory)
    if not 0 <= noise < np.inf:
        raise ValueError(f"`noise` must be zero or positive: got {noise}.")
    parameters = {name: value for name, value in lif.parameters.items() if name != "tau_syn"}
    return NeuronModel(
        name="BiasedLIF",
        equations=(
            "dv/dt = (bias + drive + recurrent - v)/tau_mem : 1 (unless refractory)\ncurrent : 1"
        ),
        update="current = bias + drive + recurrent" + (_NOISE if noise else ""),
        parameters=parameters | {"bias": float(bias)} | ({"noise": float(noise)} if noise else {}),
        initial=lif.initial,
        threshold=lif.threshold,
        reset=_RESET,
        refractory=lif.refractory,
        any_step=True,
        scale=lif.scale,
    )
