import json
from dataclasses import replace

import numpy as np
import pytest
from brian2 import Quantity, ms, mV, nS, pF
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from spikemodes.models import (
    LIF,
    ContinuousLIF,
    ContinuousSingleExponential,
    Network,
    NeuronModel,
    PeakReadout,
    SingleExponential,
    continuous,
    load_network,
    load_spiking_network,
    save_network,
    to_dense,
)
from spikemodes.models.networks.storage import FORMAT


def same_dynamics(first, second):
    for name in first.__dataclass_fields__:
        if name != "parameters":
            assert getattr(first, name) == getattr(second, name), name
    assert first.parameters.keys() == second.parameters.keys()
    for name, value in first.parameters.items():
        other = Quantity(second.parameters[name])
        assert Quantity(value).dim == other.dim
        np.testing.assert_array_equal(np.asarray(value), np.asarray(other))


def same_network(first, second):
    assert type(first) is type(second)
    assert first.readout == second.readout
    assert first.dt == second.dt
    same_dynamics(first.neuron, second.neuron)
    same_dynamics(first.filter, second.filter)
    for name in ("W_in", "W_out"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
        assert getattr(first, name).dtype == getattr(second, name).dtype
    (one,), (other,) = first.pathways, second.pathways
    for name, values in vars(one.connectivity).items():
        np.testing.assert_array_equal(values, getattr(other.connectivity, name))
        assert values.dtype == getattr(other.connectivity, name).dtype


def adaptive():
    return NeuronModel(
        name="mine",
        equations="dv/dt = -g*(v - E_L)/C + g_in*(drive + recurrent)*mV/C : volt",
        parameters={"g": 10 * nS, "E_L": -70 * mV, "C": np.linspace(100, 200, 8) * pF, "g_in": nS},
        method="euler",
        initial={"v": "E_L"},
        threshold="v >= -50*mV",
        reset="v = E_L",
        scale="E_L/mV",
    )


NETWORKS = {
    "diagonal scores": lambda draw: draw(),
    "full scores": lambda draw: draw(full=True),
    "dense": lambda draw: to_dense(draw()),
    "peak readout": lambda draw: draw(readout=PeakReadout()),
    "continuous": lambda draw: continuous(draw()),
    "single exponential": lambda draw: draw(filter=SingleExponential(17.3 * ms)),
    "odd numbers": lambda draw: draw(LIF(tau_mem=(20 / 3) * ms, v_threshold=0.1 + 0.2)),
    "heterogeneous": lambda draw: draw(
        ContinuousLIF(tau_mem=np.linspace(10, 30, 8) * ms).with_parameters(
            v_threshold=np.linspace(0.9, 1.1, 8)
        )
    ),
    "a user's neuron": lambda draw: draw(adaptive(), ContinuousSingleExponential(dt_input=1 * ms)),
}


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_a_network_survives_being_saved_and_loaded(make, draw_network, tmp_path):
    network = make(draw_network)
    save_network(network, tmp_path / "network.safetensors")
    same_network(network, load_network(tmp_path / "network.safetensors"))


def test_what_a_scheme_says_of_its_step_is_stored_where_it_says_something(draw_network, tmp_path):
    path = tmp_path / "network"
    for any_step in (None, True, False):
        save_network(draw_network(replace(LIF(), any_step=any_step)), path)
        loaded = load_network(path)
        assert isinstance(loaded, Network)
        assert loaded.neuron.any_step is any_step
        with safe_open(path, framework="numpy") as file:
            described = json.loads(file.metadata()[FORMAT])["neuron"]
        assert ("any_step" in described) is (any_step is not None)


def test_a_path_may_be_text(draw_network, tmp_path):
    path = str(tmp_path / "network.safetensors")
    save_network(draw_network(), path)
    same_network(draw_network(), load_network(path))
    same_network(draw_network(), load_spiking_network(path))
    with pytest.raises(FileNotFoundError, match="there is none"):
        load_network(str(tmp_path / "none"))


def test_a_neuron_of_text_survives_being_saved_and_loaded(draw_network, tmp_path):
    neuron = replace(
        adaptive(),
        refractory=4 * ms,
        initial={"v": "-70 mV"},
        scale=20 * mV,
        reset=None,
        parameters={"g": "10 nS", "E_L": "-70*mV", "C": ["100 pF"] * 8, "g_in": "1 nS"},
    )
    save_network(draw_network(neuron), tmp_path / "network")
    loaded = load_network(tmp_path / "network")
    assert isinstance(loaded, Network)
    same_dynamics(neuron, loaded.neuron)
    assert (loaded.neuron.refractory, loaded.neuron.scale) == ("4*ms", "20*mV")


def test_saving_twice_writes_the_same_bytes(draw_network, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    save_network(draw_network(), first)
    save_network(load_network(first), second)
    assert load_file(first).keys() == load_file(second).keys()
    assert first.read_bytes() == second.read_bytes()


def test_transposed_views_are_written_as_what_they_show(draw_network, tmp_path):
    dense = to_dense(draw_network())
    flipped = dense.with_recurrence(dense.W.T)
    save_network(flipped, tmp_path / "network")
    loaded = load_network(tmp_path / "network")
    assert isinstance(loaded, Network)
    np.testing.assert_array_equal(loaded.W, dense.W.T)


def test_a_missing_network_file_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none`.*there is none\. Train one first"):
        load_network(tmp_path / "none")
    with pytest.raises(FileNotFoundError):
        load_network(tmp_path)  # a directory


@pytest.mark.parametrize("kept", [0, 4, 100, -1, -1000])
def test_a_truncated_network_file_is_named(kept, draw_network, tmp_path):
    path = tmp_path / "network.safetensors"
    save_network(draw_network(), path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r"network\.safetensors` must be an undamaged network"):
        load_network(path)


def test_a_file_of_something_else_is_not_a_network(tmp_path):
    path = tmp_path / "other"
    path.write_bytes(b"PK\x03\x04 something else altogether" * 10)
    with pytest.raises(ValueError, match="other` must be an undamaged network file"):
        load_network(path)


def test_foreign_safetensors_are_told_by_their_format(tmp_path):
    save_file({"weight": np.ones(3)}, tmp_path / "foreign", metadata={"format": "pt"})
    with pytest.raises(ValueError, match=f"foreign.* in neither format, {FORMAT}"):
        load_network(tmp_path / "foreign")
    save_file({"weight": np.ones(3)}, tmp_path / "bare")
    with pytest.raises(ValueError, match=f"bare.* in neither format, {FORMAT}"):
        load_network(tmp_path / "bare")


@pytest.fixture
def rewrite(draw_network, tmp_path):
    """Save a network with another specification or other tensors, and give the path."""

    def rewrite(change):
        path = tmp_path / "changed"
        save_network(draw_network(), path)
        tensors = load_file(path)
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata()
        spec = json.loads(metadata[FORMAT])
        change(spec, tensors)
        save_file(tensors, path, metadata={FORMAT: json.dumps(spec)})
        return path

    return rewrite


CHANGES = {
    "no readout": lambda spec, tensors: spec.pop("readout"),
    "unknown readout": lambda spec, tensors: spec.update(readout="guess"),
    "unitless dt": lambda spec, tensors: spec.update(dt="2"),
    "dt without sense": lambda spec, tensors: spec.update(dt="soon"),
    "unknown field": lambda spec, tensors: spec["neuron"].update(colour="red"),
    "missing tensor": lambda spec, tensors: tensors.pop("xi_in"),
    "wrong shape": lambda spec, tensors: tensors.update(W_in=np.ones((3, 8))),
    "not finite": lambda spec, tensors: tensors.update(scores=np.array([1.0, np.nan])),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_network_that_does_not_fit_together_is_never_half_loaded(change, rewrite):
    with pytest.raises(ValueError, match="changed` must be an undamaged network file"):
        load_network(rewrite(change))


def test_a_kind_of_network_that_storage_does_not_know_is_not_saved(draw_network, tmp_path):
    with pytest.raises(TypeError, match="`network` must be a Network or a RateNetwork"):
        save_network(draw_network().modes, tmp_path / "network")
    assert not list(tmp_path.iterdir())
