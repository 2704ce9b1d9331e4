"""Selective integration: judge one of two noisy streams, as the context says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from brian2 import Quantity, ms
from jaxtyping import Float
from spikemodes.learning.task import Score
from spikemodes.models.networks.network import TraceReadout
from spikemodes.models.quantities import time, whole_steps
from spikemodes.models.trials import Trials

from .objectives import mean_squared_error, squared_error

if TYPE_CHECKING:
    import torch

LEVELS = (-1.0, -0.3, -0.1, 0.1, 0.3, 1.0)
"""Default grid of the psychometric curve, in units of the trained offset."""


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

    @property
    def epochs(self) -> dict[str, range]:
        """The steps of each epoch, in order."""
        durations = {"blank": self.blank, "stimulus": self.stimulus, "response": self.response}
        epochs, start = {}, 0
        for name, duration in durations.items():
            stop = start + whole_steps(duration, self.dt, name)
            epochs[name] = range(start, stop)
            start = stop
        return epochs

    def loss(self, outputs: torch.Tensor, trials: Trials) -> torch.Tensor:
        """Compute the mean squared error of the outputs (T × B × O) over the scored steps."""
        return squared_error(outputs, trials)


@dataclass(frozen=True, eq=False)
class SelectiveIntegration(TwoStreams):
    """Context-dependent integration of two noisy stimulus streams.

    Channels 0 and 1 carry the streams during the stimulus, each step drawn from
    N(offset, noise); the sign of each offset is fixed per trial. Channels 2 and 3 tell in one-hot
    code, for the whole trial, which stream counts. Wanted output: 0, then, during the response,
    the sign of the attended stream's offset.

    Parameters, and what it raises, are those of `TwoStreams`.

    Source: Mante et al., Nature 503, 78 (2013), as in Lin & Huang, Phys. Rev. E 110, 024306 (2024).
    """

    # without annotations these are no fields
    name = "selective-integration"
    source = (
        "Mante et al., Nature 503, 78 (2013), as in Lin & Huang, Phys. Rev. E 110, 024306 (2024)"
    )
    description = (
        "Two noisy streams arrive together and a context cue tells which one counts;"
        " the output reports the sign of that stream's mean once both have ended."
    )

    def sample(
        self,
        n_trials: int,
        rng: np.random.Generator,
        offsets: Float[np.ndarray, "B 2"] | None = None,
    ) -> Trials:
        """Draw trials: everything random comes from `rng`.

        Parameters
        ----------
        n_trials
            B.
        rng
            Source of contexts, signs and noise.
        offsets
            Offset of both streams in each trial, in place of ± `offset` with random signs.

        Returns
        -------
        Trials
            Conditions: ``context`` (0 or 1, the attended stream), ``offset_1``, ``offset_2`` and
            ``choice`` (-1 or 1, the sign of the attended offset; 0 where that offset is 0).

        Raises
        ------
        ValueError
            If `n_trials` is not positive or `offsets` has another shape.
        """
        if n_trials < 1:
            raise ValueError(f"`n_trials` must be 1 or more: got {n_trials}.")
        contexts = rng.integers(2, size=n_trials)
        if offsets is None:
            offsets = self.offset * rng.choice([-1.0, 1.0], size=(n_trials, 2))
        return self._trials(contexts, np.asarray(offsets, float), rng)

    def sample_psychometric(
        self, n_trials: int, rng: np.random.Generator, levels: Sequence[float] = LEVELS
    ) -> Trials:
        """Draw trials over the crossed grid context × level × level, as balanced as B allows.

        `levels` are in units of `offset`; the order of the trials is random.
        """
        cells = np.array(list(product((0, 1), levels, levels)))
        repeats = -(-n_trials // len(cells))
        order = np.concatenate([rng.permutation(len(cells)) for _ in range(repeats)])[:n_trials]
        context, *scaled = cells[order].T
        return self._trials(context.astype(int), self.offset * np.column_stack(scaled), rng)

    def score(self, outputs: Float[np.ndarray, "T B O"], trials: Trials) -> Score:
        """Score outputs: the fraction of right signs of the mean response, and the MSE.

        Trials without a right answer (an attended offset of 0) do not count for the accuracy.
        """
        choice = trials.conditions["choice"]
        right = (self.choices(outputs) == choice)[choice != 0]
        return Score(
            accuracy=float(right.mean()) if right.size else float("nan"),
            mse=mean_squared_error(outputs, trials),
        )

    def choices(self, outputs: Float[np.ndarray, "T B O"]) -> Float[np.ndarray, " B"]:
        """Read the choice in each trial: the sign of the mean output during the response."""
        return np.sign(outputs[self.epochs["response"].start :, :, 0].mean(0))

    def evidence(self, trials: Trials) -> dict[str, Float[np.ndarray, " B"]]:
        """Give the offsets of the attended and of the ignored stream in each trial."""
        first = trials.conditions["context"] == 0
        one, two = trials.conditions["offset_1"], trials.conditions["offset_2"]
        return {"attended": np.where(first, one, two), "ignored": np.where(first, two, one)}

    def _trials(
        self,
        contexts: np.ndarray,
        offsets: Float[np.ndarray, "B 2"],
        rng: np.random.Generator,
    ) -> Trials:
        n_trials, epochs = len(contexts), self.epochs
        if offsets.shape != (n_trials, 2):
            raise ValueError(
                f"`offsets` must be trial × stream: expected ({n_trials}, 2), got {offsets.shape}."
            )
        stimulus, response = epochs["stimulus"], epochs["response"]
        inputs = np.zeros((response.stop, n_trials, self.n_inputs), np.float32)
        noise = rng.standard_normal((len(stimulus), n_trials, 2), dtype=np.float32)
        inputs[stimulus.start : stimulus.stop, :, :2] = offsets + self.noise * noise
        inputs[:, np.arange(n_trials), 2 + contexts] = 1
        choice = np.sign(offsets[np.arange(n_trials), contexts])
        targets = np.zeros((response.stop, n_trials, self.n_outputs), np.float32)
        targets[response.start :, :, 0] = choice
        return Trials(
            inputs=inputs,
            dt=self.dt,
            targets=targets,
            conditions={
                "context": contexts,
                "choice": choice.astype(int),
                "offset_1": offsets[:, 0],
                "offset_2": offsets[:, 1],
            },
        )
