"""The leaky integrate-and-fire neuron with spike-frequency adaptation."""

from brian2 import Quantity, ms

from ..quantities import time
from .lif import CATCH_UP, GAIN, LIF
from .neuron import LATE, MATCHED_PERIOD, NeuronModel


def AdaptiveLIF(  # noqa: N802
    tau_mem: Quantity = 20 * ms,
    tau_syn: Quantity = 10 * ms,
    v_threshold: float = 1.0,
    v_reset: float = 0.0,
    refractory: Quantity = 10 * ms,
    tau_w: Quantity = 100 * ms,
    b: float = 0.1,
    dt_input: Quantity = 2 * ms,
) -> NeuronModel:
    """Build a LIF whose spikes leave an adaptation current w behind, in the LIF's scheme.

    ::

        I <- a_syn I + g (drive + recurrent)          a_syn = exp(-dt/tau_syn)
        w <- a_w w                                    a_w = exp(-dt/tau_w)
        v <- a_mem v + (1 - a_mem) (I - w)            a_mem = exp(-dt/tau_mem)
        spike where v > v_threshold, then v = v_reset for the refractory period, and w += b

    With g = (1 - a_syn)/(1 - exp(-dt_input/tau_syn)), 1 at the step for which weights were learned,
    so that the neuron can run at any step. With b = 0 it is the `LIF`.

    Parameters
    ----------
    tau_mem, tau_syn, v_threshold, v_reset, refractory
        As for `LIF`.
    tau_w
        Time constant of adaptation [s].
    b
        What a spike adds to w, in units of the threshold.
    dt_input
        Step for which the weights were learned [s].

    Raises
    ------
    ValueError
        As `LIF` does, or for a negative `b`.

    Examples
    --------
    >>> neuron = AdaptiveLIF(tau_w=200 * ms, b=0.05)

    Source: the adaptation current of Benda & Herz, Neural Comput. 15, 2523 (2003), on the LIF.
    """
    lif = LIF(tau_mem, tau_syn, v_threshold, v_reset, refractory)
    if not b >= 0:
        raise ValueError(f"`b` must be zero or positive: got {b}. Adaptation slows firing down.")
    return NeuronModel(
        name="AdaptiveLIF",
        equations="v : 1\nI : 1\nw : 1\nlate : 1",
        update=(
            f"I = exp(-dt/tau_syn)*I + {GAIN}*(drive + recurrent)\n"
            "w = exp(-dt/tau_w)*w\n"
            "v = int(not_refractory)*(exp(-dt/tau_mem)*v + (1 - exp(-dt/tau_mem))*(I - w))"
            " + (1 - int(not_refractory))*v\n"
            f"v = v + {CATCH_UP}*(I - w - v)\n"
            f"{LATE}"
        ),
        parameters={
            **lif.parameters,
            "tau_w": time(tau_w, "tau_w"),
            "b": float(b),
            "dt_input": time(dt_input, "dt_input"),
        },
        initial=lif.initial,
        threshold=lif.threshold,
        reset=f"{lif.reset}\nw += b\nlate = 1",
        refractory=MATCHED_PERIOD,
        scale=lif.scale,
    )
