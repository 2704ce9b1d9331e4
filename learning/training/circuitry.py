"""What a network has beside what is learned: cells of two kinds, a background, masks and noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from spikemodes.models.conditions.noise import MembraneNoise
from spikemodes.models.networks.background import Background, ConnectionShares
from spikemodes.models.networks.connectivity import Dense, Masked, Sparse
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import Network
from spikemodes.models.networks.population import Population, excitatory_and_inhibitory

from .constraints import Constraint, Dale, of_signs

if TYPE_CHECKING:
    from spikemodes.models.networks.pathway import Pathway
    from spikemodes.models.neurons.neuron import NeuronModel


class Mask(Protocol):
    """Says which of the learned weights there are."""

    def draw(
        self,
        populations: tuple[Population, Population],
        n: int,
        background: Pathway | None,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Draw factors on the weights (post × pre), 0 where there is no synapse."""
        ...


@dataclass(frozen=True)
class RandomMask:
    """Synapses at random, with weights over their probability, so that the mean is kept."""

    connected: ConnectionShares

    def draw(
        self,
        populations: tuple[Population, Population],
        n: int,
        background: Pathway | None,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """See `Mask`."""
        shares = self.connected.matrix(populations, n)
        there = rng.random((n, n)) < shares
        return np.divide(there, shares, out=np.zeros((n, n)), where=shares > 0)


@dataclass(frozen=True)
class BackgroundMask:
    """The synapses that the background has, over their probability."""

    def draw(
        self,
        populations: tuple[Population, Population],
        n: int,
        background: Pathway | None,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """See `Mask`. Raises `ValueError` without a background."""
        if background is None:
            raise ValueError(
                "`mask` must be a share of synapses where there is no background to have them of:"
                " got background. Add `background`, or give a share."
            )
        assert isinstance(background.connectivity, Sparse)
        there = background.connectivity.there
        for post in populations:
            for pre in populations:
                block = np.ix_(post.cells, pre.cells)
                if there[block].any():
                    there[block] /= there[block].mean()
        return there


@dataclass(frozen=True)
class Circuitry:
    """What surrounds the weights that learn; without anything a network is what it was.

    Parameters
    ----------
    excitatory
        Share of excitatory cells, where anything asks for two kinds of cells.
    background
        Fixed random synapses beside the learned ones.
    mask
        Which of the learned weights there are; ``None``: all.
    noise
        Of the membrane, which is the network's own from then on.
    inhibitory
        Parameters in which inhibitory cells differ, by name.
    """

    excitatory: float = 0.8
    background: Background | None = None
    mask: Mask | None = None
    noise: MembraneNoise | None = None
    inhibitory: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_populations(self) -> bool:
        """Whether cells are of two kinds."""
        return bool(self.background or self.mask or self.inhibitory)

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing around the weights that learn."""
        return not (self.has_populations or self.noise)

    def put_around(
        self, network: Network, constraint: Constraint | None, rng: np.random.Generator
    ) -> Network:
        """Put a network of one pathway into it; under Dale's law its weights get signs.

        Raises
        ------
        ValueError
            If the neurons lack a parameter in which cells are to differ, or cannot have noise.
        """
        neuron = network.neuron
        if self.has_populations:
            network, neuron = self._with_populations(network, constraint, rng)
        if self.noise is not None:
            neuron = self.noise.on_neuron(neuron)
        return replace(network, neuron=neuron)

    def _with_populations(
        self, network: Network, constraint: Constraint | None, rng: np.random.Generator
    ) -> tuple[Network, NeuronModel]:
        n, main = network.n_neurons, network.main
        populations = excitatory_and_inhibitory(n, self.excitatory)
        background = self.background and self.background.draw(populations, n, rng)
        if isinstance(constraint, Dale):
            assert isinstance(main.weights, Modes)
            signs = np.where(np.arange(n) < populations[0].n_neurons, 1.0, -1.0)
            main = main.with_weights(of_signs(main.weights, signs))
        else:
            first, second = populations
            populations = replace(first, sign=0), replace(second, sign=0)
        if self.mask is not None:
            assert isinstance(main.connectivity, Modes | Dense)
            mask = self.mask.draw(populations, n, background, rng)
            main = replace(main, connectivity=Masked(main.connectivity, mask))
        changed = replace(
            network,
            pathways=(main,) if background is None else (main, background),
            populations=populations,
        )
        return changed, self._with_parameters(network.neuron, populations[1], n)

    def _with_parameters(self, neuron: NeuronModel, cells: Population, n: int) -> NeuronModel:
        """Give inhibitory cells parameters of their own."""
        values = {}
        for name, value in self.inhibitory.items():
            if name not in neuron.parameters:
                raise ValueError(
                    f"`inhibitory` must name parameters of {neuron.name},"
                    f" {', '.join(neuron.parameters)}: got {name}."
                )
            each = np.ones(n) * neuron.parameters[name]
            each[cells.cells] = value
            values[name] = each
        return neuron.with_parameters(**values) if values else neuron
