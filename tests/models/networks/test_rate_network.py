import json

import numpy as np
import pytest
from brian2 import ms
from safetensors import safe_open
from safetensors.numpy import save_file
from spikemodes.learning import initial_network
from spikemodes.models import (
    Modes,
    PeakReadout,
    RateNetwork,
    RateUnit,
    Sigmoid,
    Tanh,
    load_network,
    load_spiking_network,
    save_network,
)
from spikemodes.models.networks.storage import FORMAT
from spikemodes.models.networks.transfer import TRANSFERS


def draw(n_modes: int | None = 2, neuron: RateUnit | None = None, **options) -> RateNetwork:
    neuron, rng = neuron or RateUnit(), np.random.default_rng(0)
    return initial_network(8, n_modes, 3, 2, 2 * ms, rng, neuron=neuron, **options)


UNITS = [
    RateUnit(7 * ms, Sigmoid()),
    RateUnit(np.linspace(5, 9, 8) * ms, noise=0.5, tau_learned=(4 * ms, 10 * ms)),
]


@pytest.mark.parametrize("n_modes", [2, None])
@pytest.mark.parametrize("unit", UNITS)
def test_a_network_comes_back_from_its_file(n_modes, unit, tmp_path):
    network = draw(n_modes, neuron=unit, readout=PeakReadout())
    save_network(network, tmp_path / "rate.safetensors")
    back = load_network(tmp_path / "rate.safetensors")
    assert isinstance(back, RateNetwork)
    assert isinstance(back.recurrence, Modes) == (n_modes is not None)
    assert (back.unit, back.readout, back.dt) == (network.unit, network.readout, network.dt)
    for name in ("W_in", "W_out"):
        np.testing.assert_array_equal(getattr(back, name), getattr(network, name))
    np.testing.assert_array_equal(back.dense(), network.dense())


def test_a_file_that_names_no_transfer_function_has_tanh(tmp_path):
    path, stored = tmp_path / "rate.safetensors", draw()
    save_network(stored, path)
    with safe_open(path, framework="numpy") as file:
        spec = json.loads(file.metadata()[FORMAT])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    del spec["transfer"]
    save_file(tensors, path, metadata={FORMAT: json.dumps(spec)})
    back = load_network(path)
    assert isinstance(back, RateNetwork)
    assert back.unit == stored.unit == RateUnit(transfer=Tanh())


@pytest.mark.parametrize("transfer", TRANSFERS.values())
def test_the_slope_of_a_transfer_function_is_its_derivative(transfer):
    x, h = np.linspace(-3, 3, 7), 1e-6
    difference = (transfer(x + h) - transfer(x - h)) / (2 * h)
    np.testing.assert_allclose(transfer.slope(transfer(x)), difference, rtol=1e-6)


def test_rates_stay_finite_at_any_current():
    np.testing.assert_array_equal(Sigmoid()(np.array([-1e4, 0, 1e4])), [0, 0.5, 1])


def test_modes_hold_activity_whatever_the_transfer_function():
    tanh, sigmoid = draw(), draw(neuron=RateUnit(transfer=Sigmoid()))
    centred = tanh.dense() - tanh.dense().mean(1, keepdims=True)
    np.testing.assert_allclose(sigmoid.dense() * Sigmoid().slope(0.5), centred, atol=1e-15)


@pytest.mark.parametrize("n_modes", [2, None])
def test_rates_at_rest_drive_nothing_at_the_start(n_modes):
    network = draw(n_modes, neuron=RateUnit(transfer=Sigmoid()))
    rest = np.full(8, network.unit.rest)
    for weights in (network.dense(), network.W_out):
        np.testing.assert_allclose(weights @ rest, 0, atol=1e-14)


def test_where_spikes_are_needed_its_file_is_refused(tmp_path):
    save_network(draw(), tmp_path / "rate.safetensors")
    with pytest.raises(ValueError, match=r"rate\.safetensors` must hold a network that spikes"):
        load_spiking_network(tmp_path / "rate.safetensors")


def test_sizes_are_those_of_the_weights():
    network = draw()
    assert (network.n_neurons, network.n_inputs, network.n_outputs) == (8, 3, 2)
    assert network.dense().shape == (8, 8)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"W_in": np.zeros((3, 8))}, r"`W_in` must have one row per neuron: expected \(8, C\)"),
        ({"W_out": np.zeros((8, 2))}, r"`W_out` must have one column per neuron"),
        ({"recurrence": np.zeros((8, 7))}, r"`recurrence` must be square"),
        ({"recurrence": np.full((8, 8), np.nan)}, r"`recurrence` must be finite"),
        ({"dt": 0 * ms}, r"`dt` must be"),
    ],
)
def test_what_does_not_fit_together_is_refused(changed, message):
    weights = {"recurrence": np.zeros((8, 8)), "W_in": np.zeros((8, 3)), "W_out": np.zeros((2, 8))}
    with pytest.raises(ValueError, match=message):
        RateNetwork(**({"dt": 2 * ms} | weights | changed))


def test_a_time_constant_must_be_positive():
    with pytest.raises(ValueError, match="`tau_mem` must be"):
        RateUnit(tau_mem=0 * ms)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"noise": -1.0}, "`noise` must be zero or positive"),
        ({"tau_learned": (30 * ms, 10 * ms)}, "`tau_learned` must be two times"),
        ({"tau_learned": (20 * ms, 30 * ms)}, "every `tau_mem` between them"),
    ],
)
def test_a_unit_out_of_range_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        RateUnit(**wrong)


def test_time_constants_that_do_not_fit_the_neurons_are_refused():
    with pytest.raises(ValueError, match=r"`tau_mem` must be one value or one per neuron.*\(8,\)"):
        draw(neuron=RateUnit(np.ones(3) * ms))
