"""The three-factor rule: e-prop in mode space, without going back in time.

What a weight did to its neuron is carried forward as an *eligibility*, which the output error of
the moment turns into a change of the weight. Eligibilities follow the neuron's own Jacobian, taken
step by step from the step program, so that the rule holds for any neuron. Like e-prop it leaves out
what a spike does to other neurons and back: without recurrence W_in, W_out, xi_in and scores get
the gradient itself, with it that of e-prop. The gradient of xi_out is that of e-prop up to a mean
over the past, see `eligibility`.

The rule is not local: scores and xi_out hear from the neurons through xi_in, which is transported,
unless the feedback is `RandomModes`.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from spikemodes.models.networks.network import TraceReadout
from spikemodes.models.trials import Trials
from torch import Tensor

from ..kernels.fused import FusedBackend
from ..step.backend import Activity, StepModel
from ..training.penalties import Penalty
from ..twin.parameters import ModeParameters
from ..twin.rate_twin import RateTwin
from ..twin.twin import Response, Twin
from .eligibility import EligibilityBackend, Lesson, ReferenceEligibility
from .feedback import Feedback
from .kernel import FusedEligibility


class Gradients(NamedTuple):
    """Gradients by what they belong to."""

    W_in: Float[Tensor, "N C"]
    W_out: Float[Tensor, "O N"]
    xi_in: Float[Tensor, "N P"]
    scores: Tensor
    xi_out: Float[Tensor, "N P"]


def prepare(
    twin: Twin, trials: Trials, feedback: Feedback, on_compile: Callable[[], None] | None = None
) -> None:
    """Compile what such trials need; `on_compile` is called if the compiler has to run."""
    eligibility_backend(twin).prepare(lesson_of(twin, trials, feedback), on_compile)


def learn(twin: Twin, trials: Trials, feedback: Feedback) -> Response:
    """Run trials once, forward, and leave the gradients in the parameters of the twin."""
    response, gradients = three_factor_gradients(twin, trials, feedback)
    recurrent = twin.recurrent
    assert isinstance(recurrent, ModeParameters)
    effective = {
        "W_in": twin.W_in, "W_out": twin.W_out,
        "xi_in": recurrent.xi_in, "scores": recurrent.scores, "xi_out": recurrent.xi_out,
    }  # fmt: skip
    free = [name for name, weights in effective.items() if weights.requires_grad]
    torch.autograd.backward(
        [effective[name] for name in free], [getattr(gradients, name) for name in free]
    )
    return response


@torch.no_grad()
def three_factor_gradients(
    twin: Twin, trials: Trials, feedback: Feedback
) -> tuple[Response, Gradients]:
    """Run trials once, forward, and collect the gradients on the way.

    The error is that of the mean squared output over the scored steps.
    """
    recurrent = twin.recurrent
    assert isinstance(recurrent, ModeParameters)
    xi_in, scores = recurrent.xi_in, recurrent.scores
    learned = eligibility_backend(twin)(lesson_of(twin, trials, feedback))
    G, back = learned.modes, feedback.modes(xi_in)
    full = scores.ndim == 2
    gradients = Gradients(
        W_in=learned.W_in,
        W_out=learned.W_out,
        xi_in=G @ scores.T if full else G * scores,
        scores=back.T @ G if full else (back * G).sum(dim=0),
        xi_out=learned.xi_out,
    )
    return Response(learned.outputs, Activity(learned.outputs, learned.spike_counts)), gradients


def lesson_of(twin: Twin, trials: Trials, feedback: Feedback) -> Lesson:
    """What a twin with modes meets in trials with targets: its weights as they act, its errors."""
    recurrent, W_in, W_out = twin.recurrent, twin.W_in, twin.W_out
    assert isinstance(recurrent, ModeParameters)
    if twin.injected:
        raise ValueError(
            "`conditions` must not drive cells in an epoch for the three-factor rule: got"
            f" {len(twin.injected)} that do. Leave stimulate, silence and kick out."
        )
    back, scores = feedback.modes(recurrent.xi_in), recurrent.scores
    targets = torch.from_numpy(np.asarray(trials.targets)).to(W_in)
    scored = torch.from_numpy(trials.scored)
    return Lesson(
        inputs=torch.from_numpy(trials.inputs).to(W_in),
        targets=targets,
        error_scale=scored.to(W_in) * (2 / (float(scored.sum()) * targets.shape[2])),
        W_in=W_in,
        W_out=W_out,
        xi_out=recurrent.xi_out,
        feedback=recurrent.feedback(),
        back=feedback.weights(W_out),
        credit=back @ scores if scores.ndim == 2 else back * scores,
    )


def eligibility_backend(twin: Twin) -> EligibilityBackend:
    """The generated kernel where the twin has kernels, too, or the reference."""
    return _backend(twin.model, isinstance(twin.backend, FusedBackend))


@lru_cache(maxsize=8)
def _backend(model: StepModel, fused: bool) -> EligibilityBackend:
    return FusedEligibility(model) if fused else ReferenceEligibility(model)


def _through_modes(twin: Twin) -> bool:
    """Whether all that neurons hear of each other comes through one group of modes."""
    first, *others = twin.pathways
    return first.through_modes and not others and first.filter == 0


def _plastic(twin: Twin) -> bool:
    """Whether what a spike adds depends on those before."""
    return any(pathway.plasticity is not None for pathway in twin.pathways)


def fitting(twin: Twin | RateTwin, trials: Trials, penalties: tuple[Penalty, ...] = ()) -> Twin:
    """Give the twin, if the rule fits it. Raises `ValueError` if it does not."""
    if isinstance(twin, RateTwin):
        raise ValueError(
            "`network` must spike to learn by three factors: got a rate network."
            " Choose a spiking neuron, or backpropagation through time."
        )
    for argument, rule, fits in (
        ("network", "have modes", isinstance(twin.recurrent, ModeParameters)),
        ("readout", "give traces", isinstance(twin.template.readout, TraceReadout)),
        ("circuit", "let spikes act through the modes", _through_modes(twin)),
        ("circuit", "have no short-term plasticity", not _plastic(twin)),
        ("trials", "have target traces", trials.targets is not None),
        ("penalties", "be empty", not penalties),
    ):
        if not fits:
            raise ValueError(
                f"`{argument}` must {rule} for the three-factor rule. Use the rule BPTT() instead."
            )
    return twin
