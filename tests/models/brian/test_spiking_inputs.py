import numpy as np
import pytest
from brian2 import ms
from spikemodes.models import (
    PeakReadout,
    TraceReadout,
    Trials,
    simulate,
    simulate_spiking_inputs,
    to_dense,
)


def spike_trials(n_trials=5):
    rng = np.random.default_rng(2)
    return Trials(rng.random((40, n_trials, 3)) < 0.4, 2 * ms)


@pytest.mark.parametrize("readout", [TraceReadout(), PeakReadout()])
@pytest.mark.parametrize("batch", [2, 20])
def test_spiking_inputs_give_the_spikes_of_held_inputs(draw_network, readout, batch):
    network, trials = draw_network(readout=readout), spike_trials()
    held = simulate(network, trials, target="numpy")
    spiking = simulate_spiking_inputs(network, trials, target="numpy", batch=batch)
    assert len(held.spikes) > 5
    np.testing.assert_array_equal(spiking.spikes, held.spikes)
    np.testing.assert_allclose(spiking.outputs, held.outputs, atol=1e-12)


def test_dense_networks_take_spiking_inputs_as_well(draw_network):
    network, trials = to_dense(draw_network()), spike_trials(2)
    held = simulate(network, trials, target="numpy")
    spiking = simulate_spiking_inputs(network, trials, target="numpy")
    np.testing.assert_array_equal(spiking.spikes, held.spikes)


def test_without_input_spikes_nothing_fires(draw_network):
    trials = Trials(np.zeros((20, 2, 3), bool), 2 * ms)
    assert len(simulate_spiking_inputs(draw_network(), trials, target="numpy").spikes) == 0


def test_inputs_that_are_no_spikes_and_other_targets_are_refused(draw_network):
    graded = Trials(np.full((5, 1, 3), 0.5), 2 * ms)
    with pytest.raises(ValueError, match="`trials` must have inputs of 0 and 1"):
        simulate_spiking_inputs(draw_network(), graded)
    with pytest.raises(ValueError, match="`target` must be cython or numpy"):
        simulate_spiking_inputs(draw_network(), spike_trials(), target="cpp_standalone")


@pytest.mark.reference
def test_the_published_digits_network_spikes_alike(digits):
    trials = digits.trials.subset(slice(0, 4))
    spiking = simulate_spiking_inputs(digits.network, trials, target="numpy", batch=2)
    np.testing.assert_array_equal(spiking.raster, digits.spikes[:, :4])
