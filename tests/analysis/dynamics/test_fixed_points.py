"""Fixed points of maps whose fixed points, slopes and cycles are known in closed form."""

import numpy as np
import pytest
from scipy.optimize import root_scalar
from spikemodes.analysis import error_of, find_fixed_points, jacobians

RNG = np.random.default_rng(0)
SLOPES = np.array([[0.4, -0.9, 0.0], [0.9, 0.4, 0.2], [0.1, 0.0, -0.5]])
SHIFT = np.array([0.3, -1.0, 0.5])
BOX = np.array([[-3.0, -3, -3], [3, 3, 3]])


def linear(kappa):
    return kappa @ SLOPES.T + SHIFT


def pitchfork(gain):
    return lambda kappa: np.tanh(gain * kappa)


def find(function, n_modes, starts=None, **changes):
    starts = RNG.uniform(-2.5, 2.5, (12, n_modes)) if starts is None else starts
    options = {"step": 0.05, "tolerance": 1e-2, "apart": 0.2, **changes}
    return find_fixed_points(function, starts, BOX[:, :n_modes], **options)


def test_a_linear_map_has_one_fixed_point_with_its_matrix_for_jacobian():
    (found,) = find(linear, 3)
    np.testing.assert_allclose(found.kappa, np.linalg.solve(np.eye(3) - SLOPES, SHIFT), atol=1e-3)
    np.testing.assert_allclose(found.jacobian, SLOPES, atol=1e-6)
    assert found.stable
    known = np.linalg.eigvals(SLOPES)
    np.testing.assert_allclose(np.real(found.eigenvalues), np.sort(np.real(known))[::-1], atol=1e-6)
    assert abs(found.eigenvalues[0].imag) == pytest.approx(np.abs(np.imag(known)).max())  # rotates
    values, slopes = jacobians(linear, np.zeros((2, 3)), 0.1)
    np.testing.assert_allclose(values, [SHIFT, SHIFT])
    np.testing.assert_allclose(slopes, [SLOPES, SLOPES], atol=1e-12)


def test_a_pitchfork_has_one_stable_state_below_a_gain_of_1_and_two_about_a_saddle_above():
    (below,) = find(pitchfork(0.8), 1)
    assert below.stable
    assert below.kappa == pytest.approx(0, abs=0.02)
    assert below.eigenvalues[0].real == pytest.approx(0.8, abs=0.01)
    above = find(pitchfork(2.0), 1)
    state = root_scalar(lambda k: np.tanh(2 * k) - k, bracket=(0.5, 1)).root
    assert [point.stable for point in above] == [True, True, False]
    ends = sorted(float(point.kappa[0]) for point in above[:2])
    np.testing.assert_allclose(ends, [-state, state], atol=0.01)
    assert above[2].eigenvalues[0].real == pytest.approx(2, abs=0.02)


def test_what_is_outside_the_box_or_no_solution_is_not_found():
    assert not find(lambda kappa: kappa + 0.5, 2)
    assert not find(lambda kappa: 0 * kappa + 10, 2)


def test_fixed_points_are_found_in_noise_of_the_size_that_is_estimated():
    noise = np.random.default_rng(1)

    def noisy(kappa):
        return pitchfork(2.0)(kappa) + 0.01 * noise.standard_normal(kappa.shape)

    error = error_of(noisy, np.zeros((200, 2)) + 1.5, 0.1)
    assert error == pytest.approx(0.01 * np.sqrt(2), rel=0.2)
    starts = np.stack(np.meshgrid(*[np.linspace(-1, 1, 5)] * 2), axis=-1).reshape(-1, 2)
    found = find(noisy, 2, starts, step=0.2, tolerance=4 * error, apart=0.3)
    assert sum(point.stable for point in found) == 4
    assert len(found) == 9


def test_all_solvers_are_asked_in_one_batch():
    sizes = []

    def counted(kappa):
        sizes.append(len(kappa))
        return linear(kappa)

    find(counted, 3)
    assert sizes[0] == 12 * 7
    assert len(sizes) < 9


def test_an_error_of_the_map_reaches_the_caller():
    def broken(_):
        raise ArithmeticError("no more")

    with pytest.raises(ArithmeticError, match="no more"):
        find(broken, 2)
