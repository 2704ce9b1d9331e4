from dataclasses import replace

import numpy as np
import pytest
from brian2 import ms
from spikemodes.models import (
    LIF,
    DenseNetwork,
    DoubleExponential,
    Modes,
    Network,
    NeuronModel,
    Pathway,
    continuous,
    simulate,
    to_dense,
)


def test_sizes_are_read_from_the_weights(draw_network):
    network = draw_network(n_neurons=8, n_modes=2)
    sizes = (network.n_neurons, network.n_modes, network.n_inputs, network.n_outputs)
    assert sizes == (8, 2, 3, 2)


def test_encoder_and_feedback_make_up_the_recurrent_weights(draw_network):
    network = draw_network(full=True)
    np.testing.assert_allclose(network.modes.feedback @ network.modes.encoder.T, network.dense())


def test_multiplied_out_a_network_keeps_its_weights(draw_network):
    network = draw_network()
    dense = to_dense(network)
    np.testing.assert_array_equal(dense.W, network.dense())
    np.testing.assert_array_equal(dense.dense(), dense.main.connectivity.encoder.T)
    assert dense.main.connectivity.feedback is None
    assert (dense.n_modes, dense.n_neurons) == (0, 8)
    assert dense.neuron is network.neuron


def test_other_modes_leave_the_rest_of_the_network(draw_network):
    network = draw_network()
    silent = network.with_modes(network.modes.scaled(np.zeros(2)))
    assert not silent.dense().any()
    assert silent.W_in is network.W_in
    assert network.dense().any()


def test_the_continuous_form_keeps_weights_and_parameters(draw_network):
    network = draw_network(LIF(tau_mem=17 * ms, refractory=4 * ms))
    fine = continuous(network)
    assert fine.neuron.name == "ContinuousLIF"
    assert fine.neuron.parameters["tau_mem"] == 17 * ms
    assert fine.neuron.parameters["dt_input"] == network.dt
    assert fine.filter.name == "ContinuousDoubleExponential"
    assert fine.modes is network.modes


def test_what_fits_any_step_is_left_as_it_is(draw_network):
    fine = continuous(draw_network())
    assert continuous(fine).neuron is fine.neuron
    assert continuous(fine).filter is fine.filter


def test_an_explicit_scheme_of_ones_own_has_no_continuous_form(draw_network):
    mine = replace(LIF(), reset="v -= v_threshold")
    with pytest.raises(ValueError, match="`neuron` must be the explicit LIF"):
        continuous(draw_network(mine))
    mine = replace(DoubleExponential(), update=DoubleExponential().update.replace("h", "2*h", 1))
    with pytest.raises(ValueError, match="`filter` must be one of DoubleExponential, Single"):
        continuous(draw_network(filter=mine))


def test_a_name_does_not_decide_on_the_continuous_form(draw_network, draw_trials):
    named = draw_network(replace(LIF(), name="mine"), replace(DoubleExponential(), name="mine"))
    fine, expected = continuous(named), continuous(draw_network())
    recordings = (
        simulate(network, draw_trials(), dt=1 * ms, target="numpy") for network in (fine, expected)
    )
    mine, builtin = recordings
    assert len(mine.spikes) > 5
    np.testing.assert_array_equal(mine.spikes, builtin.spikes)
    np.testing.assert_array_equal(mine.outputs, builtin.outputs)


def test_the_continuous_form_keeps_what_is_not_of_the_scheme(draw_network):
    neuron = replace(LIF(), initial={"v": "0.5"}, scale="2", time_constant="tau_syn")
    fine = continuous(draw_network(neuron, replace(DoubleExponential(), gain=3.0)))
    assert fine.neuron.initial == {"v": "0.5"}
    assert (fine.neuron.scale, fine.neuron.time_constant) == ("2", "tau_syn")
    assert fine.filter.gain == 3 * continuous(draw_network()).filter.gain


def test_a_scheme_may_say_that_it_fits_any_step(draw_network, draw_trials):
    update = "v = exp(-dt/tau)*v + (1 - exp(-dt/tau))*3*(drive + recurrent)"
    scheme = NeuronModel(name="mine", equations="v : 1", update=update, parameters={"tau": 20 * ms})
    fitting, trials = draw_network(replace(scheme, any_step=True)), draw_trials()
    assert continuous(fitting).neuron is fitting.neuron
    fine = simulate(continuous(fitting), trials, dt=0.5 * ms, target="numpy")
    assert len(fine.spikes) > 5
    with pytest.raises(ValueError, match="`neuron` must be the explicit LIF"):
        continuous(draw_network(scheme))
    bound = replace(continuous(draw_network()).neuron, any_step=False)
    with pytest.raises(ValueError, match="`dt` must be the step of the trials"):
        simulate(draw_network(bound), trials, dt=1 * ms, target="numpy")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"W_in": np.ones((3, 8))}, r"`W_in` must have one row per neuron: expected \(8, C\)"),
        ({"W_in": np.ones(8)}, r"`W_in` must have one row per neuron.*got \(8,\)"),
        ({"W_out": np.ones((8, 2))}, r"`W_out` must have one column per neuron.*\(O, 8\)"),
        ({"W_out": np.ones(8)}, r"`W_out` must have one column per neuron"),
        ({"W_in": np.full((8, 3), np.nan)}, "`W_in` must be finite"),
        ({"W_out": np.full((2, 8), np.inf)}, "`W_out` must be finite"),
        ({"dt": 0.002}, "`dt` must be a time"),
        ({"dt": -2 * ms}, "`dt` must be positive"),
        (
            {
                "pathways": (
                    Pathway(connectivity=Modes(np.ones((7, 2)), np.ones(2), np.ones((7, 2)))),
                )
            },
            r"expected \(7, C\)",
        ),
        (
            {"neuron": LIF(tau_mem=[20, 30] * ms)},
            r"`tau_mem` must be one value or one per neuron: expected \(8,\), got \(2,\)",
        ),
    ],
)
def test_what_does_not_fit_is_named_with_what_was_expected(changes, message, draw_network):
    with pytest.raises(ValueError, match=message):
        replace(draw_network(), **changes)


@pytest.mark.parametrize(
    ("W", "message"),
    [
        (np.ones((8, 7)), r"`W` must be square, post × pre: got \(8, 7\)"),
        (np.ones(8), "`W` must be square"),
        (np.full((8, 8), np.nan), "`W` must be finite"),
    ],
)
def test_dense_weights_are_square_and_finite(W, message, draw_network):
    dense = to_dense(draw_network())
    with pytest.raises(ValueError, match=message):
        DenseNetwork(
            W=W,
            neuron=dense.neuron,
            filter=dense.filter,
            W_in=dense.W_in,
            W_out=dense.W_out,
            dt=dense.dt,
        )
    assert isinstance(dense, Network)


@pytest.mark.reference
def test_published_integration_stays_what_it_was_at_a_fine_step(selective_integration):
    published = selective_integration
    network, trials = published.network, published.trials
    coarse = simulate(network, trials, target="numpy")
    fine = simulate(continuous(network), trials, dt=0.2 * ms, target="numpy").at_step(2 * ms)
    assert fine.rate_hz == pytest.approx(coarse.rate_hz, rel=0.01)
    error, before = (np.mean((r.outputs - trials.targets) ** 2) for r in (fine, coarse))
    assert error == pytest.approx(before, rel=0.25)
