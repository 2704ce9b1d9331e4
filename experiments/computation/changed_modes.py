"""A network that answers trials with its modes changed, through one compiled program."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
from jaxtyping import Float
from spikemodes.models.brian.simulation import Simulation, compile_simulation
from spikemodes.models.conditions.condition import Condition
from spikemodes.models.networks.network import Network
from spikemodes.models.recording import Recording
from spikemodes.models.trials import Trials

from ..pipeline.circumstances import UNDISTURBED, Circumstances

Measured = TypeVar("Measured")


@dataclass(frozen=True, eq=False)
class ChangedModes:
    """A network, and the trials that it answers as it is and with other weights.

    Weights are values of the compiled program: nothing is compiled again.

    Parameters
    ----------
    network, trials
        What answers, and what.
    there
        Under what the network runs.
    target, batch
        Brian2's code generation target; how many trials run side by side, as many as fit where it
        is ``None``.
    programs
        How many runs of the compiled program there are at a time.
    on_compile
        Called if the C++ compiler has to run.
    """

    network: Network
    trials: Trials
    there: Circumstances = UNDISTURBED
    target: str = "cpp_standalone"
    batch: int | None = None
    programs: int = 1
    on_compile: Callable[[], None] | None = None

    @cached_property
    def simulation(self) -> Simulation:
        """The compiled program."""
        return compile_simulation(
            self.network,
            self.trials,
            **self.there.options,
            target=self.target,
            batch=self.batch,
            on_compile=self.on_compile,
        )

    def each(
        self, networks: Iterable[Network], measure: Callable[[Recording], Measured]
    ) -> list[Measured]:
        """Let networks of the same structure answer, and measure each recording.

        Recordings are at the step of the trials; none is kept but by `measure`.
        """
        return self._measured([(network, self.there) for network in networks], measure)

    def under(
        self, interventions: Iterable[Sequence[Condition]], measure: Callable[[Recording], Measured]
    ) -> list[Measured]:
        """Let the network answer under interventions besides, and measure each recording."""
        cases = [(self.network, self.there.with_conditions(*own)) for own in interventions]
        return self._measured(cases, measure)

    def _measured(
        self,
        cases: Sequence[tuple[Network, Circumstances]],
        measure: Callable[[Recording], Measured],
    ) -> list[Measured]:
        simulation = self.simulation

        def run(network: Network, there: Circumstances) -> Measured:
            found = simulation.run(network, self.trials, **there.options)
            return measure(found.at_step(self.trials.dt))

        with ThreadPoolExecutor(self.programs if simulation.target == "cpp_standalone" else 1) as p:
            return list(p.map(run, *zip(*cases, strict=True))) if cases else []

    def scaled(self, factors: Sequence[float] | Float[np.ndarray, " P"]) -> Network:
        """The network with each mode's score times a factor; 0 ablates the mode."""
        return self.network.with_modes(self.network.modes.scaled(np.asarray(factors, float)))

    def without(self, *modes: int) -> Network:
        """The network without some modes."""
        factors = np.ones(self.network.n_modes)
        factors[list(modes)] = 0
        return self.scaled(factors)

    def swapped(self, first: int, second: int) -> Network:
        """The network with xi_in of two modes exchanged: each acts back where the other did.

        What a mode reads, xi_out, and its score stay.
        """
        modes, order = self.network.modes, np.arange(self.network.n_modes)
        order[[first, second]] = second, first
        return self.network.with_modes(replace(modes, xi_in=modes.xi_in[:, order]))
