import shutil
from dataclasses import replace
from inspect import signature

import numpy as np
import pytest
from brian2 import defaultclock, get_device, ms, prefs
from spikemodes.models import (
    LIF,
    ContinuousLIF,
    PeakReadout,
    Recording,
    SingleExponential,
    Trials,
    compile_simulation,
    continuous,
    simulate,
    to_dense,
)
from spikemodes.models.brian.wiring import dense_wiring, mode_wiring
from spikemodes.models.conditions import Delays, ReleaseFailures

CPP = pytest.param("cpp_standalone", id="cpp")


@pytest.mark.reference
@pytest.mark.parametrize("target", ["numpy", CPP])
def test_published_selective_integration_is_reproduced_spike_for_spike(
    target, selective_integration
):
    published = selective_integration
    recording = simulate(published.network, published.trials, target=target)
    np.testing.assert_array_equal(recording.raster, published.spikes)
    np.testing.assert_allclose(recording.outputs, published.outputs, rtol=0, atol=1e-12)


@pytest.mark.reference
@pytest.mark.parametrize("target", ["numpy", pytest.param(*CPP.values, marks=pytest.mark.slow)])
def test_published_digits_are_reproduced_spike_for_spike(target, digits):
    recording = simulate(digits.network, digits.trials, target=target)
    np.testing.assert_array_equal(recording.raster, digits.spikes)
    np.testing.assert_allclose(recording.outputs, digits.outputs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("full", [False, True], ids=["diagonal", "full"])
@pytest.mark.parametrize("filter_", [None, SingleExponential()], ids=["double", "single"])
def test_modes_act_as_their_product_does(full, filter_, draw_network, draw_trials):
    network, trials = draw_network(filter=filter_, full=full), draw_trials()
    modes = simulate(network, trials, target="numpy", wire=mode_wiring)
    multiplied_out = simulate(network, trials, target="numpy", wire=dense_wiring)
    dense = simulate(to_dense(network), trials, target="numpy")
    np.testing.assert_array_equal(modes.spikes, multiplied_out.spikes)
    np.testing.assert_array_equal(modes.spikes, dense.spikes)
    np.testing.assert_allclose(modes.outputs, dense.outputs, atol=1e-12)
    np.testing.assert_allclose(modes.modes, multiplied_out.modes, atol=1e-12)
    silent = network.with_modes(network.modes.scaled(np.zeros(2)))
    unheard = simulate(silent, trials, target="numpy", wire=mode_wiring)
    assert not np.array_equal(unheard.spikes, modes.spikes)


def test_trials_do_not_hear_one_another(draw_network, draw_trials):
    trials = draw_trials(n_trials=3)
    together = simulate(draw_network(), trials, target="numpy")
    alone = simulate(draw_network(), trials.subset(slice(1, 2)), target="numpy")
    np.testing.assert_array_equal(together.raster[:, 1:2], alone.raster)
    np.testing.assert_allclose(together.outputs[:, 1:2], alone.outputs, atol=1e-12)


def test_a_single_neuron_and_trial_and_step_can_be_simulated(draw_network):
    network = draw_network(n_neurons=1, n_modes=1)
    recording = simulate(network, Trials(np.ones((1, 1, 3)), 2 * ms), target="numpy")
    assert recording.outputs.shape == (1, 1, 2)
    assert recording.modes.shape == (1, 1, 1)


def test_outputs_are_filtered_spikes_times_the_readout(draw_network, draw_trials):
    network = draw_network()
    recording = simulate(network, draw_trials(), target="numpy")
    each = replace(network, W_out=np.eye(8))
    filtered = simulate(each, draw_trials(), target="numpy").outputs
    np.testing.assert_allclose(recording.outputs, filtered @ network.W_out.T, atol=1e-12)
    np.testing.assert_allclose(recording.modes, filtered @ network.modes.xi_out, atol=1e-12)


def test_a_peak_readout_weighs_each_neurons_largest_trace(draw_network, draw_trials):
    network = draw_network(readout=PeakReadout())
    recording = simulate(network, draw_trials(), target="numpy")
    each = replace(network, W_out=np.eye(8), readout=draw_network().readout)
    largest = simulate(each, draw_trials(), target="numpy").outputs.max(axis=0)
    np.testing.assert_allclose(recording.outputs, largest @ network.W_out.T, atol=1e-12)
    assert recording.outputs.shape == (3, 2)


def test_a_finer_step_holds_each_input_over_the_step_of_the_trials(draw_network, draw_trials):
    network, trials = continuous(draw_network()), draw_trials()
    held = Trials(np.repeat(trials.inputs, 4, axis=0), 0.5 * ms)
    fine = simulate(network, trials, dt=0.5 * ms, target="numpy")
    same = simulate(network, held, target="numpy")
    assert (fine.n_steps, fine.dt) == (240, 0.5 * ms)
    np.testing.assert_array_equal(fine.spikes, same.spikes)
    np.testing.assert_array_equal(fine.outputs, same.outputs)


def test_finer_and_finer_steps_come_together(draw_network, draw_trials):
    network, trials = continuous(draw_network()), draw_trials(40)
    network = network.with_modes(network.modes.scaled(np.full(2, 0.1)))
    runs = [
        simulate(network, trials, dt=dt * ms, target="numpy").at_step(2 * ms).outputs
        for dt in (1.0, 0.2, 0.1)
    ]
    coarse, middle, fine = runs
    assert np.abs(middle - fine).mean() < 0.5 * np.abs(coarse - fine).mean()


def test_recorded_states_are_those_after_the_update_and_before_the_reset(draw_network, draw_trials):
    recording = simulate(
        draw_network(),
        draw_trials(),
        target="numpy",
        record_states=("I", "v"),
        record_neurons=(5, 2),
    )
    assert recording.states["v"].shape == recording.states["I"].shape == (60, 3, 2)
    assert recording.state_neurons.tolist() == [5, 2]
    above = recording.states["v"] > 1
    np.testing.assert_array_equal(above, recording.raster[:, :, [5, 2]])
    assert above.any()


def test_recording_changes_nothing(draw_network, draw_trials):
    plain = simulate(draw_network(), draw_trials(), target="numpy")
    watched = simulate(
        draw_network(), draw_trials(), target="numpy", record_states=["v"], record_neurons=[0]
    )
    np.testing.assert_array_equal(plain.spikes, watched.spikes)
    np.testing.assert_array_equal(plain.outputs, watched.outputs)


def test_a_simulation_runs_other_weights_of_the_same_structure(draw_network, draw_trials):
    simulation = compile_simulation(draw_network(), draw_trials(), target="numpy")
    other = draw_network(LIF(tau_mem=30 * ms), seed=4)
    again = simulation.run(other, draw_trials(seed=9))
    fresh = simulate(other, draw_trials(seed=9), target="numpy")
    np.testing.assert_array_equal(again.spikes, fresh.spikes)
    assert (simulation.target, simulation.compiled) == ("numpy", False)


def test_a_simulation_runs_what_it_was_compiled_for(draw_network, draw_trials):
    conditions = {"conditions": [Delays(4 * ms), ReleaseFailures(0.3)], "seed": 3}
    simulation = compile_simulation(draw_network(), draw_trials(), target="numpy", **conditions)
    planned = simulation.run_plan(simulation.plan)
    again = simulation.run(draw_network(), draw_trials(), **conditions)
    assert len(planned.spikes) > 5
    np.testing.assert_array_equal(planned.spikes, again.spikes)
    np.testing.assert_array_equal(planned.outputs, again.outputs)


def test_simulating_takes_the_options_of_compiling(draw_network, draw_trials):
    ours, theirs = signature(simulate), signature(compile_simulation)
    assert ours.parameters == theirs.parameters
    assert ours.return_annotation is Recording
    with pytest.raises(TypeError, match="unexpected keyword argument 'target_'"):
        simulate(draw_network(), draw_trials(), target_="numpy")  # pyright: ignore


def test_a_simulation_refuses_another_structure(draw_network, draw_trials):
    simulation = compile_simulation(draw_network(), draw_trials(), target="numpy")
    for network, trials in (
        (draw_network(n_modes=3), draw_trials()),
        (draw_network(ContinuousLIF()), draw_trials()),
        (draw_network(), draw_trials(n_steps=61)),
    ):
        with pytest.raises(ValueError, match="must have the structure this simulation was comp"):
            simulation.run(network, trials)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "fortran"}, "`target` must be one of cpp_standalone, cython, numpy"),
        ({"record_states": ["u"]}, "`record_states` must be variables of LIF: it has v, I, got"),
        ({"record_states": ["v"], "record_neurons": [8]}, r"`record_neurons` must be below.* 8"),
        ({"record_states": ["v"], "record_neurons": [-1]}, "`record_neurons` .*got -1"),
        ({"dt": 0.7 * ms}, r"`trials\.dt` must be a whole number of steps of dt"),
        ({"dt": 4 * ms}, r"`trials\.dt` must be a whole number of steps of dt"),
        ({"dt": 0.002}, "`dt` must be a time"),
        ({"dt": 0 * ms}, "`dt` must be positive"),
        ({"dt": -1 * ms}, "`dt` must be positive"),
    ],
)
def test_bad_options_are_refused_before_anything_runs(options, message, draw_network, draw_trials):
    with pytest.raises(ValueError, match=message):
        simulate(draw_network(), draw_trials(), **{"target": "numpy", **options})


def test_trials_need_the_channels_of_the_network(draw_network):
    with pytest.raises(ValueError, match=r"`trials` must have the 3 input channels.* got 4"):
        simulate(draw_network(), Trials(np.ones((5, 1, 4)), 2 * ms), target="numpy")


def test_a_step_that_does_not_divide_the_refractory_period_is_refused(draw_network):
    trials = Trials(np.ones((5, 1, 3)), 3 * ms)
    with pytest.raises(ValueError, match="`refractory` must be a whole number of steps of dt"):
        simulate(draw_network(), trials, target="numpy")


def test_without_a_compiler_numpy_takes_over_and_says_so(draw_network, draw_trials, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.warns(UserWarning, match="No C\\+\\+ compiler found: Brian2 falls back to numpy"):
        simulation = compile_simulation(draw_network(), draw_trials())
    assert simulation.target == "numpy"
    expected = simulate(draw_network(), draw_trials(), target="numpy")
    found = simulation.run(draw_network(), draw_trials())
    np.testing.assert_array_equal(found.spikes, expected.spikes)


def test_brian2_is_left_as_it_was_found(draw_network, draw_trials):
    before = get_device(), dict(prefs), float(defaultclock.dt)
    simulate(draw_network(), draw_trials(), target="numpy")
    assert (get_device(), dict(prefs), float(defaultclock.dt)) == before


@pytest.mark.slow
def test_cython_gives_the_same_spikes(draw_network, draw_trials):
    pytest.importorskip("Cython")
    cython = simulate(draw_network(), draw_trials(), target="cython")
    numpy = simulate(draw_network(), draw_trials(), target="numpy")
    np.testing.assert_array_equal(cython.spikes, numpy.spikes)
