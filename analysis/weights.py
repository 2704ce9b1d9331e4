"""What recurrent weights look like beside those of cortex: signs, density, balance, strength."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

_NEGLIGIBLE = 1e-3  # of the largest weight: no synapse


@dataclass(frozen=True, eq=False)
class WeightStatistics:
    """A matrix of recurrent weights in a few numbers; NaN for one without synapses.

    Parameters
    ----------
    density
        Share of pairs that are connected: by more than a thousandth of the largest weight.
    strongest_half
        Share of synapses that carry half of the summed absolute weight.
    inhibitory
        Share of neurons whose outgoing weights sum to less than zero.
    one_sign
        Share of the outgoing absolute weight that has its neuron's majority sign; 1 under Dale's
        law.
    inhibition
        Summed inhibitory over summed excitatory input, each weight times the rate of its neuron.
    out_degree
        Outgoing synapses of each neuron (N).
    """

    density: float
    strongest_half: float
    inhibitory: float
    one_sign: float
    inhibition: float
    out_degree: Float[np.ndarray, " N"]


def weight_statistics(
    W: Float[np.ndarray, "M N"], rates: Float[np.ndarray, " N"]
) -> WeightStatistics:
    """Describe recurrent weights.

    Parameters
    ----------
    W
        Weights (post × pre): all postsynaptic neurons, or a random M of them, from which
        out-degrees are extrapolated.
    rates
        Firing rate of each presynaptic neuron (N) [Hz].

    Raises
    ------
    ValueError
        If there is not one rate per column.
    """
    if W.ndim != 2 or rates.shape != W.shape[1:]:
        raise ValueError(
            "`rates` must have one value per column of `W`: got"
            f" {rates.shape} for weights of shape {W.shape}."
        )
    size = np.abs(W)
    connected = size > _NEGLIGIBLE * size.max(initial=0.0)
    outgoing = W.sum(axis=0)
    excitatory, inhibitory = np.maximum(W, 0), np.maximum(-W, 0)
    minority = np.minimum(excitatory.sum(axis=0), inhibitory.sum(axis=0)).sum()
    sorted_size = np.sort(size[connected])[::-1]
    half = np.searchsorted(np.cumsum(sorted_size), sorted_size.sum() / 2) + 1
    excitation = float((excitatory @ rates).sum())
    n = W.shape[1]
    return WeightStatistics(
        density=float(connected.mean()),
        strongest_half=float(half) / len(sorted_size) if len(sorted_size) else np.nan,
        inhibitory=float(np.mean(outgoing < 0)) if len(sorted_size) else np.nan,
        one_sign=float(1 - minority / size.sum()) if len(sorted_size) else np.nan,
        inhibition=float((inhibitory @ rates).sum()) / excitation if excitation > 0 else np.nan,
        out_degree=connected.mean(axis=0) * n,
    )


def synaptic_operations(
    spikes_per_trial: Float[np.ndarray, " N"], out_degree: Float[np.ndarray, " N"]
) -> float:
    """Count the synaptic events of a trial: each spike reaches all synapses of its neuron.

    With `spikes_per_trial` a proxy of energy, as spikes and synaptic transmission are what
    signalling in cortex spends most on.

    Parameters
    ----------
    spikes_per_trial
        Mean spike count of each neuron in a trial (N).
    out_degree
        Outgoing synapses of each neuron (N).

    Source: Attwell & Laughlin, J. Cereb. Blood Flow Metab. 21, 1133 (2001).
    """
    return float(spikes_per_trial @ out_degree)
