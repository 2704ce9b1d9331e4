"""The stress test of a run: its cells, and what it leaves in the run directory."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from spikemodes.analysis.importance import mode_importance
from spikemodes.analysis.survival import breaking_level
from spikemodes.learning.validation import what_draws
from spikemodes.models.networks.network import ModeNetwork, Network

from ..config.spec import Spec
from ..display.progress import Display
from ..display.tables import Row
from ..pipeline.circumstances import Circumstances
from ..pipeline.directory import RunDirectory
from ..pipeline.summary import StressTest
from ..study.study import Study
from ..study.workers import Here, Job, Workers
from .battery import Sweep
from .cell import Order, tested
from .cells import Cell, Level, row_of
from .fitting import Fit

_PROGRAMS = 2  # runs of a compiled program at a time, at most


@dataclass(frozen=True, eq=False)
class StressStudy(Study[Level]):
    """Conditions, level by level, and the order that tells workers of the network.

    Nothing is ever finished: a test begins anew, and its table holds what has been tested.
    """

    run: RunDirectory
    sweeps: Mapping[str, Sweep]
    order: Order

    @property
    def cells(self) -> list[Level]:
        """See `Study`."""
        return [
            Level(name, sweep, level)
            for name, sweep in self.sweeps.items()
            for level in sweep.values
        ]

    @property
    def table(self) -> Path:
        """See `Study`."""
        return self.run.stress

    @property
    def found(self) -> list[Cell]:
        """What has been tested."""
        return [self._found(cell) for cell in self.cells if cell.name in self.outcomes]

    @property
    def compilations(self) -> int:
        """How often the C++ compiler had to run."""
        return sum(outcome.result[1] for outcome in self.outcomes.values() if outcome.result)

    def is_finished(self, cell: Level) -> bool:
        """See `Study`."""
        return False

    def job(self, cell: Level) -> Job:
        """See `Study`."""
        return partial(tested, self.order, cell)

    def row(self, cell: Level) -> Row | None:
        """See `Study`."""
        return row_of(self._found(cell)) if cell.name in self.outcomes else None

    def in_words(self, cell: Level) -> str:
        """See `Study`."""
        found, where = self._found(cell), f"{cell.condition} {cell.level:g}"
        if found.error:
            return f"{where} failed: {found.error}"
        return f"{where}: score {found.score:.3f}, {found.rate_hz:.1f} Hz, {found.seconds:.1f} s"

    def _found(self, cell: Level) -> Cell:
        outcome = self.outcomes[cell.name]
        return outcome.result[0] if outcome.result else cell.cell(error=outcome.reason)


def carry_out(
    run: RunDirectory,
    spec: Spec,
    network: Network,
    fit: Fit,
    n_trials: int,
    n_modes: int,
    display: Display,
    workers: Workers | None = None,
) -> list[str]:
    """Sweep the conditions and write table and summary; gives the cells that failed, and why.

    The network runs under the conditions it learned under, to which each condition of the sweep is
    added. Of a network with many modes, the `n_modes` most important ones are ablated. Without
    `workers` it is all done in this process.
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
    test, started = StressStudy(run, fit.sweeps, order), time.monotonic()
    test.carry_out(workers, display)
    cells, there = test.found, Circumstances.of(spec)
    run.update_summary(
        stress=StressTest(
            trials=n_trials,
            seconds=time.monotonic() - started,
            compilations=test.compilations,
            failed=sum(bool(cell.error) for cell in cells),
            breaks_at={name: _breaks_at(name, cells) for name in fit.sweeps},
            left_out=fit.left_out,
            random=what_draws(there.circuit(network)) or None,
        )
    )
    return [f"{cell.condition} at {cell.level:g}: {cell.error}" for cell in cells if cell.error]


def _most_important(network: Network, n: int) -> tuple[int, ...]:
    if not isinstance(network, ModeNetwork):
        return ()
    m = network.modes
    order = np.argsort(-mode_importance(m.xi_in, m.scores, m.xi_out), kind="stable")
    return tuple(sorted(order[:n].tolist()))


def _breaks_at(name: str, cells: list[Cell]) -> float | None:
    own = [cell for cell in cells if cell.condition == name]
    return breaking_level(
        np.array([cell.level for cell in own]), np.array([cell.score for cell in own])
    )
