"""Short-term plasticity of the recurrent synapses."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from brian2 import Hz, Quantity, ms

from ..networks.plasticity import ShortTermPlasticity
from .circuit import Circuit
from .condition import Condition


@dataclass(frozen=True)
class PlasticSynapses(Condition):
    """Recurrent synapses depress, and facilitate where `tau_facilitation` is not zero.

    Parameters as for `ShortTermPlasticity`; the level is the time in which synapses recover. The
    weights count as they were learned for cells that fire at the rate `kept_at`, once they have
    done so for a while; at the onset, and for slower cells, they count more. Pathways that have
    plasticity of their own keep it.

    Synapses between excitatory cells have U = 0.5 and recover with 800 ms, those from excitatory
    to inhibitory cells U = 0.04, tau_depression = 100 ms and tau_facilitation = 1000 ms in
    Tsodyks, Uziel & Markram, J. Neurosci. 20, RC50 (2000), as Brian2's example of it has them.
    """

    name: ClassVar[str] = "short-term-plasticity"
    tau_depression: Quantity = field(default_factory=lambda: 800 * ms)
    tau_facilitation: Quantity = field(default_factory=lambda: 0 * ms)
    U: float = 0.5
    kept_at: Quantity = field(default_factory=lambda: 20 * Hz)

    def __post_init__(self) -> None:
        _ = self.plasticity

    @property
    def plasticity(self) -> ShortTermPlasticity:
        """Of each pathway. Raises `ValueError` for a parameter out of range."""
        return ShortTermPlasticity(self.U, self.tau_facilitation, self.tau_depression, self.kept_at)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Make the synapses of all pathways plastic."""
        pathways = tuple(
            pathway if pathway.plasticity else replace(pathway, plasticity=self.plasticity)
            for pathway in circuit.network.pathways
        )
        return replace(circuit, network=replace(circuit.network, pathways=pathways))
