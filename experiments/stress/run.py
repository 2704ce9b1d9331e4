"""The stress test of a run: its trials, its progress, and what it leaves in the run directory."""

import time

import numpy as np
from spikemodes.analysis.importance import mode_importance
from spikemodes.analysis.survival import breaking_level
from spikemodes.learning.task import unseen
from spikemodes.learning.validation import what_draws
from spikemodes.models.networks.network import ModeNetwork, Network

from ..config.spec import Spec
from ..display.progress import Display
from ..pipeline.circumstances import Circumstances
from ..pipeline.directory import RunDirectory
from ..pipeline.streams import stream
from ..pipeline.summary import StressTest
from .cells import Cell, Stress, stress
from .fitting import Fit


def carry_out(
    run: RunDirectory,
    spec: Spec,
    network: Network,
    fit: Fit,
    n_trials: int,
    n_modes: int,
    display: Display,
) -> list[str]:
    """Sweep the conditions and write table and summary; gives the cells that failed, and why.

    The network runs under the conditions it learned under, to which each condition of the sweep is
    added. Of a network with many modes, the `n_modes` most important ones are ablated.
    """
    task = spec.build_task()
    trials = unseen(task, n_trials, np.random.default_rng(stream(spec.seed, "stress")))
    sweeps, there = fit.sweeps, Circumstances.of(spec)
    for name, reason in fit.left_out.items():
        display.say(f"left out {name}: {reason}")
    compilations: list[None] = []
    test = Stress(
        task=task,
        network=network,
        trials=trials,
        there=there,
        target=spec.simulate.target,
        modes=_most_important(network, n_modes),
        on_compile=lambda: compilations.append(None),
    )
    total, started = sum(len(sweep.values) for sweep in sweeps.values()), time.monotonic()
    done: list[Cell] = []
    with display.cells(total) as show:

        def on_cell(cell: Cell) -> None:
            done.append(cell)
            left = (time.monotonic() - started) / len(done) * (total - len(done))
            show(len(done), left, _outcome(cell))

        cells = stress(test, sweeps, run.stress, on_cell)
    run.update_summary(
        stress=StressTest(
            trials=n_trials,
            seconds=time.monotonic() - started,
            compilations=len(compilations),
            failed=sum(bool(cell.error) for cell in cells),
            breaks_at={name: _breaks_at(name, cells) for name in sweeps},
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


def _outcome(cell: Cell) -> str:
    where = f"{cell.condition} {cell.level:g}"
    if cell.error:
        return f"{where} failed: {cell.error}"
    return f"{where}: score {cell.score:.3f}, {cell.rate_hz:.1f} Hz, {cell.seconds:.1f} s"
