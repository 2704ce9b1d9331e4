"""The stress test of a run: its cells, and what it leaves in the run directory."""

import math
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float
from spikemodes.analysis.importance import mode_importance
from spikemodes.analysis.survival import (
    breaking_interval,
    breaking_level,
    interval,
    resampled_means,
)
from spikemodes.learning.validation import what_draws
from spikemodes.models.networks.network import Network

from ..config.spec import Spec
from ..display.progress import Display
from ..display.tables import Row
from ..pipeline.circumstances import Circumstances
from ..pipeline.directory import RunDirectory
from ..pipeline.summary import StressTest
from ..study.study import Study
from ..study.workers import Here, Job, Workers
from .cell import Order, Tested, tested
from .cells import Cell, Level, row_of
from .fitting import Fit

_PROGRAMS = 2  # runs of a compiled program at a time, at most


@dataclass(frozen=True, eq=False)
class StressStudy(Study[Level]):
    """Conditions, level by level and draw by draw, and the order that tells workers of the network.

    Nothing is ever finished: a test begins anew, and its table holds what has been tested.
    """

    run: RunDirectory
    fit: Fit
    draws: int
    order: Order

    @property
    def cells(self) -> list[Level]:
        """See `Study`."""
        return self.fit.cells(self.draws)

    @property
    def table(self) -> Path:
        """See `Study`."""
        return self.run.stress

    @property
    def found(self) -> list[Cell]:
        """What has been tested, each level with the interval over its draws."""
        tests = {c.name: self._tested(c) for c in self.cells if c.name in self.outcomes}
        levels: dict[tuple[str, float], list[Tested]] = {}
        for test in tests.values():
            levels.setdefault((test.cell.condition, test.cell.level), []).append(test)
        means = {level: _mean(own) for level, own in levels.items()}
        return [
            replace(t.cell, **means[t.cell.condition, t.cell.level]) for t in tests.values()
        ]  # fmt: skip

    @property
    def compilations(self) -> int:
        """How often the C++ compiler had to run."""
        return sum(o.result.compilations for o in self.outcomes.values() if o.result)

    def is_finished(self, cell: Level) -> bool:
        """See `Study`."""
        return False

    def job(self, cell: Level) -> Job:
        """See `Study`."""
        return partial(tested, self.order, cell)

    def row(self, cell: Level) -> Row | None:
        """See `Study`; the interval over draws comes when all are tested."""
        return row_of(self._tested(cell).cell) if cell.name in self.outcomes else None

    def in_words(self, cell: Level) -> str:
        """See `Study`."""
        found = self._tested(cell).cell
        if found.error:
            return f"{cell.name} failed: {found.error}"
        measures = {
            "performance": found.performance,
            "accuracy": found.accuracy,
            "explained variance": found.explained_variance,
        }
        shown = [f"{name} {value:.3f}" for name, value in measures.items() if value == value]
        return f"{cell.name}: {', '.join(shown)}, {found.rate_hz:.1f} Hz, {found.seconds:.1f} s"

    def halves(self, name: str) -> tuple[float | None, tuple[float, float]] | None:
        """Where performance falls below half of the undisturbed one, and the 95 % interval.

        A level of ``None`` if not within the sweep, an interval of NaN for none. ``None`` where
        half says nothing: the undisturbed network is not known, or no better than a constant
        answer.
        """
        levels: dict[float, list[Tested]] = {}
        for cell in self.cells:
            if cell.condition == name and self._tested(cell).resamples.size:
                levels.setdefault(cell.level, []).append(self._tested(cell))
        values = np.array([*levels], float)
        means = np.array([_performance(own).mean() for own in levels.values()])
        sweep = self.fit.sweeps[name]
        if not len(values) or values[0] != sweep.undisturbed or not means[0] > 0:
            return None
        samples = resampled_means([_resamples(own) for own in levels.values()])
        n_draws = self.draws if sweep.draws else 1
        low, high = breaking_interval(values, samples, n_draws)
        if sweep.draws and n_draws == 1:
            low = high = math.nan
        return breaking_level(values, means, means[0] / 2), (low, high)

    def _tested(self, cell: Level) -> Tested:
        outcome = self.outcomes[cell.name]
        return outcome.result or Tested(cell.cell(error=outcome.reason), np.zeros(0))


def _performance(tests: list[Tested]) -> Float[np.ndarray, " D"]:
    return np.array([test.cell.performance for test in tests])


def _resamples(tests: list[Tested]) -> Float[np.ndarray, "D R"]:
    return np.array([test.resamples for test in tests])


def _mean(tests: list[Tested]) -> dict[str, float]:
    """Mean performance of the draws at a level, with its interval where there is one."""
    good = [test for test in tests if test.resamples.size]
    if not good:
        return {}
    low = high = math.nan
    cell = good[0].cell
    if len(good) > 1 or not cell.drawn or cell.normalised == 0:
        low, high = interval(resampled_means([_resamples(good)])[0], len(good))
    return {"mean": float(_performance(good).mean()), "mean_low": low, "mean_high": high}


def carry_out(
    run: RunDirectory,
    spec: Spec,
    network: Network,
    fit: Fit,
    n_trials: int,
    n_modes: int,
    n_draws: int,
    display: Display,
    workers: Workers | None = None,
) -> list[str]:
    """Sweep the conditions and write table and summary; gives the cells that failed, and why.

    The network runs under the conditions it learned under, to which each condition of the sweep is
    added; what it learned under stays the same in all draws. Of a network with many modes, the
    `n_modes` most important ones are ablated. Without `workers` it is all done in this process.
    """
    workers = workers or Here()
    for name, reason in fit.left_out.items():
        display.say(f"left out {name}: {reason}")
    order = Order(
        path=str(run.path.resolve()),
        trials=n_trials,
        modes=_most_important(network, n_modes),
        programs=min(_PROGRAMS, workers.cores),
        given=time.time_ns(),
    )
    test, started = StressStudy(run, fit, n_draws, order), time.monotonic()
    test.carry_out(workers, display)
    cells, there = test.found, Circumstances.of(spec)
    test.write(map(row_of, cells))
    halves = {name: found for name in fit.sweeps if (found := test.halves(name))}
    run.update_summary(
        stress=StressTest(
            trials=n_trials,
            draws=n_draws,
            seconds=time.monotonic() - started,
            compilations=test.compilations,
            failed=sum(bool(cell.error) for cell in cells),
            halves_at={name: level for name, (level, _) in halves.items()},
            halves_within={
                name: within for name, (_, within) in halves.items() if not math.isnan(within[0])
            },
            left_out=fit.left_out,
            random=what_draws(there.circuit(network)) or None,
        )
    )
    return [f"{cell.named}: {cell.error}" for cell in cells if cell.error]


def _most_important(network: Network, n: int) -> tuple[int, ...]:
    if not network.n_modes:
        return ()
    m = network.modes
    order = np.argsort(-mode_importance(m.xi_in, m.scores, m.xi_out), kind="stable")
    return tuple(sorted(order[:n].tolist()))
