import numpy as np
import pytest
import torch
from spikemodes.learning.twin.parameters import array, recurrent_parameters
from spikemodes.models import to_dense


@pytest.mark.parametrize("full", [False, True])
def test_modes_and_scores_are_what_is_learned(full, draw_network):
    network = draw_network(full=full)
    parameters = recurrent_parameters(network.recurrence, torch.float64)
    assert {name for name, _ in parameters.named_parameters()} == {"xi_in", "scores", "xi_out"}
    np.testing.assert_array_equal(array(parameters.encoder()), network.main.connectivity.encoder)
    feedback = parameters.feedback()
    assert feedback is not None
    np.testing.assert_allclose(array(feedback), network.modes.feedback, rtol=1e-15)


def test_dense_weights_are_learned_one_by_one(draw_network):
    network = to_dense(draw_network())
    parameters = recurrent_parameters(network.recurrence, torch.float64)
    assert [p.shape for p in parameters.parameters()] == [(8, 8)]
    np.testing.assert_array_equal(array(parameters.encoder()), network.main.connectivity.encoder)
    assert parameters.feedback() is None


@pytest.mark.parametrize("make", [lambda network: network, to_dense], ids=["modes", "dense"])
def test_the_network_comes_back_with_the_same_weights(make, draw_network):
    network = make(draw_network())
    parameters = recurrent_parameters(network.recurrence, torch.float64)
    back = network.with_recurrence(parameters.recurrence())
    assert type(back) is type(network)
    np.testing.assert_array_equal(back.dense(), network.dense())


def test_a_copy_of_single_precision_is_exact():
    values = torch.tensor([0.1, 1 / 3], dtype=torch.float32)
    assert array(values).dtype == np.float64
    np.testing.assert_array_equal(torch.tensor(array(values), dtype=torch.float32), values)
