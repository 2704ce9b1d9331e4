"""The adaptive exponential integrate-and-fire neuron."""

from brian2 import Quantity, have_same_dimensions, ms, mV, nS, pA, pF

from ..quantities import shown, time
from .lif import GAIN
from .neuron import FIRST_STEP, LATE, MATCHED_PERIOD, NeuronModel


def AdEx(  # noqa: N802
    C: Quantity = 200 * pF,
    g_L: Quantity = 10 * nS,
    E_L: Quantity = -70 * mV,
    V_T: Quantity = -50 * mV,
    Delta_T: Quantity = 2 * mV,
    a: Quantity = 2 * nS,
    tau_w: Quantity = 30 * ms,
    b: Quantity = 0 * pA,
    V_r: Quantity = -58 * mV,
    refractory: Quantity = 2 * ms,
    tau_syn: Quantity = 10 * ms,
    cut: float = 5.0,
    gain: float = 1.0,
    dt_input: Quantity = 2 * ms,
) -> NeuronModel:
    """Build the adaptive exponential integrate-and-fire neuron, in a scheme for coarse steps.

    ::

        C dv/dt = -g_L (v - E_L) + g_L Delta_T exp((v - V_T)/Delta_T) - w + gain g_L (V_T - E_L) I
        tau_w dw/dt = a (v - E_L) - w
        spike where v > V_T + cut Delta_T, then v = V_r for the refractory period, and w += b

    The synaptic current I, which is filtered as the `LIF`'s, comes in units of the current that
    would hold v at V_T, so that weights learned with a LIF keep their meaning. Each step
    integrates w, the leak and the exponential one after the other, each of them exactly: with
    x = (v - V_T)/Delta_T the exponential takes x to -ln(exp(-x) - dt g_L/C), a spike where that has
    no value any more. This converges to the equations as dt becomes small, and stays stable at the
    steps of the twin, where the upswing is shorter than a step. As Delta_T, a and b go to 0 it is
    the `LIF`.

    Parameters
    ----------
    C, g_L, E_L
        Membrane capacitance [F], leak conductance [S] and leak potential [V]. Defaults are those
        of tonic firing in Naud et al.
    V_T, Delta_T
        Threshold and slope factor of the exponential [V].
    a, tau_w, b
        Subthreshold coupling [S] and time constant [s] of adaptation, and its jump at a spike [A].
    V_r, refractory
        Potential after a spike [V] and the time for which it stays [s].
    tau_syn
        Time constant of the synaptic current [s].
    cut
        Where the upswing ends and a spike is counted, in units of Delta_T above V_T.
    gain
        Factor of the synaptic current, such as one that makes f-I curves meet.
    dt_input
        Step for which the weights were learned [s].

    Raises
    ------
    ValueError
        For a quantity that has not the unit it should, or is out of range.

    Examples
    --------
    >>> adapting = AdEx(a=2 * nS, b=60 * pA, tau_w=150 * ms)

    Source: Brette & Gerstner, J. Neurophysiol. 94, 3637 (2005); Naud, Marcille, Clopath & Gerstner,
    Biol. Cybern. 99, 335 (2008), whose table 1 has the parameters of each firing pattern.
    """
    positive = {
        "C": (C, pF),
        "g_L": (g_L, nS),
        "Delta_T": (Delta_T, mV),
        "V_T - E_L": (V_T - E_L, mV),
    }
    for name, (value, unit) in positive.items():
        if not have_same_dimensions(value, unit) or not float(value) > 0:
            raise ValueError(
                f"`{name}` must be positive, in units such as {unit!s}: got {shown(value)}."
            )
    if not cut > 0:
        raise ValueError(f"`cut` must be positive: got {cut}.")
    return NeuronModel(
        name="AdEx",
        equations="v : volt\nw : amp\nI : 1\nlate : 1",
        update=(
            f"I = exp(-dt/tau_syn)*I + {GAIN}*(drive + recurrent)\n"
            "w = a*(v - E_L) + (w - a*(v - E_L))*exp(-dt/tau_w)\n"
            "rest = E_L + gain*(V_T - E_L)*I - w/g_L\n"
            f"leaked = rest + (v - rest)*exp(-{FIRST_STEP}*g_L/C)\n"
            f"grown = {FIRST_STEP}*g_L/C*exp(clip((leaked - V_T)/Delta_T, -100, 100))\n"
            "raised = leaked - Delta_T*log1p(-clip(grown, 0, 1 - exp(-cut)))\n"
            "v = int(not_refractory)*raised + (1 - int(not_refractory))*v\n"
            f"{LATE}"
        ),
        parameters={
            "C": C,
            "g_L": g_L,
            "E_L": E_L,
            "V_T": V_T,
            "Delta_T": Delta_T,
            "a": a,
            "tau_w": time(tau_w, "tau_w"),
            "b": b,
            "V_r": V_r,
            "refractory": time(refractory, "refractory", zero=True),
            "tau_syn": time(tau_syn, "tau_syn"),
            "cut": float(cut),
            "gain": float(gain),
            "dt_input": time(dt_input, "dt_input"),
        },
        initial={"v": "E_L"},
        threshold="v > V_T + cut*Delta_T",
        reset="v = V_r\nw += b\nlate = 1",
        refractory=MATCHED_PERIOD,
        scale="V_T - E_L",
        time_constant="C/g_L",
    )
