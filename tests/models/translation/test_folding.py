"""Folded constants and the parameters that they follow from."""

import numpy as np
import pytest
import sympy
from brian2 import ms
from spikemodes.models import LIF, AdEx, BiasedLIF, ConductanceLIF, DoubleExponential
from spikemodes.models.translation.functions import NUMERIC
from spikemodes.models.translation.translator import translate, translate_neuron

NEURONS = (LIF(), AdEx(), BiasedLIF(), ConductanceLIF())


def evaluate(expression, values):
    names = sorted(s.name for s in expression.free_symbols)
    return sympy.lambdify(names, expression, NUMERIC)(*(values[name] for name in names))


@pytest.mark.parametrize("neuron", NEURONS, ids=lambda neuron: neuron.name)
def test_constants_and_initial_values_are_what_their_expressions_give(neuron):
    program = translate_neuron(neuron, 2 * ms)
    folding = program.folding
    assert folding.constants.keys() == program.constants.keys()
    for name, value in program.constants.items():
        assert evaluate(folding.constants[name], folding.values) == pytest.approx(value)
    for name, expression in folding.initial.items():
        assert evaluate(expression, folding.values) == pytest.approx(program.initial[name])
    assert folding.scale is not None
    assert evaluate(folding.scale, folding.values) == pytest.approx(program.scale)


def test_the_constants_of_a_parameter_are_those_that_move_with_it():
    program = translate_neuron(LIF(), 2 * ms)
    moved = translate_neuron(LIF(tau_mem=30 * ms), 2 * ms)
    changed = {n for n, value in program.constants.items() if value != moved.constants[n]}
    assert set(program.folding.depending_on(["tau_mem_u"])) == changed
    assert program.folding.depending_on(["refractory_u"]) == ()
    assert program.folding.initial_depending_on(["v_reset_u"]) == ("v_u",)
    assert program.folding.initial_depending_on(["tau_mem_u"]) == ()


def test_initial_values_are_written_in_parameters_alone():
    from dataclasses import replace

    neuron = replace(LIF(v_reset=0.25), initial={"I": "2*v_reset", "v": "I - v_reset"})
    folding = translate_neuron(neuron, 2 * ms).folding
    assert folding.initial_depending_on(["v_reset_u"]) == ("I_u", "v_u")
    assert float(np.asarray(evaluate(folding.initial["v_u"], folding.values))) == 0.25


def test_a_filter_has_neither_scale_nor_refractoriness():
    folding = translate(DoubleExponential(), 2 * ms).folding
    assert folding.scale is None
    assert folding.refractoriness is None
    assert folding.depending_on(["tau_rise_u"])
