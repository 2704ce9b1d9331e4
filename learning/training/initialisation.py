"""Networks before learning."""

import numpy as np
from brian2 import Quantity
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import DenseNetwork, ModeNetwork, Readout, TraceReadout
from spikemodes.models.networks.rate_network import RateNetwork, RateUnit
from spikemodes.models.neurons.lif import LIF
from spikemodes.models.neurons.neuron import NeuronModel
from spikemodes.models.neurons.synaptic_filter import DoubleExponential, SynapticFilter


def initial_network(
    n_neurons: int,
    n_modes: int,
    n_inputs: int,
    n_outputs: int,
    dt: Quantity,
    rng: np.random.Generator,
    *,
    neuron: NeuronModel | None = None,
    filter: SynapticFilter | None = None,
    readout: Readout | None = None,
    full_scores: bool = False,
) -> ModeNetwork:
    """Draw a random mode-based network.

    Standard deviations: 1/√P for the modes, 1/√N for the scores and W_out, 1/√C for W_in. All but
    W_out as published (Lin & Huang 2024); with 1/√N the outputs start at the size of their targets.
    A full score matrix starts diagonal.

    Raises `ValueError` for sizes that are not positive or more modes than neurons.
    """
    _positive(n_neurons=n_neurons, n_inputs=n_inputs, n_outputs=n_outputs)
    _low_rank(n_modes, n_neurons)
    xi_in = _normal(rng, (n_neurons, n_modes), n_modes)
    xi_out = _normal(rng, (n_neurons, n_modes), n_modes)
    scores = _normal(rng, (n_modes,), n_neurons)
    modes = Modes(xi_in, np.diag(scores) if full_scores else scores, xi_out)
    shared = _shared(n_neurons, n_inputs, n_outputs, dt, rng, readout)
    shared |= _spiking(neuron, filter)
    return ModeNetwork(modes=modes, **shared)


def initial_dense_network(
    n_neurons: int,
    n_inputs: int,
    n_outputs: int,
    dt: Quantity,
    rng: np.random.Generator,
    *,
    neuron: NeuronModel | None = None,
    filter: SynapticFilter | None = None,
    readout: Readout | None = None,
) -> DenseNetwork:
    """Draw a random network with all N² weights, of variance 1/N² as a mode-based one has at P = 1.

    Raises `ValueError` for sizes that are not positive.
    """
    _positive(n_neurons=n_neurons, n_inputs=n_inputs, n_outputs=n_outputs)
    W = _normal(rng, (n_neurons, n_neurons), n_neurons**2)
    shared = _shared(n_neurons, n_inputs, n_outputs, dt, rng, readout)
    shared |= _spiking(neuron, filter)
    return DenseNetwork(W=W, **shared)


def initial_rate_network(
    n_neurons: int,
    n_modes: int | None,
    n_inputs: int,
    n_outputs: int,
    dt: Quantity,
    rng: np.random.Generator,
    *,
    unit: RateUnit | None = None,
    readout: Readout | None = None,
    full_scores: bool = False,
) -> RateNetwork:
    """Draw a random rate network, or for ``n_modes=None`` one with all N² weights.

    Modes start with xi_in = xi_out of standard deviation 1/√N and scores of 1, so that W has P
    eigenvalues close to 1 and activity along the modes lasts; all N² weights start with standard
    deviation 1/√N. W_in and W_out are drawn as for `initial_network`.

    Rates of a sigmoid start as (1 + r)/2, where r are those of tanh: its weights are enlarged to
    make up for its slope, and what a neuron sends sums to 0 over the neurons, so that rates at rest
    drive nothing.

    Raises `ValueError` as that does.
    """
    _positive(n_neurons=n_neurons, n_inputs=n_inputs, n_outputs=n_outputs)
    unit, shared = unit or RateUnit(), _shared(n_neurons, n_inputs, n_outputs, dt, rng, readout)
    gain = 1 / unit.transfer.slope(unit.rest)
    if n_modes is None:
        W = _normal(rng, (n_neurons, n_neurons), n_neurons)
        recurrence = gain * _sent(W, unit)
    else:
        _low_rank(n_modes, n_neurons)
        xi, scores = _normal(rng, (n_neurons, n_modes), n_neurons), np.full(n_modes, gain)
        scores = np.diag(scores) if full_scores else scores
        recurrence = Modes(xi, scores, _sent(xi.T, unit).T.copy())
    shared["W_in"] = np.sqrt(gain) * shared["W_in"]
    shared["W_out"] = np.sqrt(gain) * _sent(shared["W_out"], unit)
    return RateNetwork(recurrence=recurrence, unit=unit, **shared)


def _sent(weights: np.ndarray, unit: RateUnit) -> np.ndarray:
    """Weights (… × pre) whose sum over rates at rest is 0."""
    return weights - weights.mean(-1, keepdims=True) if unit.rest else weights


def _shared(n, n_inputs, n_outputs, dt, rng, readout) -> dict:
    return {
        "readout": readout or TraceReadout(),
        "W_in": _normal(rng, (n, n_inputs), n_inputs),
        "W_out": _normal(rng, (n_outputs, n), n),
        "dt": dt,
    }


def _spiking(neuron: NeuronModel | None, filter: SynapticFilter | None) -> dict:
    return {"neuron": neuron or LIF(), "filter": filter or DoubleExponential()}


def _low_rank(n_modes: int, n_neurons: int) -> None:
    _positive(n_modes=n_modes)
    if n_modes > n_neurons:
        raise ValueError(
            f"`n_modes` must not exceed the {n_neurons} neurons: got {n_modes}. Lower it."
        )


def _normal(rng: np.random.Generator, shape: tuple[int, ...], divisor: float) -> np.ndarray:
    return rng.standard_normal(shape) / np.sqrt(divisor)


def _positive(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"`{name}` must be 1 or more: got {size}.")
