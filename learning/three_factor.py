"""The three-factor rule in mode space: learning online, without going back in time.

What a weight did to its neuron is carried forward as an *eligibility*, which the output error of
the moment turns into a change of the weight. Eligibilities follow the neuron's own Jacobian, taken
step by step from the step program, so that the rule holds for any neuron and is exact for a network
without recurrence. It leaves out what a spike does to other neurons and back.
"""

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
import torch
from jaxtyping import Float
from spikemodes.models.network import TraceReadout
from spikemodes.models.trials import Trials
from torch import Tensor

from .parameters import ModeParameters
from .penalties import Penalty
from .rate_twin import RateTwin
from .reference import ReferenceBackend
from .rules import BPTT, Differentiated
from .step import Activity
from .task import Task
from .twin import Response, Twin


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
        if isinstance(twin, RateTwin):
            raise ValueError(
                "`network` must spike to learn by three factors: got a rate network."
                " Choose a spiking neuron, or backpropagation through time."
            )
        _require_fitting(twin, trials, penalties)
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
    backend, recurrent = ReferenceBackend(twin.model), twin.recurrent
    assert isinstance(recurrent, ModeParameters)
    xi_in, scores, xi_out = recurrent.xi_in, recurrent.scores, recurrent.xi_out
    F, W_in, W_out = recurrent.feedback(), twin.W_in, twin.W_out
    inputs = torch.from_numpy(trials.inputs).to(W_in)
    targets = torch.from_numpy(np.asarray(trials.targets)).to(W_in)
    scored = torch.from_numpy(trials.scored)
    back, n_scored = feedback.weights(W_out), float(scored.sum()) * targets.shape[2]
    n_trials, n_neurons, n_modes = inputs.shape[1], len(W_in), F.shape[1]

    network = _Run(backend, twin, n_trials)
    eligibility = _Eligibility(backend, network, n_trials, n_neurons, n_modes + inputs.shape[2])
    traces = _LinearTraces(backend, network, n_trials, n_neurons)
    G = W_in.new_zeros(n_neurons, n_modes + inputs.shape[2])
    grad_W_out, grad_xi_out = torch.zeros_like(W_out), torch.zeros_like(xi_out)
    n_steps = len(inputs) * twin.model.substeps
    # written in place: a small tensor kept of every step would hold memory around it, too
    outputs = W_in.new_empty(n_steps, n_trials, targets.shape[2])
    for k in range(n_steps):
        at = k // twin.model.substeps
        x = inputs[at]
        modes, presynaptic = network.modes(xi_out), network.trace["r"]
        step = network.step(k, x @ W_in.T, modes @ F.T)
        R = network.trace["r"]
        outputs[k] = R @ W_out.T
        error = 2 / n_scored * (outputs[k] - targets[at]) * scored[at, :, None]
        L = error @ back.T
        traces.step(presynaptic)
        grad_W_out += error.T @ R
        for trace, psi in zip(traces.state, step.psi, strict=True):
            grad_xi_out += trace.T @ ((L * psi) @ F)
        eligibility.filter()
        G += torch.einsum("bj,bjk->jk", L, eligibility.readout["r"])
        eligibility.step(step, torch.cat([modes, x], dim=1), n_modes)
        network.spike(step)
        eligibility.spike()
    from_modes = G[:, :n_modes]
    full = scores.ndim == 2
    gradients = Gradients(
        W_in=G[:, n_modes:],
        W_out=grad_W_out,
        xi_in=from_modes @ scores.T if full else from_modes * scores,
        scores=xi_in.T @ from_modes if full else (xi_in * from_modes).sum(dim=0),
        xi_out=grad_xi_out,
    )
    return Response(outputs, Activity(outputs, network.counts)), gradients


class _Step(NamedTuple):
    """A step of the neurons and its Jacobian, all B × N.

    Parameters
    ----------
    after
        State after the reset.
    spike
        Whether each neuron spiked.
    jacobian
        By result (each state variable, then the spike): its derivatives by the state before, then
        by drive and by recurrent input.
    psi
        Derivatives of the spike by the updated state.
    """

    after: dict[str, Tensor]
    spike: Tensor
    jacobian: tuple[tuple[Tensor, ...], ...]
    psi: tuple[Tensor, ...]


class _Run:
    """The network as it runs: neurons, and the trace of each, from which modes are read."""

    def __init__(self, backend: ReferenceBackend, twin: Twin, n_trials: int) -> None:
        self.backend, self.model = backend, twin.model
        like = twin.W_in.new_zeros(n_trials, len(twin.W_in))
        self.neuron, self.synapse = backend.values(like)
        self.state = {n: self.neuron.initial[n].expand_as(like) for n in self.model.neuron.state}
        self.trace = dict.fromkeys(self.model.filter.state, like)
        self.refractory_steps = torch.as_tensor(self.model.neuron.refractory_steps)
        self.silent_until = torch.zeros(like.shape, dtype=torch.long)
        self.counts = like

    def modes(self, xi_out: Tensor) -> Tensor:
        """Filtered mode activities: the filter is linear, so traces may be projected after it."""
        return self.trace["r"] @ xi_out

    def step(self, k: int, drive: Tensor, recurrent: Tensor) -> _Step:
        """Update neurons and traces, differentiating the step by itself alone."""
        active = self.silent_until <= k
        self.trace = self.backend.filter(self.trace, self.synapse)
        before = [x.detach().requires_grad_() for x in (*self.state.values(), drive, recurrent)]
        with torch.enable_grad():
            old = dict(zip(self.state, before[:-2], strict=True))
            updated = self.backend.update(old, before[-2:], active, self.neuron)
            spike = self.backend.spike(updated, active, self.neuron)
            after = self.backend.reset(updated, spike, self.neuron)
        self.silent_until = torch.where(spike > 0, k + self.refractory_steps, self.silent_until)
        return _Step(
            after={name: x.detach() for name, x in after.items()},
            spike=spike.detach(),
            jacobian=tuple(_derivatives(x, before) for x in (*after.values(), spike)),
            psi=_derivatives(spike, list(updated.values())),
        )

    def resting(self) -> tuple[tuple[Tensor, ...], ...]:
        """The Jacobian of the first step without input, by result as in `_Step`."""
        before = [
            x.detach().requires_grad_() for x in (*self.state.values(), self.counts, self.counts)
        ]
        with torch.enable_grad():
            old = dict(zip(self.state, before[:-2], strict=True))
            active = torch.ones_like(self.counts, dtype=torch.bool)
            updated = self.backend.update(old, before[-2:], active, self.neuron)
        return tuple(_derivatives(x, before) for x in updated.values())

    def spike(self, step: _Step) -> None:
        """Let the spikes of a step arrive."""
        jump = self.model.jump
        self.state = step.after
        self.trace[jump] = self.trace[jump] + self.model.gain * step.spike
        self.counts = self.counts + step.spike


class _Eligibility:
    """What each input weight of a neuron did to its state, and, filtered, to its trace (B×N×K)."""

    def __init__(
        self, backend: ReferenceBackend, network: _Run, n_trials: int, n_neurons: int, n_inputs: int
    ) -> None:
        self.backend, self.network = backend, network
        zero = network.counts.new_zeros(n_trials, n_neurons, n_inputs)
        self.state = [zero for _ in network.state]
        self.readout = dict.fromkeys(network.trace, zero)
        self.of_spike = zero

    def filter(self) -> None:
        """Move the readout's filter on by a step."""
        self.readout = self.backend.filter(self.readout, self.network.synapse)

    def step(self, step: _Step, inputs: Tensor, n_modes: int) -> None:
        """Carry eligibilities through a step that had these inputs (B × K), modes first."""
        results = []
        for *by_state, by_drive, by_recurrent in step.jacobian:
            direct = torch.cat(
                [
                    by_recurrent[..., None] * inputs[:, None, :n_modes],
                    by_drive[..., None] * inputs[:, None, n_modes:],
                ],
                dim=2,
            )
            for derivative, carried in zip(by_state, self.state, strict=True):
                direct.addcmul_(derivative[..., None], carried)
            results.append(direct)
        *self.state, self.of_spike = results

    def spike(self) -> None:
        """Let what the weights did to the spikes arrive in the traces."""
        jump, gain = self.network.model.jump, self.network.model.gain
        self.readout[jump] = self.readout[jump] + gain * self.of_spike


class _LinearTraces:
    """The trace of each presynaptic neuron, filtered as a resting neuron filters its input (B×N).

    This is what its spikes did to the state of any neuron that they reach with weight 1, as long
    as that neuron neither spikes nor is refractory.
    """

    def __init__(
        self, backend: ReferenceBackend, network: _Run, n_trials: int, n_neurons: int
    ) -> None:
        resting = network.resting()
        self.matrix = [[float(x.mean()) for x in row[:-2]] for row in resting]
        self.input = [float(row[-1].mean()) for row in resting]
        self.state = [network.counts.new_zeros(n_trials, n_neurons) for _ in resting]

    def step(self, presynaptic: Tensor) -> None:
        """Move on by a step in which the traces were `presynaptic`."""
        self.state = [
            sum((a * x for a, x in zip(row, self.state, strict=True)), b * presynaptic)
            for row, b in zip(self.matrix, self.input, strict=True)
        ]


def _derivatives(result: Tensor, by: list[Tensor]) -> tuple[Tensor, ...]:
    """Derivatives of each element by the elements in the same place."""
    if not result.requires_grad:
        return tuple(torch.zeros_like(x) for x in by)
    found = torch.autograd.grad(
        result, by, torch.ones_like(result), retain_graph=True, allow_unused=True
    )
    return tuple(
        torch.zeros_like(x) if gradient is None else gradient
        for x, gradient in zip(by, found, strict=True)
    )


def _flat(twin: Twin) -> Tensor:
    return torch.cat([p.grad.flatten() for p in twin.parameters() if p.grad is not None])


def _require_fitting(twin: Twin, trials: Trials, penalties: tuple[Penalty, ...]) -> None:
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
