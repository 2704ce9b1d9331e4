"""Recurrent networks of rate neurons as plain data."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from brian2 import Quantity, ms
from jaxtyping import Float

from ..quantities import time
from .modes import Modes
from .network import Readout, TraceReadout, require_square, require_weights
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
class RateNetwork:
    """A network of rate neurons with the recurrent weights of a spiking one.

    ::

        x[k] = a_mem x[k-1] + (1 - a_mem) (W_in u[k] + W r[k-1])     r = f(x), x = 0 at the start
        y[k] = W_out r[k],  or  y = W_out max_k r[k]

    Parameters
    ----------
    recurrence
        W (post × pre): modes and scores, or all N × N weights.
    W_in
        Input weights (N × C).
    W_out
        Output weights (O × N).
    dt
        Step for which the weights were learned [s].
    unit
        The neuron model of all N neurons.
    readout
        `TraceReadout` or `PeakReadout`.

    Raises
    ------
    ValueError
        If shapes do not fit together, a value is not finite, or `dt` is not a positive time.
    """

    recurrence: Modes | Float[np.ndarray, "N N"]
    W_in: Float[np.ndarray, "N C"]
    W_out: Float[np.ndarray, "O N"]
    dt: Quantity
    unit: RateUnit = field(default_factory=RateUnit)
    readout: Readout = field(default_factory=TraceReadout)

    def __post_init__(self) -> None:
        time(self.dt, "dt")
        if isinstance(self.recurrence, np.ndarray):
            require_square(recurrence=self.recurrence)
        require_weights(self.n_neurons, self.W_in, self.W_out)

    @property
    def n_neurons(self) -> int:
        """N."""
        W = self.recurrence
        return W.n_neurons if isinstance(W, Modes) else W.shape[0]

    @property
    def n_inputs(self) -> int:
        """C."""
        return self.W_in.shape[1]

    @property
    def n_outputs(self) -> int:
        """O."""
        return self.W_out.shape[0]

    def dense(self) -> Float[np.ndarray, "N N"]:
        """The recurrent weight matrix W (post × pre)."""
        return self.recurrence.dense() if isinstance(self.recurrence, Modes) else self.recurrence
