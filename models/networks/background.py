"""Random synapses among excitatory and inhibitory cells, on which modes come on top."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from brian2 import Quantity
from jaxtyping import Bool

from ..quantities import time
from .connectivity import Sparse
from .pathway import Pathway
from .population import Population


@dataclass(frozen=True)
class ConnectionShares:
    """Probability that a cell has a synapse onto another, by the kinds of the two.

    Parameters
    ----------
    EE, EI, IE, II
        From the first kind to the second: ``EI`` is from excitatory to inhibitory cells.

    Raises
    ------
    ValueError
        If one is not a probability, or none is positive.
    """

    EE: float = 0.15
    EI: float = 0.15
    IE: float = 0.15
    II: float = 0.15

    def __post_init__(self) -> None:
        for kinds, share in vars(self).items():
            if not 0 <= share <= 1:
                raise ValueError(f"`{kinds}` must be a probability from 0 to 1: got {share:g}.")
        if not any(vars(self).values()):
            raise ValueError("`connected` must leave a synapse: got 0 for all kinds of cells.")

    @staticmethod
    def alike(share: float) -> "ConnectionShares":
        """The same for all kinds of cells."""
        return ConnectionShares(share, share, share, share)

    def matrix(self, populations: Sequence[Population], n: int) -> np.ndarray:
        """Probability of each synapse (post × pre); none from a cell to itself."""
        excitatory, inhibitory = populations
        shares = np.zeros((n, n))
        for kinds, share in vars(self).items():
            pre, post = ({"E": excitatory, "I": inhibitory}[kind].cells for kind in kinds)
            shares[np.ix_(post, pre)] = share
        np.fill_diagonal(shares, 0)
        return shares

    def draw(
        self, populations: Sequence[Population], n: int, rng: np.random.Generator
    ) -> Bool[np.ndarray, "N N"]:
        """Draw which synapses there are (post × pre)."""
        return rng.random((n, n)) < self.matrix(populations, n)


@dataclass(frozen=True)
class Background:
    """Weights of random synapses, the same for all that a network learns later.

    A synapse from an excitatory cell has the mean ``strength/√K``, K being how many of them a cell
    gets in the mean, one from an inhibitory cell ``-ratio`` times that; sizes are log-normal.

    Parameters
    ----------
    connected
        Which synapses there are.
    strength
        Summed size of the excitatory weights onto a cell, over √K; in the unit of ``drive``.
    ratio
        g: size of an inhibitory weight over that of an excitatory one.
    spread
        Standard deviation of the logarithm of sizes; 0: all alike.
    delay
        From a spike to its effect [s]; ``None``: at once.

    Raises
    ------
    ValueError
        For a strength, ratio or spread that is negative or not finite.

    Source: for balanced networks van Vreeswijk & Sompolinsky, Science 274, 1724 (1996); for g
    Brunel, J. Comput. Neurosci. 8, 183 (2000).
    """

    connected: ConnectionShares = field(default_factory=ConnectionShares)
    strength: float = 1.0
    ratio: float = 4.0
    spread: float = 0.9
    delay: Quantity | None = None

    def __post_init__(self) -> None:
        for name in ("strength", "ratio", "spread"):
            if not 0 <= getattr(self, name) < np.inf:
                raise ValueError(
                    f"`{name}` of a background must be zero or positive, and finite:"
                    f" got {getattr(self, name):g}."
                )
        if self.delay is not None:
            time(self.delay, "delay", zero=True)

    def draw(self, populations: Sequence[Population], n: int, rng: np.random.Generator) -> Pathway:
        """Draw the pathway for populations E and I of n cells in all."""
        there = self.connected.draw(populations, n, rng)
        excitatory, _ = populations
        per_cell = there[:, excitatory.cells].sum(axis=1).mean()
        size = np.full(n, self.ratio)
        size[excitatory.cells] = 1
        signs = np.full(n, -1.0)
        signs[excitatory.cells] = 1
        post, pre = np.nonzero(there)
        mean = self.strength / np.sqrt(max(per_cell, 1)) * size[pre]
        scatter = self.spread * rng.standard_normal(pre.size) - self.spread**2 / 2
        weights = signs[pre] * mean * np.exp(scatter)
        by_source = np.lexsort((post, pre))
        connectivity = Sparse((n, n), post[by_source], pre[by_source], weights[by_source])
        return Pathway(connectivity=connectivity, delays=self.delay, learned=False)
