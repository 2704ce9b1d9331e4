import numpy as np
import pytest
from hypothesis import given, strategies as st
from spikemodes.learning.force.least_squares import RecursiveLeastSquares


def samples(n, n_samples, n_outputs=2, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_samples, n)), rng.normal(size=(n_samples, n_outputs))


@given(st.integers(1, 7), st.integers(0, 20), st.floats(1e-3, 1e3), st.integers(0, 10))
def test_after_all_samples_the_weights_are_those_of_batch_least_squares(n, n_samples, alpha, seed):
    R, Y = samples(n, n_samples, seed=seed)
    start = np.random.default_rng(seed + 1).normal(size=(n, 2))
    learner = RecursiveLeastSquares(start, alpha)
    for sample, target in zip(R, Y, strict=True):
        learner.update(sample, target)
    correlation = R.T @ R + alpha * np.eye(n)
    batch = np.linalg.solve(correlation, R.T @ Y + alpha * start)
    np.testing.assert_allclose(learner.weights, batch, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(learner.Q, np.linalg.inv(correlation), rtol=1e-6, atol=1e-9)


def test_an_update_makes_the_error_on_its_own_sample_smaller():
    R, Y = samples(6, 1)
    learner = RecursiveLeastSquares(np.zeros((6, 2)), alpha=0.1)
    learner.update(R[0], Y[0])
    after = R[0] @ learner.weights - Y[0]
    np.testing.assert_allclose(after, -Y[0] / (1 + R[0] @ R[0] / 0.1), rtol=1e-12)


def test_the_start_is_left_alone():
    start = np.zeros((6, 2))
    R, Y = samples(6, 1)
    RecursiveLeastSquares(start).update(R[0], Y[0])
    assert not start.any()


@pytest.mark.parametrize("alpha", [0.0, -1.0, np.nan, np.inf])
def test_regularisation_must_be_positive(alpha):
    with pytest.raises(ValueError, match="`alpha` must be positive and finite"):
        RecursiveLeastSquares(np.zeros((3, 1)), alpha)
