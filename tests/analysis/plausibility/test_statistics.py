"""Spike statistics of frozen trials: processes whose values are known."""

import numpy as np
import pytest
from spike_processes import DT, bernoulli, rates
from spikemodes.analysis import Repeats, distributions
from spikemodes.analysis.plausibility import surrogates
from spikemodes.analysis.plausibility.irregularity import irregularity
from spikemodes.analysis.plausibility.variability import correlation, fano_factor

RNG = np.random.default_rng(0)


def frozen_trials(raster):
    return Repeats.of_raster(raster, DT)


def constant(hz, n=20, conditions=2, repeats=60, steps=1000, seed=0):
    rng = np.random.default_rng(seed)
    return frozen_trials(rng.random((conditions, repeats, steps, n)) < hz * DT)


def test_a_regular_neuron_has_no_irregularity():
    raster = np.zeros((1, 4, 500, 2), bool)
    raster[:, :, ::25, 0] = True
    found = Repeats.of_raster(raster, DT)
    assert found.rates.tolist() == [20.0, 0.0]
    assert not found.varies
    assert irregularity(found).cv[0] == pytest.approx(0, abs=0.1)
    assert irregularity(found).cv2[0] == pytest.approx(0, abs=0.1)
    assert np.isnan(irregularity(found).cv[1])


@pytest.mark.parametrize("hz", [10.0, 30.0])
def test_poisson_trains_have_variations_of_one(hz):
    found = irregularity(constant(hz))
    assert np.nanmean(found.cv) == pytest.approx(1, abs=0.05)
    assert np.nanmean(found.cv2) == pytest.approx(1, abs=0.07)


def test_a_change_of_the_rate_is_no_irregularity():
    rng = np.random.default_rng(0)
    p = np.repeat([10.0, 60.0], 500)[:, None] * DT
    found = irregularity(frozen_trials(rng.random((1, 60, 1000, 10)) < p))
    assert np.nanmean(found.cv) == pytest.approx(1, abs=0.08)  # 1.4 in ordinary time


def test_trials_of_few_spikes_are_left_out():
    assert np.isnan(irregularity(constant(1.0)).cv).all()


@pytest.mark.parametrize("repeats", [5, 10, 50])
def test_the_fano_factor_of_counts_is_unbiased(repeats):
    values = [
        fano_factor(constant(20.0, repeats=repeats, seed=seed), RNG).value for seed in range(5)
    ]
    assert np.mean(values) == pytest.approx(1 - 20.0 * DT, abs=0.03)


def test_the_fano_factor_does_not_take_the_difference_of_stimuli_for_noise():
    raster = np.zeros((2, 10, 500, 3), bool)
    raster[0, :, ::10] = True
    raster[1, :, ::5] = True
    assert fano_factor(Repeats.of_raster(raster, DT), RNG).value == pytest.approx(0, abs=1e-12)


def test_rates_that_differ_between_trials_raise_it():
    rng = np.random.default_rng(0)
    gain = rng.choice([5.0, 35.0], (1, 200, 1, 1))
    found = fano_factor(frozen_trials(rng.random((1, 200, 500, 10)) < gain * DT), RNG)
    assert found.value == pytest.approx(1 + 15.0**2 * 0.1 / 20.0, rel=0.15)
    assert found.low < found.value < found.high


def test_the_fano_factor_matches_the_means_of_windows():
    """A window of high rates and high Fano factors has no say where no other has its rates."""
    rng = np.random.default_rng(0)
    slow, fast = (rng.random((1, 200, 50, 40)) < hz * DT for hz in (10.0, 80.0))
    fast[:, ::2] = False
    mixed = np.concatenate([slow, fast], axis=2)
    mixed[:, :, 50:, :20] = slow[:, :, :, :20]  # half of the neurons stay as they were
    assert fano_factor(frozen_trials(mixed), RNG).value == pytest.approx(1, abs=0.1)


def test_a_shared_source_correlates_counts():
    rng = np.random.default_rng(0)
    shared = rng.random((2, 300, 250, 1)) < 0.02
    own = rng.random((2, 300, 250, 6)) < 0.02
    both = frozen_trials(shared | own)
    for window in (0.5, 0.006):
        found = correlation(both, window, RNG)
        assert found.value == pytest.approx(0.5, abs=0.05)
        assert found.low <= found.value <= found.high
    alone = correlation(frozen_trials(own), 0.5, RNG)
    assert alone.low < 0 < alone.high


def test_signal_is_no_correlation():
    raster = np.random.default_rng(0).random((1, 60, 500, 4)) < 0.01
    raster[:, :, ::50] = True  # locked to the stimulus
    found = correlation(Repeats.of_raster(raster, DT), 0.005, RNG)
    assert abs(found.value) < 0.01


def test_windows_lie_within_trials():
    raster = np.zeros((1, 2, 70, 1), bool)
    raster[:, 0, 60:] = True
    counts = frozen_trials(raster).counts(0.1)
    assert counts.shape == (1, 2, 1, 1)  # 50 of 70 steps: the rest is in no window
    assert not counts.any()
    assert frozen_trials(raster).counts(9.0).sum() == 10


@pytest.mark.parametrize("make", [surrogates.poisson, surrogates.regular])
def test_surrogates_keep_the_rates_of_each_neuron_condition_and_time(make):
    real = bernoulli(0, rates(0, 20, 30.0), repeats=200)
    other = make(real, np.random.default_rng(1))
    expected = real.counts(0.1).mean(axis=1)
    np.testing.assert_allclose(other.counts(0.1).mean(axis=1), expected, atol=0.9)
    np.testing.assert_allclose(other.rates, real.rates, rtol=0.1)
    assert other.spikes[:, 2].max() < real.n_steps


def test_regular_neurons_have_a_fano_factor_far_below_one():
    other = surrogates.regular(constant(30.0), np.random.default_rng(1))
    assert fano_factor(other, RNG).value < 0.3
    assert np.nanmean(irregularity(other).cv) == pytest.approx(0.2, abs=0.03)


def test_distributions_are_of_neurons_and_pairs():
    found = distributions(bernoulli(0, rates(0, 8)))
    assert found.cv.shape == found.fano.shape == found.rates.shape == (8,)
    assert found.correlations.shape == (8 * 7 // 2,)
    silent = distributions(bernoulli(0, np.zeros(8)))
    assert np.isnan(silent.cv).all()
    assert silent.correlations.shape == (0,)


def test_one_repeat_and_events_outside_are_refused():
    with pytest.raises(ValueError, match="`n_repeats` must be 2 or more"):
        Repeats(np.zeros((0, 4), int), 1, 1, 10, 3, DT)
    with pytest.raises(ValueError, match="`spikes` must lie within"):
        Repeats(np.array([[0, 0, 10, 0]]), 1, 2, 10, 3, DT)
