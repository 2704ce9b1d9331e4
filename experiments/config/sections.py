"""The sections of a run's configuration: their keys, defaults and checks."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, Self, cast

from brian2 import Hz, Quantity, ms
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PlainSerializer,
    PositiveFloat,
    PositiveInt,
    SerializeAsAny,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator as validator,
)
from spikemodes.analysis.plausibility.areas import AREAS, MACAQUE_PREFRONTAL
from spikemodes.learning.excitability.gain import GivenGain, InputGain, MatchedGain
from spikemodes.learning.methods import METHODS
from spikemodes.learning.step.background import (
    ExactGradient,
    GradientThroughBackground,
    StoppedGradient,
)
from spikemodes.learning.step.centre import AtOnset, AtThreshold, SurrogateCentre
from spikemodes.learning.step.surrogates import SURROGATES
from spikemodes.learning.task import Task
from spikemodes.learning.training.circuitry import BackgroundMask, Circuitry, Mask, RandomMask
from spikemodes.learning.training.method import Method
from spikemodes.learning.training.parameterisation import (
    PARAMETERISATIONS,
    DaleModes,
    LowRank,
    Parameterisation,
)
from spikemodes.learning.training.penalties import FiringRate, Orthogonality, Penalty, WeightSize
from spikemodes.learning.training.recipe import Recipe
from spikemodes.learning.twin.learned import Learned
from spikemodes.models.conditions.condition import Condition
from spikemodes.models.conditions.noise import MembraneNoise
from spikemodes.models.conditions.registry import CONDITIONS
from spikemodes.models.networks.background import Background, ConnectionShares
from spikemodes.models.neurons.synaptic_filter import (
    DoubleExponential,
    SingleExponential,
    SynapticFilter,
)
from spikemodes.models.quantities import parse_quantity, time

from ..tasks.registry import TASKS
from .components import Component, Keys, defaults_of, look_up, one_of, plain, text_like
from .neurons import NEURONS

DEFAULT_TASK, DEFAULT_NEURON, FINE_DT = "selective-integration", "lif", 0.2 * ms
_RECIPE = Recipe()  # what holds where nothing is said


def find_task(name: str) -> Callable[..., Task]:
    """Give what builds the task `name`. Raises `ValueError` that suggests the nearest name."""
    family, colon, member = name.partition(":")
    for known, entry in TASKS.items():
        if colon and known.startswith(f"{family}:"):
            return cast("Callable[[str], Callable[..., Task]]", entry.load())(member)
    return look_up(TASKS, name).load()


def _known_area(name: str) -> str:
    if name not in AREAS:
        raise ValueError(f"`area` must be one of {', '.join(AREAS)}: got {name!r}.")
    return name


Rate = Annotated[Quantity, *text_like(10 * Hz)]
Duration = Annotated[Quantity, *text_like(2 * ms)]
FineStep = Annotated[
    Quantity, *text_like(FINE_DT, "Leave it out: it follows from the step of the task.")
]
SomeQuantity = Annotated[Any, BeforeValidator(parse_quantity)]
SomeTask = Annotated[
    SerializeAsAny[Component],
    one_of(find_task, default=DEFAULT_TASK),
]
SomeNeuron = Annotated[
    SerializeAsAny[Component], one_of(lambda name: look_up(NEURONS, name), default=DEFAULT_NEURON)
]
SomeCondition = Annotated[SerializeAsAny[Component], one_of(lambda name: look_up(CONDITIONS, name))]
SomeMethod = Annotated[
    SerializeAsAny[Component], one_of(lambda name: look_up(METHODS, name), default="bptt")
]
SomeSurrogate = Annotated[
    SerializeAsAny[Component],
    one_of(lambda name: look_up(SURROGATES, name), default="fast-sigmoid"),
]


class SynapseKeys(Keys):
    """Filter of the spike trains; ``tau_rise: null`` is a single exponential."""

    tau_rise: Duration | None = 2 * ms
    tau_decay: Duration = 30 * ms

    def build(self) -> SynapticFilter:
        """Build the filter."""
        if self.tau_rise is None:
            return SingleExponential(tau_decay=self.tau_decay)
        return DoubleExponential(tau_rise=self.tau_rise, tau_decay=self.tau_decay)

    @validator(mode="after")
    def _builds(self) -> Self:
        self.build()
        return self


Shares = Annotated[float, Field(ge=0, le=1)]


class BackgroundKeys(Keys):
    """Fixed random synapses beside the learned ones, see `Background`.

    `connected` is the probability of a synapse: one number, or one for each pair of kinds of cells,
    ``EI`` being from excitatory to inhibitory ones.
    """

    connected: Shares | dict[Literal["EE", "EI", "IE", "II"], Shares] = ConnectionShares().EE
    strength: NonNegativeFloat = Background().strength
    ratio: NonNegativeFloat = Background().ratio
    spread: NonNegativeFloat = Background().spread
    delay: Duration | None = None

    def build(self) -> Background:
        """Build it."""
        others = {name: getattr(self, name) for name in ("strength", "ratio", "spread", "delay")}
        return Background(connected=_shares(self.connected), **others)

    @validator(mode="after")
    def _builds(self) -> Self:
        self.build()
        return self


def _shares(given: Any) -> ConnectionShares:
    if isinstance(given, Mapping):
        return ConnectionShares(**given)
    return ConnectionShares.alike(given)


class NoiseKeys(Keys):
    """Noise of the membrane that is the network's own, see `MembraneNoise`."""

    sd: NonNegativeFloat = MembraneNoise().sd
    tau: Duration = MembraneNoise().tau

    def build(self) -> MembraneNoise:
        """Build it."""
        return MembraneNoise(sd=self.sd, tau=self.tau)


class NetworkKeys(Keys):
    """The network to train.

    Its `readout` is that of the task, or ``trace``: classes are asked for at every step of the
    second half of a trial, which methods that learn from the error of each step do anyway. Its
    `input_gain` is a number, or ``matched`` to the task: 1 for the LIF and matched for all other
    neurons where nothing is said.

    A `background` of fixed random synapses lies beside the learned weights; of these a `mask`
    leaves a share, or those that the background has. Cells are then excitatory and inhibitory ones,
    and parameters of the latter can differ, `inhibitory`; Dale's law is the `parameterisation`
    dale. Its `noise` belongs to the network wherever it runs.
    """

    neurons: PositiveInt = _RECIPE.n_neurons
    modes: PositiveInt = LowRank().n_modes
    parameterisation: Literal[*PARAMETERISATIONS] = _RECIPE.parameterisation.name  # type: ignore
    excitatory: Annotated[float, Field(gt=0, lt=1)] = DaleModes().excitatory
    readout: Literal["task", "trace"] = "task"
    neuron: SomeNeuron = Field(default=DEFAULT_NEURON, validate_default=True)
    input_gain: PositiveFloat | Literal["matched"] | None = None
    synapse: SynapseKeys = SynapseKeys()
    background: BackgroundKeys | None = None
    mask: Shares | Literal["background"] | None = None
    noise: NoiseKeys | None = None
    inhibitory: Annotated[dict[str, SomeQuantity], PlainSerializer(plain)] = Field(default={})

    def build_input_gain(self) -> InputGain | None:
        """Build what sets the gain; ``None`` where that is up to the neuron."""
        given = self.input_gain
        if given is None:
            return None
        return MatchedGain() if given == "matched" else GivenGain(given)

    def build_circuitry(self) -> Circuitry:
        """Build what surrounds the weights that learn."""
        masks: dict[Any, Mask | None] = {None: None, "background": BackgroundMask()}
        mask = self.mask
        return Circuitry(
            excitatory=self.excitatory,
            background=self.background and self.background.build(),
            mask=masks[mask] if mask in masks else RandomMask(_shares(cast("float", mask))),
            noise=self.noise and self.noise.build(),
            inhibitory=self.inhibitory,
        )

    def build_parameterisation(self) -> Parameterisation:
        """Build it, with those of the keys that it has parameters for."""
        kind = PARAMETERISATIONS[self.parameterisation]
        keys = {"n_modes": self.modes, "excitatory": self.excitatory}
        return kind(**{name: keys[name] for name in defaults_of(kind).keys() & keys.keys()})

    @validator(mode="after")
    def _low_rank(self) -> Self:
        if self.modes > self.neurons:
            raise ValueError(
                f"`modes` must be no more than `neurons` = {self.neurons}: got {self.modes}."
                " Use fewer modes or more neurons."
            )
        return self

    @validator(mode="after")
    def _mask_of_a_background(self) -> Self:
        if self.mask == "background" and self.background is None:
            raise ValueError(
                "`mask` must be a share of synapses where there is no `background` to have them"
                " of: got background. Add `background`, or give a share."
            )
        return self


class LearnedKeys(Keys):
    """Something that learns: weights, or a parameter of neurons or filters, see `Learned`."""

    name: str
    bounds: Annotated[tuple[Any, Any] | None, PlainSerializer(plain)] = None
    each: bool = False

    def build(self) -> Learned:
        """Build it."""
        return Learned(self.name, self.bounds, self.each)

    @validator(mode="before")
    @classmethod
    def _by_name(cls, given: Any) -> Any:
        return {"name": given} if isinstance(given, str) else given

    @model_serializer(mode="wrap")
    def _shortly(self, written: SerializerFunctionWrapHandler) -> Any:
        return self.name if self.bounds is None and not self.each else written(self)


def _names(given: Any) -> Any:
    """Take names that are joined by ``+`` apart."""
    return given.split("+") if isinstance(given, str) else given


class TrainKeys(Keys):
    """How it is trained; penalties of strength 0 do not count.

    The surrogate has its peak where spikes begin, or at the threshold, `surrogate_at`; for
    `cap_gradient` see `StepModel`. Through synapses that do not learn, such as those of a
    background, gradients pass or stop: `gradient_through_background`. A `rate_penalty` that is not
    given is that of the input gain.
    What has no trials by nature is learned on end by a method that can, unless its `course` is that
    of trials. What can `learn` is in `Learned`: a list of weights and parameters by their name, or
    with ``bounds`` and ``each``, or names joined as ``weights+neuron.tau_mem``. With `conditions`,
    the weights of the trained network learn on under them, for `retrain_updates`.
    Every `probe_every` updates the weights are pushed into Brian2, which answers a few trials; 0 is
    never. What is learned is the same.
    """

    method: SomeMethod = Field(default="bptt", validate_default=True)
    course: Literal["on-end", "trials"] = "on-end"
    updates: PositiveInt = _RECIPE.updates
    batch: PositiveInt = _RECIPE.batch_size
    learning_rate: PositiveFloat = _RECIPE.learning_rate
    clip_norm: PositiveFloat = _RECIPE.clip_norm
    surrogate: SomeSurrogate = Field(default="fast-sigmoid", validate_default=True)
    surrogate_at: Literal["onset", "threshold"] = "onset"
    gradient_through_background: Literal["exact", "stop"] = "exact"
    cap_gradient: bool = _RECIPE.capped
    detach_reset: bool | None = _RECIPE.detach_reset
    learn: Annotated[list[LearnedKeys], BeforeValidator(_names)] = Field(
        default=[LearnedKeys(name=learned.name) for learned in _RECIPE.learn]
    )
    rate_penalty: NonNegativeFloat | None = None
    rate_target: Rate = 10 * Hz
    weight_penalty: NonNegativeFloat = 0.0
    orthogonality_penalty: NonNegativeFloat = 0.0
    conditions: list[SomeCondition] = Field(default=[])
    retrain_updates: PositiveInt = 100
    retrain_learning_rate: PositiveFloat = 5e-3
    checkpoint_every: PositiveInt = _RECIPE.checkpoint_every
    probe_every: NonNegativeInt = 0

    @validator(mode="after")
    def _something_learns(self) -> Self:
        replace(_RECIPE, learn=self.build_learned())
        return self

    def build_method(self) -> Method:
        """Build the method."""
        return self.method.build()

    def build_centre(self) -> SurrogateCentre:
        """Build where the surrogate has its peak."""
        return AtOnset() if self.surrogate_at == "onset" else AtThreshold()

    def build_through_background(self) -> GradientThroughBackground:
        """Build what gradients do at synapses that do not learn."""
        exact = self.gradient_through_background == "exact"
        return ExactGradient() if exact else StoppedGradient()

    def build_learned(self) -> tuple[Learned, ...]:
        """Build what learns."""
        return tuple(keys.build() for keys in self.learn)

    def build_conditions(self) -> list[Condition]:
        """Build the conditions."""
        return [condition.build() for condition in self.conditions]

    def build_penalties(self) -> dict[str, Penalty]:
        """Build the penalties of positive strength, by the key of their strength."""
        candidates = {
            "rate_penalty": FiringRate(self.rate_penalty or 0.0, float(self.rate_target)),
            "weight_penalty": WeightSize(self.weight_penalty),
            "orthogonality_penalty": Orthogonality(self.orthogonality_penalty),
        }
        return {key: penalty for key, penalty in candidates.items() if penalty.strength > 0}


class SimulateKeys(Keys):
    """How it is run in Brian2."""

    target: Literal["cpp_standalone", "cython", "numpy"] = "cpp_standalone"
    trials: PositiveInt = 200
    batch: PositiveInt = 1000
    fine_dt: FineStep = FINE_DT

    @validator(mode="after")
    def _positive(self) -> Self:
        time(self.fine_dt, "fine_dt")
        return self


class PlausibilityKeys(Keys):
    """The area of cortex with which spikes and weights are compared."""

    area: Annotated[str, AfterValidator(_known_area)] = MACAQUE_PREFRONTAL.name
