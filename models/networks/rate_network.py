"""Recurrent networks of rate neurons as plain data."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from brian2 import Quantity, ms
from jaxtyping import Float

from ..quantities import time
from .modes import Modes
from .recurrent import RecurrentNetwork, require_square
from .transfer import Tanh, Transfer


@dataclass(frozen=True)
class RateUnit:
    """A leaky neuron without spikes: its output is a rate.

    Parameters
    ----------
    tau_mem
        Membrane time constant [s].
    transfer
        f, which gives the rate f(x): `Tanh` or `Sigmoid`.
    """

    name: ClassVar[str] = "rate"
    tau_mem: Quantity = field(default_factory=lambda: 20 * ms)
    transfer: Transfer = field(default_factory=Tanh)

    def __post_init__(self) -> None:
        time(self.tau_mem, "tau_mem")

    @property
    def rest(self) -> float:
        """The rate before any input, f(0)."""
        return float(self.transfer(np.zeros(())))

    def decay(self, dt: Quantity) -> float:
        """a_mem = exp(-dt/tau_mem)."""
        return float(np.exp(-float(dt / self.tau_mem)))


@dataclass(frozen=True, eq=False, kw_only=True)
class RateNetwork(RecurrentNetwork):
    """A network of rate neurons with the recurrent weights of a spiking one.

    ::

        x[k] = a_mem x[k-1] + (1 - a_mem) (W_in u[k] + W r[k-1])     r = f(x), x = 0 at the start
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
