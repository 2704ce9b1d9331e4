"""The tasks that can be named on the command line, and what a task may offer beyond learning."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from spikemodes.learning.task import Task

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Float
    from spikemodes.models.trials import Trials

    from ..display.page import Figure


@runtime_checkable
class PsychometricTask(Protocol):
    """A task of two-way choices on evidence that can be graded from easy to hard."""

    def sample_psychometric(self, n_trials: int, rng: np.random.Generator) -> Trials:
        """Draw trials over a grid of evidence."""
        ...

    def evidence(self, trials: Trials) -> dict[str, Float[np.ndarray, " B"]]:
        """Give the strength of each kind of evidence in each trial, by name."""
        ...

    def choices(self, outputs: Float[np.ndarray, "T B O"]) -> Float[np.ndarray, " B"]:
        """Read the choice, -1 or 1, from the outputs of each trial."""
        ...


@runtime_checkable
class ReverseCorrelatedTask(PsychometricTask, Protocol):
    """Such a task whose evidence fluctuates within a trial."""

    def fluctuations(self, trials: Trials) -> dict[str, Float[np.ndarray, "S B"]]:
        """Give how each kind of evidence departs from its strength in time, by name."""
        ...


@runtime_checkable
class ObservedTask(Protocol):
    """A task whose best possible answer is known."""

    def observer(self, trials: Trials) -> np.ndarray:
        """Give the outputs of an ideal observer that knows the task and sees the inputs alone."""
        ...


@runtime_checkable
class StretchedTask(Protocol):
    """A task that can be asked for longer than it was learned."""

    def stretched(self) -> Mapping[str, Task]:
        """Give tasks with longer epochs, by what is longer."""
        ...


@runtime_checkable
class IllustratedTask(Protocol):
    """A task with figures of its own."""

    def figures(self, outputs: np.ndarray, trials: Trials) -> Sequence[Figure]:
        """Give the figures of its report, from the outputs of the validation trials."""
        ...


@runtime_checkable
class TunedTask(Protocol):
    """A task with settings of its own for training and simulation."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """Nested keys of a configuration that hold where it does not say otherwise."""
        ...


@runtime_checkable
class TaskOnEnd(Protocol):
    """A task that trials are cut from what has none by nature."""

    def on_end(self) -> TaskWithoutTrials:
        """Give the same task without trials, which is `Endless`."""
        ...


class TaskWithoutTrials(Task, TunedTask, Protocol):
    """A task without trials, which has settings of its own."""


@runtime_checkable
class NamedData(Protocol):
    """A task whose channels, and classes if it has any, have names in the user's data."""

    @property
    def channel_names(self) -> Sequence[str]:
        """Give the names of the input channels, in their order."""
        ...

    @property
    def class_names(self) -> Sequence[str]:
        """Give the names of the classes, in their order; none for target traces."""
        ...


def data_names(task: Task) -> dict[str, list[str]]:
    """Give the names in the user's data by what they name, ``channels`` and ``classes``."""
    if not isinstance(task, NamedData):
        return {}
    names = {"channels": list(task.channel_names), "classes": list(task.class_names)}
    return {kind: known for kind, known in names.items() if known}


def listed(names: Sequence[str], most: int = 10) -> str:
    """Write names in a row; of many, the first ones and the last, and of long ones the start."""
    if len(names) <= most:
        return ", ".join(map(_short, names))
    first = ", ".join(map(_short, names[: most - 1]))
    return f"{first} … {_short(names[-1])} ({len(names):,} in all)"


def _short(name: str, most: int = 40) -> str:
    line = " ".join(name.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


@runtime_checkable
class CautiousTask(Protocol):
    """A task whose score can mislead."""

    @property
    def caution(self) -> str:
        """What to know about the score, ``""`` if nothing."""
        ...


@dataclass(frozen=True)
class TaskEntry:
    """A task by import path, so that listing tasks imports none of them.

    Parameters
    ----------
    path
        ``module:name`` of a callable whose keyword arguments, all with defaults, are the keys of
        ``task`` in a configuration and which returns a `Task`.
    summary
        One line for ``spikemodes tasks``.
    source
        Where it comes from, in a few words.
    """

    path: str
    summary: str
    source: str

    def load(self) -> Callable[..., Task]:
        """Import the task."""
        module, _, attribute = self.path.partition(":")
        return getattr(import_module(module), attribute)


TASKS: dict[str, TaskEntry] = {
    "selective-integration": TaskEntry(
        "spikemodes.experiments.tasks.selective_integration:SelectiveIntegration",
        "judge the mean of one of two noisy streams, as a context cue says",
        "Mante et al. 2013",
    ),
    "context-switch": TaskEntry(
        "spikemodes.experiments.tasks.context_switch:ContextSwitch",
        "selective integration whose context cue changes during the answer",
        "Lin & Huang 2024",
    ),
    "go-nogo": TaskEntry(
        "spikemodes.experiments.tasks.go_nogo:GoNoGo",
        "answer a pulse and hold the answer; stay silent where there is none",
        "Kim, Li & Sejnowski 2019",
    ),
    "pattern": TaskEntry(
        "spikemodes.experiments.tasks.pattern:PatternGeneration",
        "generate a sine, a sum of sines or a Lorenz coordinate after a cue",
        "Sussillo & Abbott 2009",
    ),
    "digits": TaskEntry(
        "spikemodes.experiments.tasks.digits.task:Digits",
        "tell handwritten digits whose pixels fire at random: MNIST, or a bundled 8×8 set",
        "LeCun et al. 1998",
    ),
    "arrays": TaskEntry(
        "spikemodes.experiments.tasks.arrays.task:Arrays",
        "classify recordings of your own, or map them to target traces: task.data=FILE.csv or .npz",
        "your file",
    ),
    "neurogym:ENV": TaskEntry(
        "spikemodes.experiments.tasks.neurogym.task:neurogym_task",
        "learn the actions of a NeuroGym environment, such as PerceptualDecisionMaking-v0",
        "NeuroGym",
    ),
}
"""Tasks by name; add an entry to make a task of your own known to the command line.

The callable of a name ``FAMILY:...`` takes what stands behind the colon and gives the task's own.
"""
