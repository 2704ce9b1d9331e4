"""Brian2: build and runs of a compiled program, and modes against dense synapses."""

import os
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from spikemodes.models.brian.simulation import Simulation, compile_simulation
from spikemodes.models.brian.wiring import Wiring, dense_wiring, mode_wiring
from spikemodes.models.networks.network import Network, to_dense
from spikemodes.models.trials import Trials

from .rows import Measurement, NotHereError, Row, seconds_of, summary_of
from .training import network_of, task_of


@dataclass(frozen=True)
class BrianProgram(Row):
    """A network in Brian2's generated C++: built with nothing in the cache, run, run again.

    Parameters
    ----------
    neurons, modes, trials, steps
        N, P, B, T.
    repeats
        Runs with new weights, of which the median counts.
    """

    neurons: int = 100
    modes: int = 3
    trials: int = 100
    steps: int = 500
    repeats: int = 5

    @property
    def expected_seconds(self) -> float:
        """See `Row`."""
        return 20.0

    @property
    def name(self) -> str:
        """See `Row`."""
        return f"Brian2, N={self.neurons:,} P={self.modes} B={self.trials} T={self.steps:,}"

    def run(self) -> Measurement:
        """Measure build, first run, and runs with new weights as a user waits for them."""
        network, trials = network_of(self.neurons, self.modes), _trials(self.trials, self.steps)
        with tempfile.TemporaryDirectory() as empty:
            os.environ["SPIKEMODES_CACHE"] = empty
            simulation = _compiled(network, trials, mode_wiring)
            recording = None

            def simulate() -> None:
                nonlocal recording
                recording = simulation.run(network, trials)

            first = seconds_of(simulate)
            assert recording is not None
            again = []
            for i in range(self.repeats):
                factors = np.full(self.modes, 1 + 0.1 * i)
                new = network.with_modes(network.modes.scaled(factors))
                again.append(seconds_of(lambda new=new: simulation.run(new, trials)))
        return {
            "build_seconds": simulation.compile_seconds,
            "simulate_seconds": first,
            **summary_of(again),
            "rate_hz": recording.rate_hz,
        }


@dataclass(frozen=True)
class Recurrence(Row):
    """The same recurrent weights as modes and as dense event-driven synapses, side by side.

    Parameters
    ----------
    modes
        P.
    drive
        Factor of the inputs, which sets the firing rate.
    neurons, trials, steps
        N, B, T. Trials are long, so that steps outweigh the making of N² synapses.
    repeats
        Runs of each, of which the median counts.
    """

    modes: int
    drive: float
    neurons: int = 1000
    trials: int = 1
    steps: int = 2500
    repeats: int = 5

    @property
    def expected_seconds(self) -> float:
        """See `Row`."""
        return 15.0

    @property
    def name(self) -> str:
        """See `Row`."""
        return f"modes against dense, N={self.neurons:,} P={self.modes}, drive × {self.drive:g}"

    def run(self) -> Measurement:
        """Measure runs of both, in turn."""
        network, trials = network_of(self.neurons, self.modes), _trials(self.trials, self.steps)
        trials = replace(trials, inputs=self.drive * trials.inputs)
        dense = to_dense(network)
        with_modes = _compiled(network, trials, mode_wiring)
        with_synapses = _compiled(dense, trials, dense_wiring)
        spikes = len(with_modes.run(network, trials).spikes)
        durations = [
            (
                seconds_of(lambda: with_modes.run(network, trials)),
                seconds_of(lambda: with_synapses.run(dense, trials)),
            )
            for _ in range(self.repeats)
        ]
        modes, synapses = (summary_of(list(times)) for times in zip(*durations, strict=True))
        return {
            "modes_seconds": modes["seconds"],
            "dense_seconds": synapses["seconds"],
            "repeats": self.repeats,
            "spikes_per_step": spikes / (self.trials * self.steps),
        }


def _trials(n_trials: int, n_steps: int) -> Trials:
    return task_of(n_steps).sample(n_trials, np.random.default_rng(1))


def _compiled(network: Network, trials: Trials, wire: Callable[[Network], Wiring]) -> Simulation:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the row says it
        simulation = compile_simulation(network, trials, wire=wire)
    if simulation.target != "cpp_standalone":
        raise NotHereError("there is no C++ compiler: install g++")
    return simulation
