"""The three-factor rule in mode space: learning online, without going back in time.

What a weight did to its neuron is carried forward as an *eligibility*, which the output error of
the moment turns into a change of the weight. Eligibilities follow the neuron's own Jacobian, taken
step by step from the step program, so that the rule holds for any neuron and is exact for a network
without recurrence. It leaves out what a spike does to other neurons and back.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
import torch
from jaxtyping import Float
from spikemodes.models.networks.network import TraceReadout
from spikemodes.models.trials import Trials
from torch import Tensor

from ..kernels.fused import FusedBackend
from ..step.backend import Activity, StepModel
from ..task import Task
from ..training.penalties import Penalty
from ..training.rules import BPTT, Differentiated
from ..twin.parameters import ModeParameters
from ..twin.rate_twin import RateTwin
from ..twin.twin import Response, Twin
from .eligibility import EligibilityBackend, Lesson, ReferenceEligibility
from .kernel import FusedEligibility


class Feedback(Protocol):
    """How output errors reach the neurons."""

    def weights(self, W_out: Float[Tensor, "O N"]) -> Float[Tensor, "N O"]:
        """Give the weight of each output's error in each neuron."""
        ...


@dataclass(frozen=True)
class Symmetric:
    """Errors come back through the readout's own weights."""

    def weights(self, W_out: Float[Tensor, "O N"]) -> Float[Tensor, "N O"]:
        """See `Feedback`."""
        return W_out.T


@dataclass(frozen=True)
class RandomFeedback:
    """Errors come back through fixed random weights, drawn from N(0, 1/N) as W_out is.

    Source: Lillicrap et al., Nat. Commun. 7, 13276 (2016).
    """

    seed: int = 0

    def weights(self, W_out: Float[Tensor, "O N"]) -> Float[Tensor, "N O"]:
        """See `Feedback`."""
        n_outputs, n_neurons = W_out.shape
        drawn = np.random.default_rng(self.seed).standard_normal((n_neurons, n_outputs))
        return torch.from_numpy(drawn / np.sqrt(n_neurons)).to(W_out)


class Gradients(NamedTuple):
    """Gradients by what they belong to."""

    W_in: Float[Tensor, "N C"]
    W_out: Float[Tensor, "O N"]
    xi_in: Float[Tensor, "N P"]
    scores: Tensor
    xi_out: Float[Tensor, "N P"]


@dataclass(frozen=True)
class ThreeFactor:
    """Eligibility times learning signal, in memory O(NP) however long the trial.

    With L_j the output error fed back to neuron j, ē_jp the eligibility of its input from mode p
    (filtered like the readout), m_p the mode activity, tr_i the trace of neuron i filtered like
    a synaptic input, ψ_j the surrogate derivative and F = xi_in · Sigma::

        Δxi_in = G Sigmaᵀ          G_jp = Σ_t L_j ē_jp
        ΔSigma = xi_inᵀ G
        Δxi_out[i, p] = Σ_t tr_i Σ_j F_jp L_j ψ_j

    W_in learns like G, from the inputs in place of modes; W_out from error times trace.

    Parameters
    ----------
    feedback
        `Symmetric()` or `RandomFeedback(seed)`.
    compare_every
        Updates between comparisons with the gradient of `BPTT`, which takes memory that grows with
        the trial; 0 compares never.

    Source: Bellec et al., Nat. Commun. 11, 3625 (2020) (e-prop), in mode space.
    """

    name: ClassVar[str] = "three-factor"

    feedback: Feedback = field(default_factory=Symmetric)
    compare_every: int = 0

    def prepare(
        self, trials: Trials, twin: Twin | RateTwin, on_compile: Callable[[], None] | None = None
    ) -> None:
        """See `Rule`."""
        if self.compare_every:
            twin.prepare(torch.from_numpy(trials.inputs), on_compile)
        twin = _fitting(twin, trials)
        backend = eligibility_backend(twin)
        if isinstance(backend, FusedEligibility):
            backend.prepare(lesson_of(twin, trials, self.feedback), on_compile)

    def differentiate(
        self,
        task: Task,
        twin: Twin | RateTwin,
        trials: Trials,
        penalties: tuple[Penalty, ...],
        step: int,
    ) -> Differentiated:
        """See `Rule`.

        Raises `ValueError` for a network without modes or spikes, a readout without traces, trials
        without targets, or penalties, for which there is no local rule.
        """
        twin = _fitting(twin, trials, penalties)
        cosine = None
        if self.compare_every and (step - 1) % self.compare_every == 0:
            BPTT().differentiate(task, twin, trials, (), step)
            reference = _flat(twin)
            twin.zero_grad()
            response = self._learn(twin, trials)
            cosine = float(torch.cosine_similarity(reference, _flat(twin), dim=0))
        else:
            response = self._learn(twin, trials)
        return Differentiated(response, task.loss(response.outputs, trials), cosine)

    def _learn(self, twin: Twin, trials: Trials) -> Response:
        response, gradients = three_factor_gradients(twin, trials, self.feedback)
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
    n_modes = xi_in.shape[1]
    G = learned.inputs[:, :n_modes]
    full = scores.ndim == 2
    gradients = Gradients(
        W_in=learned.inputs[:, n_modes:],
        W_out=learned.W_out,
        xi_in=G @ scores.T if full else G * scores,
        scores=xi_in.T @ G if full else (xi_in * G).sum(dim=0),
        xi_out=learned.xi_out,
    )
    return Response(learned.outputs, Activity(learned.outputs, learned.spike_counts)), gradients


def lesson_of(twin: Twin, trials: Trials, feedback: Feedback) -> Lesson:
    """What a twin with modes meets in trials with targets: its weights as they act, its errors."""
    recurrent, W_in, W_out = twin.recurrent, twin.W_in, twin.W_out
    assert isinstance(recurrent, ModeParameters)
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
    )


def eligibility_backend(twin: Twin) -> EligibilityBackend:
    """The generated kernel where the twin has kernels, too, or the reference."""
    return _backend(twin.model, isinstance(twin.backend, FusedBackend))


@lru_cache(maxsize=8)
def _backend(model: StepModel, fused: bool) -> EligibilityBackend:
    return FusedEligibility(model) if fused else ReferenceEligibility(model)


def _flat(twin: Twin) -> Tensor:
    return torch.cat([p.grad.flatten() for p in twin.parameters() if p.grad is not None])


def _fitting(twin: Twin | RateTwin, trials: Trials, penalties: tuple[Penalty, ...] = ()) -> Twin:
    if isinstance(twin, RateTwin):
        raise ValueError(
            "`network` must spike to learn by three factors: got a rate network."
            " Choose a spiking neuron, or backpropagation through time."
        )
    for argument, rule, fits in (
        ("network", "have modes", isinstance(twin.recurrent, ModeParameters)),
        ("readout", "give traces", isinstance(twin.template.readout, TraceReadout)),
        ("circuit", "let spikes act through the modes", twin.synapses is None),
        ("trials", "have target traces", trials.targets is not None),
        ("penalties", "be empty", not penalties),
    ):
        if not fits:
            raise ValueError(
                f"`{argument}` must {rule} for the three-factor rule, which is local in time and"
                " space. Use the rule BPTT() instead."
            )
    return twin
