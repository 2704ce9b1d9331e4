"""A question about a trained network, what it is asked of, and its answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from spikemodes.learning.task import Task
from spikemodes.models.networks.connectivity import modes_of
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import Network
from spikemodes.models.networks.storage import AnyNetwork
from spikemodes.models.recording import Recording
from spikemodes.models.trials import Trials

from ..config.spec import Spec
from ..pipeline.streams import validation_trials
from .activity import Activity, activity_of


class NotAskedError(ValueError):
    """A question that does not fit a network; `str` gives the reason in one sentence."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A run that is validated.

    Parameters
    ----------
    spec
        Its configuration.
    network
        The trained network.
    recording
        Brian2's recording of the validation trials.
    """

    spec: Spec
    network: AnyNetwork
    recording: Recording

    @cached_property
    def task(self) -> Task:
        """What was learned."""
        return self.spec.build_task()

    @cached_property
    def trials(self) -> Trials:
        """The trials of the recording."""
        return validation_trials(self.spec)

    @cached_property
    def activity(self) -> Activity:
        """Rates of the neurons in short bins, of spikes or of rate units.

        Raises `NotAskedError` if the network was silent, or nothing in it ever changed.
        """
        if isinstance(self.network, Network):
            self.spiking()
        found = activity_of(self.spec, self.network, self.recording, self.trials)
        if not found.varies:
            raise NotAskedError("The activity of the network is the same at all times.")
        return found

    @cached_property
    def modes_if_any(self) -> Modes | None:
        """The modes of the main pathway among all cells, ``None`` if it has none."""
        if isinstance(self.network, Network):
            return modes_of(self.network.placed(self.network.main))
        W = self.network.recurrence
        return W if isinstance(W, Modes) else None

    def spiking(self) -> Network:
        """Give the network.

        Raises `NotAskedError` if it is one of rates, or was silent.
        """
        if not isinstance(self.network, Network):
            raise NotAskedError("The network is one of rates, which has no spikes.")
        if not len(self.recording.spikes):
            raise NotAskedError("The network was silent in all trials of the validation.")
        return self.network

    def modes(self) -> Modes:
        """Give the modes of a spiking network; raises `NotAskedError` if there are none."""
        W = self.spiking().recurrence
        if not isinstance(W, Modes):
            raise NotAskedError("The network was not learned as modes.")
        return W


@dataclass(frozen=True, eq=False)
class Answer:
    """What was found.

    Parameters
    ----------
    numbers
        A dataclass or a mapping, which goes into ``analysis.json``.
    arrays
        What figures are drawn from, by name.
    """

    numbers: Any
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """A question.

    Parameters
    ----------
    key
        Of its answer in ``analysis.json`` and among the arrays.
    stage
        What is shown while it is answered.
    ask
        Answers it, or raises `NotAskedError`.
    """

    key: str
    stage: str
    ask: Callable[[Subject], Answer]
