"""The reference step against finite differences, which know nothing of automatic derivatives.

A spike has no derivative, so the networks here spike where weights do not matter: some neurons are
driven so hard that they fire at every step, and send; the others stay below threshold, and
receive. The surrogate is 1 below threshold and 0 above, so that the gradient of the receivers'
spike counts is exactly that of the sum of their distances from threshold, which is smooth.
"""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import sympy
import torch
from brian2 import ms
from spikemodes.experiments.tasks import SelectiveIntegration
from spikemodes.learning import (
    AtThreshold,
    FastSigmoid,
    FusedBackend,
    ReferenceBackend,
    Twin,
    initial_network,
)
from spikemodes.models import LIF, AdEx, Modes, Trials, to_dense

N, SENDERS = 7, 3


@dataclass(frozen=True)
class BelowThreshold:
    """1 below threshold, 0 above."""

    def derivative(self, x: sympy.Symbol) -> sympy.Expr:
        """See the class."""
        return sympy.Piecewise((1, x < 0), (0, True))


def senders_and_receivers(network):
    """Senders fire at every step and receive nothing; receivers send nothing."""
    rng = np.random.default_rng(5)
    receives, sends = np.ones((N, 1)), np.zeros((N, 1))
    receives[:SENDERS], sends[:SENDERS] = 0, 1
    modes = Modes(
        0.3 * receives * rng.normal(size=(N, 2)),
        network.modes.scores,
        0.3 * sends * rng.normal(size=(N, 2)),
    )
    W_in = 0.05 * receives * rng.normal(size=(N, 3)) + 1e3 * sends * [1, 0, 0]
    held = {"dt_input"} & network.neuron.parameters.keys()
    neuron = network.neuron.with_parameters(refractory=0 * ms, **dict.fromkeys(held, network.dt))
    return replace(network.with_modes(modes), neuron=neuron, W_in=W_in)


def trials():
    inputs = np.random.default_rng(6).normal(size=(25, 2, 3))
    inputs[..., 0] = 1
    return Trials(inputs, 1 * ms)


def distance(network):
    """Sum of the receivers' distances from threshold, and whether all spikes are as they should."""
    twin = Twin(network, dtype=torch.float64)
    recording = twin.record(trials(), ("v",))
    neuron = twin.model.neuron
    threshold = neuron.constants[str(neuron.threshold.right)]
    v = recording.states["v"][..., SENDERS:]
    assert recording.raster[1:, :, :SENDERS].all()  # the first step may be too early
    assert not recording.raster[..., SENDERS:].any()
    return ((v - threshold) / neuron.scale).sum()


def moved(network, name, step):
    if name == "W_in":
        return replace(network, W_in=network.W_in + step)
    if name == "W":
        return network.with_recurrence(network.W + step)
    return network.with_modes(replace(network.modes, **{name: getattr(network.modes, name) + step}))


def directions(network, name):
    """Random changes of a parameter that leave senders sending and receivers silent."""
    rng = np.random.default_rng(7)
    owner = network.modes if name in ("xi_in", "xi_out", "scores") else network
    for _ in range(3):
        yield rng.normal(size=getattr(owner, name).shape)


@pytest.mark.parametrize("backend", [ReferenceBackend, FusedBackend], ids=["reference", "fused"])
@pytest.mark.parametrize(
    ("name", "full", "dense"),
    [
        ("LIF", False, False),
        ("LIF", True, False),
        ("LIF", False, True),
        ("ContinuousLIF exact", False, False),
        ("ContinuousLIF euler", True, False),
        ("AdEx", False, False),
    ],
)
def test_gradients_below_threshold_are_those_of_finite_differences(
    name, full, dense, backend, kernels, draw_network, neurons
):
    network = draw_network(neurons[name], n_neurons=N, full=full, dt=1 * ms)
    network = senders_and_receivers(network)
    learned = {"W_in": "W_in", "xi_in": "recurrent.xi_in", "scores": "recurrent.scores"}
    learned["xi_out"] = "recurrent.xi_out"
    if dense:
        network = to_dense(network)
        learned = {"W_in": "W_in", "W": "recurrent.W"}
    twin = Twin(
        network,
        backend=backend,
        surrogate=BelowThreshold(),
        detach_reset=True,
        centre=AtThreshold(),
        capped=False,  # exact gradients
        dtype=torch.float64,
    )
    counts = twin(torch.from_numpy(trials().inputs)).activity.spike_counts
    counts[:, SENDERS:].sum().backward()
    for parameter, key in learned.items():
        gradient = twin.get_parameter(key).grad
        assert gradient is not None
        for direction in directions(network, parameter):
            if parameter == "W":  # receivers hear senders alone
                direction[:SENDERS] = 0
                direction[:, SENDERS:] = 0
            h = 1e-5
            ahead, behind = (distance(moved(network, parameter, s * direction)) for s in (h, -h))
            expected = (ahead - behind) / (2 * h)
            found = float((gradient.numpy() * direction).sum())
            assert expected != 0
            assert found == pytest.approx(expected, rel=1e-6), parameter


@pytest.mark.parametrize("neuron", [AdEx(), LIF()], ids=["AdEx", "LIF"])
def test_the_gradient_of_a_long_trial_is_bounded(neuron):
    task, rng = SelectiveIntegration(), np.random.default_rng(0)
    network = initial_network(50, 3, 4, 1, task.dt, rng, neuron=neuron)
    twin = Twin(network, dtype=torch.float64, backend=ReferenceBackend)
    counts = twin(torch.from_numpy(task.sample(8, rng).inputs)).activity.spike_counts
    counts.mean().backward()
    gradient = twin.W_in.grad
    assert gradient is not None
    assert 0 < gradient.norm() < 100


def test_a_neuron_gets_no_gradient_while_refractory(draw_network):
    network = draw_network(n_neurons=1, n_modes=1)
    network = replace(network, W_in=np.array([[1e3, 0, 0]]))
    options = {"surrogate": FastSigmoid(0.0), "detach_reset": True, "dtype": torch.float64}
    twin = Twin(network, backend=ReferenceBackend, **options)
    inputs = torch.zeros((5, 1, 3), dtype=torch.float64)
    inputs[0] = 1
    inputs.requires_grad_()
    twin.backend(inputs, twin._weights()[0]).spike_counts.sum().backward()
    assert inputs.grad is not None
    assert inputs.grad[0].abs().sum() > 0
    assert not inputs.grad[1:].any()


def test_states_are_recorded_on_request_alone(draw_network, draw_trials):
    twin = Twin(draw_network(), dtype=torch.float64)
    assert twin.record(draw_trials()).states == {}
    recording = twin.record(draw_trials(), ("I", "v"))
    assert recording.states["v"].shape == (60, 3, 8)
    np.testing.assert_array_equal(recording.states["v"] > 1, recording.raster)
