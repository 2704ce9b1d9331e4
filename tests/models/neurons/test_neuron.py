from dataclasses import replace

import pytest
from brian2 import ms
from spikemodes.models import LIF, DoubleExponential, SingleExponential
from spikemodes.models.neurons.neuron import scalar


def test_other_parameters_make_another_model_and_leave_the_first():
    model = LIF()
    slow = model.with_parameters(tau_mem=50 * ms)
    assert slow.parameters["tau_mem"] == 50 * ms
    assert model.parameters["tau_mem"] == 20 * ms
    assert slow.equations == model.equations


def test_a_parameter_that_the_model_does_not_have_is_named_with_those_it_has():
    with pytest.raises(ValueError, match="`tau_m` must be a parameter of LIF: it has tau_mem"):
        LIF().with_parameters(tau_m=50 * ms)


def test_one_value_stands_for_a_heterogeneous_parameter():
    assert scalar([3, 4] * ms) == 3 * ms
    assert scalar(3 * ms) == 3 * ms
    assert scalar(0.5) == 0.5


@pytest.mark.parametrize(
    ("make", "other"),
    [
        (LIF, lambda: LIF(tau_mem=21 * ms)),
        (LIF, lambda: replace(LIF(), name="mine")),
        (LIF, lambda: replace(LIF(), initial={"v": "0"})),
        (LIF, lambda: replace(LIF(), any_step=True)),
        (lambda: LIF([10, 20] * ms), lambda: LIF([10, 21] * ms)),
        (lambda: LIF([10, 20] * ms), lambda: LIF([10, 20, 20] * ms)),
        (lambda: LIF().with_parameters(v_reset=1e-3), lambda: LIF().with_parameters(v_reset=ms)),
        (DoubleExponential, lambda: DoubleExponential(3 * ms)),
        (DoubleExponential, lambda: replace(DoubleExponential(), gain=2.0)),
        (DoubleExponential, SingleExponential),
    ],
)
def test_models_are_the_same_if_all_they_say_is(make, other):
    assert make() == make()
    assert len({make(), make(), other()}) == 2
    assert make() != other()


def test_an_unknown_integration_method_is_named():
    with pytest.raises(ValueError, match=r"`method` must be one of exact, .*: got 'rk4'"):
        replace(LIF(), method="rk4")
