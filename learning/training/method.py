"""What a way to get a trained network is, and the one that all rules of gradients share.

Checking whether a method fits needs no PyTorch, which takes seconds to load: a method imports it
when it trains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from spikemodes.models.networks.rate_network import RateUnit

from ..twin.learned import EVERY_WEIGHT
from .rules import Rule

if TYPE_CHECKING:
    from pathlib import Path

    from spikemodes.models.networks.storage import AnyNetwork

    from ..task import Task
    from .recipe import Recipe
    from .result import OnNetwork, TrainingResult, Update


@dataclass(frozen=True)
class Session:
    """What a training has to do with the run around it.

    Parameters
    ----------
    initial, trials
        Seeds of the weights and of the trials; a method that draws both in turn takes `trials`.
    on_start
        Called with the network before the first update, by methods that start from a `Recipe`.
    on_update
        Called after each update.
    on_network
        Called before the first update and after each, by methods of gradients, with the number of
        updates done and what gives the network as it is then. To be read before the call returns,
        and left as it is: it shares its arrays with what learns.
    on_compile
        Called if something has to be compiled first, with what that is.
    checkpoint
        Directory for checkpoints of methods that have them; none are written without it.
    resume
        Go on from the checkpoint, if there is one.
    """

    initial: int | np.random.SeedSequence = 0
    trials: int | np.random.SeedSequence = 0
    on_start: Callable[[AnyNetwork], None] | None = None
    on_update: Callable[[Update], None] | None = None
    on_network: OnNetwork | None = None
    on_compile: Callable[[str], None] | None = None
    checkpoint: Path | None = None
    resume: bool = False

    def compiling(self, what: str) -> Callable[[], None]:
        """Give what is to be called if `what` has to be compiled."""
        return lambda: None if self.on_compile is None else self.on_compile(what)


class Method(Protocol):
    """A way to train: a frozen dataclass whose fields are its options.

    `name` is that of its results; `settings` are keys of a configuration that hold where it does
    not say otherwise; `needs_targets` tells whether it learns from the error of each step.
    """

    name: ClassVar[str]
    settings: ClassVar[Mapping[str, Any]]
    needs_targets: ClassVar[bool]

    def require(self, recipe: Recipe) -> None:
        """Raise `ValueError`, which starts with the field, for a recipe that it cannot serve."""
        ...

    def train(self, task: Task, recipe: Recipe, session: Session) -> TrainingResult:
        """Train a network of the recipe on fresh trials of the task.

        Raises `TrainingDivergedError` if what is learned becomes NaN or infinite.
        """
        ...


@runtime_checkable
class ForSomeTasks(Protocol):
    """A method that does not serve every task."""

    def require_task(self, task: Task) -> None:
        """Raise `ValueError`, which starts with ``task``, for one that it cannot serve."""
        ...


class _RuleAndMethod(Rule, Method, Protocol):
    has_penalties: ClassVar[bool]


class GradientMethod:
    """Adam on the gradients of a rule: a `Rule` that inherits from this is a `Method`."""

    settings: ClassVar[Mapping[str, Any]] = {}
    has_penalties: ClassVar[bool] = True
    """Whether the rule differentiates penalties, too."""

    def train(self: _RuleAndMethod, task: Task, recipe: Recipe, session: Session) -> TrainingResult:
        """See `Method`. Raises `ValueError` if the recipe does not fit."""
        from .loop import train

        self.require(recipe)
        network = recipe.start(task, np.random.default_rng(session.initial))
        if session.on_start:
            session.on_start(network)
        return train(
            task,
            network,
            replace(
                recipe,
                rule=self,
                constraint=recipe.parameterisation.constraint,
                penalties=recipe.penalties + (recipe.rate_penalty if self.has_penalties else ()),
            ),
            seed=session.trials,
            on_update=session.on_update,
            on_network=session.on_network,
            on_compile=session.compiling("training kernels, once per neuron model"),
            checkpoint=session.checkpoint,
            resume=session.resume,
        )


def require_no_penalties(recipe: Recipe, who: str) -> None:
    """Raise `ValueError` for a recipe with penalties."""
    if recipe.penalties:
        raise ValueError(
            f"`penalties` must be left out for {who}: got {type(recipe.penalties[0]).__name__}."
            " Leave it out."
        )


def require_every_weight(recipe: Recipe, who: str) -> None:
    """Raise `ValueError` for a recipe in which more than the weights of one pathway is there."""
    if not recipe.circuitry.is_plain:
        raise ValueError(
            f"`circuitry` must be left out for {who}: got a background, a mask, noise or cells that"
            " differ. Take the method bptt."
        )
    if recipe.learn != EVERY_WEIGHT:
        raise ValueError(
            f"`learn` must be left out for {who}, which does not go back through time: got"
            f" {', '.join(learned.name for learned in recipe.learn)}. Take the method bptt."
        )


def require_free_weights(recipe: Recipe, who: str) -> None:
    """Raise `ValueError` for a recipe whose modes must obey a constraint."""
    if recipe.parameterisation.constraint is not None:
        raise ValueError(
            "`parameterisation` must be modes, modes-full or dense for"
            f" {who}: got {recipe.parameterisation.name}. Or train spiking neurons by bptt."
        )


def require_spiking(recipe: Recipe, message: str) -> None:
    """Raise `ValueError` for a recipe with rate neurons."""
    if isinstance(recipe.neuron, RateUnit):
        raise ValueError(f"`neuron` must be {message}")
