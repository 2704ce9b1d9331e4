from itertools import permutations

import numpy as np
import pytest
from spikemodes.analysis import all_subsets, shapley_values, smallest_subset


def test_subsets_are_all_there_once_in_the_order_of_their_bits():
    present = all_subsets(3)
    assert present.shape == (8, 3)
    assert present[[0, 7]].tolist() == [[False] * 3, [True] * 3]
    assert present[5].tolist() == [True, False, True]
    assert len({tuple(row) for row in present.tolist()}) == 8


def test_shapley_values_are_the_mean_over_all_orders():
    v = np.random.default_rng(0).normal(size=16)
    expected = np.zeros(4)
    orders = list(permutations(range(4)))
    for order in orders:
        code = 0
        for part in order:
            expected[part] += (v[code + 2**part] - v[code]) / len(orders)
            code += 2**part
    np.testing.assert_allclose(shapley_values(v), expected)
    assert shapley_values(v).sum() == pytest.approx(v[-1] - v[0])


def test_what_adds_up_is_shared_as_it_adds_up_and_the_useless_get_nothing():
    weights = np.array([0.5, 0.0, 0.3])
    np.testing.assert_allclose(shapley_values(all_subsets(3) @ weights), weights, atol=1e-15)


def test_a_value_for_each_subset_is_asked_for():
    with pytest.raises(ValueError, match="one value for each subset"):
        shapley_values(np.zeros(6))


def test_the_smallest_subset_is_the_best_of_the_fewest():
    present = all_subsets(2)
    assert smallest_subset(present, np.array([0.0, 0.91, 0.95, 1.0]), 0.9) == 2
    assert smallest_subset(present, np.array([0.0, 0.1, 0.2, 1.0]), 0.9) == 3
    assert smallest_subset(present, np.array([0.95, 0.1, 0.2, 1.0]), 0.9) == 0
    assert smallest_subset(present, np.array([np.nan, 0.1, 0.2, 0.3]), 0.9) is None
