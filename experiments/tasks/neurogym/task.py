"""NeuroGym: any environment of that collection whose actions are choices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from brian2 import Quantity, ms
from jaxtyping import Float
from spikemodes.learning.task import Score, above_chance
from spikemodes.models.networks.network import TraceReadout
from spikemodes.models.quantities import time, whole_steps
from spikemodes.models.trials import Trials

from ..objectives import most_frequent, score_of_traces
from .environments import Environment
from .library import usual_interval
from .timing import duration

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class NeuroGym:
    """Supervised learning of a NeuroGym environment: at every step, the right action.

    Observations are the input channels; each is held for the environment's own step. There is one
    output per action, wanted 1 while the action is right and 0 else; each action counts alike,
    however rarely it is right. Shorter trials are filled up with zeros, which do not count.

    Parameters
    ----------
    environment
        Its identifier, such as ``PerceptualDecisionMaking-v0``.
    interval
        Step of the environment [s].
    dt
        Step of the network [s]; must divide `interval`.
    timing
        Durations of the environment's periods in place of its own, such as
        ``{stimulus: 300 ms}``, or random ones: see `neurogym_timing.duration`.
    options
        Further keyword arguments of the environment, such as ``{cohs: [25.6, 51.2]}``.

    Raises
    ------
    ValueError
        If NeuroGym is not installed, the environment is unknown or refuses its arguments, its
        actions are no choices, or a period is shorter than `interval`.

    Source: Molano-Mazón et al., NeuroGym, https://neurogym.github.io.
    """

    # without annotations these are no fields
    source = "Molano-Mazón et al., NeuroGym: https://neurogym.github.io"
    readout = TraceReadout()

    environment: str
    interval: Quantity = field(default_factory=lambda: 20 * ms)
    dt: Quantity = field(default_factory=lambda: 2 * ms)
    timing: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        whole_steps(time(self.interval, "interval"), self.dt, "interval")
        _ = self._environment  # what is wrong with it shows now

    @property
    def name(self) -> str:
        """``neurogym:`` and the environment."""
        return f"neurogym:{self.environment}"

    @property
    def description(self) -> str:
        """What its authors call it."""
        return f"{self.environment} of NeuroGym, its right actions learned at every step."

    @property
    def caution(self) -> str:
        """What to know about its score: some environments end in the same action always."""
        if len(self._environment.answers) > 1:
            return ""
        return (
            f"a constant answer scores 100 % in {self.environment}, whose trials all end with the"
            " same right action: judge by balanced_accuracy, in which the steps of each action"
            " count alike"
        )

    @property
    def n_inputs(self) -> int:
        """Observed values."""
        return self._environment.n_observations

    @property
    def n_outputs(self) -> int:
        """Actions."""
        return self._environment.n_actions

    @property
    def epochs(self) -> dict[str, range]:
        """The longest trial."""
        return {"trial": range(self._longest * self._held)}

    @property
    def settings(self) -> Mapping[str, Any]:
        """Decisions under noise."""
        return {"train": {"updates": 500, "learning_rate": 1e-2}}

    def sample(self, n_trials: int, rng: np.random.Generator) -> Trials:
        """Draw trials, the environment seeded from `rng`.

        Conditions: ``answer`` (the right action at the end), and ``decision`` [s], when the period
        of that name begins, or, without one, the last right action.
        """
        if n_trials < 1:
            raise ValueError(f"`n_trials` must be 1 or more: got {n_trials}.")
        drawn = list(islice(self._environment.trials(rng), n_trials))
        inputs = np.zeros((self._longest, n_trials, self.n_inputs), np.float32)
        targets = np.zeros((self._longest, n_trials, self.n_outputs), np.float32)
        mask = np.zeros((self._longest, n_trials), bool)
        for k, trial in enumerate(drawn):
            length = len(trial.actions)
            inputs[:length, k] = trial.observations
            targets[np.arange(length), k, trial.actions] = 1
            mask[:length, k] = True
        held = self._held
        return Trials(
            inputs=np.repeat(inputs, held, axis=0),
            dt=self.dt,
            targets=np.repeat(targets, held, axis=0),
            mask=np.repeat(mask, held, axis=0),
            conditions={
                "answer": np.array([int(trial.actions[-1]) for trial in drawn]),
                "decision": np.array([trial.decision * float(self.interval) for trial in drawn]),
            },
        )

    def loss(self, outputs: torch.Tensor, trials: Trials) -> torch.Tensor:
        """Compute the squared error, averaged while each action is right, then over actions."""
        import torch

        targets = torch.as_tensor(trials.targets, dtype=outputs.dtype, device=outputs.device)
        error = (outputs - targets).square().mean(-1)
        scored = torch.as_tensor(trials.scored)
        right = [scored & (targets[..., action] == 1) for action in range(self.n_outputs)]
        return torch.stack([error[steps].mean() for steps in right if steps.any()]).mean()

    def score(self, outputs: Float[np.ndarray, "T B O"], trials: Trials) -> Score:
        """Score outputs: the fraction of trials in which the largest output decides right.

        Outputs are averaged from the decision to the end of the trial; chance is what the most
        frequent answer would reach. ``balanced_accuracy`` is the fraction of steps at which the
        largest output is the right action, averaged over the actions: where all trials end alike it
        is the performance, corrected for chance, in place of the accuracy.
        """
        answer, decision = trials.conditions["answer"], trials.conditions["decision"]
        times = float(self.dt) * np.arange(len(outputs))
        counts = trials.scored & (times[:, None] > decision - 0.5 * float(self.dt))
        choice = (outputs * counts[..., None]).sum(0).argmax(-1)
        targets = np.asarray(trials.targets)
        right, chosen = targets.argmax(-1)[trials.scored], outputs.argmax(-1)[trials.scored]
        recall = [(chosen[right == action] == action).mean() for action in np.unique(right)]
        accuracy, chance = float((choice == answer).mean()), most_frequent(answer)
        balanced = float(np.mean(recall))
        traces = score_of_traces(
            outputs, trials, accuracy=accuracy, chance=chance, balanced_accuracy=balanced
        )
        told = above_chance(accuracy, chance)
        if told is None:
            told = above_chance(balanced, 1 / len(recall))
        return replace(traces, performance=told)

    @cached_property
    def _environment(self) -> Environment:
        durations = {name: duration(one, f"timing.{name}") for name, one in self.timing.items()}
        return Environment(self.environment, float(self.interval / ms), durations, self.options)

    @cached_property
    def _longest(self) -> int:
        return self._environment.longest

    @property
    def _held(self) -> int:
        """Steps of the network for which an observation is held."""
        return whole_steps(self.interval, self.dt, "interval")


@cache
def neurogym_task(environment: str) -> Callable[..., NeuroGym]:
    """Give the maker of the task of one environment; its keyword arguments are the task's keys.

    Raises `ValueError` for an environment that is not there or cannot be learned.
    """
    step = usual_interval(environment) * ms

    def make(
        interval: Quantity = step,
        dt: Quantity = 2 * ms,
        timing: dict = {},  # noqa: B006
        options: dict = {},  # noqa: B006
    ) -> NeuroGym:
        return NeuroGym(environment, interval, dt, timing, options)

    return make
