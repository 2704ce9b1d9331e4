"""Networks before learning."""

from typing import TypedDict, Unpack, overload

import numpy as np
from brian2 import Quantity
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import (
    DenseNetwork,
    ModeNetwork,
    Network,
    Readout,
    TraceReadout,
)
from spikemodes.models.networks.rate_network import RateNetwork, RateUnit
from spikemodes.models.neurons.lif import LIF
from spikemodes.models.neurons.neuron import NeuronModel
from spikemodes.models.neurons.synaptic_filter import DoubleExponential, SynapticFilter


class _Options(TypedDict, total=False):
    filter: SynapticFilter | None
    readout: Readout | None
    full_scores: bool


@overload
def initial_network(
    n_neurons: int, n_modes: int | None, n_inputs: int, n_outputs: int, dt: Quantity,
    rng: np.random.Generator, *, neuron: RateUnit, **options: Unpack[_Options],
) -> RateNetwork: ...  # fmt: skip
@overload
def initial_network(
    n_neurons: int, n_modes: int | None, n_inputs: int, n_outputs: int, dt: Quantity,
    rng: np.random.Generator, *, neuron: NeuronModel | None = None, **options: Unpack[_Options],
) -> Network: ...  # fmt: skip
@overload
def initial_network(
    n_neurons: int, n_modes: int | None, n_inputs: int, n_outputs: int, dt: Quantity,
    rng: np.random.Generator, *, neuron: NeuronModel | RateUnit | None, **options: Unpack[_Options],
) -> Network | RateNetwork: ...  # fmt: skip
def initial_network(
    n_neurons: int,
    n_modes: int | None,
    n_inputs: int,
    n_outputs: int,
    dt: Quantity,
    rng: np.random.Generator,
    *,
    neuron: NeuronModel | RateUnit | None = None,
    filter: SynapticFilter | None = None,
    readout: Readout | None = None,
    full_scores: bool = False,
) -> Network | RateNetwork:
    """Draw a random network, as it is before learning.

    Spiking neurons: standard deviations 1/√P for the modes, 1/√N for the scores and W_out, 1/√C for
    W_in. All but W_out as published (Lin & Huang 2024); with 1/√N the outputs start at the size of
    their targets. A full score matrix starts diagonal. All N² weights have the variance 1/N² that a
    mode-based network has at P = 1.

    Rate neurons: modes start with xi_in = xi_out of standard deviation 1/√N and scores of 1, so
    that W has P eigenvalues close to 1 and activity along the modes lasts; all N² weights start
    with standard deviation 1/√N. Rates of a sigmoid start as (1 + r)/2, where r are those of tanh:
    its weights are enlarged to make up for its slope, and what a neuron sends sums to 0 over the
    neurons, so that rates at rest drive nothing.

    Parameters
    ----------
    n_neurons
        N.
    n_modes
        P, or ``None`` for all N² weights.
    n_inputs, n_outputs
        Channels C and outputs O.
    dt
        Step [s, a Brian2 quantity].
    rng
        Draws the weights.
    neuron
        `LIF()` by default; a `RateUnit` makes a network of rates.
    filter
        Of the spike trains, `DoubleExponential()` by default; rates have none.
    readout
        `TraceReadout()` by default.
    full_scores
        Whether Sigma is a full P × P matrix.

    Raises
    ------
    ValueError
        For sizes that are not positive or more modes than neurons.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> network = initial_network(100, 3, n_inputs=4, n_outputs=1, dt=2 * ms, rng=rng)
    """
    _require_sizes(n_neurons=n_neurons, n_modes=n_modes, n_inputs=n_inputs, n_outputs=n_outputs)
    size = n_neurons, n_modes, full_scores
    if isinstance(neuron, RateUnit):
        ends = _ends(n_neurons, n_inputs, n_outputs, rng)
        recurrence, W_in, W_out = _of_rates(size, *ends, neuron, rng)
        shared = {"W_in": W_in, "W_out": W_out, "dt": dt, "readout": readout or TraceReadout()}
        return RateNetwork(recurrence=recurrence, unit=neuron, **shared)
    weights = _of_spikes(size, rng)
    W_in, W_out = _ends(n_neurons, n_inputs, n_outputs, rng)
    shared = {"W_in": W_in, "W_out": W_out, "dt": dt, "readout": readout or TraceReadout()}
    shared |= {"neuron": neuron or LIF(), "filter": filter or DoubleExponential()}
    if isinstance(weights, Modes):
        return ModeNetwork(modes=weights, **shared)
    return DenseNetwork(W=weights, **shared)


_Size = tuple[int, int | None, bool]  # N, P, and whether the scores are full


def _of_spikes(size: _Size, rng: np.random.Generator) -> Modes | np.ndarray:
    n, p, full_scores = size
    if p is None:
        return _normal(rng, (n, n), n**2)
    xi_in, xi_out = _normal(rng, (n, p), p), _normal(rng, (n, p), p)
    scores = _normal(rng, (p,), n)
    return Modes(xi_in, np.diag(scores) if full_scores else scores, xi_out)


def _of_rates(
    size: _Size, W_in: np.ndarray, W_out: np.ndarray, unit: RateUnit, rng: np.random.Generator
) -> tuple[Modes | np.ndarray, np.ndarray, np.ndarray]:
    n, p, full_scores = size
    gain = 1 / unit.transfer.slope(unit.rest)
    if p is None:
        recurrence = gain * _sent(_normal(rng, (n, n), n), unit)
    else:
        xi, scores = _normal(rng, (n, p), n), np.full(p, gain)
        scores = np.diag(scores) if full_scores else scores
        recurrence = Modes(xi, scores, _sent(xi.T, unit).T.copy())
    return recurrence, np.sqrt(gain) * W_in, np.sqrt(gain) * _sent(W_out, unit)


def _sent(weights: np.ndarray, unit: RateUnit) -> np.ndarray:
    """Weights (… × pre) whose sum over rates at rest is 0."""
    return weights - weights.mean(-1, keepdims=True) if unit.rest else weights


def _ends(
    n: int, n_inputs: int, n_outputs: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """W_in and W_out."""
    return _normal(rng, (n, n_inputs), n_inputs), _normal(rng, (n_outputs, n), n)


def _normal(rng: np.random.Generator, shape: tuple[int, ...], divisor: float) -> np.ndarray:
    return rng.standard_normal(shape) / np.sqrt(divisor)


def _require_sizes(*, n_neurons: int, n_modes: int | None, **others: int) -> None:
    sizes = {"n_neurons": n_neurons, **others, **({} if n_modes is None else {"n_modes": n_modes})}
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"`{name}` must be 1 or more: got {size}.")
    if n_modes is not None and n_modes > n_neurons:
        raise ValueError(
            f"`n_modes` must not exceed the {n_neurons} neurons: got {n_modes}. Lower it."
        )
