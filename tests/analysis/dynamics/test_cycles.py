"""Cycles of the normal form of a Hopf bifurcation: radius √growth, period 2π over the frequency."""

import numpy as np
import pytest
from spikemodes.analysis import find_cycles, follow

STEP = 0.02


def hopf(growth, frequency=1.5):
    turn = np.array([[0, -frequency], [frequency, 0]])

    def function(kappa):
        squares = (kappa**2).sum(axis=1, keepdims=True)
        return kappa + kappa @ turn.T + (growth - squares) * kappa

    return function


def paths(growth):
    starts = np.array([[0.1, 0], [2, 0], [0, -1.5]])
    return follow(hopf(growth), starts, step=STEP, n_steps=2000)


def test_a_cycle_is_found_once_with_its_period_and_size():
    (found,) = find_cycles(paths(1.0), step=STEP, tolerance=0.05)
    assert found.period == pytest.approx(2 * np.pi / 1.5, rel=0.02)
    assert found.amplitude == pytest.approx(1, rel=0.03)
    assert len(found.path) == pytest.approx(found.period / STEP, abs=2)


def test_a_spiral_into_rest_is_no_cycle():
    assert not find_cycles(paths(-0.3), step=STEP, tolerance=0.05)


def test_a_path_that_does_not_return_is_no_cycle():
    drifting = follow(lambda k: k + 1, np.zeros((1, 2)), step=STEP, n_steps=500)
    assert not find_cycles(drifting, step=STEP, tolerance=0.05)
    walk = np.random.default_rng(0).standard_normal((2000, 1, 2)).cumsum(axis=0)
    assert not find_cycles(walk, step=STEP, tolerance=0.05)
