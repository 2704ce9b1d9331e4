"""Firing rates: all of them count the same spikes."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from spikemodes.analysis import binned_rate, neuron_rates, single_trial_rates, smoothed_rate

SIZE = {"n_neurons": 7, "n_trials": 3, "n_steps": 100, "dt": 0.002}


def events(seed=0, probability=0.05):
    rng = np.random.default_rng(seed)
    return np.argwhere(rng.random((100, 3, 7)) < probability)


def test_regular_neuron_fires_at_its_rate():
    steps = np.arange(0, 100, 10)
    spikes = np.column_stack([steps, np.zeros_like(steps), np.full_like(steps, 4)])
    rates = neuron_rates(spikes, **SIZE | {"n_trials": 1})
    np.testing.assert_allclose(rates, np.eye(7)[4] * 50)


@given(seed=st.integers(0, 100), bin_steps=st.integers(1, 120))
def test_every_rate_has_the_same_mean(seed, bin_steps):
    spikes = events(seed)
    mean = len(spikes) / (7 * 3 * 0.2)
    times, rates = binned_rate(spikes, **SIZE, bin_size=bin_steps * 0.002)
    n_full = 100 // bin_steps
    durations = np.full(len(rates), bin_steps * 0.002)
    durations[n_full:] = (100 - n_full * bin_steps) * 0.002
    assert rates @ durations / 0.2 == pytest.approx(mean)
    np.testing.assert_allclose(times, np.cumsum(durations) - durations / 2)
    assert smoothed_rate(spikes, **SIZE, sigma=0.01).mean() == pytest.approx(mean)
    assert neuron_rates(spikes, **SIZE).mean() == pytest.approx(mean)


def test_smoothing_spreads_a_spike_as_a_gaussian():
    rate = smoothed_rate(np.array([[50, 0, 0]]), **SIZE, sigma=0.01)
    times = (np.arange(100) - 50) * 0.002
    expected = np.exp(-(times**2) / (2 * 0.01**2)) / (0.01 * np.sqrt(2 * np.pi)) / 21
    np.testing.assert_allclose(rate, expected, atol=1e-3 * expected.max())


def test_silence_has_rate_zero():
    silence = np.zeros((0, 3), int)
    assert not neuron_rates(silence, **SIZE).any()
    assert not binned_rate(silence, **SIZE, bin_size=0.01)[1].any()
    assert not smoothed_rate(silence, **SIZE, sigma=0.01).any()


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="`spikes` must lie within"):
        neuron_rates(np.array([[0, 3, 0]]), **SIZE)
    with pytest.raises(ValueError, match=r"np\.argwhere"):
        neuron_rates(np.zeros((100, 3, 7), bool), **SIZE)
    with pytest.raises(ValueError, match="`bin_size` must be a whole number"):
        binned_rate(events(), **SIZE, bin_size=0.003)
    with pytest.raises(ValueError, match="`sigma` must be positive"):
        smoothed_rate(events(), **SIZE, sigma=0)
    with pytest.raises(ValueError, match="`dt` must be positive"):
        neuron_rates(events(), n_neurons=7, n_trials=3, n_steps=100, dt=0.0)


def test_rates_of_single_trials_look_back_and_keep_the_mean():
    spikes = np.array([[4, 1, 2], [5, 1, 2], [12, 0, 0]])
    shape = {"n_neurons": 3, "n_trials": 2, "n_steps": 13, "dt": 0.002}
    counts = single_trial_rates(spikes, **shape, n_bins=6, tau=0)  # the step left over is not used
    assert counts.shape == (6, 2, 3)
    assert counts.sum() == counts[2, 1, 2] == pytest.approx(2 / 0.004)
    found = single_trial_rates(spikes, **shape, n_bins=6, tau=0.01)[:, 1, 2]
    decay = np.exp(-0.4)
    expected = np.array([0, 0, 1, decay, decay**2, decay**3]) * (1 - decay) * 500
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    steady = np.argwhere(np.ones((400, 1, 1), bool))
    alone = {"n_neurons": 1, "n_trials": 1, "n_steps": 400, "dt": 0.01}
    rates = single_trial_rates(steady, **alone, n_bins=200, tau=0.05)
    assert rates[-1, 0, 0] == pytest.approx(100, rel=1e-4)


def test_bins_and_time_constants_that_there_cannot_be_are_refused():
    shape = {"n_neurons": 3, "n_trials": 2, "n_steps": 13, "dt": 0.002}
    with pytest.raises(ValueError, match="`n_bins` must be between 1 and 13 steps: got 14"):
        single_trial_rates(np.zeros((0, 3), int), **shape, n_bins=14, tau=0.01)
    with pytest.raises(ValueError, match="`tau` must be zero or positive"):
        single_trial_rates(np.zeros((0, 3), int), **shape, n_bins=2, tau=-1.0)
