import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import ortho_group
from spikemodes.analysis import (
    LinearDynamics,
    cca_distance,
    classical_map,
    distances,
    dynamics_distance,
    procrustes_distance,
)


def rotating(turn=0.1, n=300, d=4, seed=0, decay=0.01):
    """Trajectories of 6 conditions of a linear system with two rotations."""
    J = np.zeros((d, d))
    J[0, 1], J[1, 0], J[2, 3], J[3, 2] = turn, -turn, turn / 3, -turn / 3
    step = expm(J - decay * np.eye(d))
    x = np.random.default_rng(seed).normal(size=(6, d))
    found = []
    for _ in range(n):
        found.append(x)
        x = x @ step.T
    return np.stack(found)


def rotated(x, seed=1):
    return x @ ortho_group.rvs(x.shape[-1], random_state=seed)


def test_a_rotated_copy_is_at_no_distance_by_any_measure():
    x = rotating()
    found = distances({"one": x, "copy": 3.0 * rotated(x) + 2.0, "other": rotating(0.4, seed=5)})
    for name, matrix in found.by_measure.items():
        assert matrix[0, 1] < 1e-3, name
        assert matrix[0, 2] > 0.1, name
        np.testing.assert_allclose(matrix, matrix.T)
        np.testing.assert_array_equal(np.diag(matrix), 0)


def test_more_neurons_do_not_matter():
    x, rng = rotating(), np.random.default_rng(0)
    many = x @ np.linalg.qr(rng.normal(size=(20, 4)))[0].T
    found = distances({"few": x, "many": many}, n_dimensions=4)
    assert max(matrix.max() for matrix in found.by_measure.values()) < 1e-3


def test_dynamics_tell_apart_what_geometry_does_not():
    slow, fast = rotating(0.05, decay=0), rotating(0.15, decay=0)
    of = LinearDynamics(delays=3, interval=4, rank=4)
    same = dynamics_distance(of.fit(slow), of.fit(rotated(rotating(0.05, seed=9, decay=0))))
    assert same < 0.02
    assert dynamics_distance(of.fit(slow), of.fit(fast)) > 4 * same


def test_the_best_rotation_is_found():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(5, 5))
    C = ortho_group.rvs(5, random_state=3)
    assert dynamics_distance(A, C @ A @ C.T) < 1e-3
    assert dynamics_distance(A, -A) > 0.1
    # symmetric ones: aligned eigenvalues in their order are the best, in closed form
    values, others = np.sort(rng.normal(size=(2, 4)))
    expected = np.arccos(values @ others / np.linalg.norm(values) / np.linalg.norm(others)) / np.pi
    D = ortho_group.rvs(4, random_state=4)
    found = dynamics_distance(np.diag(values), D @ np.diag(others) @ D.T)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_closed_forms_of_geometry():
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.normal(size=(50, 5)) - 0)[0]
    basis = np.linalg.qr(basis - basis.mean(0))[0]
    assert procrustes_distance(basis[:, :2], basis[:, 2:4]) == pytest.approx(1)
    assert cca_distance(basis[:, :2], basis[:, 2:4]) == pytest.approx(1)
    mixed = np.column_stack([basis[:, 0], basis[:, 2]])
    assert cca_distance(basis[:, :2], mixed) == pytest.approx(0.5)
    assert procrustes_distance(basis[:, :2], mixed) == pytest.approx(np.arccos(0.5) / (np.pi / 2))
    stretched = basis[:, :3] @ rng.normal(size=(3, 3))
    assert cca_distance(basis[:, :3], stretched) < 1e-9
    assert procrustes_distance(basis[:, :3], stretched) > 0.05


def test_a_map_keeps_distances_in_a_plane():
    places = np.random.default_rng(0).normal(size=(6, 2))
    between = np.linalg.norm(places[:, None] - places, axis=-1)
    found = classical_map(between)
    np.testing.assert_allclose(np.linalg.norm(found[:, None] - found, axis=-1), between)
    assert classical_map(np.array([[0.0, 1], [1, 0]])).shape == (2, 2)


def test_what_cannot_be_compared_is_refused():
    x = rotating()
    with pytest.raises(ValueError, match="two systems or more"):
        distances({"one": x})
    with pytest.raises(ValueError, match="same steps and conditions"):
        distances({"one": x, "two": x[:100]})
    with pytest.raises(ValueError, match=r"`activity` of still cannot be compared: .* silent"):
        distances({"one": x, "still": 0 * x})
    with pytest.raises(ValueError, match=r"`trajectories` must have 56 steps or more"):
        LinearDynamics().fit(x[:40])
    with pytest.raises(ValueError, match=r"`delays` must be 1 or more"):
        LinearDynamics(delays=0)
    with pytest.raises(ValueError, match="same samples"):
        procrustes_distance(x, x[:, :2])
    with pytest.raises(ValueError, match=r"`B` must have dynamics"):
        dynamics_distance(np.eye(2), np.zeros((2, 2)))
