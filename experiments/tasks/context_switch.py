"""Context switch: selective integration whose context changes while the network answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from brian2 import Quantity, ms
from jaxtyping import Float
from spikemodes.learning.task import Score
from spikemodes.models.quantities import shown, time, whole_steps
from spikemodes.models.trials import Trials

from .objectives import constant_sign, score_of_traces
from .selective_integration import SelectiveIntegration
from .two_streams import TwoStreams, sign_of_mean

if TYPE_CHECKING:
    from ..display.page import Figure


@dataclass(frozen=True, eq=False)
class ContextSwitch(TwoStreams):
    """Selective integration of two streams, of which the context wants first one, then the other.

    As in `SelectiveIntegration` until the context channels swap their values, `switched` before
    the trial ends: from then on the wanted output is the sign of the other stream's offset. Both
    streams have ended by then, so that both must be remembered. Some trials go on without a switch,
    so that the cue and not the time tells it.

    Parameters
    ----------
    switched
        Duration from the switch to the end of the response [s].
    catch
        Share of trials without a switch.

    The others are those of `TwoStreams`.

    Raises
    ------
    ValueError
        If an epoch is not a whole number of steps, the switch is not within the response, or a
        strength is out of range.

    Source: Lin & Huang, Phys. Rev. E 110, 024306 (2024), after Mante et al., Nature 503, 78 (2013).
    """

    # without annotations these are no fields
    name = "context-switch"
    source = (
        "Lin & Huang, Phys. Rev. E 110, 024306 (2024), after Mante et al., Nature 503, 78 (2013)"
    )
    description = (
        "Two noisy streams arrive together; the output reports the sign of the one that a context"
        " cue points at, then, as the cue changes, that of the other."
    )

    switched: Quantity = field(default_factory=lambda: 400 * ms)
    catch: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        whole_steps(time(self.switched, "switched"), self.dt, "switched")
        if not self.switched < self.response:
            raise ValueError(
                f"`switched` must be shorter than the response, {shown(self.response)}:"
                f" got {shown(self.switched)}."
            )
        if not 0 <= self.catch < 1:
            raise ValueError(f"`catch` must be 0 or more and below 1: got {self.catch}.")

    @property
    def steady(self) -> SelectiveIntegration:
        """The task without a switch."""
        return SelectiveIntegration(
            self.blank, self.stimulus, self.response, self.dt, self.offset, self.noise, self.offsets
        )

    @property
    def epochs(self) -> dict[str, range]:
        """The steps of each epoch, in order."""
        epochs = super().epochs
        response = epochs["response"]
        switch = response.stop - whole_steps(self.switched, self.dt, "switched")
        return epochs | {
            "response": range(response.start, switch),
            "switched": range(switch, response.stop),
        }

    @property
    def settings(self) -> Mapping[str, Any]:
        """Two answers take longer to learn than one."""
        return {"train": {"updates": 1000}}

    def sample(self, n_trials: int, rng: np.random.Generator) -> Trials:
        """Draw trials from `rng`.

        Conditions: ``before`` and ``after`` (-1 or 1, the right choice before and after the
        switch), ``second_first`` (whether the context starts with the second stream) and
        ``switches``.
        """
        trials = self.steady.sample(n_trials, rng)
        switches = rng.random(n_trials) >= self.catch
        evidence, switch = self.steady.evidence(trials), self.epochs["switched"].start
        before = np.sign(evidence["attended"])
        after = np.where(switches, np.sign(evidence["ignored"]), before)
        inputs, targets = trials.inputs.copy(), np.array(trials.targets)
        inputs[switch:, switches, 2:] = trials.inputs[switch:, switches, :1:-1]
        targets[switch:, :, 0] = after
        conditions = {
            "before": before.astype(int),
            "after": after.astype(int),
            "second_first": trials.conditions["context"] == 1,
            "switches": switches,
        }
        return replace(trials, inputs=inputs, targets=targets, conditions=conditions)

    def score(self, outputs: Float[np.ndarray, "T B O"], trials: Trials) -> Score:
        """Score outputs: the fraction of trials with the right sign before, after and both.

        The sign is that of the mean output in the last 200 ms before the switch, or in all of the
        response that there is, and in the last 200 ms of the trial. What comes after is scored in
        the trials that switch. Chance is the better constant sign in these trials: in the mean of
        many it is right in half of those without a switch, in a quarter of the others.
        """
        epochs = self.epochs
        right = {
            name: sign_of_mean(outputs, self.decision(epochs[epoch])) == trials.conditions[name]
            for name, epoch in (("before", "response"), ("after", "switched"))
        }
        return score_of_traces(
            outputs,
            trials,
            accuracy=float((right["before"] & right["after"]).mean()),
            chance=constant_sign(trials.conditions["before"], trials.conditions["after"]),
            accuracy_before=float(right["before"].mean()),
            accuracy_after=_mean(right["after"][trials.conditions["switches"]]),
        )

    def observer(self, trials: Trials) -> Float[np.ndarray, "T B O"]:
        """Answer as an ideal observer of the inputs would; see `ObservedTask`."""
        epochs = self.epochs
        response, switched = epochs["response"], epochs["switched"]
        outputs = np.zeros((trials.n_steps, trials.n_trials, self.n_outputs))
        outputs[response.start :, :, 0] = self.expected(trials, range(switched.start))
        outputs[switched.start :, :, 0] = self.expected(trials, switched)
        return outputs

    def figures(self, outputs: Float[np.ndarray, "T B O"], trials: Trials) -> list[Figure]:
        """Show the output through the switch, by the two answers."""
        from spikemodes.analysis.figures.behaviour import draw_outputs
        from spikemodes.analysis.figures.theme import Epoch

        from ..display.page import Figure

        assert trials.targets is not None
        answers = zip(trials.conditions["before"], trials.conditions["after"], strict=True)
        draw = partial(
            draw_outputs,
            outputs=outputs[..., 0],
            targets=trials.targets[..., 0],
            labels=np.array([f"{before:+d} then {after:+d}" for before, after in answers]),
            dt=float(self.dt),
            epochs=[
                Epoch(name, steps.start * float(self.dt), steps.stop * float(self.dt))
                for name, steps in self.epochs.items()
            ],
        )
        caption = (
            "Output by the signs of the stream attended first and of the other, which counts after"
            " the switch: mean ± s.d. over trials, and its target."
        )
        return [Figure("outputs", caption, draw)]


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")
