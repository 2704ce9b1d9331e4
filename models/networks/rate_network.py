"""Recurrent networks of rate neurons as plain data."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from brian2 import Quantity, ms
from jaxtyping import Float

from ..quantities import shown, time
from .modes import Modes
from .recurrent import RecurrentNetwork, require_square
from .transfer import Tanh, Transfer


@dataclass(frozen=True, eq=False)
class RateUnit:
    """A leaky neuron without spikes: its output is a rate.

    Parameters
    ----------
    tau_mem
        Membrane time constant [s]; one value, or one for each neuron.
    transfer
        f, which gives the rate f(x): `Tanh` or `Sigmoid`.
    noise
        Standard deviation of what white noise adds to x in a second, if nothing decays: a step adds
        ``noise·√dt·N(0, 1)``.
    tau_learned
        The two ends between which the time constant of each neuron learns; ``None`` if they stay.

    Raises
    ------
    ValueError
        If a time is not positive, the noise negative, or a time constant outside of the two ends.
    """

    name: ClassVar[str] = "rate"
    tau_mem: Quantity = field(default_factory=lambda: 20 * ms)
    transfer: Transfer = field(default_factory=Tanh)
    noise: float = 0.0
    tau_learned: tuple[Quantity, Quantity] | None = None

    def __post_init__(self) -> None:
        time(self.tau_mem, "tau_mem")
        if not 0 <= self.noise < np.inf:
            raise ValueError(f"`noise` must be zero or positive: got {self.noise}.")
        if self.tau_learned is None:
            return
        low, high = (float(time(end, "tau_learned")) for end in self.tau_learned)
        now = np.asarray(self.tau_mem, float)
        if not (low < high and (low < now).all() and (now < high).all()):
            raise ValueError(
                "`tau_learned` must be two times, the shorter one first, with every `tau_mem`"
                f" between them: got {shown(self.tau_learned)} and {shown(self.tau_mem)}."
            )

    @property
    def _content(self) -> tuple[Hashable, ...]:
        ends = None if self.tau_learned is None else tuple(map(float, self.tau_learned))
        tau = np.asarray(self.tau_mem, float)
        return tau.shape, tau.tobytes(), self.transfer, self.noise, ends

    def __eq__(self, other: object) -> bool:
        """Whether all values are the same."""
        return isinstance(other, RateUnit) and self._content == other._content

    def __hash__(self) -> int:
        """By content."""
        return hash(self._content)

    @property
    def rest(self) -> float:
        """The rate before any input, f(0)."""
        return float(self.transfer(np.zeros(())))

    def decay(self, dt: Quantity) -> float | Float[np.ndarray, " N"]:
        """a_mem = exp(-dt/tau_mem)."""
        decay = np.exp(-np.asarray(dt / self.tau_mem, float))
        return decay if decay.ndim else float(decay)


@dataclass(frozen=True, eq=False, kw_only=True)
class RateNetwork(RecurrentNetwork):
    """A network of rate neurons with the recurrent weights of a spiking one.

    ::

        x[k] = a_mem x[k-1] + (1 - a_mem) (W_in u[k] + W r[k-1]) + noise √dt N(0, 1)
        r = f(x), x = 0 at the start
        y[k] = W_out r[k],  or  y = W_out max_k r[k]

    Parameters
    ----------
    recurrence
        W (post × pre): modes and scores, or all N × N weights.
    unit
        The neuron model of all N neurons.

    The other parameters are those of `RecurrentNetwork`.
    """

    recurrence: Modes | Float[np.ndarray, "N N"]
    unit: RateUnit = field(default_factory=RateUnit)

    def __post_init__(self) -> None:
        if isinstance(self.recurrence, np.ndarray):
            require_square(recurrence=self.recurrence)
        super().__post_init__()
        if np.ndim(tau := self.unit.tau_mem) and np.shape(tau) != (self.n_neurons,):
            raise ValueError(
                f"`tau_mem` must be one value or one per neuron: expected ({self.n_neurons},), got"
                f" {np.shape(tau)}."
            )

    @property
    def n_neurons(self) -> int:
        """N."""
        W = self.recurrence
        return W.n_neurons if isinstance(W, Modes) else W.shape[0]

    @property
    def mode_encoder(self) -> Float[np.ndarray, "N M"]:
        """See `RecurrentNetwork`."""
        W = self.recurrence
        return W.xi_out if isinstance(W, Modes) else np.zeros((self.n_neurons, 0))

    def dense(self) -> Float[np.ndarray, "N N"]:
        """The recurrent weight matrix W (post × pre)."""
        return self.recurrence.dense() if isinstance(self.recurrence, Modes) else self.recurrence
