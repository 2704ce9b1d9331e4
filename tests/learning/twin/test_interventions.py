"""Interventions in the twin: the same spikes as in Brian2, and a gradient of what drives cells."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from brian2 import ms
from spikemodes.learning import ReferenceBackend, Twin, validate
from spikemodes.learning.three_factor.feedback import Symmetric
from spikemodes.learning.three_factor.gradients import lesson_of
from spikemodes.learning.validation import compare
from spikemodes.models import simulate
from spikemodes.models.conditions import (
    Delays,
    Kick,
    Silence,
    SimulationStep,
    Stimulate,
    circuit as circuit_module,
)

EPOCH = (40 * ms, 80 * ms)
SETS = [
    [Stimulate((0, 3), EPOCH, 0.5)],
    [Silence((1, 2), EPOCH)],
    [Kick(1, 3.0, 60 * ms)],
    [Stimulate((0,), EPOCH, 0.5), Silence((1,), EPOCH), Kick(0, -2.0, 20 * ms)],
    [Stimulate((0, 3), EPOCH, 0.5), Kick(1, 3.0, 60 * ms), Delays(4 * ms), SimulationStep(2)],
]


@pytest.mark.filterwarnings("ignore:.*trains with the slower reference step")
@pytest.mark.parametrize("conditions", SETS, ids=lambda c: "+".join(x.name for x in c))
def test_twin_and_brian2_agree_under_interventions(conditions, draw_network, draw_trials):
    network, trials = draw_network(n_neurons=12), draw_trials()
    found = validate(network, trials, conditions=conditions, target="numpy")
    assert found.identical_trials == 3
    assert len(found.twin.spikes) > 50
    undisturbed = simulate(network, trials, conditions=conditions[2:] and [], target="numpy")
    assert not np.array_equal(found.brian2.at_step(2 * ms).spikes, undisturbed.spikes)


def test_an_epoch_that_is_a_step_late_breaks_the_match(draw_network, draw_trials, monkeypatch):
    network, trials = draw_network(n_neurons=12), draw_trials()
    twin = Twin(network, conditions=SETS[0], dtype=torch.float64).record(trials)
    right = circuit_module.Injection.in_steps
    monkeypatch.setattr(
        circuit_module.Injection, "in_steps", lambda self, n: np.roll(right(self, n), 1)
    )
    late = simulate(network, trials, conditions=SETS[0], target="numpy")
    assert compare(twin, late).identical_trials < 3


def test_kernels_and_reference_step_agree_and_the_rest_learns_as_before(draw_network, draw_trials):
    network, trials = draw_network(n_neurons=12), draw_trials()
    inputs = torch.from_numpy(trials.inputs)
    found = {}
    for backend in (None, ReferenceBackend):
        twin = Twin(network, conditions=SETS[3], dtype=torch.float64, backend=backend)
        outputs = twin(inputs).outputs
        outputs.square().mean().backward()
        assert twin.W_in.grad is not None
        assert twin.network().W_in.shape == network.W_in.shape
        found[backend] = outputs.detach().numpy(), twin.W_in.grad.numpy()
    for one, other in zip(*found.values(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-9)


def test_the_three_factor_rule_refuses_what_it_would_not_see(draw_network, draw_trials):
    network, trials = draw_network(), draw_trials()
    trials = replace(trials, targets=np.zeros((*trials.inputs.shape[:2], 2)))
    twin = Twin(network, conditions=SETS[0])
    with pytest.raises(ValueError, match="must not drive cells in an epoch"):
        lesson_of(twin, trials, Symmetric())


def test_an_intervention_is_an_input_channel_of_ones_in_its_epoch(draw_network, draw_trials):
    network, trials = draw_network(n_neurons=12), draw_trials()
    weights = np.zeros((12, 1))
    weights[[0, 3]] = 0.5
    channel = np.zeros((*trials.inputs.shape[:2], 1), trials.inputs.dtype)
    channel[20:40] = 1
    wider = replace(network, W_in=np.hstack([network.W_in, weights]))
    shown = replace(trials, inputs=np.concatenate([trials.inputs, channel], axis=2))
    expected = simulate(wider, shown, target="numpy")
    found = simulate(network, trials, conditions=SETS[0], target="numpy")
    np.testing.assert_array_equal(found.spikes, expected.spikes)
