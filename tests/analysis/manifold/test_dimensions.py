"""Dimensions: against their definition, numpy's eigenvalues and data of known dimension."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from spikemodes.analysis import participation_ratio, principal_angles, principal_components


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


@pytest.mark.parametrize("dimension", [1, 3, 6])
def test_participation_ratio_counts_equal_dimensions(dimension):
    signs = np.array(np.meshgrid(*[[-1.0, 1.0]] * dimension)).reshape(dimension, -1).T
    axes = np.linalg.qr(np.random.default_rng(0).normal(size=(10, dimension)))[0]
    assert participation_ratio(signs @ axes.T) == pytest.approx(dimension)


def test_principal_components_are_those_of_the_covariance():
    activity = np.random.default_rng(0).normal(size=(400, 6)) @ np.diag([3.0, 2, 1, 1, 0.5, 0.1])
    values, vectors = np.linalg.eigh(np.cov(activity.T))
    pca = principal_components(activity, 4)
    np.testing.assert_allclose(pca.variances, values[::-1][:4])
    np.testing.assert_allclose(pca.explained, values[::-1][:4] / values.sum())
    cosines = np.abs(np.sum(pca.components * vectors[:, ::-1][:, :4], axis=0))
    np.testing.assert_allclose(cosines, 1)


@given(dimension=st.integers(1, 8), seed=st.integers(0, 99))
def test_isotropic_data_have_the_participation_ratio_of_their_dimension(dimension, seed):
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(30, dimension)))[0]
    activity = rng.normal(size=(20, 200, dimension)) @ axes.T + rng.normal(size=30)
    assert participation_ratio(activity) == pytest.approx(dimension, rel=0.02)


def test_participation_ratio_is_the_same_from_few_samples_of_many_neurons():
    wide = np.random.default_rng(0).normal(size=(5, 40))
    values = np.linalg.eigvalsh(np.cov(wide.T))
    assert participation_ratio(wide) == pytest.approx(values.sum() ** 2 / np.sum(values**2))
    assert participation_ratio(wide) <= 4


def test_components_that_there_cannot_be_are_refused():
    with pytest.raises(ValueError, match="`activity` must have two samples"):
        principal_components(np.ones((1, 3)), 1)
    with pytest.raises(ValueError, match="`n_components` must be between 1 and 3"):
        principal_components(np.ones((5, 3)), 4)
