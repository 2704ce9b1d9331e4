import numpy as np
import pytest
import torch
from brian2 import ms
from spikemodes.experiments.context_switch import ContextSwitch

TASK = ContextSwitch()
SWITCH = TASK.epochs["switched"].start


@pytest.fixture(scope="module")
def trials():
    return TASK.sample(60, np.random.default_rng(0))


def test_the_context_flips_200_steps_before_the_end(trials):
    assert (SWITCH, trials.n_steps) == (300, 500)
    context = trials.inputs[..., 2:].argmax(-1)
    assert (context[:SWITCH] == trials.conditions["context"]).all()
    assert (context[SWITCH:] == 1 - trials.conditions["context"]).all()
    np.testing.assert_array_equal(trials.inputs[..., 2:].sum(-1), 1)


def test_until_the_switch_it_is_selective_integration(trials):
    steady = TASK.steady.sample(60, np.random.default_rng(0))
    assert steady.targets is not None
    np.testing.assert_array_equal(trials.inputs[:SWITCH], steady.inputs[:SWITCH])
    np.testing.assert_array_equal(trials.targets[:SWITCH], steady.targets[:SWITCH])
    np.testing.assert_array_equal(trials.conditions["before"], steady.conditions["choice"])


def test_after_it_the_other_stream_counts(trials):
    sums = trials.inputs[TASK.epochs["stimulus"].start : SWITCH, :, :2].sum(0)
    other = np.sign(sums[np.arange(60), 1 - trials.conditions["context"]])
    np.testing.assert_array_equal(trials.conditions["after"], other)
    np.testing.assert_array_equal(trials.targets[SWITCH:, :, 0], np.tile(other, (200, 1)))
    assert 0 < (trials.conditions["before"] != trials.conditions["after"]).mean() < 1


def test_before_and_after_are_scored_apart(trials):
    right = TASK.score(trials.targets, trials)
    assert right.measures == {
        "accuracy": 1, "mse": 0, "accuracy_before": 1, "accuracy_after": 1,
    }  # fmt: skip
    stuck = trials.targets.copy()
    stuck[SWITCH:, :, 0] = trials.conditions["before"]
    score = TASK.score(stuck, trials).measures
    same = (trials.conditions["before"] == trials.conditions["after"]).mean()
    assert score["accuracy_before"] == 1
    assert score["accuracy_after"] == score["accuracy"] == pytest.approx(same)
    loss = TASK.loss(torch.tensor(stuck), trials).item()
    assert loss == pytest.approx(score["mse"], rel=1e-5)


@pytest.mark.parametrize("switched", [500 * ms, 401 * ms, 0 * ms])
def test_the_switch_lies_within_the_response(switched):
    with pytest.raises(ValueError, match="`switched` must be"):
        ContextSwitch(switched=switched)
