"""What learns, as a configuration says it: read, written back, and refused before training."""

import pytest
import yaml
from brian2 import ms
from spikemodes.experiments import parse_spec
from spikemodes.experiments.config.nested_keys import merge, parse_setting
from spikemodes.learning import Learned


def spec(*settings):
    return parse_spec(merge(map(parse_setting, settings)))


def test_all_weights_learn_by_default():
    assert spec().recipe().learn == (Learned("weights"),)


def test_names_bounds_and_each_are_read_and_come_back():
    given = (
        "train.learn=[W_in, modes, bias, neuron.tau_mem,"
        " {name: neuron.tau_syn, bounds: [5 ms, 0.1 s], each: true},"
        " {name: neuron.v_reset, bounds: [-1, 0.05]}]"
    )
    found = spec(given)
    assert found.recipe().learn == (
        Learned("W_in"),
        Learned("modes"),
        Learned("bias"),
        Learned("neuron.tau_mem"),
        Learned("neuron.tau_syn", (5 * ms, 100 * ms), each=True),
        Learned("neuron.v_reset", (-1.0, 0.05)),
    )
    written = yaml.safe_dump(found.resolved())
    assert parse_spec(yaml.safe_load(written)) == found
    assert "bounds:\n    - 5 ms\n    - 0.1 s" in written


def test_names_can_be_joined_as_in_a_sweep():
    found = spec("train.learn=weights+neuron.tau_mem")
    assert found.recipe().learn == (Learned("weights"), Learned("neuron.tau_mem"))
    assert found.resolved()["train"]["learn"] == ["weights", "neuron.tau_mem"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["train.learn=[neuron.tau]"], "`train.learn` must name a parameter that the equations ha"),
        (["train.learn=[W]"], "`train.learn` must name weights that the network has, W_in, W_out"),
        (
            ["train.learn=[modes]", "network.parameterisation=dense"],
            "`train.learn` must name weights that the network has, W_in, W_out, W, weights",
        ),
        (["train.learn=[neuron.refractory]"], "a whole number, which has no gradient"),
        (
            ["train.learn=[{name: neuron.tau_mem, bounds: [50 ms, 5 ms]}]"],
            "`train.learn`: the bounds of neuron.tau_mem must be in order",
        ),
        (
            ["train.learn=[{name: neuron.tau_mem, bounds: [30 ms, 50 ms]}]"],
            "start between its bounds: got 20 ms",
        ),
        (["train.learn=[{name: filter.tau_decay, each: true}]"], "their filters belong to modes"),
        (["train.learn=[]"], "`train.learn` must name something"),
        (["train.learn=[{nam: W_in}]"], r"`train\.learn\.0\.nam` must be a known key"),
        (
            ["train.learn=[weights, neuron.tau_mem]", "train.method=three-factor"],
            "`train.learn` must be left out for the three-factor rule",
        ),
        (
            ["train.learn=[weights, neuron.tau_mem]", "network.neuron=rate"],
            "`train.learn` must be weights for a network of rates",
        ),
        (
            ["train.learn=[neuron.tau_mem]", "train.conditions=[{name: heterogeneity, cv: 0.1}]"],
            "`train.learn` must name weights to learn on under `train.conditions`",
        ),
    ],
)
def test_what_cannot_learn_is_refused_before_training(settings, message):
    with pytest.raises(ValueError, match=message) as raised:
        spec(*settings)
    assert "\n" not in str(raised.value)


def test_filters_of_dense_weights_learn_one_by_one():
    found = spec(
        "network.parameterisation=dense", "train.learn=[{name: filter.tau_decay, each: true}]"
    )
    assert found.recipe().learn == (Learned("filter.tau_decay", each=True),)
