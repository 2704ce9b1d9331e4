"""Recurrent spiking networks as plain data."""

from dataclasses import dataclass, replace
from typing import Any, Self, TypeVar

import numpy as np
from brian2 import Quantity
from jaxtyping import Float, Int

from ..neurons.lif import continuous_lif
from ..neurons.neuron import NeuronModel
from ..neurons.synaptic_filter import SynapticFilter, continuous_filter
from ..quantities import shown
from .modes import Modes
from .recurrent import (
    READOUTS,
    PeakReadout,
    Readout,
    RecurrentNetwork,
    TraceReadout,
    require_square,
)

__all__ = [
    "READOUTS",
    "DenseNetwork",
    "ModeNetwork",
    "Network",
    "PeakReadout",
    "Readout",
    "TraceReadout",
    "continuous",
    "require_step",
    "to_dense",
    "under_modes",
]


@dataclass(frozen=True, eq=False, kw_only=True)
class Network(RecurrentNetwork):
    """What all spiking networks share; the other parameters are those of `RecurrentNetwork`.

    Parameters
    ----------
    neuron
        The neuron model of all N neurons.
    filter
        Filter of the recurrent synapses and of the readout. Where its parameters have one value
        per neuron, which dense weights alone allow, they are those of the synapses onto a neuron,
        and of the trace that the readout takes of its spikes.
    """

    neuron: NeuronModel
    filter: SynapticFilter

    def __post_init__(self) -> None:
        super().__post_init__()
        n = self.n_neurons
        for name, parameter in [*self.neuron.parameters.items(), *self.filter.parameters.items()]:
            if np.ndim(parameter) and np.shape(parameter) != (n,):
                raise ValueError(
                    f"`{name}` must be one value or one per neuron: expected ({n},), got"
                    f" {np.shape(parameter)}."
                )
        if self.has_own_filters and self.feedback is not None:
            raise ValueError(
                "`filter` must have one value of each parameter where neurons are driven through"
                " modes, which have no neuron of their own. Take to_dense(network) first."
            )

    @property
    def has_own_filters(self) -> bool:
        """Whether the synaptic filters of the neurons differ."""
        return any(np.ndim(value) for value in self.filter.parameters.values())

    @property
    def n_modes(self) -> int:
        """Recurrent filters: P modes, or N for dense weights."""
        return self.encoder.shape[1]

    @property
    def encoder(self) -> Float[np.ndarray, "N P"]:
        """What a spike of each neuron adds to each mode."""
        raise NotImplementedError

    @property
    def feedback(self) -> Float[np.ndarray, "N P"] | None:
        """What each mode adds to each neuron's input; ``None``: mode i drives neuron i alone."""
        raise NotImplementedError

    @property
    def recurrence(self) -> Modes | Float[np.ndarray, "N N"]:
        """What the recurrent weights are made of: modes and scores, or all N × N weights."""
        raise NotImplementedError

    def with_recurrence(self, recurrence: Any) -> Self:
        """Exchange it for another of the same kind."""
        raise NotImplementedError

    def without(self, neurons: Int[np.ndarray, " D"]) -> Self:
        """The same network with all weights from and to these neurons 0."""
        alive = np.ones(self.n_neurons)
        alive[neurons] = 0
        cut = replace(self, W_in=self.W_in * alive[:, None], W_out=self.W_out * alive)
        return cut._with_recurrence_of(alive)

    def _with_recurrence_of(self, alive: Float[np.ndarray, " N"]) -> Self:
        """Multiply recurrent weights by 1 or 0 for each neuron that they come from or go to."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False, kw_only=True)
class ModeNetwork(Network):
    """A network with mode-based recurrent weights W = xi_in · Sigma · xi_outᵀ."""

    modes: Modes

    @property
    def n_neurons(self) -> int:
        """N."""
        return self.modes.n_neurons

    @property
    def encoder(self) -> Float[np.ndarray, "N P"]:
        """xi_out."""
        return self.modes.xi_out

    @property
    def mode_encoder(self) -> Float[np.ndarray, "N P"]:
        """xi_out."""
        return self.modes.xi_out

    @property
    def feedback(self) -> Float[np.ndarray, "N P"]:
        """xi_in · Sigma."""
        return self.modes.feedback

    @property
    def recurrence(self) -> Modes:
        """The modes."""
        return self.modes

    def with_recurrence(self, recurrence: Modes) -> Self:
        """Exchange the modes."""
        return self.with_modes(recurrence)

    def dense(self) -> Float[np.ndarray, "N N"]:
        """W = xi_in · Sigma · xi_outᵀ."""
        return self.modes.dense()

    def _with_recurrence_of(self, alive: Float[np.ndarray, " N"]) -> Self:
        m = self.modes
        return self.with_modes(Modes(m.xi_in * alive[:, None], m.scores, m.xi_out * alive[:, None]))

    def with_modes(self, modes: Modes) -> Self:
        """Exchange the modes: ablated, scaled or swapped ones, say."""
        return replace(self, modes=modes)


@dataclass(frozen=True, eq=False, kw_only=True)
class DenseNetwork(Network):
    """A network with a full N × N matrix W of recurrent weights (post × pre)."""

    W: Float[np.ndarray, "N N"]

    def __post_init__(self) -> None:
        require_square(W=self.W)
        super().__post_init__()

    @property
    def n_neurons(self) -> int:
        """N."""
        return self.W.shape[0]

    @property
    def encoder(self) -> Float[np.ndarray, "N N"]:
        """Wᵀ: each neuron's input has its own filter."""
        return self.W.T

    @property
    def mode_encoder(self) -> Float[np.ndarray, "N 0"]:
        """None."""
        return np.zeros((self.n_neurons, 0))

    @property
    def feedback(self) -> None:
        """One-to-one."""
        return

    @property
    def recurrence(self) -> Float[np.ndarray, "N N"]:
        """W."""
        return self.W

    def with_recurrence(self, recurrence: Float[np.ndarray, "N N"]) -> Self:
        """Exchange W."""
        return replace(self, W=recurrence)

    def dense(self) -> Float[np.ndarray, "N N"]:
        """W."""
        return self.W

    def _with_recurrence_of(self, alive: Float[np.ndarray, " N"]) -> Self:
        return replace(self, W=self.W * alive * alive[:, None])


AnyNetwork = TypeVar("AnyNetwork", bound=Network)


def to_dense(network: ModeNetwork) -> DenseNetwork:
    """The same network with its recurrent weights multiplied out."""
    return DenseNetwork(W=network.dense(), **_shared(network))


def under_modes(network: Network, modes: Modes) -> ModeNetwork:
    """The same neurons, inputs and readout with modes for recurrent weights, whatever it had."""
    return ModeNetwork(modes=modes, **_shared(network))


def _shared(network: Network) -> dict[str, Any]:
    return {name: getattr(network, name) for name in Network.__dataclass_fields__}


def continuous(network: AnyNetwork) -> AnyNetwork:
    """The same network as differential equations, gain-matched to its learning step.

    Gains keep every filter's DC gain, and refractory periods lose half a learning step, by which
    spikes are seen late there, so that the weights keep their meaning at any simulation step. A
    neuron or filter whose weights mean the same at any step already is left as it is.
    Raises `NoContinuousFormError` for an explicit scheme that has none.
    """
    neuron, filter_ = network.neuron, network.filter
    if neuron.is_bound_to_step:
        neuron = continuous_lif(neuron, network.dt)
    if filter_.is_bound_to_step:
        filter_ = continuous_filter(filter_, network.dt)
    return replace(network, neuron=neuron, filter=filter_)


def require_step(network: Network, dt_input: Quantity, dt: Quantity) -> None:
    """Raise `ValueError` if weights mean another thing at step `dt`, inputs held for `dt_input`."""
    if abs(float(dt) / float(dt_input) - 1) < 1e-9:
        return
    for dynamics in (network.neuron, network.filter):
        if dynamics.is_bound_to_step:
            raise ValueError(
                f"`dt` must be the step of the trials, {shown(dt_input)}: got {shown(dt)}, and"
                f" {dynamics.name} is an explicit scheme, whose weights are for the step they were"
                " learned at. Simulate continuous(network), which is gain-matched for any step."
            )
