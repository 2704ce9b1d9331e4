import numpy as np
from brian2 import ms
from spikemodes.models import (
    LIF,
    DoubleExponential,
    ModeNetwork,
    Modes,
    NeuronModel,
    Trials,
    simulate,
    translate_neuron,
)
from spikemodes.models.neurons.names import coded
from spikemodes.models.translation.translator import translate
from spikemodes.models.translation.writing import GroupCode


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
    assert code.states == (coded("r"), coded("h"))
    assert (code.threshold, code.reset) == ("", "")


def test_random_numbers_are_drawn_on_lines_of_their_own():
    noisy = NeuronModel(
        name="mine",
        equations="v : 1",
        update="v = 0.9*v + drive + recurrent + randn( )\nv = v*int(rand() > 0.1)\nv += randn()",
        threshold="v > 1",
        refractory="",
    )
    program = translate_neuron(noisy, 1 * ms)
    assert list(program.draws.values()) == ["randn", "rand", "randn"]
    lines = GroupCode.of(program).update.splitlines()
    assert lines[:3] == [f"{name} = {call}()" for name, call in program.draws.items()]
    assert not any("rand" in line and "(" in line.partition("rand")[2] for line in lines[3:])


def test_case_distinctions_become_choices():
    clipped = NeuronModel(
        name="mine", equations="v : 1", update="v = clip(drive + recurrent, -1, 1)", refractory=""
    )
    update = GroupCode.of(translate_neuron(clipped, 1 * ms)).update
    assert "select(" in update
    assert " and " not in update


def test_a_case_that_is_not_chosen_may_be_infinite():
    neuron = NeuronModel(
        name="mine",
        equations="v : 1",
        update="v = clip(exp(1000*(drive + recurrent)), 0, 2) + 0*sign(drive + recurrent)",
        threshold="v > 1.5",
    )
    one = np.ones((1, 1))
    network = ModeNetwork(
        neuron=neuron,
        filter=DoubleExponential(),
        W_in=one,
        W_out=one,
        dt=1 * ms,
        modes=Modes(one, 0 * one[0], one),
    )
    trials = Trials(np.array([0.0, 2.0, -2.0, 2.0])[:, None, None], 1 * ms)
    with np.errstate(over="ignore"):
        recording = simulate(
            network, trials, target="numpy", record_states=["v"], record_neurons=[0]
        )
    np.testing.assert_array_equal(recording.states["v"].ravel(), [1, 2, 0, 2])
