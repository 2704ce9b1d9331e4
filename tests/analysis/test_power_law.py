"""Laws over ranks: planted ones are found, and networks before learning have none."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from spikemodes.analysis import fit_power_law, mode_importance


def untrained(p, n_networks, seed, n=100):
    """Importance in networks before learning: modes of variance 1/P, scores of variance 1/N."""
    rng = np.random.default_rng(seed)
    xi_in, xi_out = rng.normal(size=(2, n_networks, n, p)) / np.sqrt(p)
    scores = rng.normal(size=(n_networks, p)) / np.sqrt(n)
    return np.stack([mode_importance(*each) for each in zip(xi_in, scores, xi_out, strict=True)])


BEFORE = {p: untrained(p, 400, seed=0) for p in (8, 20, 30, 100)}


def power_law(p, breaks, exponents):
    """Importance that is a continuous piecewise power law of rank, from 1 at rank 1."""
    x = np.log(np.arange(1, p + 1))
    edges = np.log([1, *breaks, p])
    lengths = np.diff(np.minimum(x[:, None], edges), axis=1).clip(0)
    return np.exp(lengths @ exponents)


@settings(max_examples=30, deadline=None)
@given(exponent=st.floats(-3, -0.05), prefactor=st.floats(1e-3, 1e3), p=st.sampled_from([8, 30]))
def test_a_single_power_law_is_recovered_and_stays_single(exponent, prefactor, p):
    fit = fit_power_law(prefactor * power_law(p, (), (exponent,)), BEFORE[p])
    assert fit.law == "one power law"
    assert fit.exponents[0] == pytest.approx(exponent, abs=1e-9)
    assert fit.r_squared == pytest.approx(1)
    np.testing.assert_allclose(fit.fitted, fit.importance)


@pytest.mark.parametrize(
    ("p", "breaks", "exponents"),
    [
        (30, (9,), (-0.2, -1.5)),
        (30, (9, 19), (-0.2, -0.6, -1.8)),
        (20, (6,), (-1.5, -0.1)),
        (100, (20,), (-0.3, -2.0)),
    ],
)
def test_planted_breaks_are_found(p, breaks, exponents):
    tau = power_law(p, breaks, np.array(exponents))
    fit = fit_power_law(np.random.default_rng(0).permutation(tau), BEFORE[p])
    assert fit.is_piecewise
    assert fit.breaks == breaks
    assert fit.exponents == pytest.approx(exponents)
    assert min(fit.bic, key=lambda k: fit.bic[k]) == fit.law
    assert fit.verdict.startswith(f"Importance follows {fit.law} over {p} modes")


def test_planted_breaks_are_found_under_one_percent_of_noise():
    tau = power_law(30, (9, 19), np.array([-0.2, -0.6, -1.8]))
    rng = np.random.default_rng(0)
    fits = [fit_power_law(tau * np.exp(0.01 * rng.normal(size=30)), BEFORE[30]) for _ in range(50)]
    assert sum(fit.is_piecewise for fit in fits) >= 45


@pytest.mark.parametrize("p", [8, 30, 100])
def test_networks_before_learning_are_seldom_piecewise(p):
    fits = [fit_power_law(tau, BEFORE[p]) for tau in untrained(p, 200, seed=1)]
    assert sum(fit.is_piecewise for fit in fits) <= 10
    assert all("no piecewise power law" in fit.verdict for fit in fits if not fit.is_piecewise)


@pytest.mark.parametrize(
    ("law", "draw"),
    [
        ("one power law", lambda rng: 1 + rng.pareto(2.0, 100)),
        ("exponential", lambda rng: 0.5 + rng.exponential(size=100)),
        ("half-normal", lambda rng: 1 + np.abs(rng.normal(size=100))),
        ("log-normal", lambda rng: np.exp(rng.normal(size=100))),
    ],
)
def test_the_law_that_was_drawn_from_explains_most_of_its_draws(law, draw):
    rng = np.random.default_rng(0)
    fits = [fit_power_law(draw(rng), BEFORE[100]) for _ in range(20)]
    assert [fit.law for fit in fits].count(law) > 10


def test_order_sorts_the_modes():
    tau = np.random.default_rng(0).permutation(np.arange(1.0, 9))
    fit = fit_power_law(tau, BEFORE[8])
    np.testing.assert_array_equal(tau[fit.order], fit.importance)
    np.testing.assert_array_equal(fit.importance, np.arange(8, 0, -1))


def test_the_band_holds_the_curves_of_untrained_networks():
    fits = [fit_power_law(tau, BEFORE[30]) for tau in untrained(30, 50, seed=1)]
    inside = [(fit.band[0] <= fit.importance) & (fit.importance <= fit.band[1]) for fit in fits]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize("p", [1, 3, 7])
def test_too_few_modes_are_not_fitted_and_said_so(p):
    fit = fit_power_law(np.ones(p), np.ones((0, p)))
    assert fit.law == ""
    assert not fit.is_piecewise
    assert "too few for a law over ranks" in fit.verdict


def test_equal_modes_have_exponent_zero():
    fit = fit_power_law(np.full(20, 0.3), BEFORE[20])
    assert fit.exponents == pytest.approx((0.0,))


@pytest.mark.parametrize("tau", [np.array([1.0, 0.0, 2.0, 1.0]), np.array([1.0, np.nan])])
def test_importance_without_a_logarithm_is_refused(tau):
    with pytest.raises(ValueError, match="`tau` must be"):
        fit_power_law(tau, np.ones((200, len(tau))))


def test_untrained_networks_of_another_size_are_refused():
    with pytest.raises(ValueError, match="`untrained` must be rows of 8 positive numbers"):
        fit_power_law(np.ones(8), BEFORE[20])
