import numpy as np
from brian2 import ms
from spikemodes.models.brian_code import GroupCode
from spikemodes.models.lif import LIF
from spikemodes.models.neuron import NeuronModel
from spikemodes.models.synaptic_filter import DoubleExponential
from spikemodes.models.translation import translate, translate_neuron


def test_code_holds_names_and_no_values():
    slow = GroupCode.of(translate_neuron(LIF(tau_mem=50 * ms, v_threshold=2.0), 2 * ms))
    assert slow == GroupCode.of(translate_neuron(LIF(), 2 * ms))
    assert hash(slow) == hash(GroupCode.of(translate_neuron(LIF(), 2 * ms)))


def test_one_value_is_shared_and_one_per_neuron_is_not():
    same = GroupCode.of(translate_neuron(LIF(), 2 * ms))
    mixed = GroupCode.of(translate_neuron(LIF(refractory=np.array([2, 4]) * ms), 2 * ms))
    assert "refractory_period : second (constant, shared)" in same.declarations
    assert "refractory_period : second (constant)" in mixed.declarations


def test_a_filter_has_neither_threshold_nor_reset():
    code = GroupCode.of(translate(DoubleExponential(), 2 * ms))
    assert code.states == ("r", "h")
    assert (code.threshold, code.reset) == ("", "")


def test_case_distinctions_become_products():
    clipped = NeuronModel(
        name="mine", equations="v : 1", update="v = clip(drive + recurrent, -1, 1)", refractory=""
    )
    update = GroupCode.of(translate_neuron(clipped, 1 * ms)).update
    assert "int(" in update
    assert " and " not in update
