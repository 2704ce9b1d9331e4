from .circuit import Circuit as Circuit
from .condition import (
    Condition as Condition,
    UnfitError as UnfitError,
    disturbed as disturbed,
    realise as realise,
)
from .inputs import InputNoise as InputNoise, MissingChannels as MissingChannels
from .neurons import (
    Adaptation as Adaptation,
    ConductanceSynapses as ConductanceSynapses,
    ContinuousForm as ContinuousForm,
    ExponentialNeurons as ExponentialNeurons,
    Heterogeneity as Heterogeneity,
    MembraneNoise as MembraneNoise,
    RefractoryPeriod as RefractoryPeriod,
    SimulationStep as SimulationStep,
)
from .registry import CONDITIONS as CONDITIONS
from .synapses import (
    DalesLaw as DalesLaw,
    Delays as Delays,
    Lesion as Lesion,
    ReleaseFailures as ReleaseFailures,
    SparseConnectivity as SparseConnectivity,
    WeightNoise as WeightNoise,
)
