"""Spike statistics: processes whose values are known, and cases with too little to tell."""

import numpy as np
import pytest
from spikemodes.analysis import spike_statistics, spike_trains

DT = 0.002


def measure(raster, labels=None):
    n_steps, n_trials, n_neurons = raster.shape
    labels = np.zeros(n_trials, int) if labels is None else labels
    return spike_statistics(
        np.argwhere(raster), labels, n_neurons=n_neurons, n_steps=n_steps, dt=DT
    )


def bernoulli(p, n_steps=500, n_trials=60, n_neurons=5, seed=0):
    return np.random.default_rng(seed).random((n_steps, n_trials, n_neurons)) < p


def test_a_regular_neuron_has_no_variability():
    raster = np.zeros((500, 4, 2), bool)
    raster[::25, :, 0] = True
    found = measure(raster)
    assert found.rates.tolist() == [20.0, 0.0]
    np.testing.assert_allclose([found.cv[0], found.cv2[0], found.fano[0]], 0, atol=1e-12)
    assert np.isnan([found.cv[1], found.cv2[1], found.fano[1]]).all()
    assert np.isnan(found.correlations).all()


def test_independent_draws_have_the_values_of_a_geometric_process():
    p = 0.02
    found = measure(bernoulli(p, n_trials=400))
    # intervals are geometric: CV = √(1-p), and counts binomial: variance/mean = 1-p
    np.testing.assert_allclose(found.cv, np.sqrt(1 - p), atol=0.05)
    np.testing.assert_allclose(found.fano, 1 - p, atol=0.2)
    np.testing.assert_allclose(found.cv2, 1 - p, atol=0.05)
    np.testing.assert_allclose(found.correlations, 0, atol=0.2)
    assert abs(found.synchrony) < 0.01


def test_alternating_intervals_have_their_closed_forms():
    intervals = np.tile([10, 30], 12)
    raster = np.zeros((500, 3, 2), bool)
    raster[np.cumsum(intervals)] = True
    found = measure(raster)
    np.testing.assert_allclose(found.cv2, 2 * 20 / 40)
    # 23 intervals of two kinds, within trials: never from one trial to the next
    inside = intervals[1:]
    np.testing.assert_allclose(found.cv, inside.std() / inside.mean())
    assert found.synchrony == pytest.approx(1)


def test_a_shared_source_correlates_counts():
    rng = np.random.default_rng(0)
    shared = bernoulli(0.02, n_trials=2000, n_neurons=1, seed=1, n_steps=100)
    own = bernoulli(0.02, n_trials=2000, n_neurons=2, seed=2, n_steps=100)
    found = measure(shared | own)
    assert found.correlations == pytest.approx(0.5, abs=0.05)
    assert found.synchrony == pytest.approx(0.5, abs=0.05)
    shuffled = (shared | own)[:, :, 0], own[:, rng.permutation(2000), 1]
    assert measure(np.stack(shuffled, axis=2)).correlations == pytest.approx(0, abs=0.08)


def test_differences_between_conditions_are_signal_not_variability():
    labels = np.arange(40) % 2
    raster = np.zeros((100, 40, 2), bool)
    raster[::10, labels == 0] = True
    raster[::5, labels == 1] = True
    np.testing.assert_allclose(measure(raster, labels).fano, 0)
    np.testing.assert_allclose(measure(raster, labels).cv, 0, atol=1e-12)
    assert (measure(raster).fano > 1).all()
    assert measure(raster).correlations == pytest.approx(1)
    assert np.isnan(measure(raster, labels).correlations).all()


def test_the_active_are_those_above_20_hz():
    raster = np.zeros((100, 10, 4), bool)
    raster[:50:5, :, 0] = True  # 100 Hz in half of the bins
    raster[::50, :, 1] = True  # 10 Hz on average
    assert measure(raster).active == pytest.approx(0.5 / 4 + 0.0)


def test_trains_hold_each_neuron_with_trials_in_a_row():
    spikes = np.array([[3, 0, 1], [3, 1, 1], [0, 1, 0]])
    first, second = spike_trains(spikes, n_neurons=2, n_trials=2, n_steps=10, dt=DT)
    np.testing.assert_allclose(first.magnitude, [10.5 * DT])
    np.testing.assert_allclose(second.magnitude, [3.5 * DT, 13.5 * DT])
    assert str(first.t_stop) == "0.04 s"


def test_silence_and_single_trials_say_nothing():
    silent = measure(np.zeros((50, 3, 4), bool))
    assert (silent.rates == 0).all()
    assert np.isnan(silent.fano).all()
    assert np.isnan(silent.synchrony)
    single = measure(bernoulli(0.1, n_trials=1))
    assert np.isnan(single.fano).all()
    assert np.isfinite(single.cv).all()


def test_many_neurons_are_compared_in_a_sample():
    found = measure(bernoulli(0.05, n_steps=20, n_trials=3, n_neurons=400))
    assert found.correlations.shape == (300 * 299 // 2,)


def test_whole_bins_are_not_rounded(caplog):
    for n_trials in (3, 7, 60):  # 3 · 0.1 s is less than 0.3 s in floating point
        measure(bernoulli(0.1, n_steps=50, n_trials=n_trials))
    assert not caplog.records
