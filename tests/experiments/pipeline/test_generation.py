import numpy as np
import pytest
from brian2 import Hz
from spikemodes.experiments.pipeline.generation import generation
from spikemodes.experiments.pipeline.performance import Controls, ControlScore
from spikemodes.experiments.pipeline.summary import Summary
from spikemodes.experiments.report.summary_table import generated
from spikemodes.experiments.tasks import Lorenz, PatternGeneration

SINE = PatternGeneration(pattern="sine", frequency=5 * Hz).on_end()
LORENZ = PatternGeneration(pattern="lorenz").on_end()


def outputs_of(task, speed=1.0):
    times = speed * float(task.dt) * np.arange(task.epochs["test"].stop)
    return task.in_trials.signal(times)[:, None, None]


def test_a_sine_that_runs_ahead_is_measured_and_read_back():
    found = generation(SINE, outputs_of(SINE, speed=1.002))
    assert (found.periods, found.target_frequency_hz, found.turns) == (20, 5, None)
    assert found.frequency_error == pytest.approx(0.002, abs=2e-4)
    assert found.drift_periods == pytest.approx(0.04, abs=0.015)
    assert found.explained_variance_at_best_phase is not None
    assert found.explained_variance_at_best_phase > 0.98
    assert Summary.of(Summary(generation=found).plain()).generation == found
    assert "frequency of the output [Hz]" in dict(generated(found, None))


def test_the_score_at_the_best_phase_stands_beside_that_of_the_permuted_network():
    found = generation(SINE, outputs_of(SINE))
    permuted = ControlScore(-0.3, None)
    named = generated(found, Controls(None, permuted, None, None, None))
    values = dict(named)
    assert values["the same with neurons permuted, mean"] == -0.3
    names = list(values)
    assert names[1:4] == [
        "explained variance at best phase, mean",
        "the same, lowest of the tests",
        "the same with neurons permuted, mean",
    ]
    assert "range of the phase over a test, in periods" in values


def test_a_constant_output_has_0_and_no_frequency():
    found = generation(SINE, np.zeros((SINE.epochs["test"].stop, 2, 1)))
    assert found.explained_variance_at_best_phase == pytest.approx(0)
    assert (found.tests, found.frequency_hz) == (2, None)


def test_the_lorenz_coordinate_is_measured_by_its_turns():
    n = LORENZ.epochs["test"].stop
    other = Lorenz(2.0)(0.002 * np.arange(n + 20_000))[20_000:, None, None]
    found = generation(LORENZ, other)
    assert found.explained_variance_of_return_map is not None
    assert found.explained_variance_of_return_map > 0.98
    assert found.distance_of_maxima is not None
    assert found.distance_of_maxima < 0.2
    assert found.turns_per_second == pytest.approx(found.target_turns_per_second, rel=0.05)
    assert found.periods is None
