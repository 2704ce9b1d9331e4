"""Pattern without trials: a signal is learned on end, then generated for long without a teacher."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from brian2 import second
from jaxtyping import Float
from spikemodes.analysis.generation import best_phase, compare_return_maps, turns
from spikemodes.learning.task import Score
from spikemodes.learning.wrapped import Wrapped
from spikemodes.models.quantities import format_quantity
from spikemodes.models.trials import Trials

from .objectives import squared_error
from .signals import Lorenz

if TYPE_CHECKING:
    import torch

    from .pattern import PatternGeneration

PERIODS = 20
"""Of the target, for which a network is tested."""
SETTLING = 5
"""Periods after the cue that do not count: from rest, the network first finds its course."""
UNITS, SETTLING_UNITS = 100.0, 5.0
"""The same for a signal without period, the Lorenz coordinate, in units of its time."""
KNOWN_UNITS = 300.0
"""For how long the Lorenz attractor itself is followed to know its return map."""


@dataclass(frozen=True, eq=False)
class EndlessPattern(Wrapped):
    """The signal of a `PatternGeneration` on end.

    In training the cue is given once, at the start; then the signal goes on from stretch to
    stretch, of the duration of a trial each. In a test the network starts from rest, as it does
    when it is loaded from a file, gets the cue and runs on alone: what it does after it has settled
    is scored at the one phase that fits best, since nothing tells it the phase of the target.

    Parameters
    ----------
    task
        The same task in trials.
    """

    task: PatternGeneration

    @property
    def in_trials(self) -> PatternGeneration:
        """See `Endless`."""
        return self.task

    @property
    def description(self) -> str:
        """See `Task`."""
        return (
            "Learned on end, without trials; tested after a short cue, for long and with no"
            " teacher: the output follows a signal that nothing in the input tells."
        )

    @property
    def period(self) -> float | None:
        """After which time the signal repeats [s]; ``None`` for the Lorenz coordinate."""
        signal = self.in_trials.signal
        return None if isinstance(signal, Lorenz) else signal.period

    @property
    def epochs(self) -> dict[str, range]:
        """Of a test: the cue, the time in which the network settles, and what is scored."""
        step, frequency = float(self.dt), self._frequency
        cue = self.in_trials.epochs["cue"].stop
        if self.period is None:
            settling, test = SETTLING_UNITS / frequency, UNITS / frequency
        else:
            settling, test = SETTLING * self.period, PERIODS * self.period
        start = cue + round(settling / step)
        return {
            "cue": range(cue),
            "settling": range(cue, start),
            "test": range(start, start + round(test / step)),
        }

    @property
    def _frequency(self) -> float:
        return float(self.in_trials.frequency)

    @property
    def settings(self) -> Mapping[str, Any]:
        """Learned for a minute, if a stretch takes a second; few tests, as they are long."""
        fine = format_quantity(float(self.dt) / 2 * second)
        return {
            "train": {"updates": 60, "batch": 1},
            "simulate": {"trials": 3, "fine_dt": fine},
        }

    @cached_property
    def target(self) -> Float[np.ndarray, " L"]:
        """The signal from the start of the test on, for as much longer as its phase is open.

        That is a period, or nothing for the Lorenz coordinate.
        """
        test, cue = self.epochs["test"], self.epochs["cue"]
        longer = 0 if self.period is None else round(self.period / float(self.dt)) - 1
        steps = np.arange(test.start - cue.stop, test.stop - cue.stop + longer)
        # what comes first of a signal that is integrated is needed, too
        return self.in_trials.signal(float(self.dt) * np.arange(steps[-1] + 1))[steps]

    @property
    def frequencies(self) -> Float[np.ndarray, " F"]:
        """Of the sines of a periodic signal [Hz]."""
        signal = self.in_trials.signal
        return np.array([] if isinstance(signal, Lorenz) else signal.frequencies)

    @cached_property
    def known_turns(self) -> Float[np.ndarray, " M"]:
        """Successive maxima of the signal's magnitude over `known_seconds`; see `turns`."""
        return turns(self.in_trials.signal(np.arange(0, self.known_seconds, float(self.dt))))

    @property
    def known_seconds(self) -> float:
        """For how long the signal itself is followed to know its return map [s]."""
        return KNOWN_UNITS / self._frequency

    def stretches(self, rng: np.random.Generator) -> Iterator[Trials]:
        """See `Endless`: the first stretch begins with the cue, the others go on.

        Each has the length of a trial.
        """
        task = self.in_trials
        cue, end = task.epochs["cue"].stop, task.epochs["signal"].stop
        pieces = task.signal.pieces(float(self.dt), (end - cue, end))
        for k, values in enumerate(pieces):
            trial = task.sample(1, rng)
            assert trial.targets is not None
            if k:
                trial.inputs[:cue, :, 0] -= 1  # no further cue
            trial.targets[end - len(values) :, 0, 0] = values
            yield trial if k == 0 else replace(trial, mask=None)

    def sample(self, n_trials: int, rng: np.random.Generator) -> Trials:
        """Draw tests: the noise from `rng`, the target in the phase that it had in training."""
        test = self.epochs["test"]
        longer = replace(
            self.in_trials, duration=(test.stop - self.epochs["cue"].stop) * self.dt
        ).sample(n_trials, rng)
        mask = np.zeros((longer.n_steps, n_trials), bool)
        mask[test.start :] = True
        return replace(longer, mask=mask)

    def loss(self, outputs: torch.Tensor, trials: Trials) -> torch.Tensor:
        """Compute the mean squared error of the outputs (T × B × O) in the scored steps."""
        return squared_error(outputs, trials)

    def score(self, outputs: Float[np.ndarray, "T B O"], trials: Trials) -> Score:
        """Score tests: the variance explained at the best phase of each, in the mean.

        For the Lorenz coordinate, which no network can follow for long, it is the variance of
        successive maxima that its return map explains.
        """
        tests = self.tests(outputs)
        if self.period is None:
            maps = [compare_return_maps(turns(z), self.known_turns) for z in tests]
            return Score(performance=float(np.mean([one.explained_variance for one in maps])))
        explained = float(np.mean([best_phase(z, self.target).explained_variance for z in tests]))
        variance = float(self.target.var())
        return Score(
            performance=explained,
            explained_variance=explained,
            mse=(1 - explained) * variance,
            further={"normalised_error": float(np.sqrt(max(0.0, 1 - explained)))},
        )

    def tests(self, outputs: Float[np.ndarray, "T B O"]) -> list[Float[np.ndarray, " S"]]:
        """Give the scored part of each trial's output."""
        return list(outputs[self.epochs["test"].start :, :, 0].T.astype(float))
