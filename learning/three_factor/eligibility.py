"""Eligibilities carried forward step by step in PyTorch: the reference.

Slow and simple. It defines what the generated kernel (`FusedEligibility`) must compute, and runs
neurons that have none.

With K_j(t, s) what a unit of recurrent input in step s did to neuron j's trace of step t, through
the states and resets of that neuron alone, and r_i the trace of neuron i, e-prop has for the weight
of neuron i in mode p (F = xi_in · Sigma, L_j the learning signal)::

    Δxi_out[i, p] = Σ_t Σ_j F_jp L_j(t) Σ_s K_j(t, s) r_i(s)

The inner sum is a number for each pair of neurons. To need none, the trace is taken out of it as a
mean, weighed as a resting neuron weighs its past, by k(t - s)::

    Σ_s K_j(t, s) r_i(s)  ≈  ψ̄_j(t) r̄_i(t)      ψ̄_j(t) = Σ_s K_j(t, s)
                                                  r̄_i(t) = Σ_s k(t-s) r_i(s) / Σ_s k(t-s)

ψ̄_j is the eligibility of an input that is always 1, carried like those of all others. What is left
out is how r_i goes up and down around its mean within that past.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from jaxtyping import Float
from spikemodes.models.neurons.synaptic_filter import ACTIVITY
from torch import Tensor

from ..step.backend import StepModel
from ..step.random import Draws
from ..step.reference import ReferenceBackend


@dataclass(frozen=True, eq=False)
class Lesson:
    """A batch of trials, and the weights with which the network meets it.

    Parameters
    ----------
    inputs, targets
        One sample for each `substeps` steps (S × B × C, S × B × O).
    error_scale
        What an output error of each sample counts (S × B).
    W_in, W_out, xi_out
        Weights of input, readout and modes (N × C, O × N, N × P).
    feedback
        What each mode adds to each neuron (N × P).
    back
        Weight of each output's error in each neuron (N × O).
    credit
        Weight of each neuron in what its mode hears back (N × P): `feedback`, where the modes'
        weights are transported.
    """

    inputs: Float[Tensor, "S B C"]
    targets: Float[Tensor, "S B O"]
    error_scale: Float[Tensor, "S B"]
    W_in: Float[Tensor, "N C"]
    W_out: Float[Tensor, "O N"]
    xi_out: Float[Tensor, "N P"]
    feedback: Float[Tensor, "N P"]
    back: Float[Tensor, "N O"]
    credit: Float[Tensor, "N P"]


@dataclass(frozen=True, eq=False)
class Learned:
    """What a batch taught, and how the network answered.

    Parameters
    ----------
    modes
        Σ_t L_j ē_jp of neuron j and its input from mode p (N × P).
    W_in, W_out, xi_out
        Gradients (N × C, O × N, N × P).
    outputs
        Of each step (T × B × O).
    spike_counts
        Of each neuron in each trial (B × N).
    """

    modes: Float[Tensor, "N P"]
    W_in: Float[Tensor, "N C"]
    W_out: Float[Tensor, "O N"]
    xi_out: Float[Tensor, "N P"]
    outputs: Float[Tensor, "T B O"]
    spike_counts: Float[Tensor, "B N"]


class EligibilityBackend(Protocol):
    """Runs a batch forward and learns on the way."""

    def __call__(self, lesson: Lesson) -> Learned:
        """Run the trials once."""
        ...

    def prepare(self, lesson: Lesson, on_compile: Callable[[], None] | None = None) -> None:
        """Compile what runs such a lesson, before time counts; see `Backend`."""
        ...


class ReferenceEligibility:
    """Runs a batch step by step; each step is differentiated by itself alone."""

    def __init__(self, model: StepModel) -> None:
        self.model = model
        self.backend = ReferenceBackend(model)

    def prepare(self, lesson: Lesson, on_compile: Callable[[], None] | None = None) -> None:
        """See `EligibilityBackend`: nothing has to be compiled."""

    @torch.no_grad()
    def __call__(self, lesson: Lesson) -> Learned:
        """See `EligibilityBackend`."""
        substeps, backend = self.model.substeps, self.backend
        W_in, W_out, F, xi_out = lesson.W_in, lesson.W_out, lesson.feedback, lesson.xi_out
        n_samples, n_trials, n_channels = lesson.inputs.shape
        n_neurons, n_modes = F.shape
        network = _Run(backend, W_in, n_trials)
        drawn = Draws(self.model.neuron.draws.values(), network.counts)
        always = W_in.new_ones(n_trials, 1)
        n_inputs = n_channels + n_modes + 1
        eligibility = _Eligibility(backend, network, n_trials, n_neurons, n_inputs)
        past = _MeanTraces(backend, network, resting_response(backend, W_in))
        G = W_in.new_zeros(n_neurons, n_inputs)
        grad_W_out, grad_xi_out = torch.zeros_like(W_out), torch.zeros_like(xi_out)
        # written in place: a small tensor kept of every step would hold memory around it, too
        outputs = W_in.new_empty(n_samples * substeps, n_trials, len(W_out))
        for k in range(len(outputs)):
            at = k // substeps
            x = lesson.inputs[at]
            modes, presynaptic = network.modes(xi_out), network.trace[ACTIVITY]
            step = network.step(k, x @ W_in.T, modes @ F.T, drawn(k))
            R = network.trace[ACTIVITY]
            outputs[k] = R @ W_out.T
            error = lesson.error_scale[at, :, None] * (outputs[k] - lesson.targets[at])
            L = error @ lesson.back.T
            grad_W_out += error.T @ R
            eligibility.filter()
            learned = L[..., None] * eligibility.readout[ACTIVITY]
            G += learned.sum(dim=0)
            grad_xi_out += past.mean(presynaptic).T @ (learned[..., -1] @ lesson.credit)
            eligibility.step(step, torch.cat([x, modes, always], dim=1), n_channels)
            network.spike(step)
            eligibility.spike()
        return Learned(
            modes=G[:, n_channels:-1],
            W_in=G[:, :n_channels],
            W_out=grad_W_out,
            xi_out=grad_xi_out,
            outputs=outputs,
            spike_counts=network.counts,
        )


class RestingResponse(NamedTuple):
    """How a neuron at rest follows its recurrent input; means over neurons.

    Parameters
    ----------
    states
        A row for each new state: derivatives by the old states, then by the input.
    distance
        Derivatives of what the threshold compares, by the new states.
    """

    states: list[list[float]]
    distance: list[float]


def resting_response(backend: ReferenceBackend, like: Tensor) -> RestingResponse:
    """Differentiate the first step of neurons without input."""
    states, distance = _Run(backend, like, 1).resting()
    return RestingResponse(
        [[float(x.mean()) for x in (*row[:-2], row[-1])] for row in states],
        [float(x.nan_to_num(0, 0, 0).mean()) for x in distance],
    )


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
    """

    after: dict[str, Tensor]
    spike: Tensor
    jacobian: tuple[tuple[Tensor, ...], ...]


class _Run:
    """The network as it runs: neurons, and the trace of each, from which modes are read."""

    def __init__(self, backend: ReferenceBackend, W_in: Tensor, n_trials: int) -> None:
        self.backend, self.model = backend, backend.model
        like = W_in.new_zeros(n_trials, len(W_in))
        self.neuron, self.synapse = backend.values(like)
        self.state = {n: self.neuron.initial[n].expand_as(like) for n in self.model.neuron.state}
        self.trace = dict.fromkeys(self.model.filter.state, like)
        self.refractory_steps = torch.as_tensor(self.model.neuron.refractory_steps)
        self.silent_until = torch.zeros(like.shape, dtype=torch.long)
        self.counts = like

    def modes(self, xi_out: Tensor) -> Tensor:
        """Filtered mode activities: the filter is linear, so traces may be projected after it."""
        return self.trace[ACTIVITY] @ xi_out

    def step(self, k: int, drive: Tensor, recurrent: Tensor, drawn: list[Tensor]) -> _Step:
        """Update neurons and traces, differentiating the step by itself alone."""
        active = self.silent_until <= k
        self.trace = self.backend.filter(self.trace, self.synapse)
        before = [x.detach().requires_grad_() for x in (*self.state.values(), drive, recurrent)]
        with torch.enable_grad():
            old = dict(zip(self.state, before[:-2], strict=True))
            given = (*before[-2:], *drawn)
            updated = self.backend.update(old, given, active, self.neuron)
            updated = self.backend.capped(old, updated, given, active, self.neuron)
            spike = self.backend.spike(updated, active, self.neuron)
            after = self.backend.forgotten(updated, self.neuron)
            after = self.backend.reset(after, spike, self.neuron)
        self.silent_until = torch.where(spike > 0, k + self.refractory_steps, self.silent_until)
        return _Step(
            after={name: x.detach() for name, x in after.items()},
            spike=spike.detach(),
            jacobian=tuple(_derivatives(x, before) for x in (*after.values(), spike)),
        )

    def resting(self) -> tuple[tuple[tuple[Tensor, ...], ...], tuple[Tensor, ...]]:
        """The Jacobian of the first step without input, and what its states do to the distance."""
        before = [
            x.detach().requires_grad_() for x in (*self.state.values(), self.counts, self.counts)
        ]
        with torch.enable_grad():
            old = dict(zip(self.state, before[:-2], strict=True))
            active = torch.ones_like(self.counts, dtype=torch.bool)
            given = (*before[-2:], *self.backend.mean_draws(self.counts))
            updated = self.backend.update(old, given, active, self.neuron)
            # apart from the update, where one updated variable may be computed from another
            alone = {name: x.detach().requires_grad_() for name, x in updated.items()}
            distance = self.backend.distance(alone, self.neuron).expand_as(self.counts)
        states = tuple(_derivatives(x, before) for x in updated.values())
        return states, _derivatives(distance, [*alone.values()])

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

    def step(self, step: _Step, inputs: Tensor, n_channels: int) -> None:
        """Carry eligibilities through a step that had these inputs (B × K), channels first."""
        results = []
        for *by_state, by_drive, by_recurrent in step.jacobian:
            direct = torch.cat(
                [
                    by_drive[..., None] * inputs[:, None, :n_channels],
                    by_recurrent[..., None] * inputs[:, None, n_channels:],
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


class _MeanTraces:
    """The mean trace of each presynaptic neuron over the past that a trace remembers (B × N)."""

    def __init__(self, backend: ReferenceBackend, network: _Run, resting: RestingResponse) -> None:
        self.traces = _Followed(backend, network, resting)
        self.weights = _Followed(backend, network, resting)

    def mean(self, presynaptic: Tensor) -> Tensor:
        """Give the mean up to a step in which the traces were `presynaptic`, and move on."""
        total = self.traces.step(presynaptic)
        weight = self.weights.step(torch.ones_like(presynaptic))
        return torch.where(weight == 0, 0.0, total / weight)


class _Followed:
    """An input as the trace of a resting neuron would follow it."""

    def __init__(self, backend: ReferenceBackend, network: _Run, resting: RestingResponse) -> None:
        self.backend, self.network, self.resting = backend, network, resting
        zero = torch.zeros_like(network.counts)
        self.state = [zero for _ in resting.states]
        self.readout = dict.fromkeys(network.trace, zero)

    def step(self, value: Tensor) -> Tensor:
        """Give what inputs before did, and let one more act."""
        jump, gain = self.network.model.jump, self.network.model.gain
        self.readout = self.backend.filter(self.readout, self.network.synapse)
        seen = self.readout[ACTIVITY]
        self.state = [
            sum((a * x for a, x in zip(row, self.state, strict=True)), b * value)
            for *row, b in self.resting.states
        ]
        spike = sum(c * x for c, x in zip(self.resting.distance, self.state, strict=True))
        self.readout[jump] = self.readout[jump] + gain * spike
        return seen


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
