from dataclasses import replace

import numpy as np
import pytest
import torch
from brian2 import ms
from hypothesis import given, strategies as st
from spikemodes.experiments.tasks import PsychometricTask, SelectiveIntegration
from spikemodes.experiments.tasks.selective_integration import LEVELS

TASK = SelectiveIntegration()
STIMULUS, RESPONSE = TASK.epochs["stimulus"], TASK.epochs["response"]


def targets(trials):
    assert trials.targets is not None
    return trials.targets


def test_epochs_follow_each_other_and_fill_the_trial():
    steps = [step for epoch in TASK.epochs.values() for step in epoch]
    assert (
        steps == list(range(TASK.sample(1, np.random.default_rng(0)).n_steps)) == list(range(500))
    )


@given(st.integers(0, 2**32), st.integers(1, 20))
def test_trials_come_from_the_generator_alone(seed, n_trials):
    one, two = (TASK.sample(n_trials, np.random.default_rng(seed)) for _ in range(2))
    np.testing.assert_array_equal(one.inputs, two.inputs)
    np.testing.assert_array_equal(targets(one), targets(two))


def test_streams_are_on_during_the_stimulus_alone_and_the_context_throughout():
    trials = TASK.sample(50, np.random.default_rng(1))
    silent = np.delete(trials.inputs, STIMULUS, axis=0)
    assert not silent[..., :2].any()
    assert (trials.inputs[STIMULUS.start : STIMULUS.stop, :, :2] != 0).all()
    np.testing.assert_array_equal(
        trials.inputs[..., 2:],
        np.broadcast_to(np.eye(2)[trials.conditions["context"]], (500, 50, 2)),
    )


def test_streams_have_the_mean_and_deviation_asked_for():
    trials = TASK.sample(400, np.random.default_rng(2))
    offsets = np.column_stack([trials.conditions["offset_1"], trials.conditions["offset_2"]])
    assert set(np.unique(offsets)) == {-0.5, 0.5}
    noise = trials.inputs[STIMULUS.start : STIMULUS.stop, :, :2] - offsets
    assert abs(noise.mean()) < 0.01
    assert abs(noise.std() - 1) < 0.01
    assert abs(np.corrcoef(noise[..., 0].ravel(), noise[..., 1].ravel())[0, 1]) < 0.02


def test_the_target_is_the_attended_sign_during_the_response():
    trials = TASK.sample(100, np.random.default_rng(3))
    c = trials.conditions
    attended = np.where(c["context"] == 0, c["offset_1"], c["offset_2"])
    np.testing.assert_array_equal(c["choice"], np.sign(attended))
    assert not targets(trials)[: RESPONSE.start].any()
    np.testing.assert_array_equal(
        targets(trials)[RESPONSE.start :, :, 0], np.tile(np.sign(attended), (len(RESPONSE), 1))
    )


def test_targets_score_perfectly_and_their_opposite_not_at_all():
    trials = TASK.sample(30, np.random.default_rng(4))
    assert TASK.score(targets(trials), trials).accuracy == 1
    assert TASK.score(targets(trials), trials).mse == 0
    assert TASK.score(-targets(trials), trials).accuracy == 0


def test_loss_and_score_measure_the_same_error():
    rng = np.random.default_rng(5)
    trials = TASK.sample(8, rng)
    outputs = rng.normal(size=targets(trials).shape)
    loss = TASK.loss(torch.tensor(outputs), trials)
    assert loss.item() == pytest.approx(TASK.score(outputs, trials).mse, rel=1e-12)


def test_trials_without_a_right_answer_do_not_count():
    trials = TASK.sample(4, np.random.default_rng(6), offsets=np.zeros((4, 2)))
    assert not targets(trials).any()
    accuracy = TASK.score(np.ones_like(targets(trials)), trials).accuracy
    assert accuracy is not None
    assert np.isnan(accuracy)


def test_psychometric_trials_cover_the_grid_evenly():
    n_cells = 2 * len(LEVELS) ** 2
    trials = TASK.sample_psychometric(3 * n_cells, np.random.default_rng(7))
    evidence = TASK.evidence(trials)
    cells = np.column_stack([trials.conditions["context"], *evidence.values()])
    _, counts = np.unique(cells, axis=0, return_counts=True)
    assert (counts == 3).all()
    assert len(counts) == n_cells
    np.testing.assert_array_equal(np.sign(evidence["attended"]), trials.conditions["choice"])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"blank": 101 * ms}, "`blank` must be a whole number of steps"),
        ({"stimulus": 0 * ms}, "`stimulus` must be positive"),
        ({"dt": -1 * ms}, "`dt` must be positive"),
        ({"offset": 0.0}, "`offset` must be finite and positive"),
        ({"noise": -1.0}, "`noise` must be finite and zero or positive"),
    ],
)
def test_bad_parameters_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        SelectiveIntegration(**parameters)


def test_bad_offsets_and_counts_are_named():
    with pytest.raises(ValueError, match=r"`offsets` must be trial × stream: expected \(3, 2\)"):
        TASK.sample(3, np.random.default_rng(0), offsets=np.zeros((2, 3)))
    with pytest.raises(ValueError, match="`n_trials` must be 1 or more"):
        TASK.sample(0, np.random.default_rng(0))


def test_selective_integration_has_a_psychometric_curve():
    assert isinstance(TASK, PsychometricTask)


def test_a_choice_is_read_from_the_end_of_the_response():
    trials = TASK.sample(50, np.random.default_rng(8))
    passing = targets(trials).copy()
    passing[RESPONSE.start + 50 :] *= -1e-3  # what an unrecurrent filter holds, and then drift
    score = TASK.score(passing, trials)
    assert score.accuracy == 0
    assert score.further["accuracy_whole_response"] == 1
    assert score.performance is not None
    assert score.performance < 0.2
    assert score.performance == score.explained_variance


def test_the_criterion_of_kim_et_al_asks_for_an_output_beyond_a_threshold_after_a_while():
    trials = TASK.sample(50, np.random.default_rng(8))
    answers = targets(trials)
    held = np.arange(len(answers))[:, None, None] < RESPONSE.start + 25  # 50 ms
    for outputs, expected in (
        (answers, 1),
        (0.71 * answers, 1),
        (0.69 * answers, 0),
        (-answers, 0),
        (np.where(held, answers, 0.69 * answers), 0),
    ):
        assert TASK.score(outputs, trials).further["accuracy_kim_2019"] == expected


def test_a_constant_answer_has_no_performance():
    trials = TASK.sample(400, np.random.default_rng(9))
    score = TASK.score(np.zeros_like(targets(trials)), trials)
    assert score.performance == pytest.approx(0, abs=0.01)
    always = TASK.score(np.ones_like(targets(trials)), trials)
    assert always.performance is not None
    assert always.performance < 0
    assert always.accuracy == pytest.approx(0.5, abs=0.08)
    assert always.accuracy is not None
    assert always.chance == max(always.accuracy, 1 - always.accuracy)


def test_chance_is_the_more_frequent_choice_of_the_trials_that_have_a_right_one():
    signs = np.array([1, 1, 1, -1, 0])
    offsets = np.column_stack([signs, signs]) * 0.5
    trials = TASK.sample(5, np.random.default_rng(0), offsets=offsets)
    assert TASK.score(targets(trials), trials).chance == 0.75
    undecided = TASK.sample(2, np.random.default_rng(0), offsets=np.zeros((2, 2)))
    assert TASK.score(targets(undecided), undecided).chance is None


def test_offsets_of_several_strengths_are_drawn_alike():
    task = SelectiveIntegration(offsets=(0.05, 0.5))
    trials = task.sample(400, np.random.default_rng(10))
    both = np.concatenate([trials.conditions["offset_1"], trials.conditions["offset_2"]])
    levels, counts = np.unique(both, return_counts=True)
    np.testing.assert_allclose(levels, [-0.5, -0.05, 0.05, 0.5])
    assert (abs(counts / 200 - 1) < 0.25).all()
    with pytest.raises(ValueError, match="`offsets` must be finite and positive"):
        SelectiveIntegration(offsets=(0.5, 0.0))


def test_the_ideal_observer_is_as_right_as_the_evidence_allows():
    # d'/2 of the sum of S steps of N(offset, noise) is offset √S / noise: Φ(0.707) = 0.760
    task = SelectiveIntegration(offset=0.05)
    trials = task.sample(4000, np.random.default_rng(11))
    score = task.score(task.observer(trials), trials)
    assert score.accuracy == pytest.approx(0.760, abs=0.02)
    easy = TASK.sample(200, np.random.default_rng(12))
    assert TASK.score(TASK.observer(easy), easy).performance == pytest.approx(1, abs=1e-3)


def test_the_ideal_observer_guesses_where_it_sees_nothing():
    trials = TASK.sample(2000, np.random.default_rng(13))
    blind = replace(trials, inputs=np.zeros_like(trials.inputs))
    assert TASK.score(TASK.observer(blind), blind).accuracy == pytest.approx(0.5, abs=0.04)
    uncued = replace(trials, inputs=trials.inputs * np.array([1, 1, 0, 0], np.float32))
    # right where both streams agree, which is half of the trials, and in half of the others
    assert TASK.score(TASK.observer(uncued), uncued).accuracy == pytest.approx(0.75, abs=0.04)


def test_fluctuations_are_the_inputs_without_their_offsets():
    trials = TASK.sample_psychometric(60, np.random.default_rng(14))
    found, evidence = TASK.fluctuations(trials), TASK.evidence(trials)
    for kind in ("attended", "ignored"):
        seen = found[kind] + evidence[kind]
        streams = trials.inputs[STIMULUS.start : STIMULUS.stop, :, :2]
        assert (np.isclose(seen[..., None], streams).any(-1)).all()
    assert abs(found["attended"].mean()) < 0.02


def test_a_stretched_task_is_the_same_but_longer():
    for name, task in TASK.stretched().items():
        assert task.sample(1, np.random.default_rng(0)).n_steps > 500, name
