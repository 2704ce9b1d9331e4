import numpy as np
import pytest
from brian2 import ms
from spikemodes.models import (
    LIF,
    AdEx,
    BiasedLIF,
    ConductanceLIF,
    NeuronModel,
    continuous,
    simulate,
)
from spikemodes.models.neurons.bias import has_bias, with_bias, without_bias
from spikemodes.models.neurons.lif import continuous_lif, is_lif


@pytest.mark.parametrize("neuron", [LIF(), AdEx(), ConductanceLIF()], ids=lambda n: n.name)
def test_a_bias_can_be_taken_away_again(neuron):
    biased = with_bias(neuron, 0.3)
    assert has_bias(biased)
    assert not has_bias(neuron)
    assert biased != neuron
    assert without_bias(biased) == (neuron, 0.3)


def test_a_bias_acts_as_a_constant_input(draw_network, draw_trials):
    from dataclasses import replace

    network, trials = draw_network(), draw_trials()
    bias = np.linspace(-0.2, 0.4, 8)
    biased = replace(network, neuron=with_bias(network.neuron, bias))
    inputs = np.concatenate([trials.inputs, np.ones((*trials.inputs.shape[:2], 1))], axis=2)
    fed = replace(network, W_in=np.column_stack([network.W_in, bias]))
    found = simulate(biased, trials, target="numpy")
    expected = simulate(fed, replace(trials, inputs=inputs), target="numpy")
    assert len(found.spikes) > 20
    np.testing.assert_array_equal(found.spikes, expected.spikes)


def test_a_lif_with_bias_has_a_continuous_form(draw_network):
    biased = with_bias(LIF(), 0.2)
    assert not is_lif(biased)
    form = continuous_lif(biased, 2 * ms)
    assert has_bias(form)
    assert without_bias(form) == (continuous_lif(LIF(), 2 * ms), 0.2)
    assert continuous(draw_network(biased)).neuron == form


@pytest.mark.parametrize(
    "neuron",
    [
        BiasedLIF(),
        with_bias(LIF(), 0.1),
        NeuronModel(
            name="own", equations="dv/dt = (drive + recurrent - v + bias)/ms : 1\nbias : 1"
        ),
    ],
)
def test_a_name_that_is_taken_is_refused(neuron):
    with pytest.raises(ValueError, match="`bias` must be no name of"):
        with_bias(neuron, 0.1)
