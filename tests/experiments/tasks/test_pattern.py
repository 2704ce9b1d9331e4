import numpy as np
import pytest
from brian2 import Hz, ms
from spikemodes.experiments.tasks import Lorenz, PatternGeneration, Sines
from spikemodes.experiments.tasks.pattern import PATTERNS

TIMES = np.arange(0, 2, 0.002)


@pytest.mark.parametrize("frequencies", [(3.0,), (2.0, 5.0)])
def test_sines_have_power_at_their_frequencies_alone(frequencies):
    spectrum = np.abs(np.fft.rfft(Sines(frequencies)(TIMES))) / len(TIMES)
    present = np.fft.rfftfreq(len(TIMES), 0.002)[spectrum > 1e-9]
    np.testing.assert_allclose(present, frequencies)
    np.testing.assert_allclose(spectrum[spectrum > 1e-9], 0.5 / len(frequencies))


def test_the_lorenz_coordinate_obeys_its_equations():
    def slope(u):
        x, y, z = u
        return np.array([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])

    step, u, path = 5e-4, np.array([0.0, 1.0, 25.0]), []
    for _ in range(4000):  # the midpoint rule
        path.append(u[0])
        u = u + step * slope(u + step / 2 * slope(u))
    # 4 units of its time a second, so that 2 ms are 16 of these steps
    np.testing.assert_allclose(20 * Lorenz(4.0)(TIMES[:250]), path[::16], atol=2e-2)
    assert np.abs(Lorenz(4.0)(TIMES)).max() < 1


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_signal_follows_the_cue_and_is_in_no_input(pattern):
    task = PatternGeneration(pattern=pattern, noise=0.0)
    trials = task.sample(2, np.random.default_rng(0))
    cue, signal = task.epochs["cue"], task.epochs["signal"]
    assert trials.targets is not None
    np.testing.assert_array_equal(trials.inputs[cue.stop :], np.tile([0, 1], (len(signal), 2, 1)))
    np.testing.assert_array_equal(trials.inputs[: cue.stop], 1)
    np.testing.assert_array_equal(trials.scored.all(1), np.arange(trials.n_steps) >= cue.stop)
    expected = task.signal(0.002 * np.arange(len(signal)))
    np.testing.assert_allclose(trials.targets[cue.stop :, 1, 0], expected, atol=1e-6)
    assert np.abs(expected).max() <= 1.0


def test_a_constant_output_at_the_mean_has_a_normalised_error_of_1():
    task = PatternGeneration(pattern="lorenz")
    trials = task.sample(2, np.random.default_rng(0))
    assert trials.targets is not None
    flat = np.full_like(trials.targets, trials.targets[trials.scored].mean())
    assert task.score(flat, trials).measures["normalised_error"] == pytest.approx(1)
    perfect = task.score(trials.targets, trials)
    assert perfect.measures == {
        "performance": 1, "explained_variance": 1, "mse": 0, "normalised_error": 0,
    }  # fmt: skip
    assert task.score(flat, trials).performance == pytest.approx(0)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"pattern": "square"}, "`pattern` must be one of sine, two-sines, lorenz: got 'square'"),
        ({"frequency": 0 * Hz}, "`frequency` must be a positive frequency"),
        ({"frequency": 2 * ms}, "`frequency` must be a positive frequency"),
        ({"cue": 3 * ms}, "`cue` must be a whole number of steps"),
        ({"noise": -1.0}, "`noise` must be finite"),
    ],
)
def test_bad_parameters_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        PatternGeneration(**parameters)
