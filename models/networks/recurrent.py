"""What networks of spiking neurons and of rate neurons share: inputs, outputs and their weights."""

from dataclasses import dataclass, field

import numpy as np
from brian2 import Quantity
from jaxtyping import Float

from ..quantities import require_finite, time
from ..trials import Trials


@dataclass(frozen=True)
class TraceReadout:
    """Output at every step: y[k] = W_out · R[k], with R the filtered spike trains."""

    name: str = "trace"


@dataclass(frozen=True)
class PeakReadout:
    """One output per trial: y = W_out · max_k R[k], per neuron over time."""

    name: str = "peak"


Readout = TraceReadout | PeakReadout
READOUTS: dict[str, Readout] = {r.name: r for r in (TraceReadout(), PeakReadout())}


@dataclass(frozen=True, eq=False, kw_only=True)
class RecurrentNetwork:
    """Input and output weights of N neurons with recurrent weights W (post × pre).

    Parameters
    ----------
    W_in
        Input weights (N × C).
    W_out
        Output weights (O × N).
    dt
        Step for which the weights were learned [s].
    readout
        `TraceReadout` or `PeakReadout`.

    Raises
    ------
    ValueError
        If shapes do not fit together, a value is not finite, or `dt` is not a positive time.
    """

    W_in: Float[np.ndarray, "N C"]
    W_out: Float[np.ndarray, "O N"]
    dt: Quantity
    readout: Readout = field(default_factory=TraceReadout)

    def __post_init__(self) -> None:
        time(self.dt, "dt")
        require_weights(self.n_neurons, self.W_in, self.W_out)

    @property
    def n_neurons(self) -> int:
        """N."""
        raise NotImplementedError

    @property
    def n_inputs(self) -> int:
        """C."""
        return self.W_in.shape[1]

    @property
    def n_outputs(self) -> int:
        """O."""
        return self.W_out.shape[0]

    @property
    def mode_encoder(self) -> Float[np.ndarray, "N M"]:
        """What each neuron adds to each mode; dense weights have no modes."""
        raise NotImplementedError

    def dense(self) -> Float[np.ndarray, "N N"]:
        """The recurrent weight matrix W (post × pre)."""
        raise NotImplementedError


def require_weights(n_neurons: int, W_in: np.ndarray, W_out: np.ndarray) -> None:
    """Raise `ValueError` for input and output weights that do not fit N neurons or each other."""
    if W_in.ndim != 2 or W_in.shape[0] != n_neurons:
        raise ValueError(
            f"`W_in` must have one row per neuron: expected ({n_neurons}, C), got {W_in.shape}."
            " Transpose it if inputs come first."
        )
    if W_out.ndim != 2 or W_out.shape[1] != n_neurons:
        raise ValueError(
            f"`W_out` must have one column per neuron: expected (O, {n_neurons}), got"
            f" {W_out.shape}. Transpose it if neurons come first."
        )
    require_finite(W_in=W_in, W_out=W_out)


def require_square(**matrices: np.ndarray) -> None:
    """Raise `ValueError` naming the first matrix that is not square or not finite."""
    for name, matrix in matrices.items():
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
            raise ValueError(f"`{name}` must be square, post × pre: got {matrix.shape}.")
        require_finite(**{name: matrix})


def require_channels(network: RecurrentNetwork, trials: Trials) -> None:
    """Raise `ValueError` unless trials have the input channels of a network."""
    if trials.n_inputs != network.n_inputs:
        raise ValueError(
            f"`trials` must have the {network.n_inputs} input channels of the network:"
            f" got {trials.n_inputs}."
        )
