"""How spike statistics are distributed over neurons and pairs, for figures."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from .irregularity import irregularity
from .repeats import Repeats
from .rows import CORRELATION_WINDOW, sample
from .variability import correlations_of_pairs, fano_of_each


@dataclass(frozen=True, eq=False)
class Distributions:
    """Over all neurons (N), and over those whose trains are looked at (M) or their pairs (P).

    Parameters
    ----------
    rates
        Mean firing rates (N) [Hz].
    cv, fano
        CV of intervals, and Fano factor of counts in 100 ms (M each); NaN where it is not known.
    correlations
        Of counts in 500 ms, of neurons that vary between repeats (P).
    """

    rates: Float[np.ndarray, " N"]
    cv: Float[np.ndarray, " M"]
    fano: Float[np.ndarray, " M"]
    correlations: Float[np.ndarray, " P"]


def distributions(repeats: Repeats) -> Distributions:
    """Measure each neuron and pair in frozen trials."""
    chosen = repeats.of_neurons(sample(repeats.n_neurons))
    return Distributions(
        rates=repeats.rates,
        cv=irregularity(chosen).cv,
        fano=fano_of_each(chosen),
        correlations=correlations_of_pairs(chosen, CORRELATION_WINDOW),
    )
