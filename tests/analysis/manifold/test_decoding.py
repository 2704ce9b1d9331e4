"""Decoding: planted codes, chance, scikit-learn's own classifier, generalisation by hand."""

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import StratifiedKFold
from spikemodes.analysis import cross_condition_generalisation, cross_temporal_decoding

RNG = np.random.default_rng(0)
LABELS = np.array(["left", "right"])[RNG.permutation(np.tile([0, 1], 30))]
SIDE = np.where(LABELS == "right", 1.0, -1.0)


def activity_of(code):
    """Noise, and the side of each trial along a direction for each time (T × N)."""
    return 0.3 * RNG.normal(size=(len(code), 60, code.shape[1])) + SIDE[:, None] * code[:, None]


def test_a_code_that_stays_is_a_square_and_one_that_moves_a_diagonal():
    stays, moves = np.zeros((6, 6)), np.eye(6)
    stays[3:, 0] = 1
    found = cross_temporal_decoding(activity_of(stays), LABELS, RNG, n_shuffles=20)
    assert found.accuracy[3:, 3:].min() > 0.95
    assert np.abs(found.same_time[:3] - 0.5).max() < 0.25
    assert found.same_time[3:].min() > found.highest_by_chance
    found = cross_temporal_decoding(activity_of(moves), LABELS, RNG, n_shuffles=20)
    assert found.same_time.min() > 0.95
    assert abs(found.accuracy[~np.eye(6, dtype=bool)].mean() - 0.5) < 0.1


def test_shuffled_labels_are_decoded_at_chance():
    code = np.ones((5, 4))
    activity = activity_of(code)
    found = cross_temporal_decoding(activity, RNG.permutation(LABELS), RNG, n_shuffles=40)
    assert abs(found.accuracy.mean() - 0.5) < 0.15
    true = cross_temporal_decoding(activity, LABELS, RNG, n_shuffles=40)
    assert true.chance.shape == (40, 5)
    assert true.chance.mean() == pytest.approx(0.5, abs=0.03)
    assert 0.5 < true.highest_by_chance < 0.85


def test_frequent_labels_count_no_more_than_rare_ones():
    labels = np.repeat([0, 1], [50, 10])
    found = cross_temporal_decoding(np.zeros((2, 60, 3)), labels, RNG, n_shuffles=0)
    np.testing.assert_allclose(found.accuracy, 0.5)
    assert found.chance.shape == (0, 2)


def test_several_labels_are_told_apart():
    labels = np.repeat([0, 1, 2], 20)
    activity = np.eye(3)[labels] + 0.1 * RNG.normal(size=(2, 60, 3))
    assert cross_temporal_decoding(activity, labels, RNG, n_shuffles=0).accuracy.min() > 0.95


def test_answers_are_those_of_scikit_learns_classifier():
    activity = activity_of(0.2 * np.ones((3, 4)))
    found = cross_temporal_decoding(activity, LABELS, np.random.default_rng(5), n_shuffles=0)
    state = int(np.random.default_rng(5).integers(2**31))
    folds = StratifiedKFold(5, shuffle=True, random_state=state)
    right = np.zeros(60)
    for train, test in folds.split(activity[1], LABELS):
        alpha = 0.01 * activity[1, train].var(axis=0).mean() * len(train)
        answers = RidgeClassifier(alpha=alpha).fit(activity[1, train], LABELS[train])
        right[test] = answers.predict(activity[2, test]) == LABELS[test]
    assert found.accuracy[1, 2] == pytest.approx(right.mean())


@pytest.mark.parametrize(("second", "expected"), [((1, 0), 1.0), ((-1, 0), 0.0)])
def test_generalisation_over_groups_that_shift_or_reverse_the_code(second, expected):
    groups = np.arange(60) % 2
    directions = np.array([[1, 0], second])[groups]
    states = SIDE[:, None] * directions + 5 * groups[:, None] * [0, 1]
    assert cross_condition_generalisation(states + 0.01, LABELS, groups) == expected


def test_groups_with_codes_of_their_own_do_not_generalise():
    groups = np.arange(60) % 2
    states = SIDE[:, None] * np.eye(2)[groups] + 0.3 * RNG.normal(size=(60, 2))
    assert 0.2 < cross_condition_generalisation(states, LABELS, groups) < 0.8


def test_labels_that_cannot_be_decoded_are_refused():
    activity = np.ones((2, 6, 3))
    with pytest.raises(ValueError, match="`labels` must be of two kinds or more"):
        cross_temporal_decoding(activity, np.zeros(6, int), RNG)
    with pytest.raises(ValueError, match="5 trials or more, one for each fold: got 1 of 1"):
        cross_temporal_decoding(activity, np.array([0, 0, 0, 0, 0, 1]), RNG)
    with pytest.raises(ValueError, match="`labels` must have one value per trial"):
        cross_temporal_decoding(activity, np.zeros(3, int), RNG)
    with pytest.raises(ValueError, match="`groups` must be two or more"):
        cross_condition_generalisation(activity[0], np.arange(6) % 2, np.arange(6) % 2)
