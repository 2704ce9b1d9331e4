import numpy as np
import pytest
from hypothesis import given, strategies as st
from spikemodes.analysis import Directions, fewest


def low_rank(n=12, rank=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, rank)) @ rng.normal(size=(rank, n))


def test_weights_of_low_rank_have_as_many_directions():
    W = low_rank()
    directions = Directions.of(W)
    assert directions.rank == 3
    np.testing.assert_allclose(directions.leading(3).dense(), W, atol=1e-12)


def test_the_leading_directions_are_the_best_approximation():
    W = np.random.default_rng(1).normal(size=(9, 9))
    directions = Directions.of(W)
    for k in range(1, 9):
        left = np.linalg.norm(W - directions.leading(k).dense(), 2)
        assert left == pytest.approx(directions.S[k])


def test_no_direction_is_no_weight():
    np.testing.assert_array_equal(Directions.of(low_rank()).leading(0).dense(), np.zeros((12, 12)))


def test_weights_of_zero_have_no_direction():
    directions = Directions.of(np.zeros((4, 4)))
    assert directions.rank == 0
    np.testing.assert_array_equal(directions.leading(0).dense(), np.zeros((4, 4)))


def test_variance_is_held_by_the_directions_that_activity_lies_in():
    directions = Directions.of(low_rank())
    rng = np.random.default_rng(2)
    within = 5 + rng.normal(size=(40, 7, 2)) @ directions.U[:, :2].T
    assert directions.variance_held(within, 2) == pytest.approx(1)
    assert 0 < directions.variance_held(within, 1) < 1
    assert directions.variance_held(within, 0) == 0
    white = rng.normal(size=(100_000, 12))
    assert directions.variance_held(white, 3) == pytest.approx(3 / 12, rel=0.02)


def test_silence_has_no_variance_to_hold():
    assert np.isnan(Directions.of(low_rank()).variance_held(np.zeros((5, 12)), 1))


@given(most=st.integers(0, 300), threshold=st.integers(0, 300))
def test_the_fewest_are_found_without_trying_all(most, threshold):
    threshold, tried = min(most, threshold), []

    def enough(k):
        tried.append(k)
        return k >= threshold

    assert fewest(enough, most) == threshold
    assert len(tried) <= 2 * np.log2(most + 1) + 3
