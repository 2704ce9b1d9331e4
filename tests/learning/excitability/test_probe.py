"""What is measured of neurons before they learn."""

from dataclasses import replace

import numpy as np
import pytest
from brian2 import ms, mV
from spikemodes.experiments.tasks import SelectiveIntegration
from spikemodes.learning import AtThreshold, FastSigmoid, initial_network, probe
from spikemodes.learning.training.recipe import Recipe
from spikemodes.models import LIF, Network, NeuronModel

TASK = SelectiveIntegration()
EXPONENTIAL = NeuronModel(
    name="exponential",
    equations=(
        "dv/dt = (E - v + width*exp((v - V_T)/width) + (drive + recurrent)*mV)/tau : volt"
        " (unless refractory)"
    ),
    method="euler",
    threshold="v > 0*mV",
    reset="v = E",
    refractory="2*ms",
    scale="15*mV",
    initial={"v": "E"},
    parameters={"E": -65 * mV, "V_T": -50 * mV, "width": 2 * mV, "tau": 20 * ms},
)


@pytest.fixture(scope="module")
def trials():
    return TASK.sample(4, np.random.default_rng(1))


def test_of_a_lif_all_is_known(trials):
    network = initial_network(50, 3, 4, 1, TASK.dt, np.random.default_rng(0))
    found = probe(network, trials)
    assert (found.rest, found.onset, found.threshold) == (0.0, 1.0, 1.0)
    # v settles at drive/(1 - a_syn)
    assert found.rheobase == pytest.approx(1 - np.exp(-2 / 10), rel=0.1)
    assert found.highest == pytest.approx(100)  # a refractory period of 10 ms
    assert found.slope_ratio == pytest.approx(1, abs=0.2)
    assert found.rates[0] == 0
    assert found.rates[-1] > 50
    assert not list(found.warnings)


def test_the_ratio_tells_a_surrogate_behind_the_upswing(trials):
    task = SelectiveIntegration(dt=0.5 * ms)
    recipe = Recipe(n_neurons=30, neuron=EXPONENTIAL)
    network = recipe.start(task, np.random.default_rng(0))
    assert isinstance(network, Network)
    some = task.sample(2, np.random.default_rng(1))
    good = probe(network, some).slope_ratio
    bad = probe(network, some, centre=AtThreshold(), capped=False, detach_reset=True).slope_ratio
    assert good is not None
    assert bad is not None
    assert 0.3 < good < 3
    assert abs(np.log(abs(bad))) > abs(np.log(good))


def test_silent_and_saturated_cells_are_named(trials):
    network = initial_network(20, 3, 4, 1, TASK.dt, np.random.default_rng(0))
    quiet = list(probe(replace(network, W_in=1e-3 * network.W_in), trials).warnings)
    assert any("are silent in the task's trials" in text for text in quiet)
    loud = list(probe(replace(network, W_in=1e3 * abs(network.W_in)), trials).warnings)
    assert any("Hz that they can" in text for text in loud)


def test_a_wide_surrogate_is_ill_conditioned(trials):
    network = initial_network(20, 3, 4, 1, TASK.dt, np.random.default_rng(0), neuron=LIF())
    (text,) = probe(network, trials, surrogate=FastSigmoid(0.3)).warnings
    assert "times what their rates do" in text
