from dataclasses import replace

import numpy as np
import pytest
from brian2 import Quantity, TimedArray, mS, ms, mV, nS
from hypothesis import given, strategies as st
from spikemodes.models import LIF, NeuronModel
from spikemodes.models.neurons.values import expression, refractoriness
from spikemodes.models.quantities import evaluate


def model(**fields):
    common = {
        "name": "mine",
        "equations": "dv/dt = (drive + recurrent - v)/tau : 1 (unless refractory)",
        "parameters": {"tau": 20 * ms},
        "method": "euler",
    }
    return NeuronModel(**{**common, **fields})


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (4 * ms, "4*ms"), ("4 ms", "4*ms"), ("4ms", "4*ms"), ("4*ms", "4*ms"), ("ref", "ref"),
        ("2*ref", "2*ref"), ("v > -40*mV", "v > -40*mV"), ("v > 1", "v > 1"), ("", ""), (None, ""),
        (False, ""), (0, ""), (0 * ms, "0*ms"), ("  ", ""), (0.25 * ms, "0.25*ms"),
    ],
)  # fmt: skip
def test_a_refractory_period_may_be_a_time_a_name_or_a_condition(given, text):
    assert model(refractory=given).refractory == text
    assert replace(model(refractory=given), name="other").refractory == text


@pytest.mark.parametrize("given", [4, 0.004, True, "4", "5 mV", -2 * ms, "inf ms", [1, 2] * ms])
def test_what_is_no_refractory_period_is_refused(given):
    with pytest.raises(ValueError, match="`refractory` must be") as error:
        model(refractory=given)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("E", "E"), ("-70*mV", "-70*mV"), ("-70 mV", "-70*mV"), (-70 * mV, "-70*mV"), (2, "2.0"),
        (0.5, "0.5"), ("0.5", "0.5"), ("3 mS", "0.003*siemens"), (3 * mS, "0.003*siemens"),
        ("V_T - E", "V_T - E"), ("20 nS/mV", "20*nS/mV"),
    ],
)  # fmt: skip
def test_initial_values_and_the_scale_are_text_numbers_or_quantities(given, text):
    made = model(initial={"v": given}, scale=given)
    assert made.initial == {"v": text}
    assert made.scale == text


@given(st.floats(-1e6, 1e6), st.sampled_from(["mV", "mS", "nS/mV", "ms", "Hz"]))
def test_a_quantity_is_the_same_as_an_expression(number, unit):
    quantity = evaluate(f"{number!r}*{unit}")
    assert evaluate(expression(quantity, "x")) == quantity
    assert evaluate(expression(f"{number!r} {unit}", "x")) == quantity


@pytest.mark.parametrize(
    "given",
    [
        [1, 2] * mV, np.nan * mV, True, {}, object(), "3 V_T", "v =", "v > ", "a = b", "[1, 2]*mV",
        "\0", "(" * 300, "x, y", "x; y",
    ],
)  # fmt: skip
def test_what_is_no_single_value_is_refused_where_one_is_due(given):
    with pytest.raises(ValueError, match=r"`initial\.v` must be an expression"):
        model(initial={"v": given})
    with pytest.raises(ValueError, match="`scale` must be an expression"):
        model(scale=given)


@pytest.mark.parametrize("given", [None, "", "v^2"])
def test_an_expression_is_text_that_brian2_knows(given):
    with pytest.raises(ValueError, match="`scale` must"):
        model(scale=given)


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("20 ms", 20 * ms), ("20*ms", 20 * ms), (20 * ms, 20 * ms), ("0.02/ms", 0.02 / ms), (3, 3),
        ("3", 3), (nS, 1 * nS), ("inf*mV", np.inf * mV), (np.inf, np.inf), (np.float32(2), 2),
        (Quantity(0.5), 0.5), (["10 ms", "20 ms"], [10, 20] * ms), ("[10, 20]*ms", [10, 20] * ms),
        ([10 * ms, 20 * ms], [10, 20] * ms), ([1, 2], [1, 2]), (np.array([1, 2]), [1, 2]),
    ],
)  # fmt: skip
def test_parameters_are_quantities_numbers_text_or_lists(given, value):
    found = model(parameters={"x": given}).parameters["x"]
    np.testing.assert_array_equal(np.asarray(found), np.asarray(value, float))
    assert Quantity(found).dim == Quantity(value).dim
    again = LIF().with_parameters(tau_mem=given).parameters["tau_mem"]
    np.testing.assert_array_equal(np.asarray(again), np.asarray(found))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (TimedArray(np.ones(3), dt=ms), "got a TimedArray"), (np.sin, "got a function"),
        (lambda t: t, "got a function"), (np.nan, "got NaN"), (np.nan * mV, "got NaN"),
        ([1.0, np.nan], "got NaN"), ("nan mV", "number with a unit"), (None, "got None"),
        (True, "got True"), ("ms", "got 'ms'"), ("", "got ''"), ("20 parsecs", "got '20 parsecs'"),
        ("1e400 mV", "got '1e400 mV'"), (1j, "got 1j"), ([], r"got \[\]"), ({"a": 1}, "got {'a'"),
        (np.ones((2, 2)), "one for each neuron"), (["1 ms", "1 mV"], "one unit for all neurons"),
        ([1, "2 ms"], "one unit for all neurons"), (object(), "number with a unit"),
    ],
)  # fmt: skip
def test_a_parameter_without_a_value_of_its_own_is_refused_by_name(given, reason):
    with pytest.raises(ValueError, match=rf"`parameters\.stimulus` must.*{reason}") as error:
        model(parameters={"stimulus": given})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("given", [[1], "tau", {1: 2}, {"a b": 1}])
def test_parameters_and_initial_values_map_names_to_values(given):
    for field in ("parameters", "initial"):
        with pytest.raises(ValueError, match=f"`{field}` must"):
            model(**{field: given})


def test_the_default_is_no_refractoriness():
    assert refractoriness(None) == ""
    assert model(reset=None).reset == ""
