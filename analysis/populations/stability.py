"""How many classes of cells there are: as many as fits to parts of the cells agree about."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float, Int
from sklearn.metrics import adjusted_rand_score

from .mixture import Mixture, fit_mixture, fitted, most_classes, scale_of

MOST = 5
"""The most classes that are looked for."""

FEWEST_AGREEMENT = 0.5
"""Stability below which classes do not count: a convention."""

_SHARE = 0.8  # of the cells in each part
_PARTS = 5  # of the cells, each fitted on its own
_AS_GOOD = 0.05  # below the best stability


@dataclass(frozen=True, eq=False)
class Classes:
    """How many classes there are, and by which numbers.

    Parameters
    ----------
    mixture
        The fit with that many classes.
    numbers
        Numbers of classes that were tried (M), from 1 on.
    stability
        Of each: mean adjusted Rand index of fits to parts of the cells (M); 1 for one class.
    null
        The same of as many cells drawn from one Gaussian class with the covariance of these (M).
    bic
        Bayesian information criterion of each (M); lower is better.
    """

    mixture: Mixture
    numbers: Int[np.ndarray, " M"]
    stability: Float[np.ndarray, " M"]
    null: Float[np.ndarray, " M"]
    bic: Float[np.ndarray, " M"]

    @property
    def by_bic(self) -> int:
        """The number of classes that BIC prefers."""
        return int(self.numbers[np.argmin(self.bic)])


def find_classes(
    rows: Float[np.ndarray, "N D"], rng: np.random.Generator, most: int = MOST
) -> Classes:
    """Find the number of classes by stability, and fit them.

    Those count whose stability is within 0.05 of the best, above 0.5 and above that of cells of one
    class: of these the number that BIC prefers, since a division into pairs of classes is stable as
    well. It is 1 if there is none, or if BIC prefers one class to it: cells of one Gaussian, too,
    can happen to part stably. Fewer cells allow fewer classes.

    Parameters
    ----------
    rows
        The weights of each cell (N × D).
    rng
        Draws parts of the cells, and cells of one class.
    most
        The most classes to look for.

    Raises
    ------
    ValueError
        As `fit_mixture` does.

    Source: Dubreuil et al., Nat. Neurosci. 25, 783 (2022): 20 parts of 80 % of the cells.
    """
    mean, scale = scale_of(rows)
    scaled = (rows - mean) / scale
    numbers = np.arange(1, max(1, min(most, most_classes(rows))) + 1)
    covariance = np.cov(scaled.T, bias=True).reshape(scaled.shape[1], -1)
    alike = rng.multivariate_normal(np.zeros(len(covariance)), covariance, size=len(scaled))
    stability = np.array([stability_of(scaled, int(k), rng) for k in numbers])
    null = np.array([stability_of(alike, int(k), rng) for k in numbers])
    fits = [fit_mixture(rows, int(k)) for k in numbers]
    bic = np.array([fit.bic for fit in fits])
    counts = (stability >= FEWEST_AGREEMENT) & (stability > null)
    counts &= stability >= stability[counts].max(initial=0.0) - _AS_GOOD
    counts[0] = True
    chosen = int(np.flatnonzero(counts)[bic[counts].argmin()])
    return Classes(fits[chosen], numbers, stability, null, bic)


def stability_of(
    scaled: Float[np.ndarray, "N D"], n_classes: int, rng: np.random.Generator
) -> float:
    """Give the mean adjusted Rand index of fits to parts of the cells, of cells that two share."""
    if n_classes == 1:
        return 1.0
    n = len(scaled)
    labels = np.full((_PARTS, n), -1)
    for part in labels:
        cells = np.sort(rng.permutation(n)[: round(_SHARE * n)])
        seed = int(rng.integers(2**31))
        part[cells] = fitted(scaled[cells], n_classes, seed).predict(scaled[cells])
    agreements = []
    for one, other in combinations(labels, 2):
        both = (one >= 0) & (other >= 0)
        agreements.append(adjusted_rand_score(one[both], other[both]))
    return float(np.mean(agreements))
