"""The configuration of a run: its keys, their defaults and their checks."""

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar, cast

import numpy as np
import yaml
from brian2 import Hz, Quantity, ms
from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SerializeAsAny,
    ValidationError,
)
from pydantic import model_validator as validator
from spikemodes.learning.surrogates import SURROGATES
from spikemodes.learning.task import HeldOut, Task
from spikemodes.models.adaptive import AdaptiveLIF
from spikemodes.models.adex import AdEx
from spikemodes.models.biased import BiasedLIF
from spikemodes.models.condition import Condition, realise, require_trainable
from spikemodes.models.conductance import ConductanceLIF
from spikemodes.models.lif import LIF, ContinuousLIF
from spikemodes.models.modes import Modes
from spikemodes.models.network import ModeNetwork, Network
from spikemodes.models.neuron import NeuronModel
from spikemodes.models.quantities import time, whole_steps
from spikemodes.models.rate_network import RateUnit
from spikemodes.models.synaptic_filter import (
    DoubleExponential,
    SingleExponential,
    SynapticFilter,
)

from .battery import CONDITIONS
from .components import Component, Keys, look_up, one_of, text_like
from .method import Method
from .methods import METHODS, settings_of
from .neuron_text import neuron_of_text
from .rate_units import rate_unit
from .tasks import TASKS, TunedTask
from .traced_classes import with_targets

NEURONS: dict[str, Callable[..., NeuronModel | RateUnit]] = {
    "lif": LIF,
    "continuous-lif": ContinuousLIF,
    "adaptive-lif": AdaptiveLIF,
    "biased-lif": BiasedLIF,
    "adex": AdEx,
    "conductance-lif": ConductanceLIF,
    "equations": neuron_of_text,
    "rate": rate_unit,
}

if TYPE_CHECKING:  # PyTorch takes seconds to load, and checking a configuration needs none of it
    from spikemodes.learning.constraints import Constraint
    from spikemodes.learning.penalties import Penalty


def find_task(name: str) -> Callable[..., Task]:
    """Give what builds the task `name`. Raises `ValueError` that suggests the nearest name."""
    family, colon, member = name.partition(":")
    for known, entry in TASKS.items():
        if colon and known.startswith(f"{family}:"):
            return cast("Callable[[str], Callable[..., Task]]", entry.load())(member)
    return look_up(TASKS, name).load()


Rate = Annotated[Quantity, *text_like(10 * Hz)]
RATE_SETTINGS = {"train": {"learning_rate": 5e-3}}
"""What rate neurons need otherwise than spiking ones: their activity lasts by gains close to 1."""

Duration = Annotated[Quantity, *text_like(2 * ms)]
SomeTask = Annotated[
    SerializeAsAny[Component],
    one_of(find_task, default="selective-integration"),
]
SomeNeuron = Annotated[
    SerializeAsAny[Component], one_of(lambda name: look_up(NEURONS, name), default="lif")
]
SomeCondition = Annotated[
    SerializeAsAny[Component], one_of(lambda name: look_up(CONDITIONS, name), default="delays")
]
SomeMethod = Annotated[
    SerializeAsAny[Component], one_of(lambda name: look_up(METHODS, name), default="bptt")
]
SomeSurrogate = Annotated[
    SerializeAsAny[Component],
    one_of(lambda name: look_up(SURROGATES, name), default="fast-sigmoid"),
]


SomeKeys = TypeVar("SomeKeys", bound=Keys)


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
    neuron: SomeNeuron = Field(default="lif", validate_default=True)
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
    detach_reset: bool = False
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
        from spikemodes.learning.penalties import FiringRate, Orthogonality, WeightSize

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
    fine_dt: Duration = 0.2 * ms

    @validator(mode="after")
    def _positive(self) -> Self:
        time(self.fine_dt, "fine_dt")
        return self


class Spec(Keys):
    """Everything that decides a run."""

    task: SomeTask = Field(default="selective-integration", validate_default=True)
    network: NetworkKeys = NetworkKeys()
    train: TrainKeys = TrainKeys()
    simulate: SimulateKeys = SimulateKeys()
    seed: Annotated[NonNegativeInt, Field(lt=2**63)] = 0

    def build_task(self) -> Task:
        """Build the task, its classes as target traces where a method or the readout needs them."""
        task = self.task.build()
        traced = self.network.readout == "trace" or self.train.build_method().needs_targets
        return with_targets(task) if traced else task

    def build_neuron(self) -> NeuronModel | RateUnit:
        """Build the neuron, for inputs held over the task's step."""
        return self.network.neuron.build(dt_input=self.build_task().dt)

    def resolved(self) -> dict[str, Any]:
        """Give every key with its value as plain data; `parse_spec` makes an equal spec of it."""
        return self.model_dump()

    def build_constraint(self) -> "Constraint | None":
        """Build what modes and scores must obey."""
        from spikemodes.learning.constraints import Dale, FixedModes

        match self.network.parameterisation:
            case "dale":
                return Dale(self.network.excitatory)
            case "scores":
                return FixedModes()
        return None

    @validator(mode="after")
    def _method_fits(self) -> Self:
        self.train.build_method().require(self)
        return self

    @validator(mode="after")
    def _penalties_fit(self) -> Self:
        if self.network.parameterisation == "dense" and self.train.orthogonality_penalty > 0:
            raise ValueError(
                "`train.orthogonality_penalty` must be 0 for dense weights, which have no modes:"
                f" got {self.train.orthogonality_penalty:g}."
            )
        return self

    @validator(mode="after")
    def _rates_fit(self) -> Self:
        if isinstance(self.build_neuron(), RateUnit) and self.train.conditions:
            raise ValueError(
                "`train.conditions` must be left out for rate neurons: got"
                f" {self.train.conditions[0].name}. Conditions need spiking neurons."
            )
        return self

    @validator(mode="after")
    def _enough_is_held_out(self) -> Self:
        task, trials = self.build_task(), self.simulate.trials
        if isinstance(task, HeldOut) and trials > task.n_test:
            raise ValueError(
                f"`simulate.trials` must be no more than the task keeps for testing,"
                f" {task.n_test}: got {trials}."
            )
        return self

    @validator(mode="after")
    def _steps_fit(self) -> Self:
        dt, neuron = self.build_task().dt, self.build_neuron()
        fine, ratio = self.simulate.fine_dt, float(dt / self.simulate.fine_dt)
        if ratio < 1 or abs(ratio - round(ratio)) > 1e-6 * ratio:
            raise ValueError(
                f"`simulate.fine_dt` must divide the task's dt = {dt!s} into whole steps:"
                f" got {fine!s}. Choose dt/10, say."
            )
        if isinstance(neuron, NeuronModel) and neuron.refractory:
            refractory = neuron.parameters[neuron.refractory]
            whole_steps(refractory, dt, f"network.neuron.{neuron.refractory}")
        conditions = self.train.build_conditions()
        if conditions and isinstance(neuron, NeuronModel):
            require_trainable(conditions)
            circuit = realise(self._smallest(neuron, dt), conditions, dt)
            changed = circuit.network.neuron
            if changed.refractory:
                period = changed.parameters[changed.refractory]
                whole_steps(period, circuit.dt, "train.conditions: the refractory period")
        return self

    def _smallest(self, neuron: NeuronModel, dt: Quantity) -> Network:
        """A network of one such neuron, on which conditions can be tried."""
        one = np.zeros((1, 1))
        return ModeNetwork(
            neuron=neuron,
            filter=self.network.synapse.build(),
            W_in=one,
            W_out=one,
            dt=dt,
            modes=Modes(one, one[0], one),
        )


def parse_spec(config: Mapping[str, Any]) -> Spec:
    """Check a configuration, and complete it with settings of task and method and the defaults.

    Raises `ValueError` of one line: key, rule, got, fix.
    """
    method = settings_of(config)
    spec = parse(Spec, merge([method, config]))
    task = spec.task.build()
    tuned = task.settings if isinstance(task, TunedTask) else {}
    if isinstance(spec.build_neuron(), RateUnit):
        tuned = merge([tuned, RATE_SETTINGS])
    return parse(Spec, merge([tuned, method, config])) if tuned else spec


def parse(kind: type[SomeKeys], config: Mapping[str, Any]) -> SomeKeys:
    """Check the keys of any `kind`, as `parse_spec` does those of a run."""
    try:
        return kind.model_validate(config)
    except ValidationError as error:
        raise ValueError(_one_line(error)) from None


def require_same(stored: Spec, wanted: Spec, path: Path) -> None:
    """Raise `ValueError` naming the first key in which a run at `path` is not what is wanted."""
    changed = flat(wanted.resolved())
    for key, value in flat(stored.resolved()).items():
        if changed.get(key) != value:
            raise ValueError(
                f"`{key}` must be {value} to continue `{path}`: got {changed.get(key)}."
                " Leave it out, or start a new run."
            )


def read_config(path: Path) -> dict[str, Any]:
    """Read a YAML file of keys. Raises `ValueError` or `FileNotFoundError` of one line."""
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileNotFoundError(f"`{path}` must be a configuration file: there is none.") from None
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        reason = " ".join(str(error).split())
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
            reason = f"line {error.problem_mark.line + 1}: {error.problem}"
        raise ValueError(f"`{path}` must be readable YAML: got {reason}. Correct it.") from None
    if config is None:
        return {}
    if not isinstance(config, dict):
        raise ValueError(f"`{path}` must hold keys such as `seed: 0`: got {type(config).__name__}.")
    return config


def parse_setting(setting: str) -> dict[str, Any]:
    """Read ``key.path=value``, the value as YAML, into nested keys."""
    path, equals, text = setting.partition("=")
    if not equals or not all(path.split(".")):
        raise ValueError(
            f"`--set` must be key.path=value: got {setting!r}."
            " Write it like --set train.updates=100."
        )
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        raise ValueError(
            f"`--set {path}` must have a YAML value: got {text!r}. Quote special characters."
        ) from None
    return nested(path, value)


def nested(path: str, value: Any) -> dict[str, Any]:
    """Write a dotted key as nested ones."""
    return reduce(lambda inner, key: {key: inner}, reversed(path.split(".")), value)


def merge(configs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Merge nested keys; later ones win. Text that keys are merged into is a component's name."""
    merged: dict[str, Any] = {}
    for config in configs:
        for key, value in config.items():
            before = merged.get(key)
            if isinstance(value, Mapping) and isinstance(before, Mapping | str):
                named = {"name": before} if isinstance(before, str) else before
                value = merge([named, value])
            merged[key] = value
    return merged


def flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """Write nested keys as dotted ones."""
    rows: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            rows |= {f"{key}.{inner}": entry for inner, entry in flat(value).items()}
        else:
            rows[key] = value
    return rows


def _one_line(error: ValidationError) -> str:
    """Write the first problem as: key, rule, got, fix."""
    first = error.errors(include_url=False)[0]
    parts, context = [str(part) for part in first["loc"]], first.get("ctx", {})
    if first["type"] == "unknown_key":
        key = ".".join([*parts, context["key"]])
        near = [".".join([*parts, name]) for name in context["nearest"]]
        fix = f"Did you mean {near[0]}?" if near else f"The keys there are {context['known']}."
        return f"`{key}` must be a known key: it is not. {fix}"
    if first["type"] == "value_error":
        message = str(context["error"])
        return message.replace("`", "".join(["`", *(f"{part}." for part in parts)]), 1)
    key, rule = ".".join(parts), first["msg"].replace("Input should", "must").split(", unable")[0]
    default = flat(Spec().resolved()).get(key)
    fix = "Change it." if default is None else f"Default: {default}."
    return f"`{key or 'configuration'}` {rule}: got {first['input']!r}. {fix}"
