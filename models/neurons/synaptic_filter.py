"""Synaptic filters: how a train of weighted spikes becomes a smooth mode activity r."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

import numpy as np
from brian2 import Quantity, ms

from ..quantities import shown, time
from .names import coded
from .neuron import Dynamics

ACTIVITY = coded("r")
"""The state variable of a filter that acts on others, as generated code names it."""


@dataclass(frozen=True, eq=False)
class SynapticFilter(Dynamics):
    """Dynamics with the output ``r``; a spike of weight w adds ``gain·w`` to the variable `jump`.

    Parameters
    ----------
    jump
        The variable that a spike adds to.
    gain
        Factor of the added weight.
    """

    jump: str = "h"
    gain: float = 1.0

    @property
    def scheme(self) -> tuple[Hashable, ...]:
        """See `Dynamics`."""
        return *super().scheme, self.jump


def DoubleExponential(  # noqa: N802
    tau_rise: Quantity = 2 * ms, tau_decay: Quantity = 30 * ms
) -> SynapticFilter:
    """Build the paper's double-exponential filter as an explicit scheme.

    ``r <- a_d r + (1 - a_d) h``, then ``h <- a_r h``, with a_d = exp(-dt/tau_decay) and
    a_r = exp(-dt/tau_rise). Raises `ValueError` for times that are not positive.
    """
    return SynapticFilter(
        name="DoubleExponential",
        equations="r : 1\nh : 1",
        parameters=_double(tau_rise, tau_decay),
        update=("r = exp(-dt/tau_decay)*r + (1 - exp(-dt/tau_decay))*h\nh = exp(-dt/tau_rise)*h"),
    )


def SingleExponential(tau_decay: Quantity = 30 * ms) -> SynapticFilter:  # noqa: N802
    """Build the single-exponential filter: ``r <- a_d r + h dt/tau_decay``, then ``h <- 0``."""
    return SynapticFilter(
        name="SingleExponential",
        equations="r : 1\nh : 1",
        parameters={"tau_decay": time(tau_decay, "tau_decay")},
        update="r = exp(-dt/tau_decay)*r + h*dt/tau_decay\nh = 0",
    )


def ContinuousDoubleExponential(  # noqa: N802
    tau_rise: Quantity = 2 * ms, tau_decay: Quantity = 30 * ms, dt_input: Quantity = 2 * ms
) -> SynapticFilter:
    """Build the double-exponential filter as differential equations.

    ``dr/dt = (h - r)/tau_decay``, ``dh/dt = -h/tau_rise``; a spike adds
    g_spk = (dt_input/tau_rise)/(1 - exp(-dt_input/tau_rise)) times its weight to h, which keeps
    the area under r that the explicit scheme has at step `dt_input`.
    """
    return SynapticFilter(
        name="ContinuousDoubleExponential",
        equations="dr/dt = (h - r)/tau_decay : 1\ndh/dt = -h/tau_rise : 1",
        parameters=_double(tau_rise, tau_decay),
        gain=_dc_gain(tau_rise, dt_input),
    )


def ContinuousSingleExponential(  # noqa: N802
    tau_decay: Quantity = 30 * ms, dt_input: Quantity = 2 * ms
) -> SynapticFilter:
    """Build the single-exponential filter as a differential equation.

    ``dr/dt = -r/tau_decay``; a spike adds (dt_input/tau_decay)²/(1 - exp(-dt_input/tau_decay))
    times its weight to r, which keeps the area under r.
    """
    gain = _dc_gain(time(tau_decay, "tau_decay"), dt_input)
    return SynapticFilter(
        name="ContinuousSingleExponential",
        equations="dr/dt = -r/tau_decay : 1",
        parameters={"tau_decay": tau_decay},
        jump="r",
        gain=float(dt_input / tau_decay) * gain,
    )


def continuous_filter(explicit: SynapticFilter, dt: Quantity) -> SynapticFilter:
    """Turn an explicit filter that was used at step `dt` into its continuous form.

    Raises `ValueError` for one that is neither `DoubleExponential` nor `SingleExponential`, by
    whatever name.
    """
    for scheme, form in _CONTINUOUS.items():
        if explicit.scheme == scheme().scheme:
            continuous = form(**explicit.parameters, dt_input=dt)
            return replace(
                continuous, initial=explicit.initial, gain=explicit.gain * continuous.gain
            )
    raise ValueError(
        f"`filter` must be one of {', '.join(scheme.__name__ for scheme in _CONTINUOUS)} to have a"
        f" continuous form: got {explicit.name}."
    )


_CONTINUOUS: dict[Callable[..., SynapticFilter], Callable[..., SynapticFilter]] = {
    DoubleExponential: ContinuousDoubleExponential,
    SingleExponential: ContinuousSingleExponential,
}
"""The continuous form of each explicit scheme."""


def _double(tau_rise: Quantity, tau_decay: Quantity) -> dict[str, Quantity]:
    time(tau_rise, "tau_rise")
    time(tau_decay, "tau_decay")
    if (np.asarray(tau_rise) >= np.asarray(tau_decay)).any():
        raise ValueError(
            f"`tau_rise` must be shorter than `tau_decay` = {shown(tau_decay)}:"
            f" got {shown(tau_rise)}."
            " Use SingleExponential for a filter without rise time."
        )
    return {"tau_rise": tau_rise, "tau_decay": tau_decay}


def _dc_gain(tau: Quantity, dt_input: Quantity) -> float:
    if np.ndim(tau):
        raise ValueError(
            "`gain` must be one for all spikes: the time constant that a spike jumps in differs"
            " between neurons. Let tau_decay differ, of a filter with a rise."
        )
    ratio = float(time(dt_input, "dt_input") / tau)
    return ratio / -np.expm1(-ratio)
