"""The report's section on the modes: importance beside networks before learning."""

import numpy as np
import pytest
from spikemodes.experiments import parse_spec
from spikemodes.experiments.config.nested_keys import merge
from spikemodes.experiments.report.modes import (
    beside_modes,
    draw_untrained,
    fit_importance,
)
from spikemodes.models import Modes


def spec_of(**network):
    return parse_spec(merge([{"task": "selective-integration"}, {"network": network}]))


@pytest.mark.parametrize("neuron", ["lif", "rate"])
def test_untrained_networks_are_those_of_the_configuration(neuron):
    spec = spec_of(neurons=20, modes=8, neuron=neuron)
    tau = draw_untrained(spec, 5)
    assert tau.shape == (5, 8)
    assert (tau > 0).all()
    np.testing.assert_array_equal(tau, draw_untrained(spec, 5))  # the same null for every seed
    first = spec.recipe().draw(spec.build_task(), np.random.default_rng(0)).recurrence
    assert isinstance(first, Modes)
    assert fit_importance(first, spec).p_value > 1 / 401


def test_of_few_modes_no_network_is_drawn(draw_network):
    fit = fit_importance(draw_network(n_modes=3).modes, spec_of(modes=3))
    assert fit.verdict == "3 modes: too few for a law over ranks, which takes 8 or more."


def test_it_says_what_acts_beside_the_modes(draw_network):
    assert beside_modes(draw_network(n_modes=3)) == ""
    spec = spec_of(
        neurons=40, parameterisation="dale", background={"connected": 0.3}, mask="background"
    )
    circuit = spec.recipe().draw(spec.build_task(), np.random.default_rng(0))
    said = beside_modes(circuit)
    assert "under a fixed mask" in said
    assert "1 other pathway acts beside the modes" in said
