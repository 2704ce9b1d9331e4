"""Psychometric curves: counts, intervals, and logistic parameters recovered by the fit."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from spikemodes.analysis import LogisticFit, fit_logistic, psychometric_curve

LEVELS = np.linspace(-1, 1, 9)


def decide(fit, n_trials, seed=0):
    """Offsets, and choices drawn from a psychometric curve."""
    rng = np.random.default_rng(seed)
    offset = rng.choice(LEVELS, n_trials)
    return offset, np.where(rng.random(n_trials) < fit(offset), 1.0, -1.0)


def test_proportions_count_positive_choices():
    offset = np.array([0.5, -0.5, 0.5, 0.5, -0.5])
    curve = psychometric_curve(offset, np.array([1, -1, 1, -1, -1]))
    np.testing.assert_array_equal(curve.offsets, [-0.5, 0.5])
    np.testing.assert_array_equal(curve.n_trials, [2, 3])
    np.testing.assert_allclose(curve.proportion, [0, 2 / 3])


@given(n=st.integers(1, 200), share=st.floats(0, 1))
def test_intervals_are_wilsons(n, share):
    k, z = round(share * n), 1.959963984540054
    curve = psychometric_curve(np.zeros(n), np.where(np.arange(n) < k, 1, -1))
    p = k / n
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert curve.low[0] == pytest.approx(centre - half, abs=1e-9)
    assert curve.high[0] == pytest.approx(centre + half, abs=1e-9)
    assert curve.fit is None


@pytest.mark.parametrize("slope", [4.0, -4.0, 0.0])
def test_slope_and_bias_are_recovered(slope):
    fit = fit_logistic(*decide(LogisticFit(0.7, slope, 0.0, False), 20_000))
    assert fit.slope == pytest.approx(slope, abs=0.2)
    assert fit.bias == pytest.approx(0.7, abs=0.1)
    assert fit.lapse == 0
    assert not fit.separated


def test_lapse_rate_is_recovered_where_asked_for():
    trials = decide(LogisticFit(0.0, 10.0, 0.1, False), 20_000)
    fit = fit_logistic(*trials, max_lapse=0.3)
    assert fit.lapse == pytest.approx(0.1, abs=0.02)
    assert fit.slope == pytest.approx(10, rel=0.1)
    assert fit_logistic(*trials).slope < 8


@settings(max_examples=30, deadline=None)
@given(scale=st.floats(1e-3, 1e3))
def test_fit_does_not_depend_on_the_unit_of_the_offset(scale):
    offset, choice = decide(LogisticFit(0.3, 3.0, 0.0, False), 300)
    fit, scaled = fit_logistic(offset, choice), fit_logistic(scale * offset, choice)
    assert scaled.slope * scale == pytest.approx(fit.slope, rel=1e-3)
    assert scaled.bias == pytest.approx(fit.bias, abs=1e-3)


@pytest.mark.parametrize("sign", [1, -1])
def test_perfect_separation_gives_a_bounded_step_and_says_so(sign):
    offset = np.array([-1.0, 0.1, 0.3, 1.0])
    fit = fit_logistic(offset, sign * np.array([-1, -1, 1, 1]))
    assert fit.separated
    assert np.isfinite(fit.slope)
    assert fit(np.array([0.2])) == pytest.approx([0.5])
    assert np.sign(fit.slope) == sign
    assert fit.verdict == "separated at the levels tested: no slope can be estimated"
    assert np.isnan([fit.slope_low, fit.slope_high]).all()


def test_separation_but_for_one_level_goes_through_its_share():
    offset = np.array([-1.0, 0.2, 0.2, 0.2, 0.2, 1.0])
    fit = fit_logistic(offset, np.array([-1, 1, 1, 1, -1, 1]))
    assert fit.separated
    assert fit(np.array([-1.0, 0.2, 1.0])) == pytest.approx([0, 0.75, 1], abs=1e-6)


def test_one_sided_choices_stay_finite():
    fit = fit_logistic(LEVELS, np.ones(9))
    assert np.isfinite([fit.bias, fit.slope]).all()
    assert (fit(LEVELS) > 0.99).all()
    assert np.isnan(fit.slope_low)
    assert "all alike" in fit.verdict


def test_the_interval_of_the_slope_holds_the_truth_as_often_as_it_says():
    truth = LogisticFit(0.3, 3.0, 0.0, False)
    offset, rng = np.tile(LEVELS, 40), np.random.default_rng(1)
    fits = [fit_logistic(offset, truth(offset) - rng.random(len(offset))) for _ in range(200)]
    held = np.mean([fit.slope_low <= truth.slope <= fit.slope_high for fit in fits])
    assert held == pytest.approx(0.95, abs=0.04)
    widths = [fit.slope_high - fit.slope_low for fit in fits]
    spread = np.std([fit.slope for fit in fits])
    assert np.mean(widths) == pytest.approx(2 * 1.96 * spread, rel=0.15)
    assert f"({fits[0].slope_low:.3g} to " in fits[0].verdict


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="`offset` must have two levels"):
        fit_logistic(np.zeros(3), np.ones(3))
    with pytest.raises(ValueError, match="one value per trial"):
        psychometric_curve(np.zeros(3), np.ones(2))
    with pytest.raises(ValueError, match="must be finite"):
        psychometric_curve(np.zeros(2), np.array([np.nan, 1]))
    with pytest.raises(ValueError, match="`max_lapse`"):
        fit_logistic(LEVELS, LEVELS, max_lapse=0.5)
