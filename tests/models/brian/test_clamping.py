"""Held modes: the response of cells that have a closed form, and what cannot be held."""

import numpy as np
import pytest
from brian2 import ms
from spikemodes.models import (
    LIF,
    ClampedModes,
    ConductanceLIF,
    DoubleExponential,
    ModeNetwork,
    Modes,
    PeakReadout,
    SingleExponential,
    Trials,
    simulate,
    to_dense,
)
from spikemodes.models.conditions import (
    Delays,
    MembraneNoise,
    ReleaseFailures,
    SparseConnectivity,
    WeakerSynapses,
)

N, RNG = 12, np.random.default_rng(0)
MODES = Modes(RNG.normal(size=(N, 2)), np.array([0.5, -0.8]), RNG.normal(size=(N, 2)))
W_IN = RNG.uniform(0.3, 0.6, (N, 1))
KAPPA = np.array([[0.0, 0.0], [0.4, -0.2], [-0.3, 0.5]])
ON = np.ones((3, 1))


def network(**changes):
    parts = {
        "neuron": LIF(),
        "filter": DoubleExponential(),
        "modes": MODES,
        "W_in": W_IN,
        "W_out": np.zeros((1, N)),
        "dt": 2 * ms,
    }
    return ModeNetwork(**{**parts, **changes})


def held(a_network, **changes):
    return ClampedModes(a_network, **{"n_steps": 600, "at_once": 4, "target": "numpy", **changes})


def rates_per_step(kappa):
    """Of the LIF's explicit scheme: n silent steps after a spike, then as many as v takes."""
    current = (W_IN[:, 0] + MODES.feedback @ kappa) / -np.expm1(-2 / 10)
    kept, silent = np.exp(-2 / 20), 5
    rates = np.zeros(N)
    fires = current > 1
    steps = np.floor(np.log(1 - 1 / current[fires]) / np.log(kept)) + 1
    rates[fires] = 1 / (silent + steps - 1)
    return rates


@pytest.mark.parametrize(
    ("filter_", "area"),
    [
        (DoubleExponential(), 1 / -np.expm1(-2 / 2)),
        (SingleExponential(), 2 / 30 / -np.expm1(-2 / 30)),
    ],
)
def test_the_response_is_that_of_the_f_i_curve(filter_, area):
    found = held(network(filter=filter_)).responses(KAPPA, ON)
    expected = [area * MODES.xi_out.T @ rates_per_step(kappa) for kappa in KAPPA]
    assert np.ptp(expected, axis=0).min() > 0.1
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_network_of_one_batch_or_several_and_with_any_readout_responds_alike():
    whole = held(network()).responses(KAPPA, ON)
    np.testing.assert_array_equal(held(network(), batch=2).responses(KAPPA, ON), whole)
    np.testing.assert_array_equal(held(network(), at_once=1).responses(KAPPA, ON), whole)
    peak = held(network(readout=PeakReadout())).responses(KAPPA, ON)
    np.testing.assert_allclose(peak, whole)


def test_without_recurrence_the_response_is_what_free_trials_show():
    cut = network(modes=MODES.scaled(np.zeros(2)))
    trials = Trials(np.ones((600, 1, 1)), 2 * ms)
    free = simulate(cut, trials, target="numpy").modes[300:, 0]
    window = np.hanning(302)[1:-1]
    np.testing.assert_allclose(
        held(cut).responses(KAPPA[1:2], ON[:1])[0], window @ free / window.sum()
    )


def test_delays_and_noise_of_the_circuit_stay():
    quiet = held(network()).responses(KAPPA, ON)
    delayed = held(network(), conditions=[Delays(10 * ms)]).responses(KAPPA, ON)
    np.testing.assert_allclose(delayed, quiet, atol=0.05)
    failing = held(network(), conditions=[ReleaseFailures(0.5)]).responses(KAPPA, ON)
    np.testing.assert_allclose(failing, quiet, atol=1e-9)  # the mean drive is the same
    noisy = held(network(), conditions=[MembraneNoise(0.5)], seed=1).responses(KAPPA, ON)
    assert not np.allclose(noisy, quiet, atol=0.01)


def test_synapses_that_are_all_weaker_pass_as_much_less_of_kappa():
    weaker = held(network(), conditions=[WeakerSynapses(0.5)]).responses(KAPPA, ON)
    half = held(network()).responses(KAPPA / 2, ON)
    np.testing.assert_allclose(weaker, half, atol=1e-9)


def test_what_is_no_function_of_kappa_is_refused():
    with pytest.raises(ValueError, match="conductances"):
        held(network(neuron=ConductanceLIF()))
    with pytest.raises(ValueError, match="`conditions` must leave each synapse the weight"):
        held(network(), conditions=[SparseConnectivity(0.5)])
    with pytest.raises(ValueError, match="`n_steps` must be 4 or more: got 3"):
        held(network(), n_steps=3)
    with pytest.raises(ValueError, match="must have modes"):
        held(to_dense(network()))
