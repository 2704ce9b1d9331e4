"""Configurations that ship with the package."""

from pathlib import Path

import pytest
from spikemodes.experiments.config import parse_spec
from spikemodes.experiments.presets.registry import preset_named, presets, read_given


@pytest.mark.parametrize("name", presets())
def test_each_is_a_configuration_of_a_run(name):
    spec = parse_spec(preset_named(name))
    assert parse_spec(spec.resolved()) == spec


def test_cortex_has_what_its_name_says():
    spec = parse_spec(preset_named("cortex"))
    circuitry = spec.recipe().circuitry
    assert spec.network.neurons >= 500
    assert circuitry.background is not None
    assert circuitry.mask is not None
    assert circuitry.noise is not None
    assert spec.recipe().rate_penalty or spec.recipe().penalties
    assert spec.network.parameterisation == "dale"


def test_a_file_comes_before_what_ships_with_the_package(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("cortex").write_text("seed: 7")
    assert read_given(Path("cortex")) == {"seed": 7}
    assert read_given(Path("./cortex")) == {"seed": 7}


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(ValueError, match=r"(?s)cortx.*cortex"):
        read_given(Path("cortx"))
    with pytest.raises(FileNotFoundError, match=r"`mine.yaml` must be a configuration file"):
        read_given(Path("mine.yaml"))


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ({"mask": "background", "background": None}, "`network.mask` must be a share of synapses"),
        ({"background": {"connected": {"EE": 2}}}, r"`network.background.connected"),
        ({"background": {"connected": 0}}, "`network.background.connected` must leave a synapse"),
        ({"inhibitory": {"tau": "5 ms"}}, "`network.inhibitory` must name parameters of"),
    ],
)
def test_a_preset_overruled_into_a_contradiction_is_refused(network, message):
    config = preset_named("cortex")
    with pytest.raises(ValueError, match=message):
        parse_spec({**config, "network": {**config["network"], **network}})


def test_rate_neurons_have_no_background():
    with pytest.raises(ValueError, match=r"`network\.neuron` must spike in a circuit"):
        parse_spec({"network": {"neuron": "rate", "background": {}}})
