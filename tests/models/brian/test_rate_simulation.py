import numpy as np
import pytest
import torch
from brian2 import defaultclock, get_device, ms
from spikemodes.learning import RateTwin, initial_network
from spikemodes.models import (
    PeakReadout,
    RateNetwork,
    RateUnit,
    Sigmoid,
    TraceReadout,
    Trials,
    simulate_rates,
)

KINDS = pytest.mark.parametrize(
    "kind", [{"n_modes": 2}, {"n_modes": 2, "full_scores": True}, {"n_modes": None}]
)


def draw(kind, neuron: RateUnit | None = None, **options) -> RateNetwork:
    shared = {"n_inputs": 3, "n_outputs": 2, "dt": 2 * ms, "rng": np.random.default_rng(0)}
    return initial_network(6, **shared, neuron=neuron or RateUnit(), **kind, **options)


def trials(n_steps=20, n_trials=3):
    return Trials(np.random.default_rng(1).normal(size=(n_steps, n_trials, 3)), 2 * ms)


@KINDS
@pytest.mark.parametrize("readout", [TraceReadout(), PeakReadout()])
@pytest.mark.parametrize(
    "unit", [RateUnit(), RateUnit(transfer=Sigmoid()), RateUnit(np.linspace(5, 60, 6) * ms)]
)
def test_brian2_and_the_twin_are_the_same_network(kind, readout, unit):
    network = draw(kind, readout=readout, neuron=unit)
    brian2 = simulate_rates(network, trials())
    twin = RateTwin(network, dtype=torch.float64).record(trials())
    np.testing.assert_allclose(brian2.outputs, twin.outputs, atol=1e-13)
    np.testing.assert_allclose(brian2.modes, twin.modes, atol=1e-13)
    assert len(brian2.spikes) == 0


def test_a_finer_step_comes_closer_to_the_continuous_network():
    network = draw({"n_modes": 2})
    runs = {
        dt: simulate_rates(network, trials(), dt=dt * ms).at_step(2 * ms).outputs
        for dt in (2, 0.5, 0.1, 0.02)
    }
    errors = [np.abs(runs[dt] - runs[0.02]).max() for dt in (2, 0.5, 0.1)]
    assert errors[0] > 3 * errors[1] > 9 * errors[2] > 0


@pytest.mark.parametrize("dt", [2, 0.5])
def test_noise_is_as_strong_in_brian2_as_in_the_twin(dt):
    network = draw({"n_modes": 2}, neuron=RateUnit(noise=0.5))
    quiet = Trials(np.zeros((400, 20, 3)), 2 * ms)
    torch.manual_seed(0)
    twin = RateTwin(network).record(quiet).outputs[100:].std()
    assert simulate_rates(network, quiet, dt=dt * ms).outputs.std() == pytest.approx(twin, rel=0.2)


def test_batches_give_what_one_run_gives():
    network = draw({"n_modes": 2})
    whole, parts = (simulate_rates(network, trials(n_trials=5), batch=b) for b in (None, 2))
    np.testing.assert_allclose(whole.outputs, parts.outputs, atol=1e-13)


def test_the_users_brian2_is_left_alone():
    before = defaultclock.dt
    simulate_rates(draw({"n_modes": 2}), trials(), dt=0.5 * ms)
    assert (defaultclock.dt, type(get_device()).__name__) == (before, "RuntimeDevice")


def test_what_does_not_fit_is_refused():
    network = draw({"n_modes": 2})
    with pytest.raises(ValueError, match="`trials` must have the 3 input channels"):
        simulate_rates(network, Trials(np.zeros((4, 1, 2)), 2 * ms))
    with pytest.raises(ValueError, match=r"`trials\.dt`"):
        simulate_rates(network, trials(), dt=1.5 * ms)
