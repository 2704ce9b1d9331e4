"""Line attractor and selection vector of planted linear dynamics."""

import numpy as np
import pytest
from spikemodes.analysis import integration

RNG = np.random.default_rng(0)


def simulated(A, B, n_trials=60, n_steps=80):
    inputs = RNG.normal(size=(n_steps, n_trials, B.shape[1]))
    states = np.zeros((n_steps, n_trials, len(A)))
    for t in range(n_steps - 1):
        states[t + 1] = states[t] @ A.T + inputs[t] @ B.T + 0.01 * RNG.normal(size=states[t].shape)
    common = np.sin(np.arange(n_steps))[:, None, None]  # in all trials alike: no dynamics
    return states + 5 * common, inputs


def test_a_planted_line_and_what_is_selected_for_it():
    right = np.array([[1.0, 0.5, 0.0], [1.0, -1.0, 1.0], [0.0, 1.0, 2.0]])
    left = np.linalg.inv(right)
    A = right @ np.diag([0.995, 0.7, 0.4]) @ left
    kept, lost = right[:, 0] + 2 * right[:, 1], right[:, 1] - right[:, 2]
    found = integration(*simulated(A, np.column_stack([kept, lost])), dt=0.01)
    np.testing.assert_allclose(np.real(found.eigenvalues), [0.995, 0.7, 0.4], atol=0.01)
    line = right[:, 0] / np.linalg.norm(right[:, 0])
    assert abs(np.real(found.line) @ line) == pytest.approx(1, abs=1e-3)
    cosine = np.real(found.selection) @ left[0] / np.linalg.norm(left[0])
    assert abs(cosine) / np.linalg.norm(found.selection) == pytest.approx(1, abs=1e-3)
    assert found.selection @ found.line == pytest.approx(1)
    assert found.gains[0] == pytest.approx(np.linalg.norm(right[:, 0]), rel=0.02)
    assert found.gains[1] < 0.02
    assert found.time_constant == pytest.approx(-0.01 / np.log(0.995), rel=0.2)
    assert found.rotation_hz == 0


def test_a_planted_rotation():
    turn, size = 0.3, 0.97
    A = size * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    found = integration(*simulated(A, np.eye(2)), dt=0.01)
    assert found.rotation_hz == pytest.approx(turn / (2 * np.pi * 0.01), rel=0.02)
    assert found.time_constant == pytest.approx(-0.01 / np.log(size), rel=0.1)
    np.testing.assert_allclose(found.gains[0], found.gains[1], rtol=0.05)


def test_what_grows_has_no_time_constant():
    states, inputs = simulated(np.array([[1.05]]), np.ones((1, 1)))
    assert integration(states, inputs, dt=0.01).time_constant == np.inf


def test_too_few_samples_and_other_sizes_are_refused():
    with pytest.raises(ValueError, match="`states` must have more than 3 samples to fit: got 0"):
        integration(np.ones((9, 1, 2)), np.ones((9, 1, 1)), dt=0.01)
    with pytest.raises(ValueError, match="`inputs` must have the steps and trials of `states`"):
        integration(np.ones((9, 4, 2)), np.ones((8, 4, 1)), dt=0.01)
