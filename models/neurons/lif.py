"""Leaky integrate-and-fire neurons: the paper's explicit scheme and its continuous form."""

from collections.abc import Mapping
from dataclasses import replace

from brian2 import Quantity, ms

from ..quantities import time
from .bias import has_bias, with_bias, without_bias
from .neuron import LATE, MATCHED_PERIOD, NeuronModel

GAIN = "(1 - exp(-dt/tau_syn))/(1 - exp(-dt_input/tau_syn))"
"""What an explicit scheme weighs its input with at a step other than `dt_input`, 1 at that step."""

CATCH_UP = "late*int(not_refractory)*(1 - exp(-(dt_input - dt)/(2*tau_mem)))"
"""How much of the way to its current v moves on as its silence ends; see `FIRST_STEP`."""


def LIF(  # noqa: N802
    tau_mem: Quantity = 20 * ms,
    tau_syn: Quantity = 10 * ms,
    v_threshold: float = 1.0,
    v_reset: float = 0.0,
    refractory: Quantity = 10 * ms,
) -> NeuronModel:
    """Build the leaky integrate-and-fire neuron of mode-based networks, in its explicit scheme.

    ::

        I <- a_syn I + drive + recurrent              a_syn = exp(-dt/tau_syn)
        v <- a_mem v + (1 - a_mem) I                  a_mem = exp(-dt/tau_mem)
        spike where v > v_threshold, then v = v_reset for the refractory period

    Parameters
    ----------
    tau_mem, tau_syn
        Membrane and synaptic time constants [s].
    v_threshold, v_reset
        Potential at which a spike comes, and the one after it, dimensionless.
    refractory
        Time after a spike in which v stays [s].

    Raises
    ------
    ValueError
        For a time that is not positive or a reset that is not below threshold.

    Examples
    --------
    >>> slow = LIF(tau_mem=30 * ms, refractory=4 * ms)

    Source: Lin & Huang, Phys. Rev. E 110, 024306 (2024), eqs. 2-4.
    """
    return NeuronModel(
        name="LIF",
        equations="v : 1\nI : 1",
        update=(
            "I = exp(-dt/tau_syn)*I + drive + recurrent\n"
            "v = int(not_refractory)*(exp(-dt/tau_mem)*v + (1 - exp(-dt/tau_mem))*I)"
            " + (1 - int(not_refractory))*v"
        ),
        **_common(tau_mem, tau_syn, v_threshold, v_reset, refractory),
    )


def ContinuousLIF(  # noqa: N802
    tau_mem: Quantity = 20 * ms,
    tau_syn: Quantity = 10 * ms,
    v_threshold: float = 1.0,
    v_reset: float = 0.0,
    refractory: Quantity = 10 * ms,
    dt_input: Quantity = 2 * ms,
    method: str = "exact",
) -> NeuronModel:
    """Build the same neuron as differential equations, for any simulation step.

    ::

        dv/dt = (I - v)/tau_mem                       unless refractory
        dI/dt = -I/tau_syn + g_syn (drive + recurrent)/dt_input

    with g_syn = (dt_input/tau_syn)/(1 - exp(-dt_input/tau_syn)), which keeps the DC gain of the
    explicit scheme at step `dt_input`. Spikes are `refractory` apart or more, as in the explicit
    scheme; but there a spike is seen at the end of the step in which v crosses the threshold, half
    a step late on average, so that v is that much further at the end of its silence. Here it moves
    on by (dt_input - dt)/2 in its first step after it; see `FIRST_STEP`.

    Parameters
    ----------
    tau_mem, tau_syn, v_threshold, v_reset, refractory
        As for `LIF`.
    dt_input
        Step for which the weights were learned, over which inputs are held [s].
    method
        Brian2's integrator: ``exact``, ``exponential_euler`` or ``euler``.

    Raises
    ------
    ValueError
        As `LIF` does.

    Examples
    --------
    >>> neuron = ContinuousLIF(tau_mem=30 * ms, dt_input=1 * ms)
    """
    common = _common(tau_mem, tau_syn, v_threshold, v_reset, refractory)
    common["parameters"] = {**common["parameters"], "dt_input": time(dt_input, "dt_input")}
    common["reset"] += "\nlate = 1"
    common["refractory"] = MATCHED_PERIOD
    return NeuronModel(
        name="ContinuousLIF",
        equations=(
            "dv/dt = (I - v)/tau_mem : 1 (unless refractory)\n"
            "dI/dt = -I/tau_syn + gain*(drive + recurrent) : 1\n"
            "gain = 1/(tau_syn*(1 - exp(-dt_input/tau_syn))) : Hz\n"
            "late : 1"
        ),
        method=method,
        update=f"v = v + {CATCH_UP}*(I - v)\n{LATE}",
        **common,
    )


class NoContinuousFormError(ValueError):
    """An explicit scheme has no continuous form; `reason` says of which neuron, in a clause."""

    def __init__(self, neuron: NeuronModel) -> None:
        self.reason = (
            f"the neuron {neuron.name} has update statements that hold for the step it learned at"
        )
        super().__init__(
            f"`neuron` must be the explicit LIF to have a continuous form: {self.reason}. Write it"
            " as differential equations, or weigh its input with a parameter dt_input, that step."
        )


def is_lif(neuron: NeuronModel) -> bool:
    """Whether a neuron is `LIF`, whatever it is called and whatever its parameters."""
    return neuron.scheme == LIF().scheme


def continuous_lif(lif: NeuronModel, dt: Quantity) -> NeuronModel:
    """Turn an explicit `LIF` that learned at step `dt`, with bias or not, into its continuous form.

    Raises `NoContinuousFormError` for any other neuron.
    """
    if has_bias(lif):
        plain, bias = without_bias(lif)
        return with_bias(continuous_lif(plain, dt), bias)
    if not is_lif(lif):
        raise NoContinuousFormError(lif)
    continuous = ContinuousLIF(dt_input=dt).with_parameters(**lif.parameters)
    kept = {name: getattr(lif, name) for name in ("initial", "scale", "time_constant")}
    return replace(continuous, **kept)


def _common(
    tau_mem: Quantity, tau_syn: Quantity, v_threshold: float, v_reset: float, refractory: Quantity
) -> dict:
    if v_reset >= v_threshold:
        raise ValueError(
            f"`v_reset` must be below `v_threshold` = {v_threshold}: got {v_reset}. Lower it."
        )
    parameters: Mapping = {
        "tau_mem": time(tau_mem, "tau_mem"),
        "tau_syn": time(tau_syn, "tau_syn"),
        "v_threshold": float(v_threshold),
        "v_reset": float(v_reset),
        "refractory": time(refractory, "refractory", zero=True),
    }
    return {
        "parameters": parameters,
        "initial": {"v": "v_reset"},
        "threshold": "v > v_threshold",
        "reset": "v = v_reset",
        "refractory": "refractory",
        "scale": "v_threshold - v_reset",
    }
