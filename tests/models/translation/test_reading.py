import pytest
from brian2 import NeuronGroup, ms, mV
from spikemodes.models import LIF, ContinuousLIF, DoubleExponential, NeuronModel
from spikemodes.models.translation.reading import TranslationError, native_group, read_with_brian

INPUTS = ("drive", "recurrent")


def test_brian2_tells_states_units_and_what_stands_still_while_refractory():
    neuron = NeuronModel(
        name="mine",
        equations="""
            dv/dt = (E - v + rise)/tau : volt (unless refractory)
            da/dt = -a/tau : 1
            rise = drive*mV : volt
        """,
        parameters={"E": -70 * mV, "tau": 10 * ms},
        threshold="v > -50*mV",
        reset="v = E",
        scale="20*mV",
    )
    read = read_with_brian(neuron, INPUTS, 1 * ms)
    assert read.state == ("v", "a")
    assert read.units == {"v": "volt", "a": "1"}
    assert read.conditional == {"v"}
    assert read.subexpressions["rise"] == "drive*mV"


def test_differential_equations_are_integrated_by_brian2s_own_state_updater():
    read = read_with_brian(ContinuousLIF(), INPUTS, 1 * ms)
    group = native_group(ContinuousLIF(), INPUTS, 1 * ms)
    assert isinstance(group, NeuronGroup)
    integration = read.update.removesuffix(ContinuousLIF().update)
    assert "exp(" in integration
    assert integration.splitlines()[-1].startswith("v = ")


def test_an_explicit_scheme_is_its_own_update():
    assert read_with_brian(LIF(), INPUTS, 2 * ms).update == LIF().update
    assert read_with_brian(DoubleExponential(), (), 2 * ms).state == ("r", "h")


def test_the_reason_of_brian2_is_passed_on():
    wrong = NeuronModel(name="mine", equations="dv/dt = -v/tau : 1", parameters={"tau": 10 * mV})
    with pytest.raises(TranslationError, match=r"^mine: Brian2 rejects it: .*unit hertz") as error:
        read_with_brian(wrong, INPUTS, 1 * ms)
    assert "\n" not in str(error.value)
