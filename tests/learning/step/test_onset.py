"""Where spikes begin, against closed forms and against Brian2."""

import numpy as np
import pytest
from brian2 import ms, mV
from spikemodes.learning.step.backend import SpikeOnset
from spikemodes.learning.step.onset import rest_of, spike_onset
from spikemodes.models import LIF, ConductanceLIF, ContinuousLIF, NeuronModel
from spikemodes.models.neurons.adaptive import AdaptiveLIF
from spikemodes.models.translation.translator import translate_neuron

DT = 0.1 * ms


def quadratic(**parameters):
    """dv/dt = (v - rest)(v - unstable)/…, whose spikes begin at the unstable fixed point."""
    values = {"rest": -65 * mV, "unstable": -50 * mV, "unit": 1 * mV, "tau": 10 * ms}
    return NeuronModel(
        name="quadratic",
        equations="dv/dt = ((v - rest)*(v - unstable)/unit + (drive + recurrent)*unit)/tau : volt",
        method="euler",
        threshold="v > 0*mV",
        reset="v = rest",
        scale="15*mV",
        initial={"v": "rest"},
        parameters={**values, **parameters},
    )


def onset(neuron, dt=DT):
    return spike_onset(translate_neuron(neuron, dt), float(dt))


@pytest.mark.parametrize("neuron", [LIF(), ContinuousLIF(), AdaptiveLIF(), ConductanceLIF()])
def test_neurons_without_upswing_have_it_at_threshold(neuron):
    assert onset(neuron, 2 * ms) is None


def test_a_quadratic_neuron_has_it_at_its_unstable_fixed_point():
    found = onset(quadratic())
    assert found is not None
    assert -found.below == pytest.approx(-50e-3, abs=0.2e-3)  # from 0 mV down
    assert found.width == pytest.approx(15e-3, abs=0.2e-3)  # from rest up


def test_cells_that_differ_are_averaged():
    both = onset(quadratic(unstable=[-50, -40] * mV))
    alone = [onset(quadratic(unstable=v * mV)) for v in (-50, -40)]
    assert both is not None
    assert both.below == pytest.approx(np.mean([one.below for one in alone if one]), rel=1e-9)


def test_rest_is_that_of_the_cell_without_its_noise():
    noisy = NeuronModel(
        name="noisy",
        equations="dv/dt = (drive + recurrent - v)/tau + xi*tau**-0.5 : 1",
        update="v = v + 0.01*rand()",
        method="euler",
        threshold="v > 1",
        parameters={"tau": 10 * ms},
    )
    program = translate_neuron(noisy, 1 * ms)
    (v,) = rest_of(program, 1e-3).values()
    assert float(v) == pytest.approx(0.05, rel=1e-3)  # of v <- 0.9 v + 0.01/2
    assert spike_onset(program, 1e-3) is None


def test_a_cell_that_never_rests_below_threshold_keeps_the_threshold():
    assert onset(quadratic(unit=1 * mV).with_parameters(rest=5 * mV)) is None


def test_rest_is_where_nothing_changes():
    program = translate_neuron(quadratic(), DT)
    (v,) = rest_of(program, float(DT)).values()
    assert float(v) == pytest.approx(-65e-3, rel=1e-6)
    assert isinstance(onset(quadratic()), SpikeOnset)
