"""Importance of modes by its definition."""

import numpy as np
import pytest
from spikemodes.analysis import mode_importance


def test_scores_and_lengths_weigh_the_same_in_total():
    rng = np.random.default_rng(0)
    xi_in, xi_out, scores = rng.normal(size=(20, 5)), rng.normal(size=(20, 5)), rng.normal(size=5)
    tau = mode_importance(xi_in, scores, xi_out)
    assert tau.sum() == pytest.approx(2 * np.abs(scores).sum())


def test_modes_of_one_length_rank_by_score():
    modes = np.linalg.qr(np.random.default_rng(0).normal(size=(10, 3)))[0]
    tau = mode_importance(modes, np.array([0.1, -3.0, 2.0]), modes)
    assert tau.argsort().tolist() == [0, 2, 1]
    np.testing.assert_allclose(tau, np.array([0.1, 3.0, 2.0]) + 1.7)


def test_full_score_matrix_counts_by_its_diagonal():
    rng = np.random.default_rng(0)
    xi_in, xi_out, sigma = rng.normal(size=(9, 4)), rng.normal(size=(9, 4)), rng.normal(size=(4, 4))
    np.testing.assert_array_equal(
        mode_importance(xi_in, sigma, xi_out), mode_importance(xi_in, np.diag(sigma), xi_out)
    )


def test_modes_that_come_first_are_refused():
    with pytest.raises(ValueError, match="`scores` must be"):
        mode_importance(np.ones((3, 100)), np.ones(3), np.ones((3, 100)))
