import numpy as np
import pytest
from scipy.stats import beta
from spikemodes.experiments.compare.intervals import interval, lower_bound, paired, shown


def test_few_values_are_all_shown_and_equal_ones_once():
    assert shown([0.5, 0.25], "{:.2f}") == "0.50, 0.25"
    assert shown([0.5, 0.5, 0.5], "{:.1f}") == "0.5"
    assert shown([None, 0.5, float("nan")], "{:.1f}") == "0.5"
    assert shown([], "{:.1f}") == shown([None], "{:.1f}") == "–"


def test_many_have_a_mean_and_an_interval_within_their_range():
    scores = [0.91, 0.97, 1.0, 1.0, 1.0]
    low, high = interval(scores)
    assert 0.91 <= low < np.mean(scores) < high <= 1
    assert shown(scores, "{:.3f}") == f"0.976 [{low:.3f}, {high:.3f}]"
    assert shown(scores, "{:.3f}", limits=False) == "0.976"
    assert interval(scores) == interval(scores)


@pytest.mark.parametrize("scores", [[1, 1, 1, 1, 0.0], [1, 1, 1, 1, 0.99], [0, 0, 0, 0, 0, 1]])
def test_one_that_differs_gives_an_interval_too(scores):
    low, high = interval(scores)
    assert min(scores) <= low < high <= max(scores)


def test_the_interval_of_many_draws_is_that_of_the_normal_distribution():
    draws = np.random.default_rng(0).normal(size=4000)
    half = 1.96 * draws.std() / np.sqrt(len(draws))
    np.testing.assert_allclose(
        interval(draws.tolist()), draws.mean() + np.array([-half, half]), atol=3e-3
    )


def test_where_no_trial_is_wrong_the_bound_is_exact():
    assert lower_bound(500, 500) == pytest.approx(0.025 ** (1 / 500))
    assert lower_bound(90, 100) == pytest.approx(beta.ppf(0.025, 90, 11))


def test_pairs_of_which_one_is_unknown_do_not_count():
    assert paired([1.0, None, 3.0], [0.5, 1.0, None]) == [0.5, None, None]
