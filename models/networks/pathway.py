"""Pathways: what carries spikes from some cells to some cells."""

from dataclasses import dataclass, replace

import numpy as np
from brian2 import Quantity, second
from jaxtyping import Float

from ..neurons.synaptic_filter import SynapticFilter
from ..quantities import shown
from .connectivity import AnyConnectivity, Dense, Masked, Sparse
from .modes import Modes
from .plasticity import ShortTermPlasticity


@dataclass(frozen=True, eq=False, kw_only=True)
class Pathway:
    """Synapses of one kind.

    Parameters
    ----------
    connectivity
        Their weights, from the cells of `source` to those of `target`: `Modes`, `Dense`, `Sparse`,
        or some of these under a fixed mask, `Masked`.
    source, target
        Names of populations; all cells where none is named.
    filter
        Of the spikes; that of the network's readout where none is given.
    acts_on
        The input of the neurons that it acts on: ``recurrent``, ``excitation``, ``inhibition`` or
        whatever they call theirs. Where none is named it is their one input, or, where they have
        excitation and inhibition, the one that the sign of each weight calls for.
    delays
        From a spike to its effect [s], of all synapses or of each (post × pre). A simulation rounds
        them to whole steps.
    release
        Probability that a spike passes a synapse, drawn for each spike and synapse.
    plasticity
        Short-term plasticity of the synapses; ``None``: each spike counts as the weight says. It
        is one of cells: u and x are those at the time of the spike, whatever its delay, and a spike
        that fails to pass a synapse uses as much.
    learned
        Whether its weights learn where a network learns; those of a background stay.

    Raises
    ------
    ValueError
        For delays that are negative, no times or of another shape, or a probability of release
        that is not above 0 and at most 1.
    """

    connectivity: AnyConnectivity
    source: str | None = None
    target: str | None = None
    filter: SynapticFilter | None = None
    acts_on: str | None = None
    delays: Quantity | None = None
    release: float = 1.0
    plasticity: ShortTermPlasticity | None = None
    learned: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.release <= 1:
            raise ValueError(f"`release` must be above 0 and at most 1: got {self.release:g}.")
        if not isinstance(self.plasticity, ShortTermPlasticity | None):
            raise ValueError(
                f"`plasticity` must be a ShortTermPlasticity or None: got {shown(self.plasticity)}."
            )
        if self.delays is None:
            return
        if not isinstance(self.delays, Quantity) or self.delays.dim != second.dim:
            raise ValueError(f"`delays` must be times: got {shown(self.delays)}.")
        values = np.asarray(self.delays, float)
        if values.ndim and values.shape != self.connectivity.shape:
            raise ValueError(
                "`delays` must be one time, or one per synapse, post × pre:"
                f" expected {self.connectivity.shape}, got {values.shape}."
            )
        if not (np.isfinite(values).all() and (values >= 0).all()):
            raise ValueError(f"`delays` must be zero or more: got {values.min():g} s.")

    @property
    def has_single_synapses(self) -> bool:
        """Whether synapses delay spikes or fail, so that each has to be there by itself."""
        return self.release < 1 or (self.delays is not None and bool(np.any(self.delays > 0)))

    @property
    def weights(self) -> Modes | Float[np.ndarray, "post pre"]:
        """What its weights are made of, without a mask: modes, or all of them."""
        connectivity = self.connectivity
        if isinstance(connectivity, Masked):
            connectivity = connectivity.under
        return connectivity if isinstance(connectivity, Modes) else connectivity.dense()

    def with_weights(self, weights: Modes | Float[np.ndarray, "post pre"]) -> "Pathway":
        """Exchange them; which synapses there are, and all else, stays."""
        now = self.connectivity
        if isinstance(now, Sparse):
            assert not isinstance(weights, Modes)
            changed = replace(now, weights=weights[now.post, now.pre])
        else:
            changed = weights if isinstance(weights, Modes) else Dense(weights)
            changed = replace(now, under=changed) if isinstance(now, Masked) else changed
        return replace(self, connectivity=changed)
