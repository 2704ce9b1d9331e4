"""The gain of a neuron's inputs: what it does to the text, and whether it is found."""

from dataclasses import replace

import numpy as np
import pytest
from brian2 import ms, mV
from spikemodes.experiments.tasks import SelectiveIntegration
from spikemodes.learning import ExcitabilityError, GivenGain, MatchedGain, initial_network
from spikemodes.learning.excitability.cells import UncoupledCells
from spikemodes.learning.excitability.gain import default_gain, gain_of
from spikemodes.models import LIF, ConductanceLIF, ContinuousLIF, Modes, NeuronModel, simulate
from spikemodes.models.networks.storage import load_spiking_network, save_network
from spikemodes.models.neurons.input_gain import with_input_gain

TASK = SelectiveIntegration()


def in_millivolt(unit=1 * mV, leak="-70*mV", tau=20 * ms):
    """A leaky neuron whose inputs are far too weak for weights of a LIF, or strong."""
    return NeuronModel(
        name="in mV",
        equations=f"dv/dt = ({leak} - v + unit*(drive + recurrent))/tau : volt (unless refractory)",
        method="exponential_euler",
        threshold="v > -50*mV",
        reset="v = -60*mV",
        refractory="2*ms",
        scale="20*mV",
        initial={"v": "-70*mV"},
        parameters={"unit": unit, "tau": tau},
    )


def network_of(neuron, n=20):
    return initial_network(n, 3, 4, 1, TASK.dt, np.random.default_rng(0), neuron=neuron)


@pytest.fixture(scope="module")
def trials():
    return TASK.sample(4, np.random.default_rng(1))


def mean_rate(network, trials):
    return UncoupledCells(network, trials).rates([1.0], [0.0]).mean()


def test_the_gain_is_that_of_weights(trials):
    weak = network_of(in_millivolt())
    strong = replace(weak, neuron=with_input_gain(weak.neuron, 80.0))
    wide = replace(weak, W_in=80 * weak.W_in)
    assert mean_rate(strong, trials) == pytest.approx(mean_rate(wide, trials), rel=0.02)
    assert mean_rate(strong, trials) > 5


def test_cells_that_draw_noise_are_measured_alike_each_time(trials):
    neuron = in_millivolt(unit=80 * mV)
    noisy = replace(neuron, equations=neuron.equations.replace("/tau", "/tau + 5*mV*xi*tau**-0.5"))
    noisy = replace(noisy, method="euler")
    rates = [mean_rate(network_of(n), trials) for n in (noisy, noisy, neuron)]
    assert rates[0] == rates[1]
    assert rates[0] != rates[2]


def test_conductances_are_scaled_too():
    neuron = with_input_gain(ConductanceLIF(), 2.0)
    assert neuron.update.count("input_gain*") >= 4  # drive twice, excitation and inhibition
    assert gain_of(neuron) == (2.0, 0.0)


@pytest.mark.parametrize("unit", [0.1 * mV, 1 * mV, 100 * mV])
def test_it_is_found_whatever_the_unit_of_the_inputs(unit, trials):
    found = MatchedGain().match(network_of(in_millivolt(unit)), trials)
    assert mean_rate(found, trials) == pytest.approx(20, rel=0.1)
    gain, bias = gain_of(found.neuron)
    assert bias == 0
    assert gain * float(unit) == pytest.approx(85.8e-3, rel=0.05)  # that of 1 mV, in V


def test_brian2_runs_the_gain(trials, tmp_path):
    network = MatchedGain().match(network_of(in_millivolt()), trials)
    save_network(network, tmp_path / "network.safetensors")
    loaded = load_spiking_network(tmp_path / "network.safetensors")
    assert gain_of(loaded.neuron) == gain_of(network.neuron)
    modes = loaded.recurrence
    assert isinstance(modes, Modes)
    silenced = loaded.with_recurrence(replace(modes, scores=0 * modes.scores))
    spikes = simulate(silenced, trials, target="numpy").spikes
    rate = len(spikes) / (20 * trials.n_trials * trials.n_steps * float(trials.dt))
    assert rate == pytest.approx(mean_rate(network, trials), rel=1e-3)
    assert rate > 10


def test_cells_that_fire_by_themselves_are_held_still(trials):
    network = MatchedGain().match(network_of(in_millivolt(leak="-40*mV")), trials)
    _, bias = gain_of(network.neuron)
    assert bias < 0
    cells = UncoupledCells(network, trials)
    assert cells.rates([0.0], [0.0]).mean() < 1
    assert mean_rate(network, trials) == pytest.approx(20, rel=0.15)
    assert bias == pytest.approx(-10, rel=0.1)  # 10 mV from -40 mV down to threshold


def test_the_lif_is_the_unit():
    assert default_gain(LIF(tau_mem=30 * ms)) == GivenGain()
    assert default_gain(ContinuousLIF()) == GivenGain()
    assert default_gain(in_millivolt()) == MatchedGain()


def test_one_that_is_given_is_written_into_the_text(trials):
    network = network_of(in_millivolt())
    assert GivenGain().match(network, trials) is network
    assert gain_of(GivenGain(3.0).match(network, trials).neuron) == (3.0, 0.0)


@pytest.mark.parametrize(
    ("neuron", "says"),
    [
        (in_millivolt(unit=6e-3 * mV), "below 10000"),
        (in_millivolt(unit=-1e-9 * mV), "is silent in the task's trials"),
        (in_millivolt(leak="0*mV", unit=1e-5 * mV), "that can be silent"),
    ],
)
def test_a_neuron_that_no_drive_makes_fire_or_stop_is_refused(neuron, says, trials):
    with pytest.raises(ExcitabilityError, match=says):
        MatchedGain().match(network_of(neuron), trials)
