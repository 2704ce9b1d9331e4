"""The stress test: a trained network under every condition of the battery, level by level."""

import csv
import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
from spikemodes.analysis.firing import neuron_rates
from spikemodes.analysis.survival import accuracy_interval, causal_ranks, rank_agreement
from spikemodes.learning.task import Score, Task
from spikemodes.models.brian.simulation import compile_simulation
from spikemodes.models.conditions.condition import Condition
from spikemodes.models.files import atomic_write
from spikemodes.models.networks.network import ModeNetwork, Network
from spikemodes.models.recording import Recording
from spikemodes.models.trials import Trials

from ..pipeline.circumstances import UNDISTURBED, Circumstances
from .battery import Sweep

_PARALLEL = 2  # runs of a compiled program at a time


@dataclass(frozen=True)
class Cell:
    """One condition at one level.

    Parameters
    ----------
    condition, axis, level, normalised
        The condition, what its level is, the level, and the level as a share of the sweep's last.
    score, low, high
        The task's first measure and its 95 % interval where it is an accuracy.
    mse
        Mean squared error, NaN where the task has none.
    rate_hz, median_rate_hz, silent
        Mean and median rate of the neurons, and the share that never fires.
    identical
        Whether every spike is that of the undisturbed network.
    mode_variance
        Variance of each mode's activity over time and trials.
    mode_drop, mode_rank
        What ablating each mode costs under the condition, and its causal rank by that; NaN and 0
        for a mode that was not ablated.
    rank_agreement
        Correlation of the ranks with those of the undisturbed network.
    seconds
        Time the cell took [s].
    error
        Why there are no results, if so.
    """

    condition: str
    axis: str
    level: float
    normalised: float
    score: float = math.nan
    low: float = math.nan
    high: float = math.nan
    mse: float = math.nan
    rate_hz: float = math.nan
    median_rate_hz: float = math.nan
    silent: float = math.nan
    identical: bool = False
    mode_variance: tuple[float, ...] = ()
    mode_drop: tuple[float, ...] = ()
    mode_rank: tuple[int, ...] = ()
    rank_agreement: float = math.nan
    seconds: float = math.nan
    error: str = ""


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
    on_compile
        Called if the C++ compiler has to run.
    """

    task: Task
    network: Network
    trials: Trials
    there: Circumstances = UNDISTURBED
    target: str = "cpp_standalone"
    modes: tuple[int, ...] = ()
    on_compile: Callable[[], None] | None = None

    @cached_property
    def undisturbed(self) -> "Outcome":
        """The network under no condition but those under which it runs already."""
        return self._outcome(self.there)

    def cell(self, name: str, sweep: Sweep, level: float) -> Cell:
        """Test one condition at one level; a failure is part of the result."""
        started = time.perf_counter()
        cell = Cell(name, sweep.axis, float(level), sweep.normalised(level))
        try:
            results = self._results(sweep.at(level))
        except Exception as error:  # one cell must not cost the others
            reason = " ".join(str(error).split()) or type(error).__name__
            results = {"error": reason}
        seconds = time.perf_counter() - started
        return Cell(**{**asdict(cell), **results, "seconds": seconds})

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
            self.network, self.trials, target=self.target, on_compile=self.on_compile, **options
        )

        def run(network: Network) -> Recording:
            found = simulation.run(network, self.trials, **options)
            return found.at_step(self.trials.dt)

        networks = [self.network, *map(self._without, self.modes)]
        with ThreadPoolExecutor(_PARALLEL if self.target == "cpp_standalone" else 1) as pool:
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
    """The measure that counts: accuracy where there is one."""
    return next(iter(score.measures.values()), math.nan)


def stress(
    test: Stress, sweeps: Mapping[str, Sweep], path: Path, on_cell: Callable[[Cell], None]
) -> list[Cell]:
    """Test every condition at every level, and write the table after each cell."""
    cells: list[Cell] = []
    for name, sweep in sweeps.items():
        for level in sweep.values:
            cells.append(test.cell(name, sweep, level))
            write_cells(cells, path)
            on_cell(cells[-1])
    return cells


def write_cells(cells: list[Cell], path: Path) -> None:
    """Write cells as CSV, whole or not at all; lists are parted by spaces."""
    with atomic_write(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, [f.name for f in fields(Cell)])
        table.writeheader()
        for cell in cells:
            row = asdict(cell).items()
            table.writerow(
                {n: " ".join(map(str, v)) if isinstance(v, tuple) else v for n, v in row}
            )


def read_cells(path: Path) -> list[Cell]:
    """Read what `write_cells` wrote. Raises `ValueError` naming the file if it is damaged."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [_cell(row) for row in csv.DictReader(file)]
    except (KeyError, ValueError, TypeError) as error:
        raise ValueError(
            f"`{path}` must be written by `spikemodes stress`: it cannot be read ({error})."
            " Run that again."
        ) from None


def _cell(row: dict[str, str]) -> Cell:
    texts = {"condition", "axis", "error"}
    values: dict = {n: v if n in texts else math.nan for n, v in row.items()}
    for name, text in row.items():
        if name in ("mode_variance", "mode_drop"):
            values[name] = tuple(map(float, text.split()))
        elif name == "mode_rank":
            values[name] = tuple(map(int, text.split()))
        elif name == "identical":
            values[name] = text == "True"
        elif name not in texts:
            values[name] = float(text)
    return Cell(**values)
