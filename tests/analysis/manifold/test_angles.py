"""Angles between activity and weights: planted directions, closed forms."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from spikemodes.analysis import (
    alignments,
    eigenvalue_kinds,
    loop_eigenvalues,
    mode_overlaps,
    orthonormal_basis,
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


@given(angle=st.floats(0.01, np.pi / 2))
def test_principal_angle_of_two_lines_is_the_angle_between_them(angle):
    a, b = np.array([[1.0], [0.0]]), np.array([[np.cos(angle)], [np.sin(angle)]])
    assert principal_angles(a, b) == pytest.approx([angle])


def test_principal_angles_ascend():
    eye = np.eye(4)
    np.testing.assert_allclose(principal_angles(eye[:, :2], eye[:, 1:3]), [0, np.pi / 2], atol=1e-9)


def test_alignments_of_planted_directions():
    eye = np.eye(4)
    planted = np.column_stack([-3 * eye[:, 0], eye[:, 0] + eye[:, 1], np.ones(4), np.zeros(4)])
    found = alignments(eye[:, :2], planted)
    np.testing.assert_allclose(found[:, :3], [[1, np.sqrt(0.5), 0.5], [0, np.sqrt(0.5), 0.5]])
    assert np.isnan(found[:, 3]).all()


def test_random_directions_are_aligned_by_chance_as_the_docstring_says():
    rng = np.random.default_rng(0)
    found = alignments(rng.normal(size=(200, 60)), rng.normal(size=(200, 60)))
    assert found.mean() == pytest.approx(np.sqrt(2 / (np.pi * 200)), rel=0.05)


def test_the_space_of_a_planted_network_of_three_modes_is_found():
    """Linear rates, x' = -x + W_in u + W x, keep to the span of W_in and xi_in."""
    rng = np.random.default_rng(0)
    n, dt = 60, 0.1
    xi_in = rng.normal(size=(n, 3)) / np.sqrt(n)
    W_in = rng.normal(size=(n, 2)) / np.sqrt(n)
    xi_out = xi_in + W_in @ rng.normal(size=(2, 3))  # modes read inputs, and each itself
    x, course = np.zeros((40, n)), []
    for _ in range(200):
        u = rng.normal(size=(40, 2))
        x = x + dt * (-x + u @ W_in.T + x @ (xi_in @ np.diag([0.9, -2.0, 0.5]) @ xi_out.T).T)
        x += 0.001 * rng.normal(size=x.shape)
        course.append(x)
    activity = np.stack(course)
    span = np.hstack([W_in, xi_in])
    angles = np.degrees(principal_angles(principal_components(activity, 5).components, span))
    assert angles.max() < 5
    elsewhere = rng.normal(size=(n, 5))
    others = principal_angles(principal_components(activity, 5).components, elsewhere)
    assert np.degrees(others).max() > 45


def test_eigenvalues_of_the_loop_are_those_of_the_weights():
    rng = np.random.default_rng(0)
    xi_in, xi_out = rng.normal(size=(2, 20, 3))
    sigma = rng.normal(size=(3, 3))
    W = np.linalg.eigvals(xi_in @ sigma @ xi_out.T)
    largest = W[np.argsort(-np.abs(W))[:3]]
    found = loop_eigenvalues(xi_in, sigma, xi_out)
    np.testing.assert_allclose(np.sort_complex(found), np.sort_complex(largest), atol=1e-9)
    assert (np.diff(np.abs(found)) <= 1e-9).all()


@pytest.mark.parametrize(
    ("eigenvalues", "kinds"),
    [
        ([2 + 1j, 2 - 1j, 0.5], ("rotation", "rotation", "line")),
        ([2.0, 1.97, -1, -1], ("ring", "ring", "line", "line")),
        ([2.0, 1.0], ("line", "line")),
        ([0.0], ("line",)),
        ([], ()),
    ],
)
def test_kinds_of_eigenvalues(eigenvalues, kinds):
    assert eigenvalue_kinds(np.array(eigenvalues, complex)) == kinds
