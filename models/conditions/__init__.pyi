from .circuit import Circuit as Circuit, Injection as Injection
from .condition import (
    Condition as Condition,
    UnfitError as UnfitError,
    disturbed as disturbed,
    realise as realise,
)
from .inputs import InputNoise as InputNoise, MissingChannels as MissingChannels
from .interneurons import InhibitoryInterneurons as InhibitoryInterneurons
from .interventions import Kick as Kick, Silence as Silence, Stimulate as Stimulate
from .neurons import (
    ContinuousForm as ContinuousForm,
    Heterogeneity as Heterogeneity,
    RefractoryPeriod as RefractoryPeriod,
    SimulationStep as SimulationStep,
)
from .noise import MembraneNoise as MembraneNoise
from .plasticity import PlasticSynapses as PlasticSynapses
from .registry import CONDITIONS as CONDITIONS
from .replacements import (
    Adaptation as Adaptation,
    ConductanceSynapses as ConductanceSynapses,
    SpikeOnset as SpikeOnset,
    SpikeTriggeredAdaptation as SpikeTriggeredAdaptation,
    SubthresholdAdaptation as SubthresholdAdaptation,
)
from .response import drive_for as drive_for, firing_rates as firing_rates
from .synapses import (
    DalesLaw as DalesLaw,
    Delays as Delays,
    Lesion as Lesion,
    ReleaseFailures as ReleaseFailures,
    SparseConnectivity as SparseConnectivity,
    WeakerSynapses as WeakerSynapses,
    WeightNoise as WeightNoise,
)
