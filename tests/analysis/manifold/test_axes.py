"""Targeted axes: planted directions, scikit-learn's regression, and what is refused."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from spikemodes.analysis import targeted_axes

RNG = np.random.default_rng(0)
CONTEXT, CHOICE = RNG.permuted(np.tile([[0, 1], [0, 1]], 40), axis=1)
EVIDENCE = RNG.normal(size=80)
VARIABLES = {"choice": CHOICE, "context": CONTEXT, "evidence": EVIDENCE}


def planted(noise=0.05):
    """Activity along three directions, each at a time of its own, at 60° between the first two."""
    a, b, c = np.linalg.qr(RNG.normal(size=(40, 3)))[0].T
    directions = np.column_stack([a, 0.5 * a + np.sqrt(0.75) * b, c])
    values = np.column_stack([2 * CHOICE - 1, 2 * CONTEXT - 1, EVIDENCE])
    bumps = np.exp(-0.5 * ((np.arange(20)[:, None] - [15, 3, 9]) / 3) ** 2)
    activity = np.einsum("tv,bv,nv->tbn", bumps, values, directions)
    return activity + noise * RNG.normal(size=(20, 80, 40)), directions


def test_planted_axes_are_found_at_their_times():
    activity, directions = planted()
    found = targeted_axes(activity, VARIABLES)
    in_z = directions / found.scale[:, None]  # axes are those of z-scored activity
    in_z /= np.linalg.norm(in_z, axis=0)
    cosines = np.sum(found.vectors * in_z, axis=0)
    assert np.degrees(np.arccos(np.minimum(cosines, 1))).max() < 5
    assert np.abs(np.array(found.peaks) - [15, 3, 9]).max() <= 1
    expected = np.degrees(np.arccos(in_z[:, 0] @ in_z[:, 1]))
    assert found.angles[0, 1] == pytest.approx(expected, abs=3)
    np.testing.assert_array_equal(np.diag(found.angles), 0)


def test_axes_are_orthogonal_and_separate_their_variables():
    activity, _ = planted()
    found = targeted_axes(activity, VARIABLES)
    np.testing.assert_allclose(found.axes.T @ found.axes, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(found.axes[:, 0], found.vectors[:, 0])
    shown = found.project(activity)[15, :, 0]
    assert shown[CHOICE == 1].min() > shown[CHOICE == 0].max()


def test_without_denoising_vectors_are_those_of_scikit_learn():
    activity = RNG.normal(size=(4, 80, 6))
    found = targeted_axes(activity, VARIABLES, n_components=6)
    z = (activity - found.mean) / found.scale
    low, high = EVIDENCE.min(), EVIDENCE.max()
    scaled = (2 * EVIDENCE - low - high) / (high - low)
    design = np.column_stack([2 * CHOICE - 1, 2 * CONTEXT - 1, scaled])
    for t in range(4):
        by_library = LinearRegression().fit(design, z[t]).coef_
        np.testing.assert_allclose(found.norms[t], np.linalg.norm(by_library, axis=0))


def test_variables_that_cannot_be_told_apart_are_refused():
    activity, _ = planted()
    with pytest.raises(ValueError, match="must not depend on each other linearly: a, b do"):
        targeted_axes(activity, {"a": CHOICE, "b": 1 - CHOICE})
    with pytest.raises(ValueError, match=r"`a` must vary between trials: all values are 1\."):
        targeted_axes(activity, {"a": np.ones(80)})
    with pytest.raises(ValueError, match=r"`a` must have one value per trial: expected \(80,\)"):
        targeted_axes(activity, {"a": CHOICE[:3]})
    with pytest.raises(ValueError, match="`activity` must vary with each of the variables"):
        targeted_axes(np.ones((20, 80, 40)), {"a": CHOICE})
