"""Weight statistics: matrices whose values are known."""

import numpy as np
import pytest
from scipy.stats import norm
from spikemodes.analysis import synaptic_operations, weight_statistics


def test_a_network_under_dales_law():
    rng = np.random.default_rng(0)
    signs = np.array([1.0] * 80 + [-1.0] * 20)
    W = rng.random((100, 100)) * signs * (rng.random((100, 100)) < 0.15)
    found = weight_statistics(W, np.ones(100))
    assert found.one_sign == 1
    assert found.inhibitory == pytest.approx(0.2)
    assert found.density == pytest.approx(0.15, abs=0.01)
    assert found.inhibition == pytest.approx(0.25, abs=0.03)
    np.testing.assert_allclose(found.out_degree.sum(), found.density * 100**2)


def test_half_the_weight_of_a_lognormal():
    sigma = 0.9355
    W = np.exp(sigma * np.random.default_rng(0).normal(size=(500, 500)))
    expected = norm.sf(sigma)  # weights above exp(sigma²) carry half of the mean
    found = weight_statistics(W, np.ones(500))
    assert found.strongest_half == pytest.approx(expected, abs=0.002)
    equal = weight_statistics(np.ones((10, 10)), np.ones(10))
    assert equal.strongest_half == pytest.approx(0.5, abs=0.01)


def test_rates_weigh_the_balance():
    W = np.array([[1.0, -1.0], [1.0, -1.0]])
    assert weight_statistics(W, np.array([10.0, 5.0])).inhibition == 0.5
    mixed = weight_statistics(np.array([[3.0, 0.0], [-1.0, 0.0]]), np.ones(2))
    assert mixed.one_sign == 0.75


def test_some_rows_stand_for_all():
    W = np.sign(np.random.default_rng(0).normal(size=(400, 300)))
    some, whole = (weight_statistics(w, np.ones(300)) for w in (W[::2], W))
    np.testing.assert_allclose(some.out_degree, whole.out_degree)


def test_no_weights_say_nothing():
    found = weight_statistics(np.zeros((4, 4)), np.ones(4))
    assert found.density == 0
    assert np.isnan([found.strongest_half, found.inhibitory, found.one_sign]).all()


def test_every_spike_reaches_every_synapse():
    assert synaptic_operations(np.array([2.0, 3.0]), np.array([10.0, 1.0])) == 23


def test_rates_belong_to_columns():
    with pytest.raises(ValueError, match="`rates` must have one value per column"):
        weight_statistics(np.ones((3, 4)), np.ones(3))
