from itertools import islice

import numpy as np
import pytest
from brian2 import Hz, ms
from spikemodes.experiments.tasks import EndlessPattern, Lorenz, PatternGeneration, Sines
from spikemodes.learning import Endless

SINE = PatternGeneration(pattern="sine", frequency=5 * Hz, duration=300 * ms, noise=0.0).on_end()
LORENZ = PatternGeneration(pattern="lorenz").on_end()


def performance(task, outputs, trials):
    found = task.score(outputs, trials).performance
    assert found is not None
    return found


def test_the_target_goes_on_from_stretch_to_stretch_and_the_cue_comes_once():
    first, *others = islice(SINE.stretches(np.random.default_rng(0)), 4)
    cue, end = 25, 175
    assert first.targets is not None
    course = [first.targets[cue:, 0, 0]]
    course += [one.targets[:, 0, 0] for one in others if one.targets is not None]
    assert {one.n_steps for one in (first, *others)} == {end}
    expected = SINE.in_trials.signal(0.002 * np.arange(4 * end - cue))
    np.testing.assert_allclose(np.concatenate(course), expected, atol=1e-6)
    assert not first.scored[:cue].any()
    assert first.scored[cue:].all()
    np.testing.assert_array_equal(first.inputs[:cue, 0], [[1, 1]] * cue)
    for one in others:
        assert one.scored.all()
        np.testing.assert_array_equal(one.inputs[:, 0], [[0, 1]] * end)


def test_pieces_of_the_lorenz_coordinate_follow_each_other():
    signal = Lorenz(2.0)
    whole = np.concatenate(list(islice(signal.pieces(0.002, (100, 250)), 3)))
    np.testing.assert_allclose(whole, signal(0.002 * np.arange(600)), atol=1e-6)


@pytest.mark.parametrize(
    ("frequencies", "period"), [((5.0,), 0.2), ((2.0, 5.0), 1.0), ((3.0, 7.5), 2 / 3)]
)
def test_a_sum_of_sines_repeats_after_its_period(frequencies, period):
    signal, times = Sines(frequencies), np.linspace(0, 1, 50)
    assert signal.period == pytest.approx(period)
    np.testing.assert_allclose(signal(times + signal.period), signal(times), atol=1e-9)


def test_a_test_lasts_for_ten_periods_or_more_once_it_has_settled():
    trials = SINE.sample(2, np.random.default_rng(0))
    epochs = SINE.epochs
    assert [epochs[name].start for name in ("cue", "settling", "test")] == [0, 25, 525]
    assert len(epochs["test"]) * 0.002 / 0.2 >= 10
    np.testing.assert_array_equal(trials.scored.all(1), np.arange(trials.n_steps) >= 525)
    assert isinstance(SINE, Endless)


def test_the_right_signal_in_any_phase_scores_1_and_a_constant_0():
    trials = SINE.sample(2, np.random.default_rng(0))
    times = 0.002 * np.arange(trials.n_steps)
    shifted = np.stack([SINE.in_trials.signal(times + 0.002 * k) for k in (13, 57)], axis=1)
    right = SINE.score(shifted[..., None], trials)
    assert right.performance == right.explained_variance == pytest.approx(1)
    assert right.mse == pytest.approx(0, abs=1e-9)
    assert SINE.score(np.zeros((trials.n_steps, 2, 1)), trials).performance == pytest.approx(0)
    slow = SINE.in_trials.signal(0.9 * times)[:, None, None]
    assert performance(SINE, slow, trials.subset(slice(0, 1))) < 0.2


def test_another_course_of_the_attractor_scores_by_its_return_map():
    trials = LORENZ.sample(1, np.random.default_rng(0))
    later = Lorenz(2.0)(0.002 * np.arange(trials.n_steps + 20_000))[20_000:, None, None]
    assert performance(LORENZ, later, trials) > 0.98
    assert performance(LORENZ, np.zeros_like(later), trials) == 0
    noise = np.random.default_rng(0).permutation(later)
    assert performance(LORENZ, noise, trials) < 0.2


def test_a_network_without_a_teacher_gets_none():
    assert isinstance(SINE, EndlessPattern)
    trials = SINE.sample(1, np.random.default_rng(0))
    np.testing.assert_array_equal(trials.inputs[25:, 0], [[0, 1]] * (trials.n_steps - 25))
