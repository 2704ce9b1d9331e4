"""The conditions of biology by the name that a configuration gives them."""

from .condition import Condition
from .inputs import InputNoise, MissingChannels
from .interneurons import InhibitoryInterneurons
from .neurons import Heterogeneity, RefractoryPeriod, SimulationStep
from .noise import MembraneNoise
from .plasticity import PlasticSynapses
from .replacements import (
    Adaptation,
    ConductanceSynapses,
    SpikeOnset,
    SpikeTriggeredAdaptation,
    SubthresholdAdaptation,
)
from .synapses import (
    DalesLaw,
    Delays,
    Lesion,
    ReleaseFailures,
    SparseConnectivity,
    WeakerSynapses,
    WeightNoise,
)

CONDITIONS: dict[str, type[Condition]] = {
    condition.name: condition
    for condition in (
        SimulationStep,
        RefractoryPeriod,
        Heterogeneity,
        Delays,
        MembraneNoise,
        ReleaseFailures,
        WeakerSynapses,
        PlasticSynapses,
        WeightNoise,
        SparseConnectivity,
        Lesion,
        ConductanceSynapses,
        Adaptation,
        SpikeOnset,
        SubthresholdAdaptation,
        SpikeTriggeredAdaptation,
        DalesLaw,
        InhibitoryInterneurons,
        InputNoise,
        MissingChannels,
    )
}
"""Add an entry to make a condition of your own known to configurations."""
