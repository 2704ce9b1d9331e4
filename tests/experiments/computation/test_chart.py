"""The chart of designed networks whose attractors theory knows, measured in spikes."""

import numpy as np
from brian2 import ms
from spikemodes.experiments.computation.chart import Survey, chart
from spikemodes.models import LIF, ClampedModes, DesignedModes, DoubleExponential, ModeNetwork

N = 200
BASELINE, SPREAD = 0.23, 0.25
"""Drive of the cells: that it differs makes their mean f-I curve smooth without noise."""


def charted(overlaps, reach=0.8):
    """The chart of a network with these overlaps, in units of N κ."""
    rng = np.random.default_rng(3)
    modes, _ = DesignedModes.with_overlaps(np.array(overlaps)).draw(N, rng)
    drive = BASELINE + SPREAD * rng.standard_normal((N, 1))
    network = ModeNetwork(
        modes=modes,
        neuron=LIF(),
        filter=DoubleExponential(),
        W_in=drive,
        W_out=np.zeros((1, N)),
        dt=2 * ms,
    )
    clamp = ClampedModes(network, n_steps=150, at_once=60, target="numpy")
    p = modes.n_modes
    bounds = reach * N * np.stack([-np.ones(p), np.ones(p)])
    on = np.ones((1000, 1))
    return chart(
        lambda kappa: clamp.responses(kappa, on[: len(kappa)]),
        Survey(bounds, tuple(range(p))),
        np.zeros((1, p)),
    )


def test_two_planted_attractors_are_found_with_the_saddle_between_them():
    found = charted([[6.0]])
    assert [point.stable for point in found.points] == [True, True, False]
    low, high, middle = (float(point.kappa[0]) / N for point in sorted_points(found.points))
    assert low < -0.3
    assert high > 0.3
    assert abs(middle) < 0.1
    assert found.points[-1].eigenvalues[0].real > 1.3
    assert not found.cycles
    assert found.plane_flow.shape == (0, 121, 1)
    inner = np.abs(found.grid[:, 0] / N) < 0.3
    outwards = np.sign(found.flow) == np.sign(found.grid - N * middle)
    assert outwards[inner].mean() > 0.9


def sorted_points(points):
    low, high = sorted(points[:2], key=lambda point: point.kappa[0])
    return low, high, points[2]


def test_overlaps_below_the_bifurcation_leave_one_state_at_rest():
    (found,) = charted([[1.0]]).points
    assert found.stable
    assert abs(found.kappa[0]) < 0.05 * N


def test_a_designed_rotation_makes_a_limit_cycle_about_an_unstable_focus():
    found = charted([[6.0, -6], [6, 6]])
    (focus,), (cycle,) = found.points, found.cycles
    assert not focus.stable
    assert np.abs(np.imag(focus.eigenvalues)).min() > 1
    assert np.linalg.norm(focus.kappa) < 0.1 * N
    # κ' = (J - 1) κ turns by the imaginary part of J in a time constant where it starts
    assert 0.5 < cycle.period / (2 * np.pi / abs(focus.eigenvalues[0].imag)) < 2.5
    assert 0.3 < cycle.amplitude / N < 0.8
