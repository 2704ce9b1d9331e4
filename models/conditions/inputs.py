"""Conditions of the inputs."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ..trials import Trials
from .condition import Condition, require


@dataclass(frozen=True)
class InputNoise(Condition):
    """Gaussian noise on every channel and step, in units of the inputs' root mean square.

    On every channel: those that carry a cue get it as well, and channels of spikes (0 or 1) take
    values between, above and below.
    """

    name: ClassVar[str] = "input-noise"
    draws: ClassVar[bool] = True
    sd: float = 1.0

    def __post_init__(self) -> None:
        require(self, "sd", "zero or positive", 0 <= self.sd < np.inf)

    def on_trials(self, trials: Trials, rng: np.random.Generator) -> Trials:
        """Add the noise."""
        size = np.sqrt(np.mean(trials.inputs**2, dtype=float))
        noise = rng.standard_normal(trials.inputs.shape, np.float32)
        return replace(trials, inputs=trials.inputs + np.float32(self.sd * size) * noise)


@dataclass(frozen=True)
class MissingChannels(Condition):
    """Each input channel is silent, in each trial, with this probability.

    A trial whose answer lay in a silent channel cannot be answered by anyone: the measure is the
    ideal observer of the same trials.
    """

    name: ClassVar[str] = "missing-channels"
    draws: ClassVar[bool] = True
    probability: float = 0.1

    def __post_init__(self) -> None:
        require(self, "probability", "from 0 to 1", 0 <= self.probability <= 1)

    def on_trials(self, trials: Trials, rng: np.random.Generator) -> Trials:
        """Silence channels."""
        heard = rng.random((trials.n_trials, trials.n_inputs)) >= self.probability
        return replace(trials, inputs=trials.inputs * heard.astype(trials.inputs.dtype))
