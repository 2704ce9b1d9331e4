"""Activity, and what the trials of a task differ in."""

from dataclasses import replace

import numpy as np
import pytest
from recorded import recorded, silent
from spikemodes.experiments.computation.activity import last_of
from spikemodes.experiments.computation.conditions import (
    crossed,
    discrete_conditions,
    end_window,
    stops,
)
from spikemodes.experiments.computation.question import NotAskedError, Subject
from spikemodes.experiments.pipeline.streams import validation_trials


def test_activity_is_the_rate_of_each_neuron_in_bins_of_10_ms():
    subject = recorded()
    activity = subject.activity
    assert activity.rates.shape == (24, 40, 30)
    assert activity.width == pytest.approx(0.01)
    assert activity.unit == "Hz"
    np.testing.assert_allclose(activity.times[:2], [0.005, 0.015])
    late = activity.rates[-5:].mean()
    assert late == pytest.approx(subject.recording.rate_hz, rel=0.1)
    assert activity.sparser(6).rates.shape == (6, 40, 30)
    assert activity.reduced(4).shape == (24, 40, 4)


def test_a_silent_network_and_one_in_which_nothing_changes_have_none():
    with pytest.raises(NotAskedError, match="was silent in all trials"):
        _ = silent(recorded()).activity


def test_rate_units_are_run_again():
    subject = recorded(trials=6, neuron="rate")
    activity = subject.activity
    assert activity.unit == "f(x)"
    assert activity.rates.shape == (24, 6, 30)
    assert np.abs(activity.rates).max() <= 1
    assert subject.modes_if_any is subject.network.recurrence


def test_conditions_are_discrete_and_differ_between_trials():
    trials = recorded().trials
    assert list(discrete_conditions(trials)) == ["context", "choice"]
    assert len(np.unique(crossed(trials))) == 4
    known = {
        "go": np.arange(40) % 2 == 0,
        "same": np.ones(40, int),
        "graded": np.linspace(0, 1, 40),
    }
    others = replace(trials, conditions=known)
    assert discrete_conditions(others)["go"].tolist()[:2] == ["yes", "no"]
    assert list(discrete_conditions(others)) == ["go"]
    labelled = replace(trials, conditions={}, labels=np.arange(40) % 4)
    assert len(np.unique(crossed(labelled))) == 4
    with pytest.raises(NotAskedError, match="do not differ in any discrete condition"):
        crossed(replace(trials, conditions={}))
    with pytest.raises(NotAskedError, match="There are 40 conditions in 40 trials"):
        crossed(replace(trials, conditions={"a": np.arange(40)}))


def test_trials_end_where_they_are_scored_last():
    subject = recorded()
    trials, n = subject.trials, subject.trials.n_steps
    assert (stops(trials) == n).all()
    mask = np.ones((n, 40), bool)
    mask[50:, 3] = False
    assert stops(replace(trials, mask=mask))[3] == 50
    assert end_window(subject.task, trials) == 50  # the response is shorter than 200 ms
    courses = np.broadcast_to(np.arange(n, dtype=float)[:, None, None], (n, 40, 1))
    ends = last_of(courses, stops(replace(trials, mask=mask)), 2)
    np.testing.assert_array_equal(ends[:, 3, 0], [48, 49])
    np.testing.assert_array_equal(ends[:, 0, 0], [n - 2, n - 1])


def test_modes_of_networks_without_them():
    assert recorded(parameterisation="dense").modes_if_any is None
    modes = recorded().modes_if_any
    assert modes is not None
    assert modes.n_modes == 3


def test_trials_are_those_of_the_recording():
    subject = recorded()
    np.testing.assert_array_equal(subject.trials.inputs, validation_trials(subject.spec).inputs)
    assert isinstance(subject, Subject)
