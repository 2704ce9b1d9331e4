import math

import pytest
from spikemodes.experiments.compare.search import n_networks, search

GRID = (1.0, 3.0, 9.0)


def tries(performance, values=GRID):
    """Search, and count the networks that each value trained."""
    seen = []

    def train(value, network):
        seen.append((round(value, 6), network))
        return performance(value, network)

    tried, chosen = search(train, values)
    assert [each.value for each in tried] == sorted({each.value for each in tried})
    return tried, chosen, seen


def peak(at):
    return lambda value, network: 1 - abs(math.log(value / at))


@pytest.mark.parametrize("at", [0.1, 1, 2.9, 5, 9, 100])
@pytest.mark.parametrize("values", [GRID, GRID[:2], (1, 3, 9, 27, 81)])
def test_every_search_trains_as_many_networks(at, values):
    _, _, seen = tries(peak(at), values)
    assert len(seen) == n_networks(len(values)) == len(values) + 3
    assert [network for _, network in seen] == [0] * (len(values) + 1) + [1, 1]


def test_a_best_value_at_an_end_widens_the_grid_by_one_step():
    tried, chosen, _ = tries(peak(50))
    assert [each.value for each in tried] == pytest.approx([1, 3, 9, 27])
    assert chosen == pytest.approx(27)
    tried, chosen, _ = tries(peak(0.5))
    assert tried[0].value == pytest.approx(1 / 3)
    assert chosen == pytest.approx(1 / 3)


def test_a_best_value_within_the_grid_narrows_it():
    tried, chosen, _ = tries(peak(4.5))
    assert [each.value for each in tried] == pytest.approx([1, 3, 27**0.5, 9])
    assert chosen == pytest.approx(27**0.5)


def test_a_value_with_which_the_second_network_fails_is_not_chosen():
    def lucky(value, network):
        return (0.95 if network == 0 else 0.05) if value == 9 else 0.5 if value > 9 else 0.9

    tried, chosen, _ = tries(lucky)
    assert chosen == 3  # 9 has a mean of 0.5; of 1 and 3 the usual
    assert [each.performances for each in tried if each.value == 9] == [(0.95, 0.05)]


def test_a_network_that_diverges_disqualifies_its_value():
    _, chosen, _ = tries(lambda value, network: None if value == 9 and network else value)
    assert chosen == pytest.approx(27)
    _, chosen, _ = tries(lambda value, network: None if value > 3 else 0.5)
    assert chosen == 3


def test_without_a_difference_or_any_score_the_usual_value_stays():
    assert tries(lambda value, network: 0.9)[1] == 3
    assert tries(lambda value, network: None)[1] == 3
