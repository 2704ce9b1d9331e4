"""Go/no-go: answer a pulse, and stay silent without one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from brian2 import Quantity, ms
from jaxtyping import Float
from spikemodes.learning.task import Score
from spikemodes.models.networks.network import TraceReadout
from spikemodes.models.quantities import shown, time, whole_steps
from spikemodes.models.trials import Trials

from .epochs import successive
from .objectives import most_frequent, score_of_traces, squared_error

if TYPE_CHECKING:
    import torch

ANSWERED, SILENT = 0.7, 0.3
"""The published criterion: outputs above the one are an answer, those below the other none."""

READ = 500 * ms
"""The last part of a trial, in which the published criterion looks for an answer of spikes."""


@dataclass(frozen=True, eq=False)
class GoNoGo:
    """A pulse on the only channel asks for an output of 1 that lasts; without one it stays 0.

    Parameters
    ----------
    blank, stimulus, response
        Duration of the three epochs [s]; the pulse fills the second one.
    choice
        Until the end of the trial, the time from which the answer is read [s]: long after the
        pulse, so that no filter still holds it.
    dt
        Step of the trials [s].

    Raises
    ------
    ValueError
        If an epoch is not a whole number of steps, or `choice` is longer than the response.

    Source: Kim, Li & Sejnowski, PNAS 116, 22811 (2019); durations are those of their code.
    """

    # without annotations these are no fields
    name = "go-nogo"
    source = "Kim, Li & Sejnowski, PNAS 116, 22811 (2019)"
    description = (
        "In half of the trials a pulse arrives, after which the output is to rise and stay;"
        " in the others there is none, and the output is to stay where it is."
    )
    n_inputs = 1
    n_outputs = 1
    readout = TraceReadout()

    blank: Quantity = field(default_factory=lambda: 250 * ms)
    stimulus: Quantity = field(default_factory=lambda: 125 * ms)
    response: Quantity = field(default_factory=lambda: 625 * ms)
    choice: Quantity = field(default_factory=lambda: 200 * ms)
    dt: Quantity = field(default_factory=lambda: 1 * ms)

    def __post_init__(self) -> None:
        time(self.dt, "dt")
        for name in ("blank", "stimulus", "response", "choice"):
            whole_steps(time(getattr(self, name), name, zero=name == "blank"), self.dt, name)
        if self.choice > self.response:
            raise ValueError(
                f"`choice` must be no longer than the response, {shown(self.response)}:"
                f" got {shown(self.choice)}."
            )

    @property
    def epochs(self) -> dict[str, range]:
        """The steps of each epoch, in order."""
        durations = {"blank": self.blank, "stimulus": self.stimulus, "response": self.response}
        return successive(durations, self.dt)

    def sample(self, n_trials: int, rng: np.random.Generator) -> Trials:
        """Draw trials; their condition is ``go``, whether there is a pulse."""
        if n_trials < 1:
            raise ValueError(f"`n_trials` must be 1 or more: got {n_trials}.")
        go, epochs = rng.random(n_trials) < 0.5, self.epochs
        stimulus, response = epochs["stimulus"], epochs["response"]
        inputs = np.zeros((response.stop, n_trials, 1), np.float32)
        inputs[stimulus.start : stimulus.stop, :, 0] = go
        targets = np.zeros_like(inputs)
        targets[response.start :, :, 0] = go
        return Trials(inputs=inputs, dt=self.dt, targets=targets, conditions={"go": go})

    def loss(self, outputs: torch.Tensor, trials: Trials) -> torch.Tensor:
        """Compute the mean squared error of the outputs (T × B × O)."""
        return squared_error(outputs, trials)

    def score(self, outputs: Float[np.ndarray, "T B O"], trials: Trials) -> Score:
        """Score outputs: the explained variance, and the fraction of trials that are right.

        A trial is right by the mean output at its end. ``accuracy_kim_2019`` is that of the
        published search for the scale of spiking networks: with a pulse the output has been above
        0.7 at any time of the last 500 ms of the trial, without one it has not been above 0.3.
        ``accuracy_kim_2019_rates`` is that of their training: the same in the whole response, where
        without a pulse the output has not been below -0.3 either. The decaying trace of the pulse
        itself can reach both, so they are no measures of memory.
        """
        go, answer = trials.conditions["go"], outputs[self.epochs["response"].start :, :, 0]
        late = answer[-whole_steps(self.choice, self.dt, "choice") :].mean(0)
        read = answer[-round(float(READ / self.dt)) :].max(0)
        strict = np.where(go, answer.max(0) > ANSWERED, np.abs(answer).max(0) < SILENT)
        return score_of_traces(
            outputs,
            trials,
            accuracy=float(np.mean((late > 0.5) == go)),
            chance=most_frequent(go.astype(int)),
            accuracy_kim_2019=float(np.where(go, read > ANSWERED, read < SILENT).mean()),
            accuracy_kim_2019_rates=float(strict.mean()),
        )
