from .excitability.gain import (
    ExcitabilityError as ExcitabilityError,
    GivenGain as GivenGain,
    InputGain as InputGain,
    MatchedGain as MatchedGain,
)
from .excitability.probe import Probe as Probe, probe as probe
from .force.rate import Force as Force
from .force.spiking import SpikingForce as SpikingForce
from .kernels.fused import FusedBackend as FusedBackend
from .kim_2019 import Kim2019 as Kim2019
from .methods import METHODS as METHODS
from .nef.method import NEF as NEF
from .rate_to_spike import RateToSpike as RateToSpike, to_spikes as to_spikes
from .step.backend import Backend as Backend, StepModel as StepModel
from .step.background import (
    ExactGradient as ExactGradient,
    GradientThroughBackground as GradientThroughBackground,
    StoppedGradient as StoppedGradient,
)
from .step.centre import (
    AtOnset as AtOnset,
    AtThreshold as AtThreshold,
    SurrogateCentre as SurrogateCentre,
)
from .step.reference import ReferenceBackend as ReferenceBackend
from .step.surrogates import (
    SURROGATES as SURROGATES,
    ATan as ATan,
    FastSigmoid as FastSigmoid,
    SuperSpike as SuperSpike,
    Surrogate as Surrogate,
    Triangular as Triangular,
)
from .task import (
    Endless as Endless,
    GatedEvidence as GatedEvidence,
    HeldOut as HeldOut,
    Score as Score,
    SumsEvidence as SumsEvidence,
    Task as Task,
    above_chance as above_chance,
    unseen as unseen,
)
from .three_factor.feedback import (
    Feedback as Feedback,
    RandomFeedback as RandomFeedback,
    RandomModes as RandomModes,
    Symmetric as Symmetric,
)
from .three_factor.rule import ThreeFactor as ThreeFactor
from .training.bptt import Backpropagation as Backpropagation
from .training.constraints import (
    Constraint as Constraint,
    Dale as Dale,
    FixedModes as FixedModes,
    FixedScores as FixedScores,
    Silenced as Silenced,
    SparseDale as SparseDale,
)
from .training.initialisation import initial_network as initial_network
from .training.loop import train as train
from .training.method import GradientMethod as GradientMethod, Method as Method, Session as Session
from .training.options import TrainingOptions as TrainingOptions
from .training.parameterisation import (
    PARAMETERISATIONS as PARAMETERISATIONS,
    DaleModes as DaleModes,
    DaleSparse as DaleSparse,
    FullRank as FullRank,
    FullScores as FullScores,
    LowRank as LowRank,
    ModesAlone as ModesAlone,
    NoRecurrence as NoRecurrence,
    Parameterisation as Parameterisation,
    ScoresAlone as ScoresAlone,
)
from .training.penalties import (
    FiringRate as FiringRate,
    Orthogonality as Orthogonality,
    Penalty as Penalty,
    WeightSize as WeightSize,
)
from .training.recipe import Recipe as Recipe
from .training.result import (
    TrainingDivergedError as TrainingDivergedError,
    TrainingResult as TrainingResult,
    Update as Update,
)
from .training.rules import BPTT as BPTT, Differentiated as Differentiated, Rule as Rule
from .twin.bounds import ParameterCourse as ParameterCourse
from .twin.learned import Learned as Learned
from .twin.rate_twin import RateTwin as RateTwin
from .twin.twin import Twin as Twin
from .validation import (
    RateValidation as RateValidation,
    Validation as Validation,
    validate as validate,
    validate_rates as validate_rates,
)
