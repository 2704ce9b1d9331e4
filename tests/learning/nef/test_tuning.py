import numpy as np
import pytest
from brian2 import ms
from spikemodes.learning.nef.tuning import Bench, Tuning, decoders
from spikemodes.models import LIF, AdEx, DoubleExponential, SingleExponential

BENCH = Bench(LIF(), DoubleExponential(), 2 * ms)


AREA = 2e-3 / -np.expm1(-1)  # under the answer of that filter to a spike [s]


@pytest.fixture(scope="module")
def curve():
    return BENCH.f_i_curve()


def drawn(curve, n=60, **changed):
    given = {"radius": 2.0, "intercepts": (0.1, 0.5), "rates": (40, 80)} | changed
    return Tuning.drawn(n, curve, np.random.default_rng(0), **given)


def test_the_f_i_curve_begins_at_the_rheobase_of_the_cell(curve):
    drives, rates = curve
    rheobase = -np.expm1(-0.2)  # I settles at drive/(1 - exp(-dt/tau_syn)), and 1 is threshold
    assert rates[drives < rheobase].max() == 0
    assert rates[drives > 1.2 * rheobase].min() > 0
    assert rates.max() >= 95


def test_cells_begin_to_fire_and_end_where_they_should(curve):
    tuning, x = drawn(curve), np.linspace(-2, 2, 81)
    with_bias = np.column_stack([tuning.encoders, tuning.biases])
    activity = BENCH.tuning(with_bias, np.column_stack([x, np.ones(81)]))
    toward = np.where(tuning.signs > 0, x[:, None], -x[:, None])
    assert activity[toward < 0.05 * 2].max() == 0
    fastest = np.where(tuning.signs > 0, activity[-1], activity[0]) / AREA
    assert fastest.min() > 36
    assert fastest.max() < 88


@pytest.mark.parametrize("filter", [DoubleExponential(2 * ms, 50 * ms), SingleExponential(20 * ms)])
def test_activities_are_the_filtered_spike_trains(filter):
    bench = Bench(LIF(), filter, 2 * ms)
    decoded, _ = bench.outputs(np.ones((1, 1)), np.ones((1, 1)), np.full((1500, 1, 1), 0.4))
    found = bench.tuning(np.ones((1, 1)), np.array([[0.4]]))
    assert found[0, 0] == pytest.approx(decoded[500:].mean(), rel=0.05)


def test_decoders_are_ridge_regression():
    rng = np.random.default_rng(0)
    tuning, wanted = rng.random((40, 5)), rng.normal(size=40)
    exact = decoders(tuning, wanted, 1e-9)
    np.testing.assert_allclose(exact, np.linalg.lstsq(tuning, wanted)[0], atol=1e-8)
    noisy = tuning + 0.3 * tuning.max() * rng.standard_normal((20000, 40, 5))
    of_noisy = np.linalg.lstsq(noisy.reshape(-1, 5), np.tile(wanted, 20000))[0]
    np.testing.assert_allclose(decoders(tuning, wanted, 0.3), of_noisy, atol=0.01)


def test_a_population_decodes_what_it_represents(curve):
    tuning = drawn(curve, intercepts=(-0.9, 0.9))
    x = np.linspace(-2, 2, 41)
    weights = np.column_stack([tuning.encoders, tuning.biases])
    activity = BENCH.tuning(weights, np.column_stack([x, np.ones(41)]))
    for wanted in (x, x**2, np.tanh(x)):
        missed = activity @ decoders(activity, wanted, 0.02) - wanted
        assert np.sqrt(np.mean(missed**2)) < 0.1 * wanted.std()


def test_other_neurons_have_curves_too():
    drives, rates = Bench(AdEx(), DoubleExponential(), 2 * ms).f_i_curve()
    assert rates[0] == 0
    assert rates.max() > 40
    assert (np.diff(drives) > 0).all()


def test_a_neuron_that_never_fires_is_refused():
    silent = Bench(LIF(v_threshold=1e9), DoubleExponential(), 2 * ms)
    with pytest.raises(ValueError, match="`neuron` must fire under a constant drive: LIF does not"):
        silent.f_i_curve()
