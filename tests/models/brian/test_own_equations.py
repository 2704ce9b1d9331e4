import numpy as np
import pytest
from brian2 import ms
from spikemodes.learning import validate
from spikemodes.models import LIF, simulate
from spikemodes.models.brian.own_equations import spikes_of_equations

NEURONS = ("LIF", "ContinuousLIF exact", "AdEx", "AdEx euler", "everything")


def given(n_steps=150, n=6):
    rng = np.random.default_rng(3)
    drive = rng.normal(2.0, 3.0, size=(n_steps, 2, n)) * np.linspace(0.1, 1.2, n)
    return {"drive": drive, "recurrent": 0.3 * rng.normal(size=drive.shape)}


@pytest.mark.parametrize("name", NEURONS)
def test_a_network_spikes_as_its_neurons_own_equations_say(
    name, neurons, draw_network, draw_trials
):
    network = draw_network(neurons[name], dt=1 * ms)
    found = validate(network, draw_trials(dt=1 * ms, strength=5.0), target="numpy")
    assert len(found.brian2.spikes) > 20
    assert found.own_equations is not None
    assert found.own_equations.identical_trials == found.own_equations.trials == 3
    assert found.own_equations.spikes > 20


def test_values_per_neuron_are_those_of_the_equations():
    taus, refractory = np.linspace(8, 30, 6) * ms, np.arange(6) * ms
    mixed = LIF(tau_mem=taus, refractory=refractory)
    spikes = spikes_of_equations(mixed, given(), 1 * ms)
    for j in range(6):
        alike = LIF(tau_mem=taus[j], refractory=refractory[j])
        own = spikes_of_equations(alike, given(), 1 * ms)
        np.testing.assert_array_equal(spikes[spikes[:, 2] == j], own[own[:, 2] == j])


def test_another_model_than_the_equations_is_seen(draw_network, draw_trials, monkeypatch):
    """The blindness it is there for: the translation is wrong, in both halves alike."""
    from spikemodes.models.translation import translator as translation

    translate = translation._translate_neuron

    def wrong(neuron, dt):
        return translate(neuron.with_parameters(tau_mem=15 * ms), dt)

    monkeypatch.setattr(translation, "_translate_neuron", wrong)
    found = validate(draw_network(), draw_trials(strength=3.0), target="numpy")
    assert found.spike_match == 1
    assert found.own_equations is not None
    assert found.own_equations.identical_trials < found.own_equations.trials


def test_it_needs_no_recurrence_to_be_rerun(draw_network, draw_trials):
    network = draw_network()
    trials = draw_trials()
    silent = network.with_modes(network.modes.scaled(np.zeros(2)))
    spikes = simulate(silent, trials, target="numpy").spikes
    drive = trials.inputs @ network.W_in.T
    own = spikes_of_equations(network.neuron, {"drive": drive, "recurrent": 0 * drive}, network.dt)
    np.testing.assert_array_equal(spikes, own)
