"""Networks whose cells are drawn anew from what was fitted to those of a trained one."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from spikemodes.analysis.populations.mixture import Mixture
from spikemodes.analysis.weights import cell_types
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import Network


def rows_of(network: Network) -> Float[np.ndarray, "N D"]:
    """Put the weights of each cell side by side: xi_in, xi_out, W_in, W_out (N × 2P + C + O)."""
    modes = network.modes
    return np.column_stack([modes.xi_in, modes.xi_out, network.W_in, network.W_out.T])


def columns_of(network: Network) -> list[str]:
    """Name the columns of `rows_of`."""
    p = range(1, network.n_modes + 1)
    n_outputs, n_inputs = len(network.W_out), network.W_in.shape[1]
    return [
        *(f"xi_in {k}" for k in p),
        *(f"xi_out {k}" for k in p),
        *(f"W_in {k + 1}" for k in range(n_inputs)),
        *(f"W_out {k + 1}" for k in range(n_outputs)),
    ]


def require_resampleable(network: Network) -> None:
    """Raise `ValueError` if rows of weights are not all in which the cells of a network differ."""
    if what := _beyond_rows(network):
        raise ValueError(
            "`network` must have cells that differ in their weights through modes alone, to be"
            f" drawn anew from a fit of these: it has {what}."
        )


def _beyond_rows(network: Network) -> str:
    """Say in what else cells differ; ``""`` if in nothing."""
    main, parameters = network.main, {**network.neuron.parameters, **network.filter.parameters}
    if len(network.pathways) > 1 or not isinstance(main.connectivity, Modes):
        return "a background, a mask or other synapses that are there one by one"
    if cell_types(network.dense()) is not None:
        return "cells under Dale's law, whose signs draws from a Gaussian would not keep"
    if network.populations:
        return "populations"
    if main.has_single_synapses:
        return "synapses that delay spikes or fail one by one"
    own = [name for name, value in parameters.items() if np.ndim(value)]
    return f"cells with their own {', '.join(own)}" if own else ""


def resampled(
    network: Network, mixture: Mixture, times: float, rng: np.random.Generator
) -> Network:
    """Draw all cells anew, `times` as many of them.

    Each sends `times` less through xi_out and W_out, so that xi_outᵀ r and the output, sums over
    the cells, keep their size.

    Raises `ValueError` as `require_resampleable` does, or if no cell would be left.

    Source: Dubreuil, Valente, Beiran, Mastrogiuseppe & Ostojic, Nat. Neurosci. 25, 783 (2022).
    """
    require_resampleable(network)
    p, n_inputs = network.n_modes, network.W_in.shape[1]
    n_cells = round(times * network.n_neurons)
    rows, _ = mixture.draw(n_cells, rng)
    xi_in, xi_out, W_in, W_out = np.split(rows, [p, 2 * p, 2 * p + n_inputs], axis=1)
    share = network.n_neurons / n_cells
    modes = Modes(xi_in, network.modes.scores, xi_out * share)
    pathway = replace(network.main, connectivity=modes)
    return replace(network, pathways=(pathway,), W_in=W_in, W_out=W_out.T * share)
