from dataclasses import replace

import numpy as np
import pytest
from brian2 import ms, mV, nS
from spikemodes.models import (
    LIF,
    AdaptiveLIF,
    AdEx,
    BiasedLIF,
    ConductanceLIF,
    ContinuousLIF,
    DoubleExponential,
    ModeNetwork,
    Modes,
    Trials,
    continuous,
    simulate,
)
from spikemodes.models.conditions.response import firing_rates
from spikemodes.models.neurons.lif import continuous_lif
from spikemodes.models.translation.translator import translate_neuron

A_SYN = np.exp(-2 / 10)


def uncoupled(neuron, drives, dt=2 * ms):
    """One neuron for each constant drive, none of which hears another."""
    n = len(drives)
    return ModeNetwork(
        neuron=neuron,
        filter=DoubleExponential(),
        W_in=np.asarray(drives)[:, None],
        W_out=np.zeros((1, n)),
        dt=dt,
        modes=Modes(np.zeros((n, 1)), np.zeros(1), np.zeros((n, 1))),
    )


def intervals(recording, neuron, after):
    """Steps between the spikes of a neuron once its input current has settled."""
    steps = recording.spikes[recording.spikes[:, 2] == neuron, 0]
    return np.diff(steps[steps > after])


def test_the_explicit_lif_fires_at_the_rate_of_its_closed_form():
    currents = np.array([0.9, 1.0, 1.05, 1.2, 1.5, 2.0, 4.0, 50.0])
    network = uncoupled(LIF(), currents * (1 - A_SYN))
    recording = simulate(network, Trials(np.ones((400, 1, 1)), 2 * ms), target="numpy")
    for neuron, current in enumerate(currents):
        found = intervals(recording, neuron, after=100)
        if current <= 1:
            assert len(found) == 0
        else:
            rise = np.floor(np.log(1 - 1 / current) / (-2 / 20)) + 1
            assert len(found) > 3
            assert set(found) == {5 + rise - 1}


@pytest.mark.parametrize("dt", [2, 1, 0.5, 0.05])
def test_the_biased_lif_fires_at_the_rate_of_its_closed_form_at_any_step(dt):
    drives = np.array([-0.1, 0.1, 1.0, 2.0, 5.0, 10.0, 30.0])
    network = uncoupled(BiasedLIF(), drives, dt * ms)
    recording = simulate(
        network, Trials(np.ones((round(1000 / dt), 1, 1)), dt * ms), target="numpy"
    )
    for neuron, current in enumerate(1 + drives):
        found = dt * intervals(recording, neuron, after=0)
        if current <= 1:
            assert len(found) == 0
        else:
            expected = 2 + 10 * np.log(current / (current - 1))
            assert found.mean() == pytest.approx(expected, rel=0.005)
            assert abs(found - expected).max() <= dt * (1 + 1e-9)


@pytest.mark.parametrize("refractory", [0.0, 1.0, 4.0])
def test_the_refractory_period_of_the_biased_lif_is_counted_within_the_step(refractory):
    network = uncoupled(BiasedLIF(refractory=refractory * ms), np.array([2.0]), 1 * ms)
    recording = simulate(network, Trials(np.ones((1000, 1, 1)), 1 * ms), target="numpy")
    expected = refractory + 10 * np.log(3 / 2)
    assert intervals(recording, 0, after=0).mean() == pytest.approx(expected, rel=0.005)


@pytest.mark.parametrize("dt", [2, 0.5])
def test_noise_of_the_biased_lif_has_the_deviation_that_it_says(dt):
    neuron = BiasedLIF(v_threshold=25.0, bias=10.0, noise=0.04)
    recording = simulate(
        uncoupled(neuron, np.zeros(50), dt * ms), Trials(np.zeros((400, 1, 1)), dt * ms),
        target="numpy", record_states=["v"], record_neurons=range(50),
    )  # fmt: skip
    v = recording.states["v"][200:]
    assert v.mean() == pytest.approx(10, abs=0.2)
    assert v.std() == pytest.approx(1, rel=0.05)
    with pytest.raises(ValueError, match="`noise` must be zero or positive"):
        BiasedLIF(noise=-1)


def test_a_biased_lif_that_noise_alone_lifts_over_the_threshold_starts_from_its_reset():
    neuron = replace(BiasedLIF(bias=0.5), initial={"v": "1.5"})
    recording = simulate(
        uncoupled(neuron, np.array([0.0])), Trials(np.ones((2, 1, 1)), 2 * ms), target="numpy",
        record_states=["v"], record_neurons=[0],
    )  # fmt: skip
    assert recording.spikes[:, 0].tolist() == [0]
    assert recording.states["v"][1, 0, 0] == pytest.approx(0.5 * (1 - np.exp(-0.2)))


def test_the_continuous_lif_fires_at_the_textbook_rate():
    currents = np.array([0.99, 1.05, 1.3, 2.0, 5.0, 30.0])
    network = continuous(uncoupled(ContinuousLIF(), currents * (1 - A_SYN)))
    trials = Trials(np.ones((250, 1, 1)), 2 * ms)
    recording = simulate(network, trials, dt=0.1 * ms, target="numpy")
    for neuron, current in enumerate(currents):
        found = 0.1 * intervals(recording, neuron, after=1500)
        if current < 1:
            assert len(found) == 0
        else:
            expected = max(10, 10 - 2 / 2 + 20 * np.log(current / (current - 1)))
            np.testing.assert_allclose(found, expected, atol=0.06)


def test_the_continuous_form_has_the_dc_gain_of_the_explicit_scheme():
    lif = LIF(tau_syn=7 * ms)
    drives = np.array([0.1, 0.3, 0.7])
    trials = Trials(np.ones((60, 1, 1)), 2 * ms)
    coarse = simulate(
        uncoupled(lif, drives), trials, target="numpy", record_states=["I"], record_neurons=range(3)
    )
    fine = simulate(
        continuous(uncoupled(lif, drives)),
        trials,
        dt=0.5 * ms,
        target="numpy",
        record_states=["I"],
        record_neurons=range(3),
    )
    np.testing.assert_allclose(fine.states["I"][-1], coarse.states["I"][-1], rtol=1e-6)
    np.testing.assert_allclose(coarse.states["I"][-1, 0], drives / (1 - np.exp(-2 / 7)), rtol=1e-6)


@pytest.mark.parametrize(("steps", "refractory"), [(3, 0 * ms), (2, 10 * ms), (10, 10 * ms)])
def test_at_a_finer_step_the_continuous_form_fires_at_the_rate_of_the_explicit_scheme(
    steps, refractory
):
    network = uncoupled(LIF(refractory=refractory), np.linspace(1.2, 4, 100) * (1 - A_SYN))
    trials = Trials(np.ones((250, 1, 1)), 2 * ms)
    coarse = simulate(network, trials, target="numpy")
    fine = simulate(continuous(network), trials, dt=2 / steps * ms, target="numpy")
    assert fine.rate_hz == pytest.approx(coarse.rate_hz, rel=0.01)


@pytest.mark.parametrize(
    ("neuron", "strongest"),
    [
        (ContinuousLIF(), 4),
        (AdaptiveLIF(), 4),
        (AdEx(Delta_T=1e-12 * mV, a=0 * nS, refractory=10 * ms), 2),  # no slope to integrate
        (ConductanceLIF(), 4),
    ],
)
def test_neurons_that_learned_at_a_step_fire_as_fast_at_a_finer_one(neuron, strongest):
    drive = np.linspace(1.2, strongest, 100) * (1 - A_SYN)
    coarse, fine = (firing_rates(neuron, drive, dt) for dt in (2 * ms, 1 * ms))
    assert fine.mean() == pytest.approx(coarse.mean(), rel=0.005)
    strong = np.array([1000.0])
    np.testing.assert_allclose(firing_rates(neuron, strong, 1 * ms), 100)


def test_spikes_are_a_refractory_period_apart_however_strong_the_drive_and_fine_the_step():
    for steps in (1, 2, 3, 10):
        dt = 2 / steps * ms
        assert translate_neuron(ContinuousLIF(), dt).refractory_steps == 5 * steps
        assert translate_neuron(ContinuousLIF(refractory=0 * ms), dt).refractory_steps == steps


def test_the_continuous_form_refers_to_the_learning_step():
    assert continuous_lif(LIF(), 4 * ms).parameters["dt_input"] == 4 * ms
    with pytest.raises(ValueError, match=r"must be the explicit LIF.* the neuron ContinuousLIF"):
        continuous_lif(ContinuousLIF(), 2 * ms)


@pytest.mark.parametrize("build", [LIF, ContinuousLIF])
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"tau_mem": 20}, r"`tau_mem` must be a time.*Write 20\*ms"),
        ({"tau_mem": 20 * mV}, "`tau_mem` must be a time"),
        ({"tau_mem": 0 * ms}, "`tau_mem` must be positive"),
        ({"tau_syn": -10 * ms}, "`tau_syn` must be positive"),
        ({"tau_syn": [10, -10] * ms}, "`tau_syn` must be positive"),
        ({"refractory": -1 * ms}, "`refractory` must be zero or positive"),
        ({"refractory": 10}, "`refractory` must be a time"),
        ({"v_reset": 1.0}, "`v_reset` must be below `v_threshold` = 1.0: got 1.0"),
        ({"v_threshold": -0.5}, "`v_reset` must be below `v_threshold` = -0.5: got 0.0"),
    ],
)
def test_bad_parameters_are_named(build, parameters, message):
    with pytest.raises(ValueError, match=message):
        build(**parameters)


@pytest.mark.parametrize(
    ("dt_input", "message"), [(2, "`dt_input` must be a time"), (0 * ms, "`dt_input` must be pos")]
)
def test_the_learning_step_of_the_continuous_form_is_a_time(dt_input, message):
    with pytest.raises(ValueError, match=message):
        ContinuousLIF(dt_input=dt_input)
