import numpy as np
import pytest
from brian2 import ms, mV
from spikemodes.models import Trials

TARGETS = np.arange(12.0).reshape(4, 3, 1)
MASK = np.arange(12).reshape(4, 3) % 2 == 0


def trials(**changes):
    fields = {
        "inputs": np.arange(24.0).reshape(4, 3, 2),
        "dt": 2 * ms,
        "targets": TARGETS,
        "mask": MASK,
        "labels": np.array([7, 8, 9]),
        "conditions": {"context": np.array([0, 1, 0])},
    }
    return Trials(**{**fields, **changes})


def test_sizes_are_read_from_the_inputs():
    assert (trials().n_steps, trials().n_trials, trials().n_inputs) == (4, 3, 2)


def test_every_step_is_scored_unless_a_mask_says_otherwise():
    assert trials(mask=None).scored.all()
    assert trials(mask=None).scored.shape == (4, 3)
    np.testing.assert_array_equal(trials().scored, trials().mask)


def test_a_subset_takes_everything_that_belongs_to_its_trials():
    chosen = trials().subset(np.array([2, 0]))
    np.testing.assert_array_equal(chosen.inputs, trials().inputs[:, [2, 0]])
    np.testing.assert_array_equal(chosen.scored, MASK[:, [2, 0]])
    assert chosen.targets is not None
    np.testing.assert_array_equal(chosen.targets, TARGETS[:, [2, 0]])
    assert chosen.labels is not None
    assert chosen.labels.tolist() == [9, 7]
    assert chosen.conditions["context"].tolist() == [0, 0]


def test_a_subset_of_inputs_alone_is_inputs_alone():
    chosen = Trials(np.ones((4, 3, 2)), 2 * ms).subset(slice(1, 2))
    assert chosen.n_trials == 1
    assert (chosen.targets, chosen.mask, chosen.labels) == (None, None, None)


@pytest.mark.parametrize("shape", [(4, 3), (0, 3, 2), (4, 0, 2), (4, 3, 0), (4, 3, 2, 1)])
def test_inputs_are_time_by_trial_by_channel(shape):
    with pytest.raises(ValueError, match="`inputs` must be time × trial × channel"):
        Trials(np.ones(shape), 2 * ms)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"targets": np.zeros((5, 3, 1))}, r"`targets` must have the steps and trials of `inputs`"),
        ({"targets": np.zeros((4, 2, 1))}, r"`targets`.*expected \(4, 3\), got \(4, 2\)"),
        ({"mask": np.ones((3, 4), bool)}, r"`mask`.*expected \(4, 3\), got \(3, 4\)"),
        ({"labels": np.zeros(2, int)}, r"`labels` must have one value per trial: expected 3"),
        ({"conditions": {"context": np.zeros(4)}}, "`context` must have one value per trial"),
        ({"inputs": np.full((4, 3, 2), np.nan)}, "`inputs` must be finite"),
        ({"targets": np.full((4, 3, 1), np.inf)}, "`targets` must be finite"),
        ({"dt": 2.0}, "`dt` must be a time"),
        ({"dt": 2 * mV}, "`dt` must be a time"),
        ({"dt": -2 * ms}, "`dt` must be positive"),
        ({"dt": 0 * ms}, "`dt` must be positive"),
    ],
)
def test_what_does_not_fit_is_named_with_what_was_expected(changes, message):
    with pytest.raises(ValueError, match=message):
        trials(**changes)


def test_targets_are_time_by_trial_by_output():
    with pytest.raises(ValueError, match="`targets` must be time × trial × output"):
        trials(targets=np.zeros((4, 3)))
