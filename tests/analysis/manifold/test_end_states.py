"""Mode space: subspaces against their definitions, end states against known distances."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from spikemodes.analysis import (
    condition_means,
    end_states,
    mode_overlaps,
    orthonormal_basis,
    participation_ratio,
    principal_angles,
    principal_components,
)


def test_overlaps_close_the_loop_of_the_modes():
    rng = np.random.default_rng(0)
    xi_in, xi_out = rng.normal(size=(30, 3)), rng.normal(size=(30, 3))
    x = rng.normal(size=3)
    np.testing.assert_allclose(mode_overlaps(xi_in, xi_out) @ x, xi_out.T @ (xi_in @ x))


def test_basis_is_orthonormal_keeps_the_span_and_points_along_the_modes():
    rng = np.random.default_rng(0)
    W_in, xi_in = rng.normal(size=(30, 4)), rng.normal(size=(30, 3))
    basis = orthonormal_basis(W_in, xi_in)
    np.testing.assert_allclose(basis.T @ basis, np.eye(7), atol=1e-12)
    np.testing.assert_allclose(principal_angles(basis[:, :4], W_in), 0, atol=1e-6)
    assert (np.sum(basis * np.hstack([W_in, xi_in]), axis=0) > 0).all()


def test_dependent_columns_are_refused():
    modes = np.ones((5, 2))
    with pytest.raises(ValueError, match="linearly independent"):
        orthonormal_basis(modes)


def test_principal_components_find_the_axes_of_largest_variance():
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.normal(size=(20, 2)))[0]
    latent = rng.normal(size=(50, 8, 2)) * [5.0, 1.0]
    activity = latent @ axes.T + 3.0
    pca = principal_components(activity, 2)
    np.testing.assert_allclose(principal_angles(pca.components, axes), 0, atol=1e-6)
    assert pca.explained.sum() == pytest.approx(1)
    projected = pca.project(activity).reshape(-1, 2)
    np.testing.assert_allclose(projected.var(axis=0, ddof=1), pca.variances[:2])
    np.testing.assert_allclose(np.cov(projected.T)[0, 1], 0, atol=1e-9)


def test_constant_activity_has_no_components_and_no_dimension():
    activity = np.ones((10, 4))
    assert np.isnan(principal_components(activity, 2).explained).all()
    assert participation_ratio(activity) == 0


@given(angle=st.floats(0.01, np.pi / 2))
def test_principal_angle_of_two_lines_is_the_angle_between_them(angle):
    a, b = np.array([[1.0], [0.0]]), np.array([[np.cos(angle)], [np.sin(angle)]])
    assert principal_angles(a, b) == pytest.approx([angle])


def test_principal_angles_ascend():
    eye = np.eye(4)
    np.testing.assert_allclose(principal_angles(eye[:, :2], eye[:, 1:3]), [0, np.pi / 2], atol=1e-9)


@pytest.mark.parametrize("dimension", [1, 3, 6])
def test_participation_ratio_counts_equal_dimensions(dimension):
    signs = np.array(np.meshgrid(*[[-1.0, 1.0]] * dimension)).reshape(dimension, -1).T
    axes = np.linalg.qr(np.random.default_rng(0).normal(size=(10, dimension)))[0]
    assert participation_ratio(signs @ axes.T) == pytest.approx(dimension)


def test_condition_means_average_the_trials_of_each_condition():
    trajectories = np.random.default_rng(0).normal(size=(7, 4, 2))
    means = condition_means(trajectories, np.array(["b", "a", "b", "a"]))
    assert list(means) == ["a", "b"]
    np.testing.assert_allclose(means["a"], (trajectories[:, 1] + trajectories[:, 3]) / 2)
    np.testing.assert_allclose(sum(means.values()) / 2, trajectories.mean(axis=1))


def test_end_states_are_as_far_apart_as_drawn():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 4000)
    states = 0.5 * rng.normal(size=(8000, 3))
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
