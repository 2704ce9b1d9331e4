"""Weights as synapses: matrices whose values are known."""

import numpy as np
import pytest
from scipy.stats import norm
from spike_processes import cortical_weights
from spikemodes.analysis import cell_types, out_degree, synapses, synaptic_operations
from spikemodes.analysis.plausibility.rows import connection_rows
from spikemodes.analysis.weights import signs

HALF = "synapses with half the weight, excitatory to excitatory"


def measured(W, types=None, rates=None):
    rates = np.ones(W.shape[1]) if rates is None else rates
    rows = connection_rows(W, np.arange(len(W)), types, rates, np.random.default_rng(0))
    return {row.name: row.estimate for row in rows}


def test_a_network_under_dales_law_has_types():
    W = cortical_weights(0)
    types = cell_types(W)
    assert types is not None
    np.testing.assert_array_equal(types, np.where(np.arange(100) < 83, 1, -1))
    found = measured(W, types)
    assert found["outgoing weight of one sign"].value == 1
    assert found["share of inhibitory neurons"].value == pytest.approx(0.17)
    for pair, density in (
        ("excitatory to excitatory", 0.05),
        ("excitatory to inhibitory", 0.1),
        ("inhibitory to excitatory", 0.4),
        ("inhibitory to inhibitory", 0.2),
    ):
        estimate = found[f"connected pairs, {pair}"]
        assert estimate.value == pytest.approx(density, abs=0.05)
        assert estimate.low < estimate.value < estimate.high


def test_mixed_neurons_and_those_of_one_sign_have_no_types():
    rng = np.random.default_rng(0)
    assert cell_types(rng.normal(size=(20, 20))) is None
    assert cell_types(np.ones((5, 5))) is None
    assert cell_types(np.zeros((5, 5))) is None
    W = np.array([[0.0, -1.0, 0.0], [2.0, 0.0, 0.0], [1.0, -3.0, 0.0]])
    assert signs(W).tolist() == [1, -1, 0]
    types = cell_types(W)
    assert types is not None
    assert types.tolist() == [1, -1, 0]


def test_synapses_of_a_mixed_neuron_are_of_no_type():
    W = cortical_weights(0)
    types = cell_types(W)
    mixed = W.copy()
    mixed[:, :83:2] *= np.where(np.arange(100) % 2, 1, -1)[:, None]
    name = "connected pairs, excitatory to excitatory"
    expected = measured(W, types)[name].value / 2
    assert measured(mixed, types)[name].value == pytest.approx(expected, rel=0.2)


def test_half_the_weight_of_a_lognormal():
    sigma = 0.9355
    W = np.exp(sigma * np.random.default_rng(0).normal(size=(500, 500)))
    W[:, 0] *= -1
    expected = norm.sf(sigma)  # weights above exp(sigma²) carry half of the mean
    assert measured(W, cell_types(W))[HALF].value == pytest.approx(expected, abs=0.002)


def test_rates_weigh_the_balance():
    W = np.array([[0.0, -1.0], [1.0, 0.0]])
    found = measured(W, cell_types(W), np.array([10.0, 5.0]))
    assert found["inhibitory over excitatory recurrent input"].value == 0.5


def test_a_neuron_is_not_connected_with_itself():
    assert synapses(np.ones((3, 3)), np.arange(3)).sum() == 6
    np.testing.assert_allclose(out_degree(np.eye(4), np.arange(4)), 0)


def test_some_rows_stand_for_all():
    W = np.sign(np.random.default_rng(0).normal(size=(400, 400)))
    some = out_degree(W[::2], np.arange(0, 400, 2))
    np.testing.assert_allclose(some, out_degree(W, np.arange(400)), atol=1)


def test_no_weights_say_nothing():
    found = measured(np.zeros((4, 4)))
    assert found["connected pairs"].value == 0
    assert np.isnan(found["inhibitory over excitatory recurrent input"].value)


def test_every_spike_reaches_every_synapse():
    assert synaptic_operations(np.array([2.0, 3.0]), np.array([10.0, 1.0])) == 23


def test_rows_are_named():
    with pytest.raises(ValueError, match="`rows` must name the neuron of each row"):
        synapses(np.ones((3, 4)), np.arange(4))
