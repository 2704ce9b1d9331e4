"""While a network learns, Brian2 answers a few trials with the weights that it has so far."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from spikemodes.learning.task import HeldOut, unseen
from spikemodes.models.brian.simulation import Simulation, compile_simulation
from spikemodes.models.networks.network import Network
from spikemodes.models.networks.storage import AnyNetwork
from spikemodes.models.recording import Recording

from ..config.spec import Spec
from ..display.progress import Display
from .directory import Metrics, RunDirectory
from .streams import stream

N_TRIALS = 20
"""Few, so that they take little of the training's time; the same each time."""


class ProbeInBrian2:
    """Push the weights into the program that is compiled once, and write what comes out.

    The trials are drawn from a stream of their own, and nothing of the training is touched. Each
    row of the run's ``probe.jsonl`` has the number of updates done as ``step``, the measures of the
    task's score, the rate of the population [Hz] and the time taken [s]; the first trial of the
    last row is in ``probe.npz``.
    """

    def __init__(self, run: RunDirectory, spec: Spec, display: Display) -> None:
        task = spec.build_task()
        rng = np.random.default_rng(stream(spec.seed, "probe"))
        most = task.n_test if isinstance(task, HeldOut) else N_TRIALS
        self._run, self._spec, self._task, self._display = run, spec, task, display
        self._trials = unseen(task, min(N_TRIALS, most), rng)
        self._rows = Metrics(run.probe)
        self._simulation: Simulation | None = None

    def see(self, step: int, network: Callable[[], AnyNetwork]) -> None:
        """Take what there is after `step` updates; compiles when it is called first."""
        if self._simulation is None:
            self._simulation = self._compiled(network())
        if step % self._spec.train.probe_every == 0:
            self._ask(self._simulation, step, network())

    def _compiled(self, network: AnyNetwork) -> Simulation:
        assert isinstance(network, Network)  # the specification refuses rates
        keys = self._spec.simulate
        found = compile_simulation(
            network,
            self._trials,
            target=keys.target,
            batch=keys.batch,
            on_compile=lambda: self._display.say("compiling Brian2 for the probe"),
        )
        if found.compiled:
            self._display.say(f"Brian2 for the probe: compiled in {found.compile_seconds:.1f} s")
        return found

    def _ask(self, simulation: Simulation, step: int, network: AnyNetwork) -> None:
        assert isinstance(network, Network)
        started = time.perf_counter()
        recording = simulation.run(network, self._trials).at_step(self._trials.dt)
        score = self._task.score(recording.outputs, self._trials)
        first_trial(recording).save(self._run.probed_trial)
        self._rows.append(
            {
                "step": step,
                "accuracy": score.accuracy,
                "mse": score.mse,
                "explained_variance": score.explained_variance,
                "rate_hz": recording.rate_hz,
                "seconds": time.perf_counter() - started,
            }
        )


def first_trial(recording: Recording) -> Recording:
    """Keep the first trial of a recording alone."""
    return replace(
        recording,
        spikes=recording.spikes[recording.spikes[:, 1] == 0],
        n_trials=1,
        outputs=recording.outputs[..., :1, :],
        modes=recording.modes[:, :1],
        states={name: values[:, :1] for name, values in recording.states.items()},
    )
