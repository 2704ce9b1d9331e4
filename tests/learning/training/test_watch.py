import re

import numpy as np
import pytest
from spikemodes.learning import Update
from spikemodes.learning.training.watch import TrainingWatch, divergence

RNG = np.random.default_rng(0)


def update(step=1, **changed):
    usual = {
        "loss": 0.5,
        "accuracy": 0.5,
        "mse": 0.5,
        "rate_hz": 20.0,
        "gradient_norm": 0.2,
        "learning_rate": 2e-2,
        "seconds": 1.0,
    }
    return Update(step=step, **{**usual, **changed})


def watched(updates, **keys):
    """What is said of each update."""
    watch = TrainingWatch(**{"clip_norm": 20.0, "highest_rate_hz": 100.0, **keys})
    said = [watch.see(one) for one in updates]
    assert list(watch.warnings) == [text for texts in said for text in texts]
    return said


def losses(values, **changed):
    return [update(step, loss=loss, **changed) for step, loss in enumerate(values, 1)]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rate_hz": 0.0}, r"no neuron fires in update 1: .*`drive`.*`scale`"),
        ({"rate_hz": 99.0}, r"fire nearly always in update 1.*99 Hz of the 100 Hz"),
        ({"gradient_norm": 4e3}, r"norm is 4e\+03 in update 1, 2e\+02 times .*detach_reset"),
        ({"gradient_norm": 0.0}, r"gradient of update 1 is 0"),
    ],
)
def test_what_is_useless_is_said_at_the_first_update_and_once(changed, said):
    first, *others = watched(update(step, **changed) for step in range(1, 40))
    assert len(first) == 1
    assert others == [[]] * 38
    assert "\n" not in first[0]
    assert re.search(said, first[0])


def test_the_cause_of_silence_or_saturation_in_training_is_the_updates():
    silent, saturated = (
        watched([update(1), update(2, rate_hz=rate)])[1][0] for rate in (0.0, 90.0)
    )
    for text in (silent, saturated):
        assert "`learning_rate`" in text
        assert "`FiringRate`" in text


def test_a_small_limit_of_the_norm_is_named_as_the_cause():
    (said,) = watched([update(gradient_norm=0.5)], clip_norm=1e-3)
    assert "Raise `clip_norm`" in said[0]


def test_gradients_that_grow_to_hundreds_of_times_the_limit_tell_of_too_large_steps():
    said = watched([update(1), update(2, gradient_norm=1e4)])[1][0]
    assert "was 0.2 at first: lower `learning_rate`" in said


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_a_loss_that_does_not_move_is_said_after_fifty_updates(noise):
    said = watched(losses(0.5 + noise * RNG.standard_normal(80)))
    assert [k for k, texts in enumerate(said, 1) if texts] == [50]
    assert "the loss has not moved in 50 updates (0.5" in said[49][0]


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"learning_rate": 1e-9}, "`learning_rate` is small"),
        ({"gradient_norm": 1e-9}, "gradients vanish"),
        ({"gradient_norm": 100.0}, "gradients are large"),
        ({}, "inputs may not tell"),
    ],
)
def test_the_likely_cause_of_a_loss_that_does_not_move_is_named(changed, cause):
    assert cause in watched(losses([0.5] * 50, **changed))[-1][0]


@pytest.mark.parametrize(
    "course",
    [
        np.concatenate([[5.0], np.ones(79)]),
        0.5 * np.exp(-np.arange(80) / 100),
        np.concatenate([np.full(35, 0.5), np.linspace(0.5, 0.1, 15), np.full(200, 0.1)]),
        0.5 * np.exp(-np.arange(80) / 30) + 0.02 * RNG.standard_normal(80),
    ],
    ids=["at once", "slowly", "late, then no more", "with noise"],
)
def test_a_loss_that_falls_gives_no_warning(course):
    assert not any(watched(losses(course)))


def test_a_network_that_is_right_from_the_start_has_nothing_to_learn():
    assert not any(watched(losses([1e-3] * 60, accuracy=1.0)))


@pytest.mark.parametrize("course", [np.linspace(0.5, 2, 60), [0.5, *np.linspace(1e9, 1e6, 59)]])
def test_a_loss_that_rises_says_that_the_learning_rate_is_too_high(course):
    said = watched(losses(course))[49][0]
    assert "has risen from" in said
    assert "Lower `learning_rate`" in said


def test_a_loss_may_stay_where_learning_goes_on_or_follows_no_gradient():
    assert not any(watched(losses([0.5] * 80), patience=None))
    assert not any(watched(losses([0.5] * 80, gradient_norm=None)))


def test_neurons_without_spikes_are_neither_silent_nor_saturated():
    assert not any(watched([update(rate_hz=None)], highest_rate_hz=None))


def test_updates_that_are_done_again_count_once():
    course = losses(np.linspace(0.5, 0.1, 60))
    watch = TrainingWatch()
    for one in (*course[:30], *course[20:]):
        watch.see(one)
    assert watch.warnings == ()
    stuck = losses([0.5] * 49)
    watch = TrainingWatch()
    for one in (*stuck, *stuck[20:]):
        watch.see(one)
    assert watch.warnings == ()


def diverged(history, step, loss=float("nan"), norm=float("nan"), checkpoint=None):
    text = divergence(
        history, step=step, loss=loss, gradient_norm=norm, clip_norm=20.0, checkpoint=checkpoint
    )
    assert text.startswith(f"Training diverged at update {step}: loss ")
    assert "\n" not in text
    return text


@pytest.mark.parametrize(("loss", "hint"), [(np.nan, "divisions"), (0.5, "loss is finite")])
def test_at_the_first_update_the_learning_rate_is_not_the_cause(loss, hint):
    text = diverged([], 1, loss)
    assert "the learning rate is not the cause" in text
    assert "lower" not in text
    assert hint in text
    assert text.endswith("There is no checkpoint yet.")


def test_the_last_checkpoint_is_named():
    text = diverged(losses([0.5] * 60), 61, checkpoint=50)
    assert text.endswith("The last checkpoint is kept, that of update 50.")


@pytest.mark.parametrize(
    "history",
    [
        [update(step, gradient_norm=0.1 * 3**step) for step in range(1, 9)],
        losses(0.5 * 1.5 ** np.arange(9)),
    ],
    ids=["gradients", "loss"],
)
def test_where_loss_or_gradients_grew_the_learning_rate_is_to_be_lowered(history):
    assert "had grown from" in diverged(history, 9)
    assert "lower `learning_rate`" in diverged(history, 9)


@pytest.mark.parametrize(
    ("history", "said"),
    [
        (losses([0.5] * 8), "It came of a sudden (loss 0.5 in the update before)"),
        (losses([0.5] * 8, gradient_norm=1e5), "Gradients have been huge from the start"),
        ([], "It had gone well up to the checkpoint"),
    ],
)
def test_where_nothing_grew_the_learning_rate_is_not_blamed(history, said):
    text = diverged(history, 9)
    assert said in text
    assert "lower `learning_rate`" not in text
