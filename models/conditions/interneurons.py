"""Dale's law by inhibitory interneurons, which keeps what the weights do."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from brian2 import Quantity, ms

from ..neurons.lif import CATCH_UP, GAIN
from ..neurons.neuron import CONDUCTANCES, LATE, MATCHED_PERIOD
from ..quantities import time
from .circuit import Circuit
from .condition import NEURON, Condition
from .replacements import in_place_of, lif_of

_APART = f"{GAIN}*(drive + excitation - inhibition)"


@dataclass(frozen=True)
class InhibitoryInterneurons(Condition):
    """All neurons become excitatory, and interneurons give back the inhibition, later by `lag` [s].

    The weights W_ij (post × pre) are shifted by a bias for each receiving neuron,
    c_i = max_j max(-W_ij, 0): the neurons project to each other with W_ij + c_i, none of which is
    negative. The sum of their spikes, Σ_j s_j, drives interneurons, which inhibit neuron i
    with c_i Σ_j s_j. At lag 0 both add up to W: the function is the learned one.

    Of the interneurons, this has the delay that they add and nothing else: they answer linearly,
    neither spiking nor filtering. What is lost with the lag is what depends on inhibition that is
    as fast as excitation; a population of few spiking neurons loses more.

    Source: Parisien, Anderson & Eliasmith, Neural Comput. 20, 1473 (2008), whose interneurons are
    spiking populations that decode the bias; this is the algebra of it.
    """

    name: ClassVar[str] = "dales-law-interneurons"
    stage: ClassVar[int] = NEURON
    neuron: ClassVar[str] = "LIF with excitation and inhibition apart"
    trainable: ClassVar[bool] = False
    lag: Quantity = field(default_factory=lambda: 4 * ms)

    def __post_init__(self) -> None:
        time(self.lag, "lag", zero=True)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Part excitation from inhibition, which lags behind."""
        lif = lif_of(self, circuit)
        apart = replace(
            lif,
            equations=f"{lif.equations}\nlate : 1",
            update="\n".join(
                (
                    lif.update.replace("drive + recurrent", _APART),
                    f"v = v + {CATCH_UP}*(I - v)",
                    LATE,
                )
            ),
            reset=f"{lif.reset}\nlate = 1",
            parameters={**lif.parameters, "dt_input": circuit.network.dt},
            refractory=MATCHED_PERIOD,
            inputs=CONDUCTANCES,
        )
        return in_place_of(lif, circuit.transmitting(lag=float(self.lag)), apart)
