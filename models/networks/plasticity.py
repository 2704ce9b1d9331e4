"""Short-term plasticity: synapses that depress and facilitate with the spikes that they carry."""

from dataclasses import dataclass

import numpy as np
from brian2 import Hz, Quantity
from brian2.units import have_same_dimensions

from ..quantities import shown, time


@dataclass(frozen=True)
class PlasticityStep:
    """Short-term plasticity at a simulation step, in plain numbers.

    In each step ``u <- keep_u u`` and ``x <- 1 - keep_x (1 - x)``. With a spike then
    ``u <- u + U (1 - u)``, what it adds is multiplied by ``scale u x``, and ``x <- x - u x``.

    Parameters
    ----------
    U
        Share of what is left to u = 1 by which a spike raises u.
    keep_u, keep_x
        What a step leaves of u, and of the resources that are spent.
    scale
        Factor on each spike.
    """

    U: float
    keep_u: float
    keep_x: float
    scale: float


@dataclass(frozen=True)
class ShortTermPlasticity:
    """Depression and facilitation of all synapses that a cell makes in a pathway.

    Between spikes ``du/dt = -u/tau_facilitation`` and ``dx/dt = (1 - x)/tau_depression``, from
    u = 0 and x = 1 at rest. A spike first raises u to ``u + U (1 - u)``, then uses the share u of
    the resources x: it counts ``A u x``, A being the weight, and leaves ``x - u x``. The first
    spike after a long rest counts ``A U``. Where u rests at U instead, and is raised after the
    release (Markram, Wang & Tsodyks, PNAS 95, 5323, 1998), spikes count exactly as much.

    Parameters
    ----------
    U
        Share of the resources that a spike after a long rest uses, above 0 and at most 1.
    tau_facilitation, tau_depression
        Time constants of u and x [s]; 0 ms for none of the two.
    kept_at
        Rate [Hz] of regular spikes at which each counts as its weight says, in the steady state:
        all efficacies are divided by that at this rate. 0 Hz is the first spike after a long rest.
        ``None``: each counts ``A u x``.

    Raises
    ------
    ValueError
        If U is out of range, a time is negative or none, or the rate is negative or none.

    Source: Tsodyks & Markram, PNAS 94, 719 (1997); Tsodyks, Pawelzik & Markram, Neural Comput. 10,
    821 (1998), with resources that are inactive as soon as they are used.
    """

    U: float
    tau_facilitation: Quantity
    tau_depression: Quantity
    kept_at: Quantity | None = None

    def __post_init__(self) -> None:
        if not 0 < self.U <= 1:
            raise ValueError(f"`U` must be above 0 and at most 1: got {shown(self.U)}.")
        for name in ("tau_facilitation", "tau_depression"):
            if np.ndim(time(getattr(self, name), name, zero=True)):
                raise ValueError(f"`{name}` must be one time for all synapses of a pathway.")
        if self.kept_at is not None:
            require_rate(self.kept_at, "kept_at")

    def steady_state(self, rate: Quantity) -> tuple[float, float]:
        """u and x that each of many regular spikes meets, u as the spike has raised it."""
        interval = np.inf if float(rate) == 0 else 1 / float(rate)
        kept_u = _remaining(interval, self.tau_facilitation)
        kept_x = _remaining(interval, self.tau_depression)
        u = self.U / (1 - kept_u * (1 - self.U))
        return u, (1 - kept_x) / (1 - kept_x * (1 - u))

    def at_step(self, dt: Quantity) -> PlasticityStep:
        """Give the numbers of a simulation step."""
        scale = 1.0 if self.kept_at is None else 1 / np.prod(self.steady_state(self.kept_at))
        return PlasticityStep(
            float(self.U),
            _remaining(float(dt), self.tau_facilitation),
            _remaining(float(dt), self.tau_depression),
            float(scale),
        )


def require_rate(rate: Quantity, name: str) -> None:
    """Raise `ValueError` unless this is a rate, zero or positive and finite."""
    if not (isinstance(rate, Quantity) and have_same_dimensions(rate, Hz) and np.ndim(rate) == 0):
        raise ValueError(f"`{name}` must be a rate: got {shown(rate)}. Write it like 20*Hz.")
    if not 0 <= float(rate) < np.inf:
        raise ValueError(f"`{name}` must be zero or positive: got {shown(rate)}.")


def _remaining(duration: float, tau: Quantity) -> float:
    """What an exponential decay leaves after a while; nothing where it takes no time."""
    return float(np.exp(-duration / float(tau))) if float(tau) > 0 else 0.0
