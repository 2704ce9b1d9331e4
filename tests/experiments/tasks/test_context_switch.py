import numpy as np
import pytest
import torch
from brian2 import ms
from spikemodes.experiments.tasks import ContextSwitch

TASK = ContextSwitch()
SWITCH = TASK.epochs["switched"].start


@pytest.fixture(scope="module")
def trials():
    return TASK.sample(60, np.random.default_rng(0))


def test_the_context_flips_200_steps_before_the_end_of_trials_that_switch(trials):
    assert (SWITCH, trials.n_steps) == (300, 500)
    context, first = trials.inputs[..., 2:].argmax(-1), trials.conditions["second_first"]
    switches = trials.conditions["switches"]
    assert 0 < switches.mean() < 1
    assert (context[:SWITCH] == first).all()
    assert (context[SWITCH:] == first ^ switches).all()
    np.testing.assert_array_equal(trials.inputs[..., 2:].sum(-1), 1)


def test_until_the_switch_it_is_selective_integration(trials):
    steady = TASK.steady.sample(60, np.random.default_rng(0))
    assert steady.targets is not None
    np.testing.assert_array_equal(trials.inputs[:SWITCH], steady.inputs[:SWITCH])
    np.testing.assert_array_equal(trials.targets[:SWITCH], steady.targets[:SWITCH])
    np.testing.assert_array_equal(trials.conditions["before"], steady.conditions["choice"])


def test_the_stream_that_the_context_points_at_counts(trials):
    sums = trials.inputs[TASK.epochs["stimulus"].start : SWITCH, :, :2].sum(0)
    for step, wanted in ((SWITCH - 1, "before"), (499, "after")):
        pointed = trials.inputs[step, :, 2:].argmax(-1)
        expected = np.sign(sums[np.arange(60), pointed])
        np.testing.assert_array_equal(trials.conditions[wanted], expected)
        np.testing.assert_array_equal(trials.targets[step, :, 0], expected)
    assert 0 < (trials.conditions["before"] != trials.conditions["after"]).mean() < 1


def test_before_and_after_are_scored_apart(trials):
    right = TASK.score(trials.targets, trials)
    before, after = trials.conditions["before"], trials.conditions["after"]
    chance = max(((before == sign) & (after == sign)).mean() for sign in (-1, 1))
    assert right.measures == {
        "performance": 1, "accuracy": 1, "explained_variance": 1, "mse": 0, "chance": chance,
        "accuracy_before": 1, "accuracy_after": 1,
    }  # fmt: skip
    stuck = trials.targets.copy()
    stuck[SWITCH:, :, 0] = trials.conditions["before"]
    score = TASK.score(stuck, trials).measures
    same = trials.conditions["before"] == trials.conditions["after"]
    assert score["accuracy_before"] == 1
    assert score["accuracy"] == pytest.approx(same.mean())
    assert score["accuracy_after"] == pytest.approx(same[trials.conditions["switches"]].mean())
    loss = TASK.loss(torch.tensor(stuck), trials).item()
    assert loss == pytest.approx(score["mse"], rel=1e-5)


def test_without_switches_there_is_no_score_after_them():
    trials = ContextSwitch(catch=0.0).sample(10, np.random.default_rng(0))
    assert trials.conditions["switches"].all()
    none = trials.subset(slice(0, 1))
    none.conditions["switches"][:] = False
    assert none.targets is not None
    assert np.isnan(TASK.score(none.targets, none).measures["accuracy_after"])


def test_catch_trials_are_a_share():
    with pytest.raises(ValueError, match="`catch` must be 0 or more and below 1"):
        ContextSwitch(catch=1.0)


@pytest.mark.parametrize("switched", [500 * ms, 401 * ms, 0 * ms])
def test_the_switch_lies_within_the_response(switched):
    with pytest.raises(ValueError, match="`switched` must be"):
        ContextSwitch(switched=switched)
