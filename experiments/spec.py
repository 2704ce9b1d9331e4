"""The configuration of a run: all sections together, and what must fit between them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar

import numpy as np
from brian2 import Quantity
from pydantic import Field, NonNegativeInt, ValidationError
from pydantic import model_validator as validator
from spikemodes.learning.task import HeldOut, Task
from spikemodes.models.condition import realise, require_trainable
from spikemodes.models.modes import Modes
from spikemodes.models.network import ModeNetwork, Network
from spikemodes.models.neuron import NeuronModel
from spikemodes.models.quantities import whole_steps
from spikemodes.models.rate_network import RateUnit
from spikemodes.models.translation import translate_neuron

from .components import Keys
from .methods import settings_of
from .nested_keys import flat, merge
from .spec_sections import NetworkKeys, SimulateKeys, SomeTask, TrainKeys
from .tasks import TunedTask
from .traced_classes import with_targets

if TYPE_CHECKING:  # PyTorch takes seconds to load, and checking a configuration needs none of it
    from spikemodes.learning.constraints import Constraint

RATE_SETTINGS = {"train": {"learning_rate": 5e-3}}
"""What rate neurons need otherwise than spiking ones: their activity lasts by gains close to 1."""

SomeKeys = TypeVar("SomeKeys", bound=Keys)


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
            translate_neuron(changed, circuit.dt)  # a mistake shows before anything is trained
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
