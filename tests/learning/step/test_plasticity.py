"""Gradients through short-term plasticity, against finite differences and a script of their own."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from brian2 import Hz, ms
from spikemodes.learning import (
    AtThreshold,
    FastSigmoid,
    FusedBackend,
    ReferenceBackend,
    Twin,
)
from spikemodes.learning.kernels.adjoint import NoKernelError
from spikemodes.learning.step.plasticity import Release
from spikemodes.models import (
    ModeNetwork,
    Modes,
    NeuronModel,
    Pathway,
    ShortTermPlasticity,
    SingleExponential,
)

PLASTICITY = ShortTermPlasticity(0.3, 40 * ms, 90 * ms, 20 * Hz)
N, STEPS, TRIALS = 6, 40, 2


def test_what_is_released_has_the_gradient_of_finite_differences():
    """Of all spikes before, taken as numbers."""
    torch.manual_seed(0)
    spikes = torch.rand(12, 1, 3, dtype=torch.float64, requires_grad=True)

    def run(spikes):
        release = Release(PLASTICITY.at_step(2 * ms))
        return torch.stack([release(s) for s in spikes])

    assert torch.autograd.gradcheck(run, (spikes,))


class Surrogate(torch.autograd.Function):
    """A step forward, 1/(10 |x| + 1)² backward."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx, *grad_outputs):
        (x,) = ctx.saved_tensors
        return grad_outputs[0] / (10 * x.abs() + 1) ** 2


def network(plasticity=PLASTICITY):
    rng = np.random.default_rng(0)
    neuron = NeuronModel(
        name="integrator", equations="v : 1", update="v = 0.9*v + drive + recurrent",
        threshold="v > 1", reset="v = 0", refractory="",
    )  # fmt: skip
    modes = Modes(rng.normal(size=(N, 2)), np.array([0.8, -0.5]), rng.normal(size=(N, 2)))
    base = ModeNetwork(
        neuron=neuron, filter=SingleExponential(10 * ms), dt=2 * ms, modes=modes,
        W_in=rng.normal(size=(N, 3)), W_out=rng.normal(size=(2, N)),
    )  # fmt: skip
    return replace(base, pathways=(Pathway(connectivity=modes, plasticity=plasticity),))


def inputs():
    return torch.from_numpy(np.random.default_rng(1).normal(0.2, 0.4, (STEPS, TRIALS, 3)))


def scripted(W_in, xi_in, scores, xi_out, W_out):
    """The same network, its steps written out."""
    U, tau_f, tau_d, dt, tau = 0.3, 40.0, 90.0, 2.0, 10.0
    e_f, e_d = np.exp(-50 / tau_f), np.exp(-50 / tau_d)  # at 20 Hz
    steady_u = U / (1 - e_f * (1 - U))
    steady = steady_u * (1 - e_d) / (1 - e_d * (1 - steady_u))
    v, u, x = (torch.full((TRIALS, N), value, dtype=torch.float64) for value in (0.0, 0.0, 1.0))
    r, h, y, g = (torch.zeros(TRIALS, n, dtype=torch.float64) for n in (2, 2, 2, 2))
    outputs, n_spikes = [], 0
    for given in inputs():
        v = 0.9 * v + given @ W_in.T + (r * scores) @ xi_in.T
        r, y = (np.exp(-dt / tau) * a + b * dt / tau for a, b in ((r, h), (y, g)))
        outputs.append(y)
        s = Surrogate.apply(v - 1)
        n_spikes += int(s.sum())
        u, x = u * np.exp(-dt / tau_f), 1 - (1 - x) * np.exp(-dt / tau_d)
        raised = u + U * (1 - u)
        h, g = (s * raised * x / steady) @ xi_out, s @ W_out.T
        u, x, v = u + s * U * (1 - u), x * (1 - s * raised), v * (1 - s)
    return torch.stack(outputs), n_spikes


def test_the_gradient_is_that_of_a_script_of_the_same_network():
    twin = Twin(
        network(), backend=ReferenceBackend, surrogate=FastSigmoid(10.0), centre=AtThreshold(),
        capped=False, dtype=torch.float64,
    )  # fmt: skip
    names = ("W_in", "recurrent.xi_in", "recurrent.scores", "recurrent.xi_out", "W_out")
    own = [twin.get_parameter(name).detach().clone().requires_grad_() for name in names]
    expected, n_spikes = scripted(*own)
    assert n_spikes > 30
    found = twin(inputs()).outputs
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)
    expected.square().sum().backward()
    found.square().sum().backward()
    for name, parameter in zip(names, own, strict=True):
        gradient = twin.get_parameter(name).grad
        torch.testing.assert_close(gradient, parameter.grad, rtol=1e-8, atol=1e-10)


def test_where_the_gradient_stops_nothing_comes_back_from_later_releases():
    """What a spike leaves to those after it is no way out, either."""
    for stop in (False, True):
        twin = Twin(network(), backend=ReferenceBackend, dtype=torch.float64)
        modes = twin(inputs(), stop_transmission=stop).activity.relay[..., :2]
        (found,) = torch.autograd.grad(modes.sum(), twin.W_in)
        assert found.any() == (not stop)


def test_kernels_refuse_it(draw_network):
    plastic = draw_network().with_pathway(replace(draw_network().main, plasticity=PLASTICITY))
    twin = Twin(plastic, backend=FusedBackend)
    for run in (twin, twin.prepare):
        with pytest.raises(NoKernelError, match="its synapses have short-term plasticity"):
            run(torch.zeros(5, 2, 3))
    with pytest.warns(UserWarning, match="slower reference step: its synapses have short-term"):
        Twin(plastic)
