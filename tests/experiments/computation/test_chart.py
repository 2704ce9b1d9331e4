"""The chart of designed networks whose attractors theory knows, measured in spikes."""

from dataclasses import replace

import numpy as np
import pytest
from brian2 import ms
from spikemodes.analysis import find_cycles
from spikemodes.experiments.computation.chart import Survey, chart
from spikemodes.models import (
    LIF,
    ClampedModes,
    DesignedModes,
    DoubleExponential,
    ModeNetwork,
    Trials,
    simulate,
)

N, STEP = 200, 2e-3
BASELINE, SPREAD = 0.23, 0.25
"""Drive of the cells: that it differs makes their mean f-I curve smooth without noise."""


def network_of(overlaps):
    rng = np.random.default_rng(3)
    modes, _ = DesignedModes.with_overlaps(np.array(overlaps)).draw(N, rng)
    return ModeNetwork(
        modes=modes,
        neuron=LIF(),
        filter=DoubleExponential(),
        W_in=BASELINE + SPREAD * rng.standard_normal((N, 1)),
        W_out=np.zeros((1, N)),
        dt=STEP * 1e3 * ms,
    )


def charted(network, reach=0.8):
    """The chart of a network, over states up to `reach` N."""
    clamp = ClampedModes(network, n_steps=150, at_once=60, target="numpy")
    bounds = reach * N * np.outer([-1.0, 1.0], np.ones(network.n_modes))
    return chart(
        lambda kappa: clamp.responses(kappa, np.ones((len(kappa), 1))),
        Survey(bounds, tuple(range(network.n_modes))),
        np.zeros((1, network.n_modes)),
    )


def free(network, n_steps=600):
    """Its κ where nothing is held (T × 2 × P), kicked along the first mode, up and down."""
    inputs = np.zeros((n_steps, 2, 2))
    inputs[..., 0] = 1
    inputs[:50, :, 1] = 0.3, -0.3
    kicked = np.column_stack([network.W_in, network.modes.xi_in[:, 0]])
    trials = Trials(inputs, network.dt)
    return simulate(replace(network, W_in=kicked), trials, target="numpy").modes


def test_two_planted_attractors_are_found_with_the_saddle_between_them():
    network = network_of([[6.0]])
    found = charted(network)
    assert [point.stable for point in found.points] == [True, True, False]
    low, high, middle = (float(point.kappa[0]) / N for point in sorted_points(found.points))
    assert low < -0.3
    assert high > 0.3
    assert abs(middle) < 0.1
    assert found.points[-1].eigenvalues[0].real > 1.3
    assert not found.cycles
    assert found.plane_flow.shape == (0, 121, 1)
    ends = free(network)[-200:].mean(axis=0)[:, 0] / N
    np.testing.assert_allclose(ends, [high, low], atol=0.05 * (high - low))
    inner = np.abs(found.grid[:, 0] / N) < 0.3
    outwards = np.sign(found.flow) == np.sign(found.grid - N * middle)
    assert outwards[inner].mean() > 0.9


def sorted_points(points):
    low, high = sorted(points[:2], key=lambda point: point.kappa[0])
    return low, high, points[2]


def test_overlaps_below_the_bifurcation_leave_one_state_at_rest():
    (found,) = charted(network_of([[1.0]])).points
    assert found.stable
    assert abs(found.kappa[0]) < 0.05 * N


def test_a_designed_rotation_makes_a_limit_cycle_about_an_unstable_focus():
    network = network_of([[6.0, -6], [6, 6]])
    found = charted(network)
    (focus,), (cycle,) = found.points, found.cycles
    assert not focus.stable
    assert np.abs(np.imag(focus.eigenvalues)).min() > 1
    assert np.linalg.norm(focus.kappa) < 0.1 * N
    assert 0.3 < cycle.amplitude / N < 0.8
    course = free(network, 1000)[300:, 0]
    (seen,) = find_cycles(np.tile(course, (2, 1))[:, None], step=STEP / 30e-3, tolerance=0.5 * N)
    assert 1 < seen.period / cycle.period < 2  # cells take time to answer
    assert seen.amplitude == pytest.approx(cycle.amplitude, rel=0.4)
