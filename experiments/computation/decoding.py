"""What can be read from activity, when, and whether it generalises over time and conditions."""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from spikemodes.analysis.manifold.decoding import (
    CrossTemporal,
    cross_condition_generalisation,
    cross_temporal_decoding,
)

from .conditions import discrete_conditions, end_window, stops
from .question import Answer, NotAskedError, Question, Subject

_FIRST = "choice"
_MOST = 3  # conditions that are decoded
_MOST_KINDS = 10
_FOLDS = 5
_TIMES = 50
_COORDINATES = 20  # principal components that are decoded from


@dataclass(frozen=True)
class Decoded:
    """How well one condition can be read.

    Parameters
    ----------
    kinds
        How many values it has.
    peak, peak_ms
        The highest accuracy at any time, with training and test at the same time, and when.
    end
        That at the end of the trial.
    chance, highest_by_chance
        With shuffled labels: the mean, and the highest at any time, exceeded in 5 % of shuffles.
    from_ms
        Since when accuracy has been above that to the end of the trial; ``None`` if it is not.
    across_times
        Mean accuracy of training and test at different times of the last 200 ms.
    """

    kinds: int
    peak: float
    peak_ms: float
    end: float
    chance: float
    highest_by_chance: float
    from_ms: float | None
    across_times: float


@dataclass(frozen=True)
class Decoding:
    """What can be read.

    Parameters
    ----------
    condition
        The one that `peak` and `chance` are of: the choice, if the task has one.
    peak, chance
        See `Decoded`.
    generalisation
        Accuracy at the end of trials with each other condition's values held out in turn, by
        ``choice across context``; labels count alike.
    conditions
        Each condition that was decoded.
    """

    condition: str
    peak: float
    chance: float
    generalisation: dict[str, float]
    conditions: dict[str, Decoded]


def decoding(subject: Subject) -> Answer:
    """Decode each discrete condition at each time, and across times and conditions."""
    activity = subject.activity
    wanted = _wanted(subject, activity.n_trials)
    sparse = activity.sparser(_TIMES)
    states, times = sparse.reduced(_COORDINATES), sparse.times
    rng = np.random.default_rng(0)
    found = {
        name: cross_temporal_decoding(states, values, rng, n_folds=_FOLDS)
        for name, values in wanted.items()
    }
    window = end_window(subject.task, subject.trials) * float(subject.trials.dt)
    ends = activity.at_end(stops(subject.trials), window)
    n_last = max(1, round(window / sparse.width))
    numbers = {
        name: _numbers(one, times, len(np.unique(wanted[name])), n_last)
        for name, one in found.items()
    }
    first = next(iter(numbers))
    answer = Decoding(
        condition=first,
        peak=numbers[first].peak,
        chance=numbers[first].chance,
        generalisation=_generalisation(ends, wanted),
        conditions=numbers,
    )
    arrays = {f"matrix {name}": one.accuracy for name, one in found.items()}
    shuffled = {f"chance {name}": one.chance for name, one in found.items()}
    return Answer(answer, {"times": times, **arrays, **shuffled})


def _wanted(subject: Subject, n_trials: int) -> dict[str, np.ndarray]:
    """Choose what is decoded; raises `NotAskedError` if there is nothing."""
    known = {name: x[:n_trials] for name, x in discrete_conditions(subject.trials).items()}
    if not known:
        raise NotAskedError("The trials of the task do not differ in any discrete condition.")
    counts = {name: np.unique(x, return_counts=True)[1] for name, x in known.items()}
    fit = {
        name: x
        for name, x in known.items()
        if 2 <= len(counts[name]) <= _MOST_KINDS and counts[name].min() >= _FOLDS
    }
    if not fit:
        raise NotAskedError(
            f"Each value of a condition is needed in {_FOLDS} trials to be decoded, and of"
            f" {n_trials} trials no condition has that with 2 to {_MOST_KINDS} values."
        )
    order = sorted(fit, key=lambda name: name != _FIRST)[:_MOST]
    return {name: fit[name] for name in order}


def _numbers(found: CrossTemporal, times: np.ndarray, kinds: int, n_last: int) -> Decoded:
    course, high = found.same_time, found.highest_by_chance
    above = course > high
    below = np.flatnonzero(~above)
    since = 0 if not len(below) else below[-1] + 1
    last = found.accuracy[-n_last:, -n_last:]
    apart = last[~np.eye(len(last), dtype=bool)]
    return Decoded(
        kinds=kinds,
        peak=float(course.max()),
        peak_ms=float(1e3 * times[course.argmax()]),
        end=float(course[-n_last:].mean()),
        chance=float(found.chance.mean()),
        highest_by_chance=high,
        from_ms=float(1e3 * times[since]) if since < len(times) else None,
        across_times=float(apart.mean()) if len(apart) else float("nan"),
    )


def _generalisation(ends: np.ndarray, wanted: dict[str, np.ndarray]) -> dict[str, float]:
    """Try every two conditions; those whose values do not all meet are left out."""
    found = {}
    for name, over in permutations(wanted, 2):
        try:
            value = cross_condition_generalisation(ends, wanted[name], wanted[over])
        except ValueError:  # one follows from the other
            continue
        found[f"{name} across {over}"] = value
    return found


DECODING = Question("decoding", "decoding across times and conditions", decoding)
