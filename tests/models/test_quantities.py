import brian2
import numpy as np
import pytest
from brian2 import Hz, Quantity, have_same_dimensions, mS, ms, mV, second, uA, us
from brian2.units.fundamentalunits import Unit
from hypothesis import given, settings, strategies as st
from spikemodes.models import format_quantity, parse_quantity
from spikemodes.models.quantities import evaluate, shown, time, unit_text, whole_steps

UNITS = (
    "second", "ms", "us", "mV", "volt", "nS", "pA", "Hz", "pF", "Mohm", "um", "kelvin", "kilogram",
    "nS/mV", "1/ms", "ms**2", "mV/ms", "pA*ms", "uA/cm**2", "mmol/liter",
)  # fmt: skip
numbers = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12)


@given(numbers, st.sampled_from(UNITS))
@settings(max_examples=150)
def test_a_quantity_survives_being_written_and_read(number, unit):
    quantity = parse_quantity(f"{number!r} {unit}")
    back = parse_quantity(format_quantity(quantity))
    assert float(back) == float(quantity)
    assert have_same_dimensions(back, quantity)


@given(numbers)
def test_a_dimensionless_quantity_is_written_as_a_bare_number(number):
    assert float(format_quantity(Quantity(number))) == number
    assert float(parse_quantity(repr(number))) == number


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("20 ms", 20 * ms), ("20ms", 20 * ms), ("20*ms", 20 * ms), ("2e1 ms", 20 * ms),
        ("-70 mV", -70 * mV), ("-70*mV", -70 * mV), ("−70mV", -70 * mV), ("inf*mV", np.inf * mV),
        ("0.5 mV/ms", 0.5 * mV / ms), ("0.5*mV/ms", 0.5 * mV / ms), ("0.02/ms", 0.02 / ms),
        ("3 1/ms", 3 / ms), ("1/(20*ms)", 1 / (20 * ms)), ("(2 + 3)*ms", 5 * ms),
        ("120 mS", 120 * mS), ("5 µA", 5 * uA), ("2*pi*Hz", 2 * np.pi * Hz), ("0.3", Quantity(0.3)),
    ],
)  # fmt: skip
def test_units_are_those_of_brian2(text, quantity):
    assert parse_quantity(text) == quantity
    assert have_same_dimensions(parse_quantity(text), quantity)


def test_every_unit_of_brian2_can_be_written():
    for name, unit in vars(brian2).items():
        if isinstance(unit, Unit):
            assert parse_quantity(f"3 {name}") == 3 * unit


def test_lists_have_a_value_for_each_neuron_but_are_not_one_quantity():
    for text in ("[10, 20]*ms", "[10 ms, 20 ms]", "[10*ms, 20*ms]"):
        np.testing.assert_array_equal(evaluate(text), [10, 20] * ms)
    with pytest.raises(ValueError, match="must be a number with a unit"):
        parse_quantity("[10, 20]*ms")


def test_expressions_may_name_parameters():
    assert evaluate("2*ref + 1*ms", {"ref": 3 * ms}) == 7 * ms
    with pytest.raises(ValueError, match="no value"):
        evaluate("v > 2*ref", {"ref": 3 * ms})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.2 * ms, "0.2 ms"), (0.05 * ms, "0.05 ms"), (2 * ms, "2 ms"), (20 * us, "20 us"),
        (-70 * mV, "-70 mV"), (0.3, "0.3"), ([1, 2] * ms, "[1. 2.] ms"),
    ],
)  # fmt: skip
def test_messages_show_quantities_as_people_write_them(value, text):
    assert shown(value) == text


def test_common_quantities_are_written_as_people_write_them():
    assert format_quantity(20 * ms) == "20 ms"
    assert format_quantity(-70 * mV) == "-70 mV"


def test_unit_text_names_the_si_unit():
    assert unit_text((3 * ms).dim) == "second"
    assert unit_text(Quantity(1.0).dim) == "1"


@pytest.mark.parametrize(
    "text",
    [
        "", "ms", "nS/mV", "twenty ms", "1/20 ms", "5 - ms", "20 parsecs", "20 ms ms", "20, 30",
        "20 ms + 1 ms", "20 ms()", "20 ms.real", "20 __import__('os')", "20 [ms]", "1 1/0",
        "1*10.0**1000", "1 ms**mV", "1e400 mV", "5*mV/0", "9**9**9**9**9", "0x10 ms", "True*ms",
        "\0", "(" * 500, "-" * 5000 + "1",
    ],
)  # fmt: skip
def test_text_that_is_not_a_number_with_a_unit_is_refused_by_name(text):
    with pytest.raises(ValueError, match="`tau_mem` must be a number with a unit") as error:
        parse_quantity(text, "tau_mem")
    assert repr(text)[:100] in str(error.value)


@pytest.mark.parametrize("value", [20, 0.02, 20 * mV, np.array([0.01, 0.02]), "20 ms", None])
def test_a_time_needs_a_unit_of_time(value):
    with pytest.raises(ValueError, match=r"`tau` must be a time.*Write 20\*ms"):
        time(value, "tau")


@pytest.mark.parametrize("value", [0, -1, np.nan, np.inf])
def test_a_time_must_be_positive_and_finite(value):
    with pytest.raises(ValueError, match="`tau` must be positive"):
        time(value * second, "tau")


def test_a_time_is_checked_in_each_of_its_values():
    with pytest.raises(ValueError, match="`tau` must be positive"):
        time([20, -1] * ms, "tau")
    with pytest.raises(ValueError, match="`tau` must be positive"):
        time([20, np.inf] * ms, "tau")


def test_zero_is_a_time_where_it_is_allowed():
    assert time(0 * ms, "delay", zero=True) == 0 * ms
    with pytest.raises(ValueError, match="`delay` must be zero or positive"):
        time(-1 * ms, "delay", zero=True)


@given(st.integers(0, 100_000), st.sampled_from([0.1, 0.2, 0.25, 0.3, 0.7, 1.0, 2.0, 5.0]))
def test_whole_multiples_of_a_step_are_counted_exactly(steps, dt):
    assert whole_steps(steps * dt * ms, dt * ms, "duration") == steps


@given(st.integers(0, 1000), st.floats(0.01, 0.99), st.sampled_from([0.1, 0.25, 2.0]))
def test_a_part_of_a_step_is_an_error(steps, part, dt):
    with pytest.raises(ValueError, match="`refractory` must be a whole number of steps of dt"):
        whole_steps((steps + part) * dt * ms, dt * ms, "refractory")


@pytest.mark.parametrize("dt", [0 * ms, -1 * ms, 1, 1 * mV])
def test_a_step_is_a_positive_time(dt):
    with pytest.raises(ValueError, match="`dt` must be"):
        whole_steps(10 * ms, dt, "refractory")


@pytest.mark.parametrize(
    ("text", "expected"), [("1 s", 1.0), ("-0.07 V", -0.07), ("2 A", 2.0), ("0.02/s", 0.02)]
)
def test_units_of_one_letter_are_read(text, expected):
    assert float(parse_quantity(text)) == expected
