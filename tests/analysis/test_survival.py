import numpy as np
import pytest
from spikemodes.analysis import accuracy_interval, breaking_level, causal_ranks, rank_agreement


def test_the_interval_is_wilsons():
    low, high = accuracy_interval(1.0, 200)
    z2 = 1.959964**2
    assert low == pytest.approx(200 / (200 + z2), rel=1e-6)
    assert high == 1
    with pytest.raises(ValueError, match="`n_trials` must be 1 or more"):
        accuracy_interval(1.0, 0)


def test_the_breaking_level_lies_between_levels():
    levels = np.array([0.0, 1, 2, 4])
    assert breaking_level(levels, np.array([1, 1, 0.8, 0.5])) == pytest.approx(1.5)
    assert breaking_level(levels, np.array([1, np.nan, 0.8, 0.5])) == pytest.approx(1.0)
    assert breaking_level(levels, np.array([1, 1, 0.9, 0.95])) is None
    assert breaking_level(levels, np.array([0.5, 1, 1, 1])) == 0


def test_modes_rank_by_what_they_carry_and_then_by_the_error():
    ranks = causal_ranks(np.array([0.1, 0.4, 0.1]), np.array([0.5, 0.2, 0.7]))
    assert ranks.tolist() == [3, 1, 2]
    assert rank_agreement(ranks, ranks) == pytest.approx(1)
    assert rank_agreement(ranks, 4 - ranks) == pytest.approx(-1)
    assert np.isnan(rank_agreement(ranks[:1], ranks[:1]))
