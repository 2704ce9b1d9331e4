import numpy as np
import pytest
import yaml
from brian2 import have_same_dimensions, ms, mV
from spikemodes.experiments import parse_spec
from spikemodes.experiments.config.nested_keys import merge
from spikemodes.models import NeuronModel

TEXT = {
    "equations": "dv/dt = (E - v + R*(drive + recurrent))/tau : volt (unless refractory)",
    "threshold": "v > V_T",
    "reset": "v = E",
    "refractory": "ref",
    "scale": "V_T - E",
    "parameters": {"E": "-70 mV", "V_T": "-50 mV", "R": "40*mV", "tau": "20ms", "ref": "4 ms"},
}


def same_neuron(first, second):
    for name in ("equations", "threshold", "reset", "refractory", "scale", "update", "initial"):
        assert getattr(first, name) == getattr(second, name), name
    assert first.parameters.keys() == second.parameters.keys()
    for name, value in first.parameters.items():
        np.testing.assert_array_equal(np.asarray(value), np.asarray(second.parameters[name]))
        assert have_same_dimensions(value, second.parameters[name])


def test_a_neuron_that_is_written_as_equations_needs_no_name():
    neuron = {"equations": TEXT["equations"], "parameters": TEXT["parameters"], "threshold": "v>E"}
    neuron |= {"reset": "v = E", "scale": "20 mV", "refractory": "ref"}
    for method in ("bptt", "rate-to-spike"):
        made = parse_spec(merge([{"train": {"method": method}}, {"network": {"neuron": neuron}}]))
        assert made.network.neuron.name == "equations"
        assert parse_spec(made.resolved()) == made


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"parameters": TEXT["parameters"] | {"tau": ["10 ms", "15 ms", "20*ms"]}},
        {"parameters": TEXT["parameters"] | {"tau": "[10, 15, 20]*ms"}},
        {"parameters": TEXT["parameters"] | {"tau": [10, 15, 20] * ms, "E": -70 * mV}},
        {
            "parameters": TEXT["parameters"]
            | {"cut": "inf*mV", "g": "120 mS", "k": 3, "q": np.float64(2)}
        },
        {"initial": {"v": "-70 mV"}},
        {"initial": {"v": -65 * mV}},
        {"initial": {"v": "-70*mV"}, "scale": "20 mV"},
        {"scale": 20 * mV},
        {"reset": None},
        {"reset": ""},
        {"refractory": None},
    ],
)
def test_a_neuron_of_text_comes_back_from_its_file(changed):
    config = {"network": {"neurons": 3, "modes": 2, "neuron": {**TEXT, **changed}}}
    made = parse_spec(config)
    written = yaml.safe_dump(made.resolved(), sort_keys=False)
    again = parse_spec(yaml.safe_load(written))
    same_neuron(made.build_neuron(), again.build_neuron())
    assert yaml.safe_dump(again.resolved(), sort_keys=False) == written


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"refractory": 4},
            r"`network\.neuron\.refractory` must be a time, .* Write it like '2 ms'",
        ),
        ({"refractory": ["2 ms"]}, r"`network\.neuron\.refractory` must be an expression"),
        ({"scale": []}, r"`network\.neuron\.scale` must be an expression"),
        ({"reset": 3}, r"`network\.neuron\.reset` must be text"),
        (
            {"threshold": None},
            r"`network\.neuron\.threshold` must be a valid string: got None\. Ch",
        ),
        ({"equations": "dv/dt = -v/tau"}, r"`network\.neuron\.equations` must be ones .*its unit"),
        ({"equations": "dv/dt = v^2/tau : volt"}, r"`network\.neuron\.equations` must have \*\*"),
        ({"initial": {"v": []}}, r"`network\.neuron\.initial\.v` must be an expression"),
        (
            {"parameters": {"tau": "20 parsecs"}},
            r"`network\.neuron\.parameters\.tau` must be a num",
        ),
        (
            {"parameters": {"tau": float("nan")}},
            r"`network\.neuron\.parameters\.tau` must have a v",
        ),
        ({"parameters": {"tau": True}}, r"`network\.neuron\.parameters\.tau` must be a number"),
        (
            {"parameters": None},
            r"`network\.neuron\.parameters` must be a valid dictionary: got None",
        ),
        (
            {"parameters": TEXT["parameters"] | {"tau": 20}},
            r"`network\.neuron\.parameters\.tau` must be a time .*: got 20\.0\. Write it",
        ),
        (
            {"parameters": TEXT["parameters"] | {"R": "40 ms"}},
            r"`network\.neuron\.parameters\.R` must be a voltage .*: got 40 ms\.",
        ),
        (
            {"parameters": TEXT["parameters"] | {"tau": ["10 ms", "20 ms"]}},
            r"`network\.neuron\.parameters\.tau` must have one value, or one for each of the 100",
        ),
    ],
)
def test_what_is_wrong_with_a_neuron_of_text_is_named_in_one_line(changed, message):
    with pytest.raises(ValueError, match=message) as error:
        parse_spec({"network": {"neuron": {**TEXT, **changed}}})
    assert "\n" not in str(error.value)


def test_the_default_of_another_component_is_not_offered():
    for key, bad in (("refractory", 4), ("threshold", 4), ("method", 4)):
        with pytest.raises(ValueError, match=f"neuron.{key}` must") as error:
            parse_spec({"network": {"neuron": {**TEXT, key: bad}}})
        assert "Default" not in str(error.value)
    with pytest.raises(ValueError, match="Default: 10 ms"):
        parse_spec({"network": {"neuron": {"refractory": 4}}})


def test_a_neuron_can_be_text():
    neuron = {
        "name": "equations",
        "equations": "dv/dt = (drive + recurrent - v)/tau : 1 (unless refractory)",
        "parameters": {"tau": "15 ms", "refractory": "4 ms"},
        "refractory": "refractory",
    }
    spec = parse_spec({"network": {"neuron": neuron}})
    built = spec.build_neuron()
    assert isinstance(built, NeuronModel)
    assert float(built.parameters["tau"]) == 0.015
    assert parse_spec(spec.resolved()) == spec
    with pytest.raises(ValueError, match="Brian2 rejects it"):
        parse_spec({"network": {"neuron": {**neuron, "equations": "dv/dt = v/taum : 1"}}})
