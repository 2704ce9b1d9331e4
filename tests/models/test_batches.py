import numpy as np
import pytest
from hypothesis import given, strategies as st
from spikemodes.learning import validate
from spikemodes.models import PeakReadout, TraceReadout, compile_simulation, simulate
from spikemodes.models.trials import in_batches


@given(st.integers(1, 7), st.integers(1, 9))
def test_batches_have_one_size_and_hold_every_trial_in_order(draw_trials, n_trials, size):
    trials = draw_trials(n_steps=2, n_trials=n_trials)
    batches = list(in_batches(trials, size))
    assert {batch.n_trials for batch in batches} == {size}
    together = np.concatenate([batch.inputs for batch in batches], axis=1)
    np.testing.assert_array_equal(together[:, :n_trials], trials.inputs)
    assert together.shape[1] - n_trials < size


@pytest.mark.parametrize("readout", [TraceReadout(), PeakReadout()])
@pytest.mark.parametrize("batch", [1, 2, 5, 8])
def test_batches_change_nothing(draw_network, draw_trials, readout, batch):
    network, trials = draw_network(readout=readout), draw_trials(n_trials=5)
    shown = {"target": "numpy", "record_states": ("v",), "record_neurons": (1, 4)}
    whole = simulate(network, trials, **shown)
    parts = simulate(network, trials, batch=batch, **shown)
    assert len(whole.spikes) > 5
    np.testing.assert_array_equal(parts.spikes, whole.spikes)
    np.testing.assert_allclose(parts.outputs, whole.outputs, atol=1e-12)
    np.testing.assert_allclose(parts.modes, whole.modes, atol=1e-12)
    np.testing.assert_allclose(parts.states["v"], whole.states["v"], atol=1e-12)
    assert parts.n_trials == 5


def test_a_simulation_takes_any_number_of_trials(draw_network, draw_trials):
    simulation = compile_simulation(draw_network(), draw_trials(n_trials=2), target="numpy")
    for n_trials in (1, 2, 3):
        recording = simulation.run(draw_network(), draw_trials(n_trials=n_trials))
        alone = simulate(draw_network(), draw_trials(n_trials=n_trials), target="numpy")
        np.testing.assert_array_equal(recording.spikes, alone.spikes)


def test_twin_and_brian2_agree_in_batches(draw_network, draw_trials):
    found = validate(draw_network(), draw_trials(n_trials=5), target="numpy", batch=2)
    assert (found.spike_match, found.identical_trials) == (1.0, 5)
    assert found.max_output_difference is not None
    assert found.max_output_difference < 1e-12


def test_a_batch_has_a_trial(draw_network, draw_trials):
    with pytest.raises(ValueError, match="`batch` must be 1 or more: got 0"):
        simulate(draw_network(), draw_trials(), target="numpy", batch=0)
