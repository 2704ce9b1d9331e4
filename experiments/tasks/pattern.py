"""Pattern: generate a signal, from a cue on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from brian2 import Hz, Quantity, have_same_dimensions, ms, second
from jaxtyping import Float
from spikemodes.learning.task import Score
from spikemodes.models.networks.network import TraceReadout
from spikemodes.models.quantities import shown, time, whole_steps
from spikemodes.models.trials import Trials

from .endless import EndlessPattern
from .objectives import normalised_error, score_of_traces, squared_error
from .signals import Lorenz, Sines

if TYPE_CHECKING:
    import torch

PATTERNS = ("sine", "two-sines", "lorenz")


@dataclass(frozen=True, eq=False)
class PatternGeneration:
    """Generation of a signal without any input that tells its course.

    Channel 0 gives a short pulse, the cue, and channel 1 a constant drive for the whole trial, both
    of strength 1 and with a little noise. Wanted output: the signal, from the end of the cue on.

    Parameters
    ----------
    pattern
        ``sine``, ``two-sines`` (of `frequency` and 2.5 times it) or ``lorenz`` (a coordinate of
        the attractor).
    frequency
        Of the sine [Hz]; for ``lorenz``, units of the attractor's time in a second.
    cue, duration
        How long the cue and then the signal last [s].
    dt
        Step of the trials [s].
    noise
        Standard deviation of the noise on both channels in each step.

    Raises
    ------
    ValueError
        If a duration is not a whole number of steps, or a parameter is out of range.

    Source: Sussillo & Abbott, Neuron 63, 544 (2009); Nicola & Clopath, Nat. Commun. 8, 2208 (2017).
    """

    # without annotations these are no fields
    name = "pattern"
    source = (
        "Sussillo & Abbott, Neuron 63, 544 (2009); Nicola & Clopath, Nat. Commun. 8, 2208 (2017)"
    )
    description = "After a short cue, the output follows a signal that nothing in the input tells."
    n_inputs = 2
    n_outputs = 1
    readout = TraceReadout()

    pattern: str = "two-sines"
    frequency: Quantity = field(default_factory=lambda: 2 * Hz)
    cue: Quantity = field(default_factory=lambda: 50 * ms)
    duration: Quantity = field(default_factory=lambda: 1 * second)
    dt: Quantity = field(default_factory=lambda: 2 * ms)
    noise: float = 0.05

    def __post_init__(self) -> None:
        if self.pattern not in PATTERNS:
            raise ValueError(
                f"`pattern` must be one of {', '.join(PATTERNS)}: got {self.pattern!r}."
            )
        if not have_same_dimensions(self.frequency, Hz) or not 0 < float(self.frequency) < np.inf:
            raise ValueError(
                f"`frequency` must be a positive frequency: got {shown(self.frequency)}."
                " Write 2 Hz."
            )
        for name in ("cue", "duration"):
            whole_steps(time(getattr(self, name), name), self.dt, name)
        if not 0 <= self.noise < np.inf:
            raise ValueError(f"`noise` must be finite and zero or positive: got {self.noise}.")

    @property
    def signal(self) -> Sines | Lorenz:
        """The signal as a function of the time since the end of the cue."""
        frequency = float(self.frequency)
        match self.pattern:
            case "sine":
                return Sines((frequency,))
            case "two-sines":
                return Sines((frequency, 2.5 * frequency))
            case _:
                return Lorenz(frequency)

    def on_end(self) -> EndlessPattern:
        """Give the same task without trials, for a method that learns on end."""
        return EndlessPattern(self)

    @property
    def epochs(self) -> dict[str, range]:
        """The cue, then the signal."""
        cue = whole_steps(self.cue, self.dt, "cue")
        end = cue + whole_steps(self.duration, self.dt, "duration")
        return {"cue": range(cue), "signal": range(cue, end)}

    @property
    def settings(self) -> Mapping[str, Any]:
        """Trials differ in their noise alone: small batches, and many of them."""
        return {"train": {"updates": 1500, "batch": 20}, "simulate": {"trials": 50}}

    def sample(self, n_trials: int, rng: np.random.Generator) -> Trials:
        """Draw trials: the noise from `rng`, the same signal in all of them."""
        if n_trials < 1:
            raise ValueError(f"`n_trials` must be 1 or more: got {n_trials}.")
        cue, signal = self.epochs["cue"], self.epochs["signal"]
        shape = (signal.stop, n_trials)
        inputs = self.noise * rng.standard_normal((*shape, self.n_inputs), dtype=np.float32)
        inputs[: cue.stop, :, 0] += 1
        inputs[..., 1] += 1
        targets, mask = np.zeros((*shape, 1), np.float32), np.zeros(shape, bool)
        times = float(self.dt) * np.arange(len(signal))
        targets[signal.start :] = self.signal(times)[:, None, None]
        mask[signal.start :] = True
        return Trials(inputs=inputs, dt=self.dt, targets=targets, mask=mask)

    def loss(self, outputs: torch.Tensor, trials: Trials) -> torch.Tensor:
        """Compute the mean squared error of the outputs (T × B × O) during the signal."""
        return squared_error(outputs, trials)

    def score(self, outputs: Float[np.ndarray, "T B O"], trials: Trials) -> Score:
        """Score outputs: explained variance and MSE during the signal, and the normalised error."""
        error = normalised_error(outputs, trials)
        return score_of_traces(outputs, trials, normalised_error=error)
