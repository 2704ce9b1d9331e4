import numpy as np
import pytest
from spikemodes.analysis import fit_relaxation

T = 0.002 * np.arange(1, 151)


@pytest.mark.parametrize(("size", "tau", "rest"), [(2.0, 0.03, 0.1), (-1e-4, 0.1, 0.0)])
def test_an_exponential_return_is_found(size, tau, rest):
    noise = 0.005 * abs(size) * np.random.default_rng(0).normal(size=len(T))
    fit = fit_relaxation(T, size * np.exp(-T / tau) + rest + noise)
    assert fit is not None
    assert fit.tau == pytest.approx(tau, rel=0.05)
    assert fit.size == pytest.approx(size, rel=0.05)
    assert fit.rest == pytest.approx(rest, abs=0.02 * abs(size))
    np.testing.assert_allclose(fit(T), size * np.exp(-T / tau) + rest, atol=0.02 * abs(size))


@pytest.mark.parametrize("x", [np.ones(150), np.full(150, np.nan), T, np.ones(150) + 1e3 * T])
def test_what_does_not_return_has_no_time_constant(x):
    assert fit_relaxation(T, x) is None


def test_three_times_are_too_few():
    assert fit_relaxation(T[:3], np.exp(-T[:3])) is None
