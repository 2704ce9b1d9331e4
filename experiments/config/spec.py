"""The configuration of a run: all sections together, and what must fit between them."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
from brian2 import Quantity
from pydantic import Field, NonNegativeInt, model_validator as validator
from spikemodes.learning.excitability.gain import InputGain, MatchedGain, default_gain
from spikemodes.learning.force.online import LeastSquares
from spikemodes.learning.methods import METHODS
from spikemodes.learning.task import HeldOut, Task
from spikemodes.learning.training.method import ForSomeTasks, GradientMethod, Method
from spikemodes.learning.training.recipe import Recipe
from spikemodes.learning.twin.bounds import learned_parameters
from spikemodes.learning.twin.learned import EVERY_WEIGHT, learned_weights, with_own_values
from spikemodes.models.conditions.condition import realise, require_trainable
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import ModeNetwork, Network
from spikemodes.models.networks.rate_network import RateUnit
from spikemodes.models.neurons.neuron import NeuronModel, require_whole_period, scalar
from spikemodes.models.quantities import shown

from ..tasks.registry import TaskOnEnd, TaskWithoutTrials, TunedTask
from ..tasks.traced_classes import with_targets
from .checking import parse
from .components import Keys
from .keys_of_options import KEYS
from .nested_keys import flat, merge, named_keys, overrule
from .sections import (
    DEFAULT_TASK,
    NetworkKeys,
    PlausibilityKeys,
    SimulateKeys,
    SomeTask,
    TrainKeys,
)
from .step import with_steps

RATE_SETTINGS = {"train": {"learning_rate": 5e-3}}
"""What rate neurons need otherwise than spiking ones: their activity lasts by gains close to 1."""


class Spec(Keys):
    """Everything that decides a run."""

    task: SomeTask = Field(default=DEFAULT_TASK, validate_default=True)
    network: NetworkKeys = NetworkKeys()
    train: TrainKeys = TrainKeys()
    simulate: SimulateKeys = SimulateKeys()
    plausibility: PlausibilityKeys = PlausibilityKeys()
    seed: Annotated[NonNegativeInt, Field(lt=2**63)] = 0

    def build_task(self) -> Task:
        """Build the task, its classes as target traces where a method or the readout needs them."""
        return self._task

    @cached_property  # one of the user's data reads a file, one of NeuroGym draws trials
    def _task(self) -> Task:
        task: Task = self.task.build()
        task = _course_of(task, type(self.train.build_method()), self.train.course) or task
        traced = self.network.readout == "trace" or self.train.build_method().needs_targets
        return with_targets(task) if traced else task

    def build_neuron(self) -> NeuronModel | RateUnit:
        """Build the neuron, for inputs held over the task's step."""
        return self._neuron

    @cached_property  # one of text is translated, which takes time
    def _neuron(self) -> NeuronModel | RateUnit:
        return self.network.neuron.build(dt_input=self.build_task().dt)

    def resolved(self) -> dict[str, Any]:
        """Give every key with its value as plain data; `parse_spec` makes an equal spec of it."""
        return _plain(self.model_dump())

    def recipe(self) -> Recipe:
        """Give what a method needs to know, in its terms."""
        network, train = self.network, self.train
        return Recipe(
            n_neurons=network.neurons,
            parameterisation=network.build_parameterisation(),
            neuron=self.build_neuron(),
            filter=network.synapse.build(),
            updates=train.updates,
            batch_size=train.batch,
            learning_rate=train.learning_rate,
            clip_norm=train.clip_norm,
            surrogate=train.surrogate.build(),
            detach_reset=train.detach_reset,
            centre=train.build_centre(),
            through_background=train.build_through_background(),
            capped=train.cap_gradient,
            input_gain=self._input_gain(),
            circuitry=network.build_circuitry(),
            learn=train.build_learned(),
            penalties=tuple(train.build_penalties().values()),
            checkpoint_every=train.checkpoint_every,
            target=self.simulate.target,
        )

    def _input_gain(self) -> InputGain | None:
        """What sets the gain, without its penalty where another strength is given."""
        neuron, gain = self.build_neuron(), self.network.build_input_gain()
        if self.train.rate_penalty is None or isinstance(neuron, RateUnit):
            return gain
        gain = gain or default_gain(neuron)
        return replace(gain, penalty=0.0) if isinstance(gain, MatchedGain) else gain

    @validator(mode="after")
    def _neuron_fits(self) -> Self:
        try:
            self.build_neuron()
        except ValueError as error:
            raise ValueError(self._with_owner(str(error))) from None
        return self

    def _with_owner(self, message: str) -> str:
        """Write the key in full where a message starts with a part of the neuron."""
        neuron = self.network.neuron
        start, _, rest = message.removeprefix("`").partition("`")
        if not message.startswith("`"):
            return message
        if start in getattr(neuron, "parameters", {}):
            return f"`network.neuron.parameters.{start}`{rest}"
        if start == getattr(neuron, "refractory", ""):  # a time written out, say
            return f"`network.neuron.refractory`{rest}"
        return f"`network.neuron.{start}`{rest}"

    @validator(mode="after")
    def _method_fits(self) -> Self:
        method, recipe = self.train.build_method(), self.recipe()
        try:
            method.require(recipe)
        except ValueError as error:
            raise ValueError(self._in_keys(str(error))) from None
        if isinstance(method, ForSomeTasks):
            method.require_task(self.build_task())
        return self

    def _in_keys(self, message: str) -> str:
        """Write a message that starts with a field of `Recipe` so that it starts with its key."""
        if not message.startswith("`"):
            return message
        field, _, rest = message.removeprefix("`").partition("`")
        key = KEYS.get(field, f"network.{field}")
        if field == "penalties":
            key = f"train.{next(iter(self.train.build_penalties()))}"
        return f"`{key}`{rest}"

    @validator(mode="after")
    def _learned_fits(self) -> Self:
        learn = self.train.build_learned()
        if learn == EVERY_WEIGHT:
            return self
        try:
            network = self.recipe().draw(self.build_task(), np.random.default_rng(0))
            learned_weights(learn, network)
            learned_parameters(learn, with_own_values(network, learn))
        except ValueError as error:
            raise ValueError(self._in_keys(str(error))) from None
        if self.train.conditions and all(learned.owner for learned in learn):
            raise ValueError(
                "`train.learn` must name weights to learn on under `train.conditions`: got"
                f" {', '.join(learned.name for learned in learn)}. Add weights."
            )
        return self

    @validator(mode="after")
    def _penalties_fit(self) -> Self:
        without_modes = self.network.build_parameterisation().n_modes is None
        if without_modes and self.train.orthogonality_penalty > 0:
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
    def _probe_fits(self) -> Self:
        every, updates, method = self.train.probe_every, self.train.updates, self.train.method
        if every > updates:
            raise ValueError(
                f"`train.probe_every` must be no more than `train.updates` = {updates}, or 0 for"
                f" never: got {every}."
            )
        if every and not isinstance(self.train.build_method(), GradientMethod):
            raise ValueError(
                f"`train.probe_every` must be 0 for {method.name}, which has no spiking network"
                f" while it learns, or one that is in Brian2 already: got {every}. Leave it out, or"
                " take the method bptt."
            )
        if every and isinstance(self.build_neuron(), RateUnit):
            raise ValueError(
                f"`train.probe_every` must be 0 for rate neurons, for which nothing is compiled:"
                f" got {every}. Leave it out."
            )
        return self

    @validator(mode="after")
    def _circuit_fits(self) -> Self:
        if isinstance(self.build_neuron(), RateUnit) and not self.recipe().circuitry.is_plain:
            raise ValueError(
                "`network.neuron` must spike in a circuit with a background, a mask, noise or"
                " inhibitory parameters: got rate. Leave these out, or choose another neuron."
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
        fine, ratio = self.simulate.fine_dt, float(dt) / float(self.simulate.fine_dt)
        if not 1 <= ratio < np.inf or abs(ratio - round(ratio)) > 1e-6 * ratio:
            raise ValueError(
                f"`simulate.fine_dt` must divide the task's dt = {shown(dt)} into whole steps:"
                f" got {shown(fine)}. Leave it out, or choose dt/10, say."
            )
        if isinstance(neuron, NeuronModel):
            require_whole_period(neuron, dt, f"network.neuron.{neuron.period}")
        conditions = self.train.build_conditions()
        if conditions and isinstance(neuron, NeuronModel):
            require_trainable(conditions)
            try:
                circuit = realise(self._smallest(neuron, dt), conditions, dt)
            except ArithmeticError as error:
                raise ValueError(
                    f"`train.conditions` must have levels that can be computed: {error}."
                ) from None
            name = "train.conditions: the refractory period"
            require_whole_period(circuit.network.neuron, circuit.dt, name)
            circuit.neuron_program  # noqa: B018  (what is wrong in it shows before training)
        return self

    @validator(mode="after")
    def _values_fit(self) -> Self:
        neuron, n = self.build_neuron(), self.network.neurons
        for name, value in neuron.parameters.items() if isinstance(neuron, NeuronModel) else ():
            if np.ndim(value) and len(value) != n:  # type: ignore[arg-type]
                raise ValueError(
                    f"`network.neuron.parameters.{name}` must have one value, or one for each of"
                    f" the {n} neurons: got {len(value)}."  # type: ignore[arg-type]
                )
        return self

    def _smallest(self, neuron: NeuronModel, dt: Quantity) -> Network:
        """A network of one such neuron, on which conditions can be tried."""
        one = np.zeros((1, 1))
        first = {name: scalar(value) for name, value in neuron.parameters.items()}
        return ModeNetwork(
            neuron=neuron.with_parameters(**first),
            filter=self.network.synapse.build(),
            W_in=one,
            W_out=one,
            dt=dt,
            modes=Modes(one, one[0], one),
        )


def settings_of(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the settings of the method that a configuration names, ``{}`` if it names none."""
    method = _method_of(config)
    return {} if method is None else method.settings


def _method_of(config: Mapping[str, Any]) -> type[Method] | None:
    train = config.get("train")
    name = named_keys(train.get("method")).get("name") if isinstance(train, Mapping) else None
    return METHODS.get(name) if isinstance(name, str) else None


def _learning(config: Mapping[str, Any]) -> tuple[type[Method] | None, str]:
    """What a configuration says of method and course."""
    train = config.get("train")
    course = train.get("course", "on-end") if isinstance(train, Mapping) else "on-end"
    return _method_of(config), course


def _course_of(task: Task, method: type[Method] | None, course: str) -> TaskWithoutTrials | None:
    """Take away the trials of a task that has none by nature, for a method that needs none.

    ``None`` where there is no such task or method, or the course is that of trials.
    """
    learns_on_end = method is not None and issubclass(method, LeastSquares)
    if course == "on-end" and learns_on_end and isinstance(task, TaskOnEnd):
        return task.on_end()
    return None


class _TaskAlone(Keys):
    task: SomeTask = Field(default=DEFAULT_TASK, validate_default=True)


def parse_task(config: Mapping[str, Any]) -> Task:
    """Build the task of a configuration, whatever else that says; raises as `parse_spec` does."""
    return parse(_TaskAlone, {key: config[key] for key in config if key == "task"}).task.build()


def parse_spec(config: Mapping[str, Any]) -> Spec:
    """Check a configuration, and complete it with settings of task and method and the defaults.

    Nothing but the task is checked before all is there: defaults that do not hold have no say.
    Raises `ValueError` of one line: key, rule, got, fix.
    """
    config = _with_neuron_named(config)
    task, method = parse_task(config), settings_of(config)
    tuned = task.settings if isinstance(task, TunedTask) else {}
    course = _course_of(task, *_learning(config))
    on_end = {} if course is None else course.settings
    rate = _neuron(overrule(method, config)).get("name") == "rate"
    settings = merge([tuned, RATE_SETTINGS if rate else {}, method, on_end])
    return parse(Spec, with_steps(overrule(settings, config), task.dt))


def _neuron(config: Mapping[str, Any]) -> dict[str, Any]:
    network = config.get("network")
    return named_keys(network.get("neuron")) if isinstance(network, Mapping) else {}


def _with_neuron_named(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Name a neuron that is written as equations, which says what it is."""
    neuron = _neuron(config)
    if "equations" not in neuron or "name" in neuron:
        return config
    return merge([config, {"network": {"neuron": {"name": "equations"}}}])


def require_same(stored: Spec, wanted: Spec, path: Path) -> None:
    """Raise `ValueError` naming the first key in which a run at `path` is not what is wanted."""
    changed = flat(wanted.resolved())
    for key, value in flat(stored.resolved()).items():
        if changed.get(key) != value:
            raise ValueError(
                f"`{key}` must be {value} to continue `{path}`: got {changed.get(key)}."
                " Leave it out, or start a new run."
            )


def _plain(value: Any) -> Any:
    """Write tuples as the lists that files have in their place."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, list | tuple) else value
