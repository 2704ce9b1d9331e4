import numpy as np
import pytest
from brian2 import ms
from spikemodes.experiments.tasks import GoNoGo


def sample(n=200, **options):
    task = GoNoGo(**options)
    return task, task.sample(n, np.random.default_rng(0))


def test_a_pulse_asks_for_an_answer_that_lasts():
    task, trials = sample(dt=5 * ms)
    go = trials.conditions["go"]
    assert 0.4 < go.mean() < 0.6
    assert trials.targets is not None
    assert (trials.inputs[50:75, go] == 1).all()
    assert trials.inputs.sum() == 25 * go.sum()
    assert (trials.targets[75:, go] == 1).all()
    assert trials.targets.sum() == 125 * go.sum()
    assert [len(steps) for steps in task.epochs.values()] == [50, 25, 125]


def test_the_targets_are_right_and_a_constant_is_at_chance():
    task, trials = sample()
    right = task.score(np.array(trials.targets), trials)
    assert (right.accuracy, right.mse, right.explained_variance) == (1, 0, 1)
    assert set(right.further.values()) == {1}
    go = trials.conditions["go"].mean()
    for value, expected in ((0.0, 1 - go), (1.0, go)):
        score = task.score(np.full_like(trials.targets, value), trials)
        for measured in (score.accuracy, *score.further.values()):
            assert measured == pytest.approx(expected)
        assert score.chance == pytest.approx(max(go, 1 - go))
        assert score.performance is not None
        assert score.performance <= 0


def test_a_trace_of_the_pulse_meets_the_published_criterion_but_is_no_memory():
    task, trials = sample()
    leaky = np.zeros_like(trials.targets)
    for k, pulse in enumerate(trials.inputs):
        leaky[k] = np.exp(-1 / 100) * leaky[k - 1] + (1 - np.exp(-1 / 100)) * pulse
    score = task.score(1.2 * leaky, trials)
    assert score.further["accuracy_kim_2019_rates"] == 1
    assert score.accuracy == pytest.approx(1 - trials.conditions["go"].mean())


def test_the_criterion_for_spikes_reads_the_last_half_second_and_one_side():
    task, trials = sample(dt=5 * ms)
    go = trials.conditions["go"]
    early = np.zeros_like(trials.targets)
    early[75:99, go] = 1  # an answer that is over when it counts
    below = np.array(trials.targets)
    below[75:, ~go] = -0.5
    for outputs, spikes, rates in ((early, (~go).mean(), 1), (below, 1, go.mean())):
        further = task.score(outputs, trials).further
        assert further["accuracy_kim_2019"] == pytest.approx(spikes)
        assert further["accuracy_kim_2019_rates"] == pytest.approx(rates)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"dt": 3 * ms}, "`blank` must be a whole number of steps"),
        ({"choice": 700 * ms}, "`choice` must be no longer than the response"),
        ({"stimulus": 0 * ms}, "`stimulus` must be positive"),
    ],
)
def test_durations_that_do_not_fit_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        GoNoGo(**wrong)


def test_no_trials_are_refused():
    with pytest.raises(ValueError, match="`n_trials` must be 1 or more"):
        GoNoGo().sample(0, np.random.default_rng(0))
