import numpy as np
import pytest
from scipy.stats import beta
from spikemodes.analysis import (
    ablation_ranks,
    breaking_interval,
    breaking_level,
    interval,
    rank_agreement,
    resampled_accuracy,
    resampled_means,
    resampled_trials,
)


def test_the_breaking_level_lies_between_levels():
    levels = np.array([0.0, 1, 2, 4])
    assert breaking_level(levels, np.array([1, 1, 0.8, 0.5]), 0.9) == pytest.approx(1.5)
    assert breaking_level(levels, np.array([1, np.nan, 0.8, 0.5]), 0.9) == pytest.approx(1.0)
    assert breaking_level(levels, np.array([1, 1, 0.9, 0.95]), 0.9) is None
    assert breaking_level(levels, np.array([0.5, 1, 1, 1]), 0.9) == 0


def test_the_breaking_interval_is_that_of_the_resampled_curves():
    levels = np.array([0.0, 1, 2])
    falls = np.linspace(0.5, 1.5, 101)  # a curve falls to half of 0.8 where 1 - level/2 · fall is
    samples = 0.8 * (1 - np.outer(levels, falls) / 2)
    low, high = breaking_interval(levels, samples, 1)
    assert low == pytest.approx(1 / 1.475, rel=0.02)
    assert high == pytest.approx(1 / 0.525, rel=0.02)
    never = np.where(np.arange(101) < 50, samples, 0.8)
    assert breaking_interval(levels, never, 1)[1] == np.inf
    assert np.isnan(breaking_interval(levels, samples, 3)).all()


def test_modes_rank_by_what_they_carry():
    ranks = ablation_ranks(np.array([0.1, 0.4, 0.1]))
    assert ranks.tolist() == [2.5, 1, 2.5]
    assert rank_agreement(ranks, ranks) == pytest.approx(1)
    assert rank_agreement(ranks, 4 - ranks) == pytest.approx(-1)
    assert np.isnan(rank_agreement(ranks[:1], ranks[:1]))
    assert np.isnan(rank_agreement(ranks, np.full(3, 2.0)))
    assert np.isnan(ablation_ranks(np.array([0.1, np.nan]))).all()
    assert not len(ablation_ranks(np.zeros(0)))


def test_an_interval_over_draws_and_trials_covers_the_mean():
    """Of 300 experiments of five draws, each of which adds to the noise of 40 shared trials."""
    rng, covered = np.random.default_rng(0), 0
    chosen = resampled_trials(40)
    for _ in range(300):
        truth = rng.normal(0, 0.2, (5, 1)) + rng.normal(0, 0.6, 40) + rng.normal(0, 0.5, (5, 40))
        resamples = truth[:, chosen].mean(2)
        low, high = interval(resampled_means([resamples])[0], 5)
        covered += low <= 0 <= high
    assert covered / 300 > 0.9


def test_an_interval_of_an_accuracy_covers_it_where_all_trials_are_right_as_well():
    rng, covered = np.random.default_rng(0), 0
    right = rng.binomial(200, 0.99, 300) / 200
    assert (right == 1).any()
    known = {a: interval(resampled_accuracy(a, 200), 1) for a in np.unique(right)}
    for accuracy in right:
        low, high = known[accuracy]
        covered += low <= 0.99 <= high
    assert covered / 300 > 0.9
    low, high = known[1.0]
    assert low == pytest.approx(beta.ppf(0.025, 200.5, 0.5), abs=0.004)
    assert high <= 1


def test_fewer_than_five_draws_have_no_interval_and_one_has_that_of_the_trials():
    samples = np.linspace(0, 1, 1001)
    assert interval(samples, 1) == pytest.approx((0.025, 0.975), abs=1e-3)
    for few in (2, 3, 4):
        assert np.isnan(interval(samples, few)).all()
    low, high = interval(samples, 5)
    assert 0 <= low < 0.01
    assert 0.99 < high <= 1
    assert np.isnan(interval(np.full(9, np.nan), 1)).all()


def test_levels_share_the_draws_and_trials_of_a_resample():
    rng = np.random.default_rng(0)
    level = rng.normal(size=(5, 200))
    first, second, undrawn = resampled_means([level, level + 1, level[:1]])
    np.testing.assert_allclose(second, first + 1)
    assert undrawn.std() == pytest.approx(level[0].std(), rel=0.1)
