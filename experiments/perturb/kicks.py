"""Modes kicked in the middle of the answer, and how they return."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from spikemodes.analysis.relaxation import Relaxation, fit_relaxation
from spikemodes.models.conditions.interventions import Kick

from ..pipeline.summary import Return
from .laboratory import Laboratory


@dataclass(frozen=True, eq=False)
class Kicked:
    """A mode after a kick.

    Parameters
    ----------
    mode, kappa
        Which, and by how much its activity jumped: its standard deviation in the answer.
    times
        Since the kick, at the end of each step (K) [s].
    left
        Mean over the trials of what the kick has added to the mode's activity, its own decay and
        what the network makes of it (K).
    alone
        What would be left without recurrence: the decay of the filter (K).
    """

    mode: int
    kappa: float
    times: Float[np.ndarray, " K"]
    left: Float[np.ndarray, " K"]
    alone: Float[np.ndarray, " K"]

    @property
    def fit(self) -> Relaxation | None:
        """The exponential that fits what is left best."""
        return fit_relaxation(self.times, self.left)

    @property
    def numbers(self) -> Return:
        """The numbers of its return."""
        fit, alone = self.fit, fit_relaxation(self.times, self.alone)
        return Return(
            kappa=self.kappa,
            tau_ms=None if fit is None else 1e3 * fit.tau,
            rest=None if fit is None or not self.kappa else fit.rest / self.kappa,
            filter_ms=None if alone is None else 1e3 * alone.tau,
        )

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """The course, for figures."""
        fit = self.fit
        fitted = {} if fit is None else {"fitted": fit(self.times)}
        return {"times": self.times, "left": self.left, "alone": self.alone, **fitted}


def kicked(laboratory: Laboratory, modes: list[int]) -> list[Kicked]:
    """Kick each mode, alone, a quarter into the answer, and follow its return to the end."""
    network, answer, dt = laboratory.network, laboratory.answer, laboratory.trials.dt
    at = answer.start + len(answer) // 4
    compiled = laboratory.compiled
    (before,) = compiled.under([()], lambda recording: recording.modes)
    sizes = {mode: float(before[answer.start : answer.stop, :, mode].std()) for mode in modes}
    kicks = {mode: Kick(mode, size, at * dt) for mode, size in sizes.items()}
    means = compiled.under(
        [(kick,) for kick in kicks.values()], lambda recording: recording.modes.mean(1)
    )
    circuit, found = laboratory.there.circuit(network), []
    times = float(dt) * np.arange(1, answer.stop - at + 1)
    for (mode, kick), mean in zip(kicks.items(), means, strict=True):
        trace = kick.trace(circuit)[1 : len(times) + 1]
        alone = kick.kappa * np.pad(trace, (0, len(times) - len(trace)))
        added = (mean - before.mean(1))[at : answer.stop, mode]
        found.append(Kicked(mode, kick.kappa, times, alone + added, alone))
    return found
