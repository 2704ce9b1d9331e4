"""What parts of a network contribute to its performance, from what is left without some of them."""

from math import factorial

import numpy as np
from jaxtyping import Bool, Float


def all_subsets(n_parts: int) -> Bool[np.ndarray, "S P"]:
    """List all 2^P subsets of P parts, the empty one first and the whole last.

    Row k holds part μ where bit μ of k is set, the order that `shapley_values` expects.
    """
    return (np.arange(2**n_parts)[:, None] >> np.arange(n_parts)) % 2 == 1


def shapley_values(performance: Float[np.ndarray, " S"]) -> Float[np.ndarray, " P"]:
    """Share what all parts reach together among them, by what each adds to subsets of the others.

    ``φ_μ = Σ_{S ∌ μ} |S|! (P - |S| - 1)! / P! · (v(S ∪ μ) - v(S))``, the mean over all orders in
    which the parts may join. The values add up to v(all) - v(none).

    Parameters
    ----------
    performance
        v of every subset, in the order of `all_subsets` (2^P).

    Returns
    -------
    phi
        Of each part (P), in the unit of the performance.

    Raises
    ------
    ValueError
        If there is not one value for each subset.

    Source: Keinan et al., Neural Comput. 16, 1887 (2004), who share out functions among neurons by
    multiple lesions; Shapley, Ann. Math. Stud. 28, 307 (1953).
    """
    n_parts = len(performance).bit_length() - 1
    if performance.ndim != 1 or len(performance) != 2**n_parts:
        raise ValueError(
            "`performance` must have one value for each subset, 2^P of them: got"
            f" {performance.shape}."
        )
    present = all_subsets(n_parts)
    sizes = present.sum(1)
    weights = np.array([factorial(s) * factorial(n_parts - s - 1) for s in range(n_parts)])
    weights = weights / factorial(n_parts)
    codes = np.arange(2**n_parts)
    values = np.zeros(n_parts)
    for part in range(n_parts):
        without = codes[~present[:, part]]
        added = performance[without + 2**part] - performance[without]
        values[part] = np.sum(weights[sizes[without]] * added)
    return values


def smallest_subset(
    present: Bool[np.ndarray, "S P"], performance: Float[np.ndarray, " S"], enough: float
) -> int | None:
    """Find the subset of fewest parts that performs well enough; of several, the best.

    Parameters
    ----------
    present
        Which parts each subset has (S × P).
    performance
        What each reaches (S); NaN where it is not known.
    enough
        The least that counts.

    Returns
    -------
    index
        Its row; ``None`` where no subset reaches as much.
    """
    good = np.flatnonzero(performance >= enough)
    if not len(good):
        return None
    sizes = present[good].sum(1)
    return int(min(good[sizes == sizes.min()], key=lambda k: -performance[k]))
