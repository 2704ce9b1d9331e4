"""One condition at one level, as a worker tests it."""

import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from spikemodes.analysis.firing import neuron_rates
from spikemodes.analysis.survival import accuracy_interval, causal_ranks, rank_agreement
from spikemodes.learning.task import Score, Task, unseen
from spikemodes.models.brian.simulation import compile_simulation
from spikemodes.models.conditions.condition import Condition
from spikemodes.models.networks.network import ModeNetwork, Network
from spikemodes.models.networks.storage import load_spiking_network
from spikemodes.models.recording import Recording
from spikemodes.models.trials import Trials

from ..config.keys_of_options import reason_of
from ..config.nested_keys import read_stored_config
from ..config.spec import parse_spec
from ..cores import one_core
from ..pipeline.circumstances import UNDISTURBED, Circumstances
from ..pipeline.directory import RunDirectory
from ..pipeline.streams import stream
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


def tested(order: Order, level: Level) -> tuple[Cell, int]:
    """Test one condition at one level; gives how often the C++ compiler had to run as well."""
    with one_core():
        test = _stress(order)
        before = len(test.compilations)
        return test.cell(level), len(test.compilations) - before


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
        Which modes are ablated at each level; none: no survival.
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
        return self._outcome(self.there)

    def cell(self, level: Level) -> Cell:
        """Test one condition at one level; a failure is part of the result."""
        started = time.perf_counter()
        try:
            results = self._results(level.sweep.at(level.level))
        except Exception as error:  # one cell must not cost the others
            results = {"error": reason_of(error)}
        return level.cell(**results, seconds=time.perf_counter() - started)

    def _results(self, condition: Condition) -> dict:
        undisturbed, found = self.undisturbed, self._outcome(self.there.with_condition(condition))
        recording, score = found.recording, found.score
        value = first_measure(score)
        rates = neuron_rates(
            recording.spikes,
            n_neurons=recording.n_neurons,
            n_trials=recording.n_trials,
            n_steps=recording.n_steps,
            dt=float(recording.dt),
        )
        low, high = (
            (math.nan, math.nan)
            if score.accuracy is None
            else accuracy_interval(score.accuracy, recording.n_trials)
        )
        return {
            "score": value,
            "low": low,
            "high": high,
            "mse": math.nan if score.mse is None else score.mse,
            "rate_hz": float(rates.mean()),
            "median_rate_hz": float(np.median(rates)),
            "silent": float((rates == 0).mean()),
            "identical": np.array_equal(recording.spikes, undisturbed.recording.spikes),
            "mode_variance": tuple(recording.modes.var((0, 1)).tolist()),
            "mode_drop": self._by_mode(found.drops, math.nan),
            "mode_rank": self._by_mode(found.ranks, 0),
            "rank_agreement": rank_agreement(found.ranks, undisturbed.ranks),
        }

    def _outcome(self, there: Circumstances) -> "Outcome":
        """Run the network, whole and without each mode in turn, through one compiled program."""
        options = there.options
        simulation = compile_simulation(
            self.network,
            self.trials,
            target=self.target,
            on_compile=lambda: self.compilations.append(None),
            **options,
        )

        def run(network: Network) -> Recording:
            found = simulation.run(network, self.trials, **options)
            return found.at_step(self.trials.dt)

        networks = [self.network, *map(self._without, self.modes)]
        with ThreadPoolExecutor(self.programs if self.target == "cpp_standalone" else 1) as pool:
            recordings = pool.map(run, networks)
            whole = next(recordings)
            score = self.task.score(whole.outputs, self.trials)
            ablated = [self.task.score(r.outputs, self.trials) for r in recordings]
        drops = np.array([first_measure(score) - first_measure(s) for s in ablated])
        errors = np.array([s.mse or 0.0 for s in ablated])
        return Outcome(whole, score, drops, causal_ranks(drops, errors))

    def _by_mode(self, values: np.ndarray, other: float) -> tuple:
        """Values of the ablated modes among those of all modes."""
        if not isinstance(self.network, ModeNetwork):
            return ()
        every = np.full(self.network.n_modes, other, values.dtype)
        every[list(self.modes)] = values
        return tuple(every.tolist())

    def _without(self, mode: int) -> Network:
        assert isinstance(self.network, ModeNetwork)
        factors = np.ones(self.network.n_modes)
        factors[mode] = 0
        return self.network.with_modes(self.network.modes.scaled(factors))


@dataclass(frozen=True, eq=False)
class Outcome:
    """A run: its recording and score, and what each mode's ablation costs."""

    recording: Recording
    score: Score
    drops: np.ndarray
    ranks: np.ndarray


def first_measure(score: Score) -> float:
    """The performance, NaN where the task does not know it."""
    return math.nan if score.performance is None else score.performance
