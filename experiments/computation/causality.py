"""Which modes carry the computation: each is ablated, scaled and swapped in the simulator."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Self

import numpy as np
from jaxtyping import Bool, Float, Int
from spikemodes.analysis.causality import all_subsets, shapley_values, smallest_subset
from spikemodes.analysis.importance import mode_importance
from spikemodes.analysis.survival import ablation_ranks, rank_agreement
from spikemodes.learning.task import Score, Task, above_chance
from spikemodes.models.networks.network import Network
from spikemodes.models.trials import Trials

from ..cores import n_cores
from ..pipeline.analyse import condition_labels
from ..pipeline.circumstances import Circumstances
from ..pipeline.plain import number
from .changed_modes import ChangedModes
from .question import Answer, NotAskedError, Question, Subject

SHARE = 0.9
"""The share of the whole network's performance that the smallest set reaches."""

FACTORS = (0.0, 0.5, 1.5, 2.0)
"""What scores are multiplied by, one mode at a time."""

_MOST_TRIALS = 200
_ALL_SUBSETS = 8  # modes; of more, sets grow greedily, and as many are scaled and swapped
_PROGRAMS = 2  # runs of the compiled program at a time


@dataclass(frozen=True)
class Causality:
    """What each mode contributes to the performance, measured in Brian2.

    Modes are numbered from 0 here, as in arrays.

    Parameters
    ----------
    trials
        How many were answered by each of the networks.
    performance, without_modes
        Of the whole network, and of that without any of its modes.
    by_condition
        Of the whole network in each condition: on the scale of all trials, see `within`.
    lost
        Performance that is lost without each mode.
    shapley
        What each adds to sets of the others, see `shapley_values`; ``None`` where not all subsets
        are known.
    rank
        Of each mode by `lost`, from 1; equal ones share the mean of their ranks.
    importance, score
        τ and |λ| of each mode.
    agreement
        Spearman's correlation of `lost` with the others, by their names; ``None`` for one mode.
    smallest_set, smallest_performance
        The fewest modes that reach `share` of the whole, and what they reach.
    share
        See `SHARE`.
    all_subsets
        Whether all sets of modes were tested; if not, sets that grow greedily were.
    """

    trials: int
    performance: float
    without_modes: float
    by_condition: Mapping[str, float]
    lost: tuple[float, ...]
    shapley: tuple[float, ...] | None
    rank: tuple[float, ...]
    importance: tuple[float, ...]
    score: tuple[float, ...]
    agreement: Mapping[str, float | None]
    smallest_set: tuple[int, ...]
    smallest_performance: float
    share: float
    all_subsets: bool


@dataclass(frozen=True, eq=False)
class Judge:
    """Measures outputs by the performance in all trials and in each condition.

    Parameters
    ----------
    task, trials
        What was answered.
    conditions
        Trials of each condition, by its name.
    """

    task: Task
    trials: Trials
    conditions: Mapping[str, Int[np.ndarray, " b"]]

    @classmethod
    def of(cls, task: Task, trials: Trials) -> Self:
        """Part the trials by their conditions, or by their labels; not at all if all are alike."""
        names = condition_labels(trials)
        if len(np.unique(names)) < 2 and trials.labels is not None:
            names = np.array([f"class {label}" for label in trials.labels])
        found = {str(name): np.flatnonzero(names == name) for name in np.unique(names)}
        return cls(task, trials, found if len(found) > 1 else {})

    def __call__(self, outputs: np.ndarray) -> Float[np.ndarray, " 1+G"]:
        """Give the performance in all trials, then that in each of G conditions."""
        score, axis = self.task.score(outputs, self.trials), outputs.ndim - 2
        within = [
            self._within(self.task.score(outputs.take(own, axis), self.trials.subset(own)), score)
            for own in self.conditions.values()
        ]
        return np.array([number(score.performance), *within])

    def _within(self, part: Score, whole: Score) -> float:
        """Performance in a condition, on the scale of all trials.

        Error counts against the variance of the targets in all trials, accuracy against the chance
        of all trials, so that the mean over the trials of all conditions is the performance.
        """
        targets = self.trials.targets
        if targets is not None and whole.performance == whole.explained_variance:
            variance = float(targets[self.trials.scored].var())
            return 1 - number(part.mse) / variance if variance > 0 else np.nan
        if part.accuracy is not None and whole.chance is not None:
            return number(above_chance(part.accuracy, whole.chance))
        return number(part.performance)


@dataclass(frozen=True, eq=False)
class Tests:
    """A network whose modes are changed, and what its answers are worth.

    Parameters
    ----------
    changed, judge
        The network, and what measures it.
    whole
        What the network reaches as it is.
    """

    changed: ChangedModes
    judge: Judge
    whole: Float[np.ndarray, " 1+G"]

    @property
    def n_modes(self) -> int:
        """P."""
        return self.changed.network.n_modes

    def of(self, networks: Iterable[Network]) -> Float[np.ndarray, "K 1+G"]:
        """Measure networks, a row for each."""
        found = self.changed.each(networks, lambda recording: self.judge(recording.outputs))
        return np.array(found).reshape(-1, len(self.whole))

    def of_sets(self, present: Bool[np.ndarray, "S P"]) -> Float[np.ndarray, "S 1+G"]:
        """Measure the network with these sets of modes alone; the whole is known already."""
        rows = np.tile(self.whole, (len(present), 1))
        fewer = ~present.all(1)
        rows[fewer] = self.of(map(self.changed.scaled, present[fewer]))
        return rows


def causality(subject: Subject) -> Answer:
    """Ask which modes carry the computation.

    Brian2 runs the same trials, through the program that is compiled already, with every set of up
    to eight modes; of more modes, sets grow greedily by the one that helps most of the eight whose
    own loss costs most. One mode at a time is scaled, and of each two the xi_in are exchanged.
    """
    modes, network = subject.modes(), subject.spiking()
    tests = _tests(subject, network)
    few = modes.n_modes <= _ALL_SUBSETS
    present, table = _every_set(tests) if few else _grown(tests)
    overall, lost = table[:, 0], tests.whole - _without_each(present, table)
    shapley = shapley_values(overall) if few else None
    best = smallest_subset(present, overall, SHARE * tests.whole[0])
    assert best is not None  # the whole reaches it
    measures = {
        "importance": mode_importance(modes.xi_in, modes.scores, modes.xi_out),
        "score": np.abs(np.diag(modes.sigma)),
        **({} if shapley is None else {"shapley": shapley}),
    }
    costly = np.sort(np.argsort(-lost[:, 0], kind="stable")[:_ALL_SUBSETS])
    pairs = np.array(list(combinations(costly.tolist(), 2)), int).reshape(-1, 2)
    numbers = Causality(
        trials=tests.judge.trials.n_trials,
        performance=float(tests.whole[0]),
        without_modes=float(overall[~present.any(1)][0]),
        by_condition=dict(zip(tests.judge.conditions, tests.whole[1:].tolist(), strict=True)),
        lost=tuple(lost[:, 0].tolist()),
        shapley=None if shapley is None else tuple(shapley.tolist()),
        rank=tuple(ablation_ranks(lost[:, 0]).tolist()),
        importance=tuple(measures["importance"].tolist()),
        score=tuple(measures["score"].tolist()),
        agreement={name: _agreement(lost[:, 0], values) for name, values in measures.items()},
        smallest_set=tuple(np.flatnonzero(present[best]).tolist()),
        smallest_performance=float(overall[best]),
        share=SHARE,
        all_subsets=few,
    )
    arrays = {
        "present": present,
        "performance": overall,
        "by_condition": table[:, 1:],
        "conditions": np.array(list(tests.judge.conditions), str),
        "lost_by_condition": lost[:, 1:],
        "scaled_modes": costly,
        "factors": np.array(FACTORS),
        "scaled": _scaled(tests, costly, lost[:, 0]),
        "swapped_modes": pairs,
        "swapped": tests.of(tests.changed.swapped(a, b) for a, b in pairs.tolist())[:, 0],
    }
    return Answer(numbers, arrays)


CAUSALITY = Question("causality", "Brian2: modes ablated, scaled and swapped", causality)


def _tests(subject: Subject, network: Network) -> Tests:
    """Get ready to change the modes; raises `NotAskedError` where there is nothing to lose."""
    keys, outputs = subject.spec.simulate, subject.recording.outputs
    trials = subject.trials.subset(slice(0, _MOST_TRIALS))
    judge = Judge.of(subject.task, trials)
    whole = judge(outputs.take(np.arange(trials.n_trials), outputs.ndim - 2))
    if not whole[0] > 0:
        raise NotAskedError(
            "The network is no better than a constant answer, or its performance is not known: no"
            " mode can be said to carry it."
        )
    there, programs = Circumstances.of(subject.spec), min(_PROGRAMS, n_cores())
    changed = ChangedModes(network, trials, there, keys.target, keys.batch, programs)
    return Tests(changed, judge, whole)


def _every_set(tests: Tests) -> tuple[np.ndarray, np.ndarray]:
    """Test every set of modes: which it has (S × P), what it reaches (S × 1 + G)."""
    present = all_subsets(tests.n_modes)
    return present, tests.of_sets(present)


def _grown(tests: Tests) -> tuple[np.ndarray, np.ndarray]:
    """Test the network without each mode, and sets that grow greedily until they are enough."""
    single = np.eye(tests.n_modes, dtype=bool)
    present = np.concatenate([~single, np.ones((1, len(single)), bool), single[:1] & False])
    table = tests.of_sets(present)
    waiting = np.argsort(table[: len(single), 0], kind="stable").tolist()
    now, reached = present[-1], table[-1, 0]
    while waiting and reached < SHARE * tests.whole[0]:
        candidates = waiting[:_ALL_SUBSETS]
        grown = now | single[candidates]
        found = tests.of_sets(grown)
        best = int(np.argmax(found[:, 0]))
        now, reached = grown[best], found[best, 0]
        waiting.remove(candidates[best])
        present, table = np.concatenate([present, grown]), np.concatenate([table, found])
    return present, table


def _without_each(
    present: Bool[np.ndarray, "S P"], table: Float[np.ndarray, "S C"]
) -> Float[np.ndarray, "P C"]:
    """What is reached without each mode, all others there."""
    absent = ~present
    return np.array([
        table[absent[:, mode] & (absent.sum(1) == 1)][0] for mode in range(present.shape[1])
    ])  # fmt: skip


def _scaled(
    tests: Tests, modes: Int[np.ndarray, " Q"], lost: Float[np.ndarray, " P"]
) -> Float[np.ndarray, "Q F"]:
    """Performance with the score of each mode times each factor; ablation is known already."""
    changes = [
        np.where(np.arange(tests.n_modes) == mode, factor, 1.0)
        for mode in modes
        for factor in FACTORS[1:]
    ]
    found = tests.of(map(tests.changed.scaled, changes))[:, 0]
    return np.column_stack([tests.whole[0] - lost[modes], found.reshape(len(modes), -1)])


def _agreement(lost: Float[np.ndarray, " P"], other: Float[np.ndarray, " P"]) -> float | None:
    """Spearman's correlation of what is lost with another measure of the modes."""
    found = rank_agreement(ablation_ranks(lost), ablation_ranks(other))
    return found if np.isfinite(found) else None
