"""Recurrent weights as synapses: which there are, of what types of neurons, and what they cost."""

import numpy as np
from jaxtyping import Bool, Float, Int

_NEGLIGIBLE = 1e-3  # of the largest weight: no synapse
_MIXED = 1e-3  # of the outgoing weight that may have the other sign


def synapses(W: Float[np.ndarray, "M N"], rows: Int[np.ndarray, " M"]) -> Bool[np.ndarray, "M N"]:
    """Tell which weights are synapses: above a thousandth of the largest, and no autapses.

    Parameters
    ----------
    W
        Weights (post × pre) onto M of the N neurons.
    rows
        Which neurons these are (M).

    Raises
    ------
    ValueError
        If there is not one row of `W` for each of `rows`.
    """
    if W.ndim != 2 or rows.shape != W.shape[:1]:
        raise ValueError(
            f"`rows` must name the neuron of each row of `W`: got {len(rows)} for weights of shape"
            f" {W.shape}."
        )
    size = np.abs(W)
    return (size > _NEGLIGIBLE * size.max(initial=0.0)) & (rows[:, None] != np.arange(W.shape[1]))


def signs(W: Float[np.ndarray, "M N"]) -> Int[np.ndarray, " N"]:
    """Give the sign of each neuron's outgoing weights: 0 for mixed ones, or none at all (N)."""
    excitatory, inhibitory = np.maximum(W, 0).sum(axis=0), np.maximum(-W, 0).sum(axis=0)
    least = _MIXED * (excitatory + inhibitory)
    one = (np.minimum(excitatory, inhibitory) <= least) & (excitatory + inhibitory > 0)
    return np.where(one, np.sign(excitatory - inhibitory), 0).astype(int)


def cell_types(W: Float[np.ndarray, "M N"]) -> Int[np.ndarray, " N"] | None:
    """Give the type of each neuron under Dale's law: 1 excitatory, -1 inhibitory, 0 silent (N).

    ``None`` where neurons have outgoing weights of both signs, and so are of no type, or where all
    are of one type.
    """
    types = signs(W)
    mixed = np.abs(W).sum(axis=0)[types == 0].any()
    return None if mixed or len(np.unique(types[types != 0])) < 2 else types


def out_degree(W: Float[np.ndarray, "M N"], rows: Int[np.ndarray, " M"]) -> Float[np.ndarray, " N"]:
    """Count outgoing synapses of each neuron (N), extrapolated from M postsynaptic neurons."""
    return synapses(W, rows).mean(axis=0) * W.shape[1]


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


def mode_operations(
    spikes_per_trial: Float[np.ndarray, " N"], n_modes: int, n_steps: int
) -> tuple[float, float]:
    """Count the operations of a trial through the modes: into them, and from them.

    Each spike counts at each mode, and each mode adds to all neurons in each step.

    Parameters
    ----------
    spikes_per_trial
        Mean spike count of each neuron in a trial (N).
    n_modes
        P.
    n_steps
        Of a trial.
    """
    into = float(spikes_per_trial.sum()) * n_modes
    return into, float(len(spikes_per_trial) * n_modes * n_steps)
