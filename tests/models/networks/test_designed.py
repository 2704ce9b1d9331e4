"""Designed modes: the overlaps asked for, and the dynamics that theory says they have."""

from dataclasses import dataclass

import numpy as np
import pytest
from brian2 import ms
from scipy.interpolate import PchipInterpolator
from scipy.optimize import root_scalar
from spikemodes.analysis.figures import LIGHT, draw_branches, draw_cycle
from spikemodes.models import (
    LIF,
    DesignedModes,
    DoubleExponential,
    ModeNetwork,
    Modes,
    Trials,
    simulate as simulate_in_brian2,
)
from spikemodes.models.conditions import MembraneNoise

N, STEP = 1200, 2e-3  # numpy writes smaller arrays out in full for a check of Brian2's
BASELINE = 0.23  # constant drive, at which cells fire at some 20 Hz
KICK = 0.3  # along xi_in, in the first 100 ms
TAU_SYN, TAU_RISE = 10e-3, 2e-3


def network_of(modes, W_in, tau_decay=30):
    return ModeNetwork(
        modes=modes,
        neuron=LIF(),
        filter=DoubleExponential(TAU_RISE * 1e3 * ms, tau_decay * ms),
        W_in=W_in,
        W_out=np.zeros((1, modes.n_neurons)),
        dt=STEP * 1e3 * ms,
    )


def simulate(network, inputs):
    trials, noise = Trials(inputs=inputs, dt=network.dt), [MembraneNoise(0.2)]
    return simulate_in_brian2(network, trials, conditions=noise, seed=1, target="numpy")


def kappa_of(overlaps, kicks, steps, tau_decay=30):
    """xi_outᵀ r / N of networks with these overlaps, kicked along the first xi_in at the start."""
    modes, _ = DesignedModes.with_overlaps(overlaps).draw(N, np.random.default_rng(3))
    inputs = np.zeros((steps, len(kicks), 2))
    inputs[..., 0] = BASELINE
    inputs[:50, :, 1] = kicks
    W_in = np.column_stack([np.ones(N), modes.xi_in[:, 0]])
    recording = simulate(network_of(modes, W_in, tau_decay), inputs)
    assert 15 < recording.rate_hz < 28
    return recording.modes / N


def root_of(function, low, high):
    return root_scalar(function, bracket=(low, high)).root


@dataclass(frozen=True)
class MeanField:
    """The mean field of one Gaussian population of cells with this f-I curve.

    ::

        κ = g ⟨xi_out f(b + xi_in κ)⟩ = g · overlap · κ · ⟨f'(b + z κ)⟩         z ~ N(0, 1)

    by Stein's lemma, g being the area under the answer of the filter to a spike.
    """

    f_i: PchipInterpolator

    def gain(self, kappa):
        """G ⟨f'(b + z κ)⟩; overlap · gain is 1 in a steady state."""
        z, weights = np.polynomial.hermite_e.hermegauss(61)
        drives = np.clip(BASELINE + np.outer(kappa, z), *self.f_i.x[[0, -1]])
        area = STEP / -np.expm1(-STEP / TAU_RISE)
        return area * (self.f_i(drives) * z) @ weights / weights.sum() / kappa

    def overlap_at(self, kappa):
        """The overlap at which ± κ is a steady state."""
        return 1 / self.gain(kappa)

    def state_at(self, overlap):
        """κ > 0 of a steady state."""
        return root_of(lambda k: self.gain(np.array([k]))[0] * overlap - 1, 0.03, 0.6)

    @property
    def critical(self):
        """The overlap beyond which there are such states."""
        return self.overlap_at(np.array([0.03]))[0]


@pytest.fixture(scope="module")
def mean_field():
    """From the f-I curve of the same cells, uncoupled, with the same noise."""
    drives, cells, early = np.linspace(-0.6, 2.0, 131), 25, 100
    drive_of_each = np.repeat(drives, cells)
    uncoupled = np.zeros((len(drive_of_each), 1))
    network = network_of(Modes(uncoupled, np.zeros(1), uncoupled), drive_of_each[:, None])
    recording = simulate(network, np.ones((1100, 1, 1)))
    late = recording.spikes[recording.spikes[:, 0] >= early]
    spikes = np.bincount(late[:, 2] // cells, minlength=len(drives))
    return MeanField(PchipInterpolator(drives, spikes / cells / (1000 * STEP)))


def test_one_mode_has_a_pitchfork_where_the_f_i_curve_puts_it(mean_field, tmp_path):
    critical = mean_field.critical
    relative = np.array([0.6, 0.85, 1.1, 1.25, 1.5, 2.0])
    kappa = [kappa_of(np.array([[r * critical]]), (KICK, -KICK), 650) for r in relative]
    states = np.array([one[400:].mean(axis=0)[:, 0] for one in kappa])
    below, above = relative < 1, relative > 1
    assert np.abs(states[below]).max() < 0.02  # finite size leaves something of the fluctuations
    branch = np.abs(states[above])
    np.testing.assert_array_equal(np.sign(states[above]), [[1, -1]] * above.sum())
    np.testing.assert_allclose(branch[:, 0], branch[:, 1], rtol=0.1)
    of_branch = [mean_field.state_at(r * critical) for r in relative[above]]
    np.testing.assert_allclose(branch.mean(axis=1), of_branch, rtol=0.08)
    near = np.polyfit(branch.mean(axis=1) ** 2, relative[above] * critical, 2)
    assert near[-1] == pytest.approx(critical, rel=0.1)
    grid = np.linspace(0.03, 1.05 * branch.max(), 60)
    figure = draw_branches(
        LIGHT, relative * critical, states, mean_field.overlap_at(grid), np.r_[0, grid[1:]]
    )
    figure.savefig(tmp_path / "pitchfork.png", facecolor="white", dpi=150)


def loop(omega, tau_decay):
    """What the loop does to an oscillation, beside its gain at rest, the cells apart.

    Synaptic current, decay and rise of the filter, and two steps of delay: a spike of step k
    is in r at the end of step k + 1, and in the input of step k + 2.
    """
    z = np.exp(1j * omega * STEP)
    low_pass = [(1 - a) / (1 - a / z) for a in np.exp(-STEP / np.array([*tau_decay, TAU_SYN]))]
    a_rise = np.exp(-STEP / TAU_RISE)
    return np.prod(low_pass) * (1 - a_rise) / (1 - a_rise / z) / z**2


@pytest.mark.parametrize("angle", [0.4, 0.8])
def test_complex_eigenvalues_make_a_limit_cycle_of_their_frequency(mean_field, tmp_path, angle):
    slow = (0.1,)
    omega = root_of(lambda w: np.angle(loop(w, slow)) + angle, 0.01, 20)
    passed = abs(loop(omega, slow))
    size = 1.5 * mean_field.critical / passed
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    kappa = kappa_of(size * rotation, (KICK,), 2000, tau_decay=100)[:, 0]
    settled = kappa[500:] @ [1, 1j]
    turns = np.unwrap(np.angle(settled))
    found = np.polyfit(STEP * np.arange(len(turns)), turns, 1)[0]
    assert found == pytest.approx(omega, rel=0.07)
    radius = mean_field.state_at(size * passed)  # whose oscillation passes the loop unchanged
    assert np.abs(settled).mean() == pytest.approx(radius, rel=0.08)
    assert np.abs(settled).std() < 0.05 * radius
    figure = draw_cycle(LIGHT, STEP * np.arange(1000), kappa[:1000])
    figure.savefig(tmp_path / "cycle.png", facecolor="white", dpi=150)


@pytest.mark.parametrize(
    "relative", [[[1.5, 0.0], [0.0, 1.2]], [[1.5, 0.6], [0.6, 1.2]], [[0.8, 0.0], [0.0, -2.0]]]
)
def test_real_eigenvalues_make_none(mean_field, relative):
    kappa = kappa_of(mean_field.critical * np.array(relative), (KICK,), 1200)[400:, 0]
    assert (kappa.std(axis=0) < 0.01).all()
    stays = np.linalg.eigvalsh(relative).max() > 1
    assert (np.linalg.norm(kappa.mean(axis=0)) > 0.1) == stays


@pytest.mark.parametrize("n_inputs", [0, 2])
def test_the_sample_has_the_means_and_covariances_asked_for(n_inputs):
    rng = np.random.default_rng(0)
    columns = 4 + n_inputs
    root, means = rng.normal(size=(columns, columns)), rng.normal(size=columns)
    designed = DesignedModes(root @ root.T, 2, means)
    modes, W_in = designed.draw(300, np.random.default_rng(1))
    sample = np.hstack([modes.xi_in, modes.xi_out, W_in])
    assert designed.n_inputs == W_in.shape[1] == n_inputs
    np.testing.assert_allclose(sample.mean(axis=0), means, atol=1e-12)
    np.testing.assert_allclose(np.cov(sample.T, bias=True), root @ root.T, atol=1e-10)
    np.testing.assert_allclose(modes.xi_out.T @ modes.xi_in / 300, designed.overlaps, atol=1e-10)


def test_the_eigenvalues_of_the_weights_are_those_of_the_overlaps():
    overlaps = np.array([[1.2, -0.7], [0.9, 0.4]])
    modes, _ = DesignedModes.with_overlaps(overlaps).draw(50, np.random.default_rng(0))
    found = np.linalg.eigvals(modes.dense())
    largest = found[np.argsort(-np.abs(found))][:2]
    expected = np.linalg.eigvals(overlaps)
    np.testing.assert_allclose(np.sort_complex(largest), np.sort_complex(expected), atol=1e-10)


def test_columns_are_gaussian():
    modes, _ = DesignedModes.with_overlaps(np.eye(1)).draw(20000, np.random.default_rng(0))
    fourth = np.mean(modes.xi_in**4)
    assert fourth == pytest.approx(3, rel=0.05)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"covariance": np.ones((2, 3))}, "`covariance` must be square"),
        ({"covariance": np.array([[1.0, 2.0], [2.0, 1.0]])}, "must be positive semidefinite"),
        ({"covariance": np.zeros((2, 2))}, "must be positive semidefinite"),
        ({"covariance": np.array([[1.0, 0.5], [0.0, 1.0]])}, "`covariance` must be symmetric"),
        ({"covariance": np.full((2, 2), np.nan)}, "`covariance` must be finite"),
        ({"n_modes": 2}, "`n_modes` must be 1 or more"),
        ({"n_modes": 0}, "`n_modes` must be 1 or more"),
        ({"means": np.zeros(3)}, r"`means` must be one for each column .* expected \(2,\)"),
    ],
)
def test_what_is_no_gaussian_distribution_of_modes_is_refused(wrong, message):
    right = {"covariance": np.eye(2), "n_modes": 1}
    with pytest.raises(ValueError, match=message):
        DesignedModes(**(right | wrong))


def test_overlaps_and_sizes_out_of_range_are_refused():
    with pytest.raises(ValueError, match="`overlaps` must be square"):
        DesignedModes.with_overlaps(np.ones((1, 2)))
    with pytest.raises(ValueError, match="`private` must be zero or positive"):
        DesignedModes.with_overlaps(np.eye(1), private=-1.0)
    with pytest.raises(ValueError, match="`n_neurons` must be above the number of columns, 2"):
        DesignedModes(np.eye(2), 1).draw(2, np.random.default_rng(0))
