"""What tasks on two noisy streams share: channels, epochs, strengths, and how choices are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from brian2 import Quantity, ms
from jaxtyping import Float
from scipy.special import logsumexp
from spikemodes.models.networks.network import TraceReadout
from spikemodes.models.quantities import time, whole_steps
from spikemodes.models.trials import Trials

from .epochs import successive
from .objectives import squared_error

if TYPE_CHECKING:
    import torch

DECISION = 200 * ms
"""The last part of an answer: its mean output is the choice that a network has reached."""


@dataclass(frozen=True, eq=False)
class TwoStreams:
    """What the tasks on two noisy streams have in common: channels, epochs and strengths.

    Parameters
    ----------
    blank, stimulus, response
        Duration of the three epochs [s, Brian2 quantities].
    dt
        Step of the trials [s].
    offset
        Strength of the offsets.
    offsets
        Several strengths in place of one: each stream of a trial has one of them, drawn at random.
        Weak ones ask for integration, which strong ones do not.
    noise
        Standard deviation of the streams in each step.

    Raises
    ------
    ValueError
        If an epoch is not a whole number of steps, or a strength is out of range.
    """

    # without annotations these are no fields
    n_inputs = 4
    n_outputs = 1
    readout = TraceReadout()

    blank: Quantity = field(default_factory=lambda: 100 * ms)
    stimulus: Quantity = field(default_factory=lambda: 400 * ms)
    response: Quantity = field(default_factory=lambda: 500 * ms)
    dt: Quantity = field(default_factory=lambda: 2 * ms)
    offset: float = 0.5
    noise: float = 1.0
    offsets: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        time(self.dt, "dt")
        for name in ("blank", "stimulus", "response"):
            whole_steps(time(getattr(self, name), name, zero=name == "blank"), self.dt, name)
        for name, rule, holds in (
            ("offset", "positive", self.offset > 0),
            ("noise", "zero or positive", self.noise >= 0),
        ):
            if not holds or not np.isfinite(getattr(self, name)):
                raise ValueError(f"`{name}` must be finite and {rule}: got {getattr(self, name)}.")
        if not all(0 < offset < np.inf for offset in self.offsets):
            raise ValueError(
                f"`offsets` must be finite and positive: got {list(self.offsets)}."
                " Signs are drawn at random."
            )

    @property
    def strengths(self) -> tuple[float, ...]:
        """The offsets that a stream may have, without their sign."""
        return self.offsets or (self.offset,)

    @property
    def epochs(self) -> dict[str, range]:
        """The steps of each epoch, in order."""
        durations = {"blank": self.blank, "stimulus": self.stimulus, "response": self.response}
        return successive(durations, self.dt)

    def decision(self, answer: range) -> range:
        """The steps of an answer from which the choice is read: its last `DECISION`, or all."""
        return answer[-round(float(DECISION / self.dt)) :]

    def loss(self, outputs: torch.Tensor, trials: Trials) -> torch.Tensor:
        """Compute the mean squared error of the outputs (T × B × O) over the scored steps."""
        return squared_error(outputs, trials)

    def posterior_means(self, trials: Trials) -> Float[np.ndarray, "B 2"]:
        """Compute what an ideal observer expects the sign of each stream's offset to be.

        It knows the strengths and the noise of the task, and sees the inputs alone: 0 for a stream
        that is silent.
        """
        stimulus = self.epochs["stimulus"]
        seen = trials.inputs[stimulus.start : stimulus.stop, :, :2].sum(0, dtype=float)
        if self.noise == 0:
            return np.sign(seen)
        strengths = np.array(self.strengths)[:, None, None]
        scaled, spread = strengths * seen / self.noise**2, strengths**2 / (2 * self.noise**2)
        sides = [logsumexp(s * scaled - len(stimulus) * spread, axis=0) for s in (1, -1)]
        return np.tanh((sides[0] - sides[1]) / 2)

    def attends_first(self, trials: Trials, steps: range) -> Float[np.ndarray, " B"]:
        """Read from the cue how sure it is that the first stream counts; 0.5 without a cue."""
        first, second = trials.inputs[steps.start : steps.stop, :, 2:].mean(0, dtype=float).T
        return (1 + np.sign(first - second)) / 2

    def expected(self, trials: Trials, steps: range) -> Float[np.ndarray, " B"]:
        """Compute what the ideal observer answers to the cue of some steps.

        The sign that it expects of the stream that counts; a guess where it has seen nothing.
        """
        first, of_streams = self.attends_first(trials, steps), self.posterior_means(trials)
        mean = first * of_streams[:, 0] + (1 - first) * of_streams[:, 1]
        return np.where(mean == 0, np.finfo(float).tiny, mean)


def sign_of_mean(outputs: Float[np.ndarray, "T B O"], steps: range) -> Float[np.ndarray, " B"]:
    """Read the sign of the first output's mean over some steps of each trial."""
    return np.sign(outputs[steps.start : steps.stop, :, 0].mean(0))
