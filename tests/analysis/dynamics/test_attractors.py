import numpy as np
import pytest
from spikemodes.analysis import nearest, spacing


def test_the_distance_between_attractors_is_that_of_pairs_under_one_input():
    one, two = np.array([[0.0, 0], [3, 4]]), np.array([[100.0, 0], [100, 3]])
    assert spacing([one, two], one) == pytest.approx(4)
    assert spacing([one[:1], two[:1]], one) == pytest.approx(5)  # ends of trials
    assert np.isnan(spacing([one[:1]], one[:1]))


def test_each_end_is_measured_to_the_nearest_attractor():
    attractors = np.array([[0.0, 0], [10, 0]])
    np.testing.assert_allclose(nearest(np.array([[1.0, 0], [7, 4]]), attractors), [1, 5])
    assert np.isnan(nearest(attractors, attractors[:0])).all()
