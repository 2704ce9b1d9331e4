"""Importance of modes: its definition, and power laws recovered from exact and random data."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from spikemodes.analysis import fit_power_law, mode_importance


def power_law(p, breaks, exponents):
    """Importance that is a continuous piecewise power law of rank, from 1 at rank 1."""
    x = np.log(np.arange(1, p + 1))
    edges = np.log([1, *breaks, p])
    lengths = np.diff(np.minimum(x[:, None], edges), axis=1).clip(0)
    return np.exp(lengths @ exponents)


def test_scores_and_lengths_weigh_the_same_in_total():
    rng = np.random.default_rng(0)
    xi_in, xi_out, scores = rng.normal(size=(20, 5)), rng.normal(size=(20, 5)), rng.normal(size=5)
    tau = mode_importance(xi_in, scores, xi_out)
    assert tau.sum() == pytest.approx(2 * np.abs(scores).sum())


def test_modes_of_one_length_rank_by_score():
    modes = np.linalg.qr(np.random.default_rng(0).normal(size=(10, 3)))[0]
    tau = mode_importance(modes, np.array([0.1, -3.0, 2.0]), modes)
    assert tau.argsort().tolist() == [0, 2, 1]
    np.testing.assert_allclose(tau, np.array([0.1, 3.0, 2.0]) + 1.7)


def test_full_score_matrix_counts_by_its_diagonal():
    rng = np.random.default_rng(0)
    xi_in, xi_out, sigma = rng.normal(size=(9, 4)), rng.normal(size=(9, 4)), rng.normal(size=(4, 4))
    np.testing.assert_array_equal(
        mode_importance(xi_in, sigma, xi_out), mode_importance(xi_in, np.diag(sigma), xi_out)
    )


@settings(max_examples=30, deadline=None)
@given(exponent=st.floats(-3, -0.05), prefactor=st.floats(1e-3, 1e3), p=st.sampled_from([4, 8, 30]))
def test_single_power_law_is_recovered_and_stays_single(exponent, prefactor, p):
    fit = fit_power_law(prefactor * power_law(p, (), (exponent,)))
    assert fit.n_segments == 1
    assert fit.exponents[0] == pytest.approx(exponent, abs=1e-9)
    assert fit.r_squared == pytest.approx(1)
    np.testing.assert_allclose(fit.fitted, fit.importance)


@pytest.mark.parametrize(
    ("p", "breaks", "exponents"),
    [(30, (9,), (-0.2, -1.5)), (30, (9, 19), (-0.2, -0.6, -1.8)), (20, (6,), (-1.5, -0.1))],
)
def test_breaks_are_found(p, breaks, exponents):
    tau = power_law(p, breaks, np.array(exponents))
    fit = fit_power_law(np.random.default_rng(0).permutation(tau))
    assert fit.breaks == breaks
    assert fit.exponents == pytest.approx(exponents)
    assert min(fit.bic, key=lambda k: fit.bic[k]) == len(exponents)
    assert "explain more than one" in fit.verdict


def test_sorted_draws_of_one_power_law_seldom_gain_segments():
    rng = np.random.default_rng(1)
    fits = [fit_power_law(rng.pareto(2.0, 30) + 1) for _ in range(40)]
    assert sum(fit.n_segments > 1 for fit in fits) <= 6
    assert all("explain no more" in fit.verdict for fit in fits if fit.n_segments == 1)


def test_order_sorts_the_modes():
    tau = np.array([1.0, 4.0, 2.0, 3.0])
    fit = fit_power_law(tau)
    np.testing.assert_array_equal(tau[fit.order], fit.importance)
    np.testing.assert_array_equal(fit.importance, [4, 3, 2, 1])


@pytest.mark.parametrize("p", [1, 3])
def test_too_few_modes_are_not_fitted_and_said_so(p):
    fit = fit_power_law(np.ones(p))
    assert fit.n_segments == 0
    assert fit.verdict.startswith("No fit")


def test_equal_modes_have_exponent_zero():
    fit = fit_power_law(np.full(12, 0.3))
    assert fit.exponents == pytest.approx((0.0,))


def test_break_is_found_among_many_modes():
    fit = fit_power_law(power_law(200, (20,), np.array([-0.3, -2.0])))
    assert fit.breaks == (20,)


@pytest.mark.parametrize("tau", [np.array([1.0, 0.0, 2.0, 1.0]), np.array([1.0, np.nan])])
def test_importance_without_a_logarithm_is_refused(tau):
    with pytest.raises(ValueError, match="`tau` must be"):
        fit_power_law(tau)


def test_modes_that_come_first_are_refused():
    with pytest.raises(ValueError, match="`scores` must be"):
        mode_importance(np.ones((3, 100)), np.ones(3), np.ones((3, 100)))
