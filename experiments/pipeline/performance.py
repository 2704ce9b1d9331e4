"""How well a network does: scores, controls, integration, generation, as parts of the summary."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from spikemodes.learning.task import Score

from .plain import INLINE

_EXPLAINED = "explained_variance"


@dataclass(frozen=True)
class Performance:
    """How well trials were answered.

    Parameters
    ----------
    trials
        Their number.
    performance
        What networks are ranked by, 1 at best and 0 for a constant answer; see `Score`. ``None``
        where the task does not know it.
    measures
        The task's others, by name.
    explained_variance
        Share of the targets' variance; ``None`` without target traces.
    rate_hz
        Mean firing rate [Hz]; ``None`` for rates.
    """

    trials: int
    performance: float | None
    measures: Mapping[str, float | None] = field(metadata=INLINE)
    explained_variance: float | None
    rate_hz: float | None

    @classmethod
    def of(cls, score: Score, trials: int, rate_hz: float | None) -> Self:
        """Give a score and the rate at which it was reached."""
        own = score.measures
        performance, explained = (own.pop(name, None) for name in ("performance", _EXPLAINED))
        return cls(trials, performance, own, explained, rate_hz)

    @property
    def all_measures(self) -> dict[str, float | None]:
        """Performance, accuracy, explained variance and the others, those that there are."""
        first = {"performance": self.performance, "accuracy": self.measures.get("accuracy")}
        first[_EXPLAINED] = self.explained_variance
        return {name: x for name, x in first.items() if x is not None} | {
            name: x for name, x in self.measures.items() if name not in first
        }


@dataclass(frozen=True)
class ControlScore:
    """What a control reached; ``None`` for what the task does not know."""

    performance: float | None
    accuracy: float | None


@dataclass(frozen=True)
class Controls:
    """The trials of the validation answered without what the network learned.

    Parameters
    ----------
    no_recurrence, shuffled_modes
        The same network with its recurrent weights removed after training, nothing relearned, and
        with those dealt to other neurons.
    untrained
        The network before training; ``None`` where the method draws one of its own.
    chance
        A constant answer; ``None`` where the task does not know what that reaches.
    ideal_observer
        The best answer that the inputs allow; ``None`` where it is not known.
    """

    no_recurrence: ControlScore | None
    shuffled_modes: ControlScore | None
    untrained: ControlScore | None
    chance: ControlScore | None
    ideal_observer: ControlScore | None


@dataclass(frozen=True)
class Slope:
    """Change of a choice's log-odds with the strength of evidence.

    Parameters
    ----------
    value
        Per unit of evidence.
    is_bound
        Whether choices are separated at the levels tested, so that no slope can be estimated.
    low, high
        95 % interval; ``None`` where there is none, as in older versions.
    trials
        Their number; ``None`` in older versions.
    """

    value: float
    is_bound: bool
    low: float | None = None
    high: float | None = None
    trials: int | None = None


@dataclass(frozen=True)
class Integration:
    """What a network does with graded evidence.

    Parameters
    ----------
    slopes
        Of the psychometric curve, by kind of evidence.
    kernel_early_share, kernel_low, kernel_high
        Share of the psychophysical kernel's weight in the first half of the evidence, and its 95 %
        interval: 0.5 where both halves weigh alike. ``None`` where there is no kernel.
    longer
        Performance in trials that last longer than those it learned from, by what is longer.
    ideal_early_share, ideal_low, ideal_high
        The share of an ideal observer's kernel; ``None`` without one, as in older versions.
    longer_trials, longer_chance
        How many of these trials there are of each, and the accuracy of a constant answer in them;
        ``None`` in older versions.
    """

    slopes: Mapping[str, Slope]
    kernel_early_share: float | None
    kernel_low: float | None
    kernel_high: float | None
    longer: Mapping[str, ControlScore]
    ideal_early_share: float | None = None
    ideal_low: float | None = None
    ideal_high: float | None = None
    longer_trials: int | None = None
    longer_chance: Mapping[str, float | None] | None = None


@dataclass(frozen=True)
class Generation:
    """What the saved network generates in Brian2, from rest and a cue, without its teacher.

    What was measured of a periodic signal stands from `periods` on, of the Lorenz coordinate from
    `turns` on; the others are ``None``, as is what an output that is constant does not have.

    Parameters
    ----------
    tests
        Their number; they differ in the noise of the inputs.
    seconds, left_out_seconds
        How long each is scored, after how long of cue and settling.
    periods
        Of the target, in a test.
    explained_variance_at_best_phase, lowest_explained_variance
        Over the whole test at the one phase that fits best: mean and lowest of the tests.
    frequency_hz, target_frequency_hz, frequency_error
        Of the first sine in output and target, and their ratio less 1.
    drift_periods
        Between the phases most ahead and most behind, period by period: mean of the tests.
    turns
        Maxima of the output's magnitude in a test.
    explained_variance_of_return_map
        How well the target's map tells each maximum from the last, see `ReturnMap`.
    distance_of_maxima
        Between their distribution and the target's, in standard deviations of that.
    turns_per_second, target_turns_per_second
        Of output and target.
    """

    tests: int
    seconds: float
    left_out_seconds: float
    periods: float | None = None
    explained_variance_at_best_phase: float | None = None
    lowest_explained_variance: float | None = None
    frequency_hz: float | None = None
    target_frequency_hz: float | None = None
    frequency_error: float | None = None
    drift_periods: float | None = None
    turns: float | None = None
    explained_variance_of_return_map: float | None = None
    distance_of_maxima: float | None = None
    turns_per_second: float | None = None
    target_turns_per_second: float | None = None
