import numpy as np
import pytest
from spikemodes.analysis import sparse_part


def draw(n, n_modes, density=0.1, seed=0):
    rng = np.random.default_rng(seed)
    J = rng.normal(size=(n, n)) * (rng.random((n, n)) < density)
    read = rng.normal(size=(n, n_modes))
    return J, read, J + rng.uniform(-1, 1, (n, n_modes)) @ read.T


@pytest.mark.parametrize(("n", "n_modes"), [(60, 1), (100, 1), (100, 10)])
def test_sparse_weights_are_told_from_modes_beside_them(n, n_modes):
    J, read, W = draw(n, n_modes)
    found = sparse_part(W, read)
    assert found is not None
    np.testing.assert_allclose(found, J, atol=1e-8)
    np.testing.assert_array_equal(found != 0, J != 0)


def test_a_readout_that_says_nothing_leaves_sparse_weights_as_they_are():
    J, read, _ = draw(30, 2)
    np.testing.assert_array_equal(sparse_part(J, 0 * read), J)
    one_twice = np.column_stack([read[:, 0], read[:, 0]])
    found = sparse_part(J, one_twice)
    assert found is not None
    np.testing.assert_allclose(found, J, atol=1e-9)


def test_weights_that_are_no_such_sum_have_no_sparse_part():
    rng = np.random.default_rng(1)
    assert sparse_part(rng.normal(size=(40, 40)), rng.normal(size=(40, 2))) is None
    _, read, W = draw(40, 1, density=0.8)
    assert sparse_part(W, read) is None


def test_no_weight_is_sparse():
    np.testing.assert_array_equal(sparse_part(np.zeros((5, 5)), np.ones((5, 1))), np.zeros((5, 5)))
