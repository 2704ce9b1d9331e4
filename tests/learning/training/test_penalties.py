"""Penalties: their definitions, and that training lowers what they penalise."""

from typing import Any

import numpy as np
import pytest
import torch
from brian2 import ms
from spikemodes.experiments.tasks import SelectiveIntegration
from spikemodes.learning import (
    FiringRate,
    Orthogonality,
    TrainingOptions,
    WeightSize,
    initial_network,
    train,
)
from spikemodes.learning.twin.parameters import recurrent_parameters
from spikemodes.models import to_dense

TASK = SelectiveIntegration(blank=4 * ms, stimulus=30 * ms, response=40 * ms)
RATES = torch.tensor([5.0, 15.0], dtype=torch.float64)


def start():
    return initial_network(12, 2, 4, 1, 2 * ms, np.random.default_rng(1))


def parameters(network: Any) -> Any:
    return recurrent_parameters(network.recurrence, torch.float64)


@pytest.mark.parametrize("full", [False, True])
def test_the_size_of_weights_is_that_of_the_dense_matrix(full, draw_network):
    network = draw_network(full=full)
    expected = 0.3 * np.sum(network.dense() ** 2) / network.n_neurons
    assert WeightSize(0.3)(parameters(network), RATES).item() == pytest.approx(expected)
    dense = parameters(to_dense(network))
    assert WeightSize(0.3)(dense, RATES).item() == pytest.approx(expected)


def test_the_rate_penalty_is_zero_at_its_target():
    recurrent = parameters(start())
    assert FiringRate(2.0, target=10.0)(recurrent, RATES).item() == pytest.approx(2 * 25)
    assert FiringRate(2.0, target=7.0)(recurrent, torch.full((3,), 7.0)).item() == 0


def test_orthogonal_modes_cost_nothing_and_equal_ones_all():
    recurrent = parameters(start())
    with torch.no_grad():
        recurrent.xi_in.copy_(torch.eye(12)[:, :2])
        recurrent.xi_out.copy_(torch.ones(12, 2))
    assert Orthogonality(1.0)(recurrent, RATES).item() == pytest.approx(2)


@pytest.mark.parametrize("penalty", [FiringRate(1.0, 0.0), WeightSize(100.0), Orthogonality(10.0)])
def test_training_lowers_the_penalty(penalty, kernels):
    updates = []
    network = start()
    options = TrainingOptions(updates=15, batch_size=8, learning_rate=0.05, penalties=(penalty,))
    trained = train(TASK, network, options, on_update=updates.append).network
    if isinstance(penalty, FiringRate):
        assert updates[-1].rate_hz < 0.7 * updates[0].rate_hz
    else:
        before, after = (penalty(parameters(n), RATES).item() for n in (network, trained))
        assert after < 0.7 * before


def test_dense_weights_have_no_modes_to_be_orthogonal(kernels):
    dense = initial_network(12, None, 4, 1, 2 * ms, np.random.default_rng(1))
    options = TrainingOptions(updates=1, batch_size=2, penalties=(Orthogonality(1.0),))
    with pytest.raises(ValueError, match="got Orthogonality for dense weights"):
        train(TASK, dense, options)
