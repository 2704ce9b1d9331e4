import numpy as np
import pytest
from spikemodes.analysis import (
    best_phase,
    compare_return_maps,
    dilation,
    drifts,
    power_spectrum,
    turns,
)

DT, PERIOD = 0.002, 100  # of a sine of 5 Hz
TARGET = np.sin(2 * np.pi * np.arange(20 * PERIOD + PERIOD - 1) / PERIOD)
TIMES = DT * np.arange(20 * PERIOD)


def test_a_shifted_copy_is_explained_at_its_delay():
    found = best_phase(TARGET[37 : 37 + 2000], TARGET)
    assert found.delay == 37
    assert found.explained_variance == pytest.approx(1)


def test_a_constant_explains_nothing_and_one_off_the_mean_less():
    assert best_phase(np.zeros(2000), TARGET).explained_variance == pytest.approx(0, abs=1e-12)
    assert best_phase(np.full(2000, 0.5), TARGET).explained_variance == pytest.approx(-0.5)


def test_explained_variance_is_that_of_its_definition():
    output = TARGET[:2000] + np.random.default_rng(0).normal(size=2000)
    found = best_phase(output, TARGET)
    target = TARGET[found.delay : found.delay + 2000]
    expected = 1 - np.mean((output - target) ** 2) / target.var()
    assert found.explained_variance == pytest.approx(expected)


def test_a_wrong_frequency_counts_as_error_over_many_periods():
    off = np.sin(2 * np.pi * 5 * 1.05 * TIMES)  # a whole period ahead after twenty
    assert best_phase(off, TARGET).explained_variance < 0.2


@pytest.mark.parametrize("speed", [0.97, 1.0, 1.02])
def test_the_phase_drifts_as_the_frequency_says(speed):
    ahead = drifts(np.sin(2 * np.pi * 5 * speed * TIMES), TARGET, PERIOD)
    assert ahead[0] == 0
    assert ahead[-1] == pytest.approx(19 * (speed - 1), abs=0.02)


@pytest.mark.parametrize("factor", [0.7, 1.0, 1.013, 1.9])
def test_the_speed_of_two_sines_is_found_whatever_their_phases(factor):
    frequencies = np.array([2.0, 5.0])
    waves = np.sin(2 * np.pi * factor * np.multiply.outer(TIMES, frequencies) + [0.3, 1.1])
    noise = 0.3 * np.random.default_rng(0).normal(size=len(TIMES))
    assert dilation(waves.sum(axis=1) + noise, frequencies, DT) == pytest.approx(factor, rel=2e-3)


def test_a_constant_has_no_speed():
    assert dilation(np.full(2000, 0.4), np.array([5.0]), DT) is None


def test_a_sine_has_its_power_at_its_frequency():
    frequencies, power = power_spectrum(np.sin(2 * np.pi * 5 * TIMES) + 3, DT)
    assert frequencies[power.argmax()] == pytest.approx(5)
    assert power.sum() * frequencies[0] == pytest.approx(0.5, rel=1e-6)


def tent(n, x=0.3123):
    """Successive values of a chaotic map."""
    values = []
    for _ in range(n):
        values.append(x)
        x = 1.99 * min(x, 1 - x)
    return np.array(values)


def test_values_of_the_same_map_obey_it_and_others_do_not():
    known, rng = tent(4000), np.random.default_rng(0)
    same = compare_return_maps(tent(300, 0.7001), known)
    assert same.explained_variance > 0.999
    assert same.distance is not None
    assert same.distance < 0.1
    assert compare_return_maps(rng.permutation(known), known).explained_variance < 0
    fixed = compare_return_maps(np.full(300, 1.99 / 2.99), known)
    assert fixed.explained_variance > 0.99  # a fixed point of the map obeys it
    assert fixed.distance is not None
    assert fixed.distance > 0.5


def test_a_constant_output_has_no_turns_and_explains_no_map():
    found = compare_return_maps(turns(np.full(1000, 0.5)), tent(400))
    assert (found.explained_variance, found.distance) == (0.0, None)


def test_turns_are_the_maxima_of_the_magnitude():
    assert turns(np.sin(2 * np.pi * 5 * TIMES)) == pytest.approx(np.ones(40))


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (np.zeros(10), "`target` must be no shorter than `output`, 2000: got 10"),
        (np.ones(2100), "`target` must vary at every phase"),
    ],
)
def test_targets_that_do_not_fit_are_refused(target, message):
    with pytest.raises(ValueError, match=message):
        best_phase(TARGET[:2000], target)
