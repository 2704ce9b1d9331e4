"""The leaky integrate-and-fire neuron with conductances for synapses."""

from brian2 import Quantity, ms, mV

from ..quantities import shown, time
from .lif import GAIN
from .neuron import CONDUCTANCES, FIRST_STEP, LATE, MATCHED_PERIOD, NeuronModel


def ConductanceLIF(  # noqa: N802
    tau_mem: Quantity = 20 * ms,
    tau_syn: Quantity = 10 * ms,
    E_L: Quantity = -70 * mV,
    V_th: Quantity = -50 * mV,
    V_reset: Quantity = -70 * mV,
    E_exc: Quantity = 0 * mV,
    E_inh: Quantity = -80 * mV,
    V_ref: Quantity = -60 * mV,
    refractory: Quantity = 10 * ms,
    driving_force: float = 1.0,
    dt_input: Quantity = 2 * ms,
) -> NeuronModel:
    """Build the LIF in mV whose positive and negative weights open conductances.

    ::

        tau_mem dv/dt = E_L - v + g_exc (E_exc - v) + g_inh (E_inh - v)     (conductances / g_L)

    Each conductance is filtered as the `LIF`'s current. A weight w opens the conductance that
    gives, at the potential `V_ref`, the current w of a LIF whose threshold is V_th - E_L:
    g_exc = w (V_th - E_L)/(E_exc - V_ref), g_inh = |w| (V_th - E_L)/(V_ref - E_inh). So weights
    learned with a LIF keep their meaning at that potential. External drive is split by its sign
    likewise. In each step v relaxes exactly towards the potential at which the currents balance.

    Parameters
    ----------
    tau_mem, tau_syn
        Membrane and synaptic time constants [s].
    E_L, V_th, V_reset
        Leak potential, threshold and the potential after a spike [V].
    E_exc, E_inh
        Reversal potentials of excitation and inhibition [V].
    V_ref
        Potential at which a weight means what it means to a `LIF` [V].
    refractory
        Time after a spike in which v stays [s].
    driving_force
        s, how much the current depends on v: 1 for the given reversal potentials; below 1 they lie
        1/s times as far from V_ref and pass s times the conductance, up to the currents of the
        `LIF` at 0.
    dt_input
        Step for which the weights were learned [s].

    Raises
    ------
    ValueError
        For potentials out of order, a time that is not positive or a driving force outside 0 to 1.

    Examples
    --------
    >>> neuron = ConductanceLIF(E_inh=-75 * mV, tau_mem=15 * ms)

    Source: Destexhe, Rudolph, Fellous & Sejnowski, Neuroscience 107, 13 (2001), for conductances in
    cortex. Membrane time constant, threshold and reversal potentials are those of Brette et al.,
    J. Comput. Neurosci. 23, 349 (2007), benchmark 1, as one of its authors published it for Brian:
    20 ms, -50, 0 and -80 mV. Others differ: leak and reset are -60 mV there, the conductances decay
    with 5 ms (excitation) and 10 ms (inhibition), and refractoriness is 5 ms. Here leak and
    reset are 20 mV below threshold, and tau_syn is that of the LIF that learned the weights.
    """
    if not E_inh < V_ref < E_exc or not max(V_reset, E_L) < V_th < E_exc:
        raise ValueError(
            "`V_ref` must lie between `E_inh` and `E_exc`, `V_th` above `V_reset` and `E_L` and"
            f" below `E_exc`: got E_inh {shown(E_inh)}, E_L {shown(E_L)}, V_reset"
            f" {shown(V_reset)}, V_ref {shown(V_ref)}, V_th {shown(V_th)}, E_exc {shown(E_exc)}."
        )
    if not 0 <= driving_force <= 1:
        raise ValueError(f"`driving_force` must lie between 0 and 1: got {driving_force}.")
    return NeuronModel(
        name="ConductanceLIF",
        equations="v : volt\nI_exc : 1\nI_inh : 1\nlate : 1",
        update=(
            f"I_exc = exp(-dt/tau_syn)*I_exc + {GAIN}*(excitation + (abs(drive) + drive)/2)\n"
            f"I_inh = exp(-dt/tau_syn)*I_inh + {GAIN}*(inhibition + (abs(drive) - drive)/2)\n"
            "open = driving_force*(V_th - E_L)*(I_exc/(E_exc - V_ref) + I_inh/(V_ref - E_inh))\n"
            "balance = (E_L + (V_th - E_L)*(I_exc - I_inh) + open*V_ref)/(1 + open)\n"
            f"kept = exp(-{FIRST_STEP}*(1 + open)/tau_mem)\n"
            "v = int(not_refractory)*(balance + (v - balance)*kept) + (1 - int(not_refractory))*v\n"
            f"{LATE}"
        ),
        parameters={
            "tau_mem": time(tau_mem, "tau_mem"),
            "tau_syn": time(tau_syn, "tau_syn"),
            "E_L": E_L,
            "V_th": V_th,
            "V_reset": V_reset,
            "E_exc": E_exc,
            "E_inh": E_inh,
            "V_ref": V_ref,
            "refractory": time(refractory, "refractory", zero=True),
            "driving_force": float(driving_force),
            "dt_input": time(dt_input, "dt_input"),
        },
        initial={"v": "E_L"},
        threshold="v > V_th",
        reset="v = V_reset\nlate = 1",
        refractory=MATCHED_PERIOD,
        scale="V_th - E_L",
        inputs=CONDUCTANCES,
    )
