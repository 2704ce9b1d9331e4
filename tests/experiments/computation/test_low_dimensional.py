"""Questions about low-dimensional activity, on planted recordings and on tasks of every kind."""

import json
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from recorded import recorded, silent
from rich.console import Console
from spikemodes.experiments.computation.axes import AXES
from spikemodes.experiments.computation.decoding import DECODING
from spikemodes.experiments.computation.dimensions import DIMENSIONS
from spikemodes.experiments.computation.end_states import END_STATES
from spikemodes.experiments.computation.question import NotAskedError, Subject
from spikemodes.experiments.computation.run import answered
from spikemodes.experiments.computation.tangling import TANGLING
from spikemodes.experiments.display.progress import display_on
from spikemodes.experiments.pipeline.plain import to_plain
from spikemodes.models import Modes

QUESTIONS = (DIMENSIONS, END_STATES, AXES, DECODING, TANGLING)
KEYS = ["dimensions", "end_states", "axes", "decoding", "tangling"]


@pytest.fixture(scope="module")
def subject() -> Subject:
    return recorded(trials=80, neurons=60)


def test_planted_end_states_are_four(subject):
    answer = END_STATES.ask(subject)
    numbers = answer.numbers
    assert numbers.space == "modes"
    assert len(numbers.conditions) == 4
    assert sum(numbers.trials) == 80
    assert numbers.silhouette > 0.9
    assert numbers.silhouette_by["context"] > 0.2
    means = np.array(numbers.means)[:, :2]
    np.testing.assert_allclose(np.abs(means), 1, atol=0.05)
    assert answer.arrays["ends"].shape == (80, 3)


def test_planted_axes_are_orthogonal(subject):
    numbers = AXES.ask(subject).numbers
    assert numbers.names == ["choice", "offset_1", "offset_2", "context"]
    assert numbers.angle_deg > 70
    assert numbers.angles_deg[0][3] == numbers.angle_deg
    assert set(numbers.selection) == {"input 3 on", "input 4 on"}
    assert numbers.selection["input 4 on"].attended == "input 2"


def test_planted_conditions_are_decoded_from_their_onset_on(subject):
    answer = DECODING.ask(subject)
    numbers = answer.numbers
    assert numbers.condition == "choice"
    assert numbers.peak > 0.9
    assert abs(numbers.chance - 0.5) < 0.05
    assert numbers.conditions["context"].from_ms > 40
    assert numbers.conditions["context"].across_times > 0.9
    assert numbers.generalisation["choice across context"] > 0.75
    assert answer.arrays["matrix choice"].shape == (24, 24)


def test_dimensions_are_counted_beside_the_weights(subject):
    answer = DIMENSIONS.ask(subject)
    numbers = answer.numbers
    assert 1 <= numbers.participation_ratio_of_means < numbers.participation_ratio < 60
    assert list(numbers.principal_angles_deg) == ["W_in", "xi_in", "W_in and xi_in"]
    modes = subject.modes_if_any
    np.testing.assert_allclose(numbers.overlaps, modes.xi_out.T @ modes.xi_in)
    assert len(numbers.loop_eigenvalues) == 3
    assert answer.arrays["directions"][-1] == "global"
    assert answer.arrays["alignments"].shape == (numbers.leading, 8)


def test_tangling_stands_beside_that_of_the_outputs(subject):
    numbers = TANGLING.ask(subject).numbers
    assert 0 < numbers.activity.median <= numbers.activity.high
    assert numbers.outputs.median > numbers.activity.median  # outputs are noise here
    assert numbers.share_below > 0.5


def test_a_network_of_rates_keeps_to_the_space_of_its_weights():
    """Weak input keeps tanh linear: activity is in the span of W_in and xi_in."""
    drawn = recorded(trials=12, neuron="rate", modes=3)
    modes = drawn.network.recurrence
    assert isinstance(modes, Modes)
    weak = replace(
        drawn.network,
        W_in=1e-3 * drawn.network.W_in,
        recurrence=Modes(modes.xi_in, np.full(3, 0.1), modes.xi_out),
    )
    numbers = DIMENSIONS.ask(Subject(drawn.spec, weak, drawn.recording)).numbers
    assert max(numbers.principal_angles_deg["W_in and xi_in"]) < 5


CASES = {
    "dense": ({"parameterisation": "dense"}, []),
    "one mode": ({"modes": 1}, []),
    "rates": ({"neuron": "rate", "trials": 20}, []),
    "go or not": ({"task": {"name": "go-nogo"}, "conditions": ()}, []),
    "no conditions": (
        {"task": {"name": "pattern"}, "conditions": ()},
        ["axes", "decoding", "end_states"],
    ),
    "a trial": ({"trials": 1, "conditions": ()}, ["axes", "decoding", "end_states"]),
    "classes": (
        {"task": {"name": "digits", "dataset": "digits8x8"}, "conditions": (), "trials": 120},
        ["axes"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_makes_sense_is_answered_and_the_rest_has_a_reason(case):
    settings, missing = CASES[case]
    found = answered(recorded(**settings), QUESTIONS, display_on(Console(file=StringIO())))
    assert sorted(found.not_asked) == missing
    assert sorted({*found.numbers, *missing}) == sorted(KEYS)
    json.dumps(to_plain(found.numbers), allow_nan=False)
    for reason in found.not_asked.values():
        assert reason.endswith(".")
        assert "\n" not in reason


def test_a_silent_network_is_asked_nothing():
    found = answered(silent(recorded()), QUESTIONS, display_on(Console(file=StringIO())))
    assert sorted(found.not_asked) == sorted(KEYS)
    assert all("silent" in reason for reason in found.not_asked.values())


def test_conditions_in_too_few_trials_are_not_decoded():
    with pytest.raises(NotAskedError, match="needed in 5 trials to be decoded"):
        DECODING.ask(recorded(trials=8))
