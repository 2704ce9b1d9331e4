"""Recurrent spiking networks as plain data."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from brian2 import Quantity
from jaxtyping import Float, Int

from ..neurons.lif import continuous_lif
from ..neurons.neuron import NeuronModel
from ..neurons.synaptic_filter import SynapticFilter, continuous_filter
from ..quantities import shown
from .connectivity import AnyConnectivity, Dense, Masked, Sparse, modes_of
from .modes import Modes
from .pathway import Pathway
from .plasticity import ShortTermPlasticity
from .population import Population, require_partition, signs_of
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
    """Cells and pathways; the other parameters are those of `RecurrentNetwork`.

    Parameters
    ----------
    neuron
        The neuron model of all N neurons; where cells differ, its parameters have one value each.
    filter
        Filter of the readout, and of the pathways that have none of their own. Where its parameters
        have one value per neuron, they are those of the synapses onto a neuron, and of the trace
        that the readout takes of its spikes; pathways of modes cannot have that.
    pathways
        What carries spikes between cells; their effects on an input add up.
    populations
        Names for the cells: each is in one of them, if there are any.

    Raises
    ------
    ValueError
        If a pathway goes to or from cells that there are not, has other sizes than these, acts on
        an input that the neurons do not have, or has weights of another sign than a population.
    """

    neuron: NeuronModel
    filter: SynapticFilter
    pathways: tuple[Pathway, ...]
    populations: tuple[Population, ...] = ()

    def __post_init__(self) -> None:
        if not self.pathways:
            raise ValueError("`pathways` must have at least one: got none.")
        super().__post_init__()
        n = self.n_neurons
        require_partition(self.populations, n)
        for name, parameter in [*self.neuron.parameters.items(), *self.filter.parameters.items()]:
            if np.ndim(parameter) and np.shape(parameter) != (n,):
                raise ValueError(
                    f"`{name}` must be one value or one per neuron: expected ({n},), got"
                    f" {np.shape(parameter)}."
                )
        for pathway in self.pathways:
            require_fitting(pathway, self)

    @property
    def n_neurons(self) -> int:
        """N."""
        for pathway in self.pathways:
            if pathway.target is None:
                return pathway.connectivity.shape[0]
        return sum(p.n_neurons for p in self.populations)

    @property
    def main(self) -> Pathway:
        """The pathway that learning and the analysis of modes are about: the first that learns."""
        return self.pathways[self.index_of_main]

    @property
    def index_of_main(self) -> int:
        """Which of the pathways is `main`."""
        learned = (i for i, pathway in enumerate(self.pathways) if pathway.learned)
        return next(learned, 0)

    @property
    def has_own_filters(self) -> bool:
        """Whether the synaptic filters of the neurons differ."""
        return any(np.ndim(value) for value in self.filter.parameters.values())

    @property
    def recurrence(self) -> Modes | Float[np.ndarray, "N N"]:
        """What the weights of the main pathway are made of, without its mask."""
        return self.main.weights

    @property
    def modes(self) -> Modes:
        """The modes of the main pathway. Raises `ValueError` if it has none."""
        modes = modes_of(self.main.connectivity)
        if modes is None:
            raise ValueError("`network` must have modes: its main pathway has other weights.")
        return modes

    @property
    def n_modes(self) -> int:
        """P, of the main pathway; 0 without modes."""
        modes = modes_of(self.main.connectivity)
        return 0 if modes is None else modes.n_modes

    @property
    def has_single_synapses(self) -> bool:
        """Whether synapses delay spikes, fail or are few, so that each is there by itself."""
        return any(
            pathway.has_single_synapses or isinstance(pathway.connectivity, Sparse | Masked)
            for pathway in self.pathways
        )

    @property
    def W(self) -> Float[np.ndarray, "N N"]:  # noqa: N802
        """All recurrent weights, of all pathways together (post × pre)."""
        return self.dense()

    @property
    def mode_encoder(self) -> Float[np.ndarray, "N M"]:
        """What a spike of each neuron adds to each mode of the main pathway."""
        modes = modes_of(self.placed(self.main))
        return np.zeros((self.n_neurons, 0)) if modes is None else modes.xi_out

    def cells_of(self, name: str | None) -> Int[np.ndarray, " n"]:
        """Indices of a population's cells; of all cells for ``None``."""
        if name is None:
            return np.arange(self.n_neurons)
        for population in self.populations:
            if population.name == name:
                return population.cells
        known = ", ".join(p.name for p in self.populations) or "none"
        raise ValueError(
            f"`pathways` must name populations that there are ({known}): got {name!r}."
        )

    def placed(self, pathway: Pathway) -> AnyConnectivity:
        """The weights of a pathway among all N cells."""
        if pathway.source is None and pathway.target is None:
            return pathway.connectivity
        post, pre = self.cells_of(pathway.target), self.cells_of(pathway.source)
        return pathway.connectivity.placed(self.n_neurons, post, pre)

    def inputs_of(self, pathway: Pathway) -> tuple[str, ...]:
        """Inputs of the neurons on which a pathway acts."""
        return self.neuron.inputs[1:] if pathway.acts_on is None else (pathway.acts_on,)

    def delays_of(self, pathway: Pathway) -> Float[np.ndarray, "N N"]:
        """Delays of a pathway among all N cells (post × pre) [s]; 0 where it has no synapse."""
        delays = np.zeros((self.n_neurons, self.n_neurons))
        if pathway.delays is not None:
            cells = np.ix_(self.cells_of(pathway.target), self.cells_of(pathway.source))
            delays[cells] = np.asarray(pathway.delays, float)
        return delays

    def dense(self) -> Float[np.ndarray, "N N"]:
        """Sum of the weights of all pathways (post × pre)."""
        first, *others = (self.placed(pathway).dense() for pathway in self.pathways)
        return sum(others, first)

    def fixed_weights(self) -> Float[np.ndarray, "N N"]:
        """Sum of the weights that do not learn (post × pre)."""
        fixed = (self.placed(pathway).dense() for pathway in self.pathways if not pathway.learned)
        return sum(fixed, np.zeros((self.n_neurons, self.n_neurons)))

    def weights_onto(self, cells: Int[np.ndarray, " R"]) -> Float[np.ndarray, "R N"]:
        """Weights of all pathways onto some cells, without forming all N × N."""
        total = np.zeros((len(cells), self.n_neurons))
        for pathway in self.pathways:
            connectivity = self.placed(pathway)
            if isinstance(connectivity, Modes):
                total += connectivity.feedback[cells] @ connectivity.xi_out.T
            else:
                total += connectivity.dense()[cells]
        return total

    def with_pathway(self, pathway: Pathway) -> Self:
        """Exchange the main pathway."""
        changed = list(self.pathways)
        changed[self.index_of_main] = pathway
        return replace(self, pathways=tuple(changed))

    def with_recurrence(self, recurrence: Any) -> Self:
        """Exchange what the main pathway's weights are made of; its mask stays."""
        return self.with_pathway(self.main.with_weights(recurrence))

    def with_modes(self, modes: Modes) -> Self:
        """Exchange the modes of the main pathway: ablated, scaled or swapped ones, say."""
        return self.with_recurrence(modes)

    def without(self, neurons: Int[np.ndarray, " D"]) -> Self:
        """The same network with all weights from and to these neurons 0."""
        alive = np.ones(self.n_neurons)
        alive[neurons] = 0
        cut = tuple(
            replace(
                pathway,
                connectivity=pathway.connectivity.cut(
                    alive[self.cells_of(pathway.target)], alive[self.cells_of(pathway.source)]
                ),
            )
            for pathway in self.pathways
        )
        return replace(
            self, W_in=self.W_in * alive[:, None], W_out=self.W_out * alive, pathways=cut
        )


def ModeNetwork(*, modes: Modes, **shared: Any) -> Network:  # noqa: N802
    """Build a network of one pathway with mode-based weights W = xi_in · Sigma · xi_outᵀ.

    `shared` is what `Network` takes beside its pathways.
    """
    return Network(pathways=(Pathway(connectivity=modes),), **shared)


def DenseNetwork(*, W: Float[np.ndarray, "N N"], **shared: Any) -> Network:  # noqa: N802
    """Build a network of one pathway with a full N × N matrix of weights (post × pre).

    `shared` is what `Network` takes beside its pathways.
    """
    require_square(W=W)
    return Network(pathways=(Pathway(connectivity=Dense(W)),), **shared)


def to_dense(network: Network) -> Network:
    """The same network with all its recurrent weights multiplied out into one pathway.

    Raises `ValueError` if only some pathways have short-term plasticity, or differ in it.
    """
    plasticity = _shared_plasticity(network.pathways)
    one = Pathway(connectivity=Dense(network.dense()), plasticity=plasticity)
    return replace(network, pathways=(one,))


def under_modes(network: Network, modes: Modes) -> Network:
    """The same network with modes in place of all that it has learned; what is fixed stays.

    Raises `ValueError` if pathways that learned differ in short-term plasticity.
    """
    learned = tuple(pathway for pathway in network.pathways if pathway.learned)
    fixed = tuple(pathway for pathway in network.pathways if not pathway.learned)
    one = Pathway(connectivity=modes, plasticity=_shared_plasticity(learned))
    return replace(network, pathways=(one, *fixed))


def _shared_plasticity(pathways: tuple[Pathway, ...]) -> ShortTermPlasticity | None:
    """The short-term plasticity of pathways that are to become one."""
    found = [pathway.plasticity for pathway in pathways]
    if any(plasticity != found[0] for plasticity in found):
        raise ValueError(
            "`plasticity` must be the same in pathways that become one, which cannot carry several:"
            f" got {'; '.join(map(shown, found))}. Give all of them the same, or none."
        )
    return found[0] if found else None


def require_fitting(pathway: Pathway, network: Network) -> None:
    """Raise `ValueError` for a pathway that does not fit the cells of a network."""
    post, pre = network.cells_of(pathway.target), network.cells_of(pathway.source)
    expected, n = (len(post), len(pre)), network.n_neurons
    if pathway.connectivity.shape != expected:
        raise ValueError(
            f"`pathways` must have weights for the cells that they join: expected {expected}, post"
            f" × pre, got {pathway.connectivity.shape}."
        )
    kinds = network.neuron.inputs[1:]
    if pathway.acts_on not in (None, *kinds):
        raise ValueError(
            f"`acts_on` must be an input of {network.neuron.name}, {' or '.join(kinds)}:"
            f" got {pathway.acts_on!r}."
        )
    by_units = isinstance(pathway.connectivity, Modes) and len(kinds) == 1
    if network.has_own_filters and pathway.filter is None and by_units:
        raise ValueError(
            "`filter` must have one value of each parameter where neurons are driven through"
            " modes, which have no neuron of their own. Take to_dense(network) first."
        )
    for name, value in () if pathway.filter is None else pathway.filter.parameters.items():
        if np.ndim(value):
            raise ValueError(
                f"`filter` of a pathway must have one value of each parameter: got {name} of shape"
                f" {np.shape(value)}."
            )
    signs = signs_of(network.populations, n)[pre]
    if signs.any() and (pathway.connectivity.dense() * signs < 0).any():
        raise ValueError(
            "`pathways` must have weights of the sign of the population that they come from, ≥ 0"
            " from excitatory and ≤ 0 from inhibitory cells: got others."
        )


def continuous(network: Network) -> Network:
    """The same network as differential equations, gain-matched to its learning step.

    Gains keep every filter's DC gain, and refractory periods lose half a learning step, by which
    spikes are seen late there, so that the weights keep their meaning at any simulation step. A
    neuron or filter whose weights mean the same at any step already is left as it is.
    Raises `NoContinuousFormError` for an explicit scheme that has none.
    """
    neuron = network.neuron
    if neuron.is_bound_to_step:
        neuron = continuous_lif(neuron, network.dt)
    pathways = tuple(
        replace(pathway, filter=pathway.filter and _any_step(pathway.filter, network.dt))
        for pathway in network.pathways
    )
    filter_ = _any_step(network.filter, network.dt)
    return replace(network, neuron=neuron, filter=filter_, pathways=pathways)


def _any_step(filter_: SynapticFilter, dt: Quantity) -> SynapticFilter:
    return continuous_filter(filter_, dt) if filter_.is_bound_to_step else filter_


def require_step(network: Network, dt_input: Quantity, dt: Quantity) -> None:
    """Raise `ValueError` if weights mean another thing at step `dt`, inputs held for `dt_input`."""
    if abs(float(dt) / float(dt_input) - 1) < 1e-9:
        return
    own = (pathway.filter for pathway in network.pathways if pathway.filter is not None)
    for dynamics in (network.neuron, network.filter, *own):
        if dynamics.is_bound_to_step:
            raise ValueError(
                f"`dt` must be the step of the trials, {shown(dt_input)}: got {shown(dt)}, and"
                f" {dynamics.name} is an explicit scheme, whose weights are for the step they were"
                " learned at. Simulate continuous(network), which is gain-matched for any step."
            )
