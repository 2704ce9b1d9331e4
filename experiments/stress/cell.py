"""One condition at one level in one draw, as a worker tests it."""

import math
import time
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float
from spikemodes.analysis.firing import neuron_rates
from spikemodes.analysis.survival import (
    RESAMPLES,
    ablation_ranks,
    interval,
    rank_agreement,
    resampled_accuracy,
    resampled_trials,
)
from spikemodes.learning.task import Score, Task, above_chance, unseen
from spikemodes.models.conditions.condition import disturbed
from spikemodes.models.networks.network import Network
from spikemodes.models.networks.storage import load_spiking_network
from spikemodes.models.recording import Recording
from spikemodes.models.trials import Trials

from ..computation.changed_modes import ChangedModes
from ..config.keys_of_options import reason_of
from ..config.nested_keys import read_stored_config
from ..config.spec import parse_spec
from ..cores import one_core
from ..pipeline.circumstances import UNDISTURBED, Circumstances
from ..pipeline.directory import RunDirectory
from ..pipeline.plain import number
from ..pipeline.streams import stream
from ..tasks.registry import ObservedTask
from .cells import Cell, Level


@dataclass(frozen=True)
class Order:
    """What workers need to know to test the network of a run, in plain data.

    Parameters
    ----------
    path
        The run's directory.
    trials
        How many trials there are at each level.
    modes, programs
        See `Stress`.
    given
        When it was given [ns]: by then the run may have another network.
    """

    path: str
    trials: int
    modes: tuple[int, ...]
    programs: int
    given: int


@dataclass(frozen=True, eq=False)
class Tested:
    """What a worker gives back.

    Parameters
    ----------
    cell
        What the condition did.
    resamples
        The performance in resamples of the trials, the same for all cells; none if it failed.
    compilations
        How often the C++ compiler had to run.
    """

    cell: Cell
    resamples: Float[np.ndarray, " R"]
    compilations: int = 0


def tested(order: Order, level: Level) -> Tested:
    """Test one condition at one level, in one draw."""
    with one_core():
        test = _stress(order)
        before = len(test.compilations)
        found = test.cell(level)
        return replace(found, compilations=len(test.compilations) - before)


@lru_cache(maxsize=1)  # a worker tests level after level
def _stress(order: Order) -> "Stress":
    run = RunDirectory(Path(order.path))
    spec = parse_spec(read_stored_config(run.config))
    task = spec.build_task()
    return Stress(
        task=task,
        network=load_spiking_network(run.network),
        trials=unseen(task, order.trials, np.random.default_rng(stream(spec.seed, "stress"))),
        there=Circumstances.of(spec),
        target=spec.simulate.target,
        modes=order.modes,
        programs=order.programs,
    )


@dataclass(frozen=True, eq=False)
class Stress:
    """A network and the trials on which it is tested.

    Parameters
    ----------
    task, network, trials
        What is tested, and on what.
    there
        Under what it runs already, and the seed of everything that conditions draw.
    target
        Brian2's code generation target.
    modes
        Which modes are ablated in the first draw of each level; none: no survival.
    programs
        How many runs of a compiled program there are at a time.
    compilations
        One entry for each time that the C++ compiler had to run.
    """

    task: Task
    network: Network
    trials: Trials
    there: Circumstances = UNDISTURBED
    target: str = "cpp_standalone"
    modes: tuple[int, ...] = ()
    programs: int = 1
    compilations: list[None] = field(default_factory=list, init=False)

    @cached_property
    def undisturbed(self) -> "Outcome":
        """The network under no condition but those under which it runs already."""
        return self._outcome(self.there, self.modes)

    def cell(self, level: Level) -> Tested:
        """Test one condition at one level; a failure is part of the result."""
        started, resamples = time.perf_counter(), np.zeros(0)
        try:
            results, resamples = self._results(level)
        except Exception as error:  # one cell must not cost the others
            results = {"error": reason_of(error)}
        return Tested(level.cell(**results, seconds=time.perf_counter() - started), resamples)

    def _results(self, level: Level) -> tuple[dict, Float[np.ndarray, " R"]]:
        there = self.there.with_conditions(*level.conditions)
        modes = self.modes if level.draw == 1 else ()
        undisturbed, found = self.undisturbed, self._outcome(there, modes)
        recording, score = found.recording, found.score
        rates = neuron_rates(
            recording.spikes,
            n_neurons=recording.n_neurons,
            n_trials=recording.n_trials,
            n_steps=recording.n_steps,
            dt=float(recording.dt),
        )
        resamples = resampled_performance(self.task, recording.outputs, self.trials, score)
        low, high = interval(resamples, 1)
        results = {
            "performance": number(score.performance),
            "low": low,
            "high": high,
            "accuracy": number(score.accuracy),
            "explained_variance": number(score.explained_variance),
            "mse": number(score.mse),
            "ceiling": self._ceiling(there),
            "rate_hz": float(rates.mean()),
            "median_rate_hz": float(np.median(rates)),
            "silent": float((rates == 0).mean()),
            "identical": np.array_equal(recording.spikes, undisturbed.recording.spikes),
            "mode_variance": tuple(recording.modes.var((0, 1)).tolist()),
        }
        if modes:
            results |= {
                "mode_drop": self._by_mode(found.drops, math.nan),
                "mode_rank": self._by_mode(found.ranks, 0),
                "rank_agreement": rank_agreement(found.ranks, undisturbed.ranks),
            }
        return results, resamples

    def _ceiling(self, there: Circumstances) -> float:
        """Performance of an ideal observer of the inputs as they are under conditions."""
        if not isinstance(self.task, ObservedTask):
            return math.nan
        shown = disturbed(self.trials, there.conditions, there.seed)
        return number(self.task.score(self.task.observer(shown), self.trials).performance)

    def _outcome(self, there: Circumstances, modes: tuple[int, ...]) -> "Outcome":
        """Run the network, whole and without each mode in turn, through one compiled program."""
        test = ChangedModes(
            self.network,
            self.trials,
            there,
            self.target,
            programs=self.programs,
            on_compile=lambda: self.compilations.append(None),
        )
        (whole,) = test.each([self.network], lambda recording: recording)
        score = self.task.score(whole.outputs, self.trials)
        ablated = test.each(
            map(test.without, modes), lambda r: self.task.score(r.outputs, self.trials)
        )
        now = number(score.performance)
        drops = np.array([now - number(s.performance) for s in ablated])
        return Outcome(whole, score, drops, ablation_ranks(drops))

    def _by_mode(self, values: np.ndarray, other: float) -> tuple:
        """Values of the ablated modes among those of all modes."""
        if not self.network.n_modes:
            return ()
        every = np.full(self.network.n_modes, other, values.dtype)
        every[list(self.modes)] = values
        return tuple(every.tolist())


@dataclass(frozen=True, eq=False)
class Outcome:
    """A run: its recording and score, and what each mode's ablation costs."""

    recording: Recording
    score: Score
    drops: np.ndarray
    ranks: np.ndarray


def resampled_performance(
    task: Task, outputs: np.ndarray, trials: Trials, score: Score
) -> Float[np.ndarray, " R"]:
    """Resample the trials: what the performance may be; NaN where the task does not know it.

    A performance that is an accuracy corrected for chance follows Jeffreys' distribution of the
    accuracy, so that it varies where all trials are right; any other is scored again.
    """
    if score.performance is None:
        return np.full(RESAMPLES, np.nan)
    accuracy, chance = score.accuracy, score.chance
    if accuracy is not None and chance is not None:
        corrected = above_chance(accuracy, chance)
        if corrected is not None and math.isclose(corrected, score.performance, abs_tol=1e-12):
            return (resampled_accuracy(accuracy, trials.n_trials) - chance) / (1 - chance)
    axis = outputs.ndim - 2
    scores = (
        task.score(outputs.take(chosen, axis), trials.subset(chosen))
        for chosen in resampled_trials(trials.n_trials)
    )
    return np.array([number(score.performance) for score in scores])
