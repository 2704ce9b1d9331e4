"""Selective integration: judge one of two noisy streams, as the context says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from brian2 import ms
from jaxtyping import Float
from spikemodes.learning.task import GatedEvidence, Score
from spikemodes.models.trials import Trials

from .objectives import constant_sign, score_of_traces
from .two_streams import TwoStreams, sign_of_mean

if TYPE_CHECKING:
    pass

LEVELS = (-1.0, -0.3, -0.1, 0.1, 0.3, 1.0)
"""Default grid of the psychometric curve, in units of the trained offset."""

BEYOND, UNREAD = 0.7, 50 * ms
"""The criterion of Kim et al.: the least output of an answer, and what of the response is not read.
"""


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
            offsets = rng.choice([-1.0, 1.0], size=(n_trials, 2))
            drawn = rng.choice(self.offsets, size=(n_trials, 2)) if self.offsets else self.offset
            offsets = offsets * drawn
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
        """Score outputs: the explained variance, and the fraction of right choices.

        ``accuracy_whole_response`` takes the sign of the mean of the whole response for the choice,
        as published. The readout's filter still holds the stimulus as the response begins, so that
        a network needs no recurrence to be right by that. ``accuracy_kim_2019`` is the criterion of
        Kim, Li & Sejnowski, PNAS 116, 22811 (2019), and their code: the output goes beyond ±0.7 on
        the right side at any time of the response but its first 50 ms.

        Trials without a right answer (an attended offset of 0) do not count for accuracies. Chance
        is what the more frequent of the right choices reaches as a constant answer.
        """
        choice = trials.conditions["choice"]

        def accuracy(choices: np.ndarray) -> float:
            right = (choices == choice)[choice != 0]
            return float(right.mean()) if right.size else float("nan")

        response = self.epochs["response"]
        start = response.start + round(float(UNREAD / self.dt))
        farthest = (choice * outputs[min(start, response.stop - 1) :, :, 0]).max(0)
        return score_of_traces(
            outputs,
            trials,
            accuracy=accuracy(self.choices(outputs)),
            chance=constant_sign(choice),
            accuracy_whole_response=accuracy(sign_of_mean(outputs, response)),
            accuracy_kim_2019=accuracy(np.where(farthest > BEYOND, choice, 0)),
        )

    def choices(self, outputs: Float[np.ndarray, "T B O"]) -> Float[np.ndarray, " B"]:
        """Read the choice in each trial: the sign of the mean output in the last 200 ms."""
        return sign_of_mean(outputs, self.decision(self.epochs["response"]))

    def observer(self, trials: Trials) -> Float[np.ndarray, "T B O"]:
        """Answer as an ideal observer of the inputs would; see `ObservedTask`."""
        response = self.epochs["response"]
        outputs = np.zeros((trials.n_steps, trials.n_trials, self.n_outputs))
        outputs[response.start :, :, 0] = self.expected(trials, range(trials.n_steps))
        return outputs

    def fluctuations(self, trials: Trials) -> dict[str, Float[np.ndarray, "S B"]]:
        """Give the noise of both streams during the stimulus; see `ReverseCorrelatedTask`."""
        stimulus = self.epochs["stimulus"]
        offsets = np.column_stack([trials.conditions["offset_1"], trials.conditions["offset_2"]])
        noise = trials.inputs[stimulus.start : stimulus.stop, :, :2] - offsets
        first = trials.conditions["context"] == 0
        one, two = noise[..., 0], noise[..., 1]
        return {"attended": np.where(first, one, two), "ignored": np.where(first, two, one)}

    @property
    def gated_evidence(self) -> GatedEvidence:
        """Give what is summed: both streams, each while its context is on; see `SumsEvidence`."""
        strength = max(self.strengths)
        return GatedEvidence({0: 2, 1: 3}, strength, strength * float(self.stimulus))

    def stretched(self) -> dict[str, SelectiveIntegration]:
        """Give the task with longer stimuli and longer answers; see `StretchedTask`."""
        return {
            "stimulus × 2": replace(self, stimulus=2 * self.stimulus),
            "stimulus × 4": replace(self, stimulus=4 * self.stimulus),
            "response × 2": replace(self, response=2 * self.response),
            "response × 4": replace(self, response=4 * self.response),
        }

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
