"""The conditions of biology by the name that a configuration gives them."""

from .condition import Condition
from .inputs import InputNoise, MissingChannels
from .neurons import (
    Adaptation,
    ConductanceSynapses,
    ExponentialNeurons,
    Heterogeneity,
    MembraneNoise,
    RefractoryPeriod,
    SimulationStep,
)
from .synapses import DalesLaw, Delays, Lesion, ReleaseFailures, SparseConnectivity, WeightNoise

CONDITIONS: dict[str, type[Condition]] = {
    condition.name: condition
    for condition in (
        SimulationStep,
        RefractoryPeriod,
        Heterogeneity,
        Delays,
        MembraneNoise,
        ReleaseFailures,
        WeightNoise,
        SparseConnectivity,
        Lesion,
        ConductanceSynapses,
        Adaptation,
        ExponentialNeurons,
        DalesLaw,
        InputNoise,
        MissingChannels,
    )
}
"""Add an entry to make a condition of your own known to configurations."""
