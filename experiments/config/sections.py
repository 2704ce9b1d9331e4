"""The sections of a run's configuration: their keys, defaults and checks."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal, Self, cast

from brian2 import Hz, Quantity, ms
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, SerializeAsAny
from pydantic import model_validator as validator
from spikemodes.learning.step.surrogates import SURROGATES
from spikemodes.learning.task import Task
from spikemodes.models.conditions.condition import Condition
from spikemodes.models.conditions.registry import CONDITIONS
from spikemodes.models.neurons.synaptic_filter import (
    DoubleExponential,
    SingleExponential,
    SynapticFilter,
)
from spikemodes.models.quantities import time

from ..method import Method
from ..methods import METHODS
from ..tasks.registry import TASKS
from .components import Component, Keys, look_up, one_of, text_like
from .neurons import NEURONS

if TYPE_CHECKING:  # PyTorch takes seconds to load, and checking a configuration needs none of it
    from spikemodes.learning.training.penalties import Penalty


DEFAULT_TASK, DEFAULT_NEURON, FINE_DT = "selective-integration", "lif", 0.2 * ms


def find_task(name: str) -> Callable[..., Task]:
    """Give what builds the task `name`. Raises `ValueError` that suggests the nearest name."""
    family, colon, member = name.partition(":")
    for known, entry in TASKS.items():
        if colon and known.startswith(f"{family}:"):
            return cast("Callable[[str], Callable[..., Task]]", entry.load())(member)
    return look_up(TASKS, name).load()


Rate = Annotated[Quantity, *text_like(10 * Hz)]
Duration = Annotated[Quantity, *text_like(2 * ms)]
FineStep = Annotated[
    Quantity, *text_like(FINE_DT, "Leave it out: it follows from the step of the task.")
]
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


class NetworkKeys(Keys):
    """The network to train.

    Its `readout` is that of the task, or ``trace``: classes are asked for at every step of the
    second half of a trial, which methods that learn from the error of each step do anyway.
    """

    neurons: PositiveInt = 100
    modes: PositiveInt = 3
    parameterisation: Literal["modes", "modes-full", "dense", "dale", "scores"] = "modes"
    excitatory: Annotated[float, Field(gt=0, lt=1)] = 0.8
    readout: Literal["task", "trace"] = "task"
    neuron: SomeNeuron = Field(default=DEFAULT_NEURON, validate_default=True)
    synapse: SynapseKeys = SynapseKeys()

    @validator(mode="after")
    def _low_rank(self) -> Self:
        if self.modes > self.neurons:
            raise ValueError(
                f"`modes` must be no more than `neurons` = {self.neurons}: got {self.modes}."
                " Use fewer modes or more neurons."
            )
        return self


class TrainKeys(Keys):
    """How it is trained; penalties of strength 0 do not count.

    With `conditions`, the trained network learns on under them, for `retrain_updates`.
    """

    method: SomeMethod = Field(default="bptt", validate_default=True)
    updates: PositiveInt = 700
    batch: PositiveInt = 100
    learning_rate: PositiveFloat = 2e-2
    clip_norm: PositiveFloat = 20.0
    surrogate: SomeSurrogate = Field(default="fast-sigmoid", validate_default=True)
    detach_reset: bool | None = None
    rate_penalty: NonNegativeFloat = 0.0
    rate_target: Rate = 10 * Hz
    weight_penalty: NonNegativeFloat = 0.0
    orthogonality_penalty: NonNegativeFloat = 0.0
    conditions: list[SomeCondition] = Field(default=[])
    retrain_updates: PositiveInt = 100
    retrain_learning_rate: PositiveFloat = 5e-3
    checkpoint_every: PositiveInt = 50

    def build_method(self) -> Method:
        """Build the method."""
        return self.method.build()

    def build_conditions(self) -> list[Condition]:
        """Build the conditions."""
        return [condition.build() for condition in self.conditions]

    def build_penalties(self) -> tuple["Penalty", ...]:
        """Build the penalties of positive strength."""
        from spikemodes.learning.training.penalties import FiringRate, Orthogonality, WeightSize

        candidates = (
            FiringRate(self.rate_penalty, float(self.rate_target)),
            WeightSize(self.weight_penalty),
            Orthogonality(self.orthogonality_penalty),
        )
        return tuple(penalty for penalty in candidates if penalty.strength > 0)


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
