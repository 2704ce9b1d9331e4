"""End states against known distances, silhouettes against closed forms."""

import numpy as np
import pytest
from spikemodes.analysis import condition_means, end_states, silhouette


def test_condition_means_average_the_trials_of_each_condition():
    trajectories = np.random.default_rng(0).normal(size=(7, 4, 2))
    means = condition_means(trajectories, np.array(["b", "a", "b", "a"]))
    assert list(means) == ["a", "b"]
    np.testing.assert_allclose(means["a"], (trajectories[:, 1] + trajectories[:, 3]) / 2)
    np.testing.assert_allclose(sum(means.values()) / 2, trajectories.mean(axis=1))


def test_end_states_are_as_far_apart_as_drawn():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 1500)
    states = 0.5 * rng.normal(size=(3000, 3))
    states[:, 0] += 2.0 * labels
    states[:, 1] *= 100  # spread across the line between the states does not bring them closer
    trajectories = np.stack([np.zeros_like(states), states, states])
    found = end_states(trajectories, labels, n_steps=2)
    states_apart = end_states(trajectories[..., [0, 2]], labels, n_steps=2)
    assert found.conditions == (0, 1)
    assert states_apart.separation[0, 1] == pytest.approx(4.0, rel=0.05)
    np.testing.assert_array_equal(found.separation, found.separation.T)
    np.testing.assert_array_equal(np.diag(found.separation), 0)
    np.testing.assert_allclose(found.means[1], states[labels == 1].mean(axis=0))


def test_separation_of_noiseless_or_single_trials():
    trajectories = np.array([[[0.0], [0.0], [1.0], [1.0]]])
    assert end_states(trajectories, np.array([0, 0, 1, 1]), 1).separation[0, 1] == np.inf
    assert np.isnan(end_states(trajectories[:, 1:3], np.array([0, 1]), 1).separation[0, 1])


def test_labels_of_other_length_are_refused():
    with pytest.raises(ValueError, match="`labels` must have one value per trial"):
        condition_means(np.ones((5, 3, 2)), np.array([0, 1]))
    with pytest.raises(ValueError, match="`n_steps` must be between 1 and 5"):
        end_states(np.ones((5, 3, 2)), np.zeros(3), n_steps=6)


def test_silhouette_of_two_pairs_by_hand():
    states = np.array([[0.0], [1.0], [10.0], [11.0]])
    expected = np.mean([1 - 1 / 10.5, 1 - 1 / 9.5])
    labels = np.array(["a", "a", "b", "b"])
    assert silhouette(states, labels) == pytest.approx(expected)
    assert end_states(states[None], labels, 1).silhouette == pytest.approx(expected)


def test_silhouettes_of_known_clusters():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2, 3], 50)
    corners = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])[labels]
    noise = rng.normal(size=(200, 2))
    assert silhouette(corners + 0.05 * noise, labels) > 0.9
    assert abs(silhouette(noise, labels)) < 0.1
    assert silhouette(corners + 0.05 * noise, np.roll(labels, 25)) < 0


def test_silhouettes_that_there_are_not():
    assert np.isnan(silhouette(np.ones((3, 2)), np.zeros(3, int)))
    assert np.isnan(silhouette(np.ones((3, 2)), np.arange(3)))
    with pytest.raises(ValueError, match="`labels` must have one value per trial"):
        silhouette(np.ones((3, 2)), np.zeros(2, int))
