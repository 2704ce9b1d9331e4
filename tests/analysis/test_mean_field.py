"""The mean field of LIF cells: closed forms, and cells and networks simulated beside it."""

from dataclasses import dataclass

import numpy as np
import pytest
from brian2 import (
    Hz,
    Network,
    NeuronGroup,
    PoissonInput,
    SpikeMonitor,
    Synapses,
    defaultclock,
    ms,
    prefs,
    second,
    seed,
)
from scipy.integrate import quad
from scipy.special import erfc
from spikemodes.analysis import LIFCells, RandomNetwork

TAU, REFRACTORY = 0.02, 0.002
EARLY = 0.2  # [s]


def published_integral(lower, upper):
    return quad(lambda x: np.exp(x**2) * erfc(-x), lower, upper)[0]


@pytest.mark.parametrize("mu", [-0.5, 0.4, 0.8, 1.0, 1.3, 3.0])
@pytest.mark.parametrize("sigma", [0.3, 0.6, 2.0])
def test_the_rate_is_that_of_siegert(mu, sigma):
    integral = published_integral((0.1 - mu) / sigma, (1 - mu) / sigma)
    expected = 1 / (REFRACTORY + TAU * np.sqrt(np.pi) * integral)
    found = LIFCells(TAU, REFRACTORY, reset=0.1).rate(mu, sigma)
    assert found == pytest.approx(expected, rel=1e-8)


def test_with_little_noise_the_rate_is_that_of_the_cell_without():
    expected = 1 / (REFRACTORY + TAU * np.log(1.5 / 0.5))
    assert LIFCells(TAU, REFRACTORY).rate(1.5, 1e-3) == pytest.approx(expected, rel=1e-5)


def test_rates_far_below_and_above_threshold_are_numbers():
    mu, sigma = np.array([-100.0, 0.0, 1e6]), np.array([0.01, 0.05, 0.01])
    rates = LIFCells(TAU, REFRACTORY).rate(mu, sigma)
    np.testing.assert_allclose(rates[[0, 2]], [0, 1 / REFRACTORY], rtol=1e-4)
    assert 0 < rates[1] < 1e-100


def test_filtered_noise_acts_as_a_threshold_and_a_reset_that_are_higher():
    shift = 1.4603545 / np.sqrt(2) * np.sqrt(0.1) * 0.4
    shifted = LIFCells(TAU, threshold=1 + shift, reset=shift).rate(0.8, 0.4)
    assert LIFCells(TAU, tau_syn=0.1 * TAU).rate(0.8, 0.4) == pytest.approx(shifted)


@dataclass(frozen=True)
class Found:
    rate: float
    cv: float
    correlation: float


def simulated(weights, indegrees, mu_ext, *, sizes, reset=0.0, tau_syn=0.0, duration=1.2):
    """Cells with the same number of inputs each, beside a Poisson input like the excitatory."""
    rng, n = np.random.default_rng(1), sum(sizes)
    seed(1)
    defaultclock.dt = 0.1 * ms
    target, scale = ("c", TAU / tau_syn) if tau_syn else ("v", 1.0)
    equations = (
        "dv/dt = (c - v)/tau_mem : 1 (unless refractory)\ndc/dt = -c/tau_s : 1"
        if tau_syn
        else "dv/dt = -v/tau_mem : 1 (unless refractory)"
    )
    cells = NeuronGroup(
        n,
        equations,
        threshold="v > 1",
        reset="v = v_r",
        refractory=REFRACTORY * second,
        method="exact",
        namespace={"tau_mem": TAU * second, "tau_s": tau_syn * second, "v_r": reset},
    )
    cells.v = rng.random(n)
    objects = [cells, SpikeMonitor(cells)]
    first = 0
    for size, weight, degree in zip(sizes, weights, indegrees, strict=True):
        if not degree:
            continue
        synapses = Synapses(
            cells, cells, on_pre=f"{target}_post += {scale * weight}", delay=1.5 * ms
        )
        pre = [first + rng.choice(size, degree, replace=False) for _ in range(n)]
        synapses.connect(i=np.concatenate(pre), j=np.repeat(np.arange(n), degree))
        objects.append(synapses)
        first += size
    rate = mu_ext / (160 * weights[0] * TAU) * Hz
    objects.append(PoissonInput(cells, target, N=160, rate=rate, weight=scale * weights[0]))
    Network(*objects).run(duration * second)
    i, t = np.asarray(objects[1].i), np.asarray(objects[1].t)
    i, t = i[t > EARLY], t[t > EARLY]
    intervals = [np.diff(t[i == k]) for k in range(n)]
    bins = np.arange(EARLY, duration + 1e-9, 0.02)
    counts = np.histogram2d(i, t, bins=[np.arange(n + 1), bins])[0]
    counts = counts[counts.any(axis=1)][:500]
    pairs = np.corrcoef(counts)[np.triu_indices(len(counts), 1)]
    cvs = [x.std() / x.mean() for x in intervals if len(x) >= 5]
    return Found(len(t) / n / (duration - EARLY), float(np.mean(cvs)), float(pairs.mean()))


@pytest.fixture
def numpy_target():
    before = prefs["codegen.target"]
    prefs["codegen.target"] = "numpy"
    yield
    prefs["codegen.target"] = before


@pytest.mark.usefixtures("numpy_target")
@pytest.mark.parametrize(("mu", "weight"), [(0.85, 0.05), (1.1, 0.03)])
@pytest.mark.parametrize(("tau_syn", "off"), [(0.001, 0.05), (0.002, 0.05), (0.005, 0.12)])
def test_cells_under_poisson_input_fire_at_that_rate(mu, weight, tau_syn, off):
    found = simulated([weight], [0], mu, sizes=[400], tau_syn=tau_syn)
    cells = LIFCells(TAU, REFRACTORY, tau_syn=tau_syn)
    assert found.rate == pytest.approx(cells.rate(mu, np.sqrt(mu * weight)), rel=off)


@pytest.mark.usefixtures("numpy_target")
@pytest.mark.parametrize(
    ("weight", "g", "mu_ext", "reset", "tau_syn"),
    [
        (0.02, 6, 2.0, 0.5, 0.0),  # the network of Brunel: potentials of 10, 20 and 0.4 mV
        (0.05, 8, 2.0, 0.0, 0.002),
        (0.06, 6, 1.5, 0.0, 0.005),
    ],
)
def test_a_network_dominated_by_inhibition_is_asynchronous_irregular_at_its_rate(
    weight, g, mu_ext, reset, tau_syn
):
    weights, indegrees = [weight, -g * weight], [160, 40]  # 10 % of 1600 and of 400
    found = simulated(weights, indegrees, mu_ext, sizes=[1600, 400], reset=reset, tau_syn=tau_syn)
    rates = RandomNetwork(
        LIFCells(TAU, REFRACTORY, tau_syn=tau_syn, reset=reset),
        np.array([weights, weights]),
        np.array([indegrees, indegrees], float),
        np.full(2, mu_ext),
        np.full(2, np.sqrt(mu_ext * weight)),
    ).rates()
    assert rates[0] == pytest.approx(rates[1])
    assert found.rate == pytest.approx(rates[0], rel=0.1)
    assert 0.7 < found.cv < 1.2
    assert abs(found.correlation) < 0.05


def two_populations(cells=None, spread=0.0, **changed):
    parts = {
        "weights": np.array([[0.02, -0.1], [0.03, -0.12]]),
        "indegrees": np.array([[80.0, 20.0], [80.0, 20.0]]),
        "mu_ext": np.array([1.2, 1.1]),
        "sigma_ext": np.array([0.2, 0.3]),
    }
    return RandomNetwork(cells or LIFCells(TAU, REFRACTORY), **(parts | changed), spread=spread)


def test_the_rates_of_a_network_make_themselves():
    network = two_populations(LIFCells(np.array([0.02, 0.01]), REFRACTORY))
    rates = network.rates()
    assert rates[0] != pytest.approx(rates[1])
    np.testing.assert_allclose(network.cells.rate(*network.inputs(rates)), rates, rtol=1e-5)


def test_without_connections_rates_are_those_of_cells_alone():
    network = two_populations(weights=np.zeros((2, 2)))
    alone = network.cells.rate(network.mu_ext, network.sigma_ext)
    np.testing.assert_allclose(network.rates(), alone, rtol=1e-6)


def test_a_silent_network_is_silent():
    quiet = two_populations(mu_ext=np.zeros(2), sigma_ext=np.full(2, 0.01))
    np.testing.assert_array_equal(quiet.rates(), 0)


def test_unequal_weights_add_noise_alone():
    rates = np.array([5.0, 9.0])
    (mu, sigma), (same, more) = (two_populations(spread=cv).inputs(rates) for cv in (0.0, 1.0))
    np.testing.assert_array_equal(same, mu)
    external = two_populations().sigma_ext ** 2
    np.testing.assert_allclose(more**2 - external, 2 * (sigma**2 - external))


def test_unequal_weights_make_cells_whose_rates_differ():
    forward = {"weights": np.array([[0.0, 0.0], [0.02, 0.0]]), "mu_ext": np.array([1.2, -0.5])}
    (sender, found), plain = (two_populations(spread=cv, **forward).rates() for cv in (0.8, 0.0))
    mu, sigma = two_populations(spread=0.8, **forward).inputs(np.array([sender, 0.0]))
    sums = TAU * np.sqrt(80) * 0.8 * 0.02 * sender * np.random.default_rng(0).normal(size=100_000)
    each = LIFCells(TAU, REFRACTORY).rate(mu[1] + sums, sigma[1])
    assert sender == pytest.approx(plain[0])
    assert found == pytest.approx(each.mean(), rel=0.01)
    assert found > 1.005 * plain[1]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"tau_mem": 0.0}, "`tau_mem` must be positive"),
        ({"refractory": -1e-3}, "`refractory` must be zero or positive"),
        ({"tau_syn": -1e-3}, "`tau_syn` must be zero or positive"),
        ({"reset": 1.0}, "`reset` must be below `threshold`"),
    ],
)
def test_cells_out_of_range_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        LIFCells(**wrong)


def test_noise_and_shapes_out_of_range_are_refused():
    with pytest.raises(ValueError, match="`sigma` must be positive"):
        LIFCells().rate(0.5, 0.0)
    with pytest.raises(ValueError, match="`weights` must be square"):
        two_populations(weights=np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"`mu_ext` must fit the populations .* expected \(2,\)"):
        two_populations(mu_ext=np.ones(3))
