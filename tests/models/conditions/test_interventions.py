"""Interventions in time: in an epoch they do what they say, outside nothing."""

from dataclasses import replace

import numpy as np
import pytest
from brian2 import ms
from spikemodes.models import (
    AdEx,
    ConductanceLIF,
    DoubleExponential,
    Masked,
    Modes,
    Pathway,
    Population,
    SingleExponential,
    compile_simulation,
    continuous,
    simulate,
    to_dense,
)
from spikemodes.models.conditions import (
    Delays,
    InputNoise,
    Kick,
    Silence,
    SimulationStep,
    Stimulate,
    UnfitError,
    realise,
)

EPOCH = (40 * ms, 80 * ms)  # steps 20 to 40


def strong(size=1.0):
    return [
        Stimulate((0, 3), EPOCH, size),
        Silence((1, 2), EPOCH, 4 * size),
        Kick(1, 3 * size, 60 * ms),
    ]


@pytest.mark.parametrize("condition", strong(0.0), ids=lambda c: c.name)
def test_at_size_zero_all_is_the_same_to_the_bit(condition, draw_network, draw_trials):
    network, trials = draw_network(), draw_trials()
    undisturbed = simulate(network, trials, target="numpy")
    found = simulate(network, trials, conditions=[condition], target="numpy")
    assert len(found.spikes) > 50
    np.testing.assert_array_equal(found.spikes, undisturbed.spikes)
    np.testing.assert_array_equal(found.outputs, undisturbed.outputs)


@pytest.mark.parametrize("condition", strong(), ids=lambda c: c.name)
def test_nothing_happens_before_and_something_afterwards(condition, draw_network, draw_trials):
    network, trials = draw_network(), draw_trials()
    undisturbed = simulate(network, trials, target="numpy").raster
    found = simulate(network, trials, conditions=[condition], target="numpy").raster
    start = 30 if condition.name == "kick" else 20
    np.testing.assert_array_equal(found[:start], undisturbed[:start])
    assert (found[start:] != undisturbed[start:]).any()


def test_they_are_values_of_the_program_of_the_undisturbed_network(draw_network, draw_trials):
    network, trials = draw_network(), draw_trials()
    compiled = compile_simulation(network, trials, target="numpy")
    for condition in strong():
        compiled.run(network, trials, conditions=[condition])  # refuses another structure


def test_a_stimulus_is_a_drive_of_its_cells_in_its_epoch(draw_network, draw_trials):
    network, trials = draw_network(), draw_trials()
    watched = {"record_states": ["I"], "record_neurons": range(8), "target": "numpy"}
    unfeeling = network.with_modes(network.modes.scaled(np.zeros(2)))
    before = simulate(unfeeling, trials, **watched).states["I"]
    stimulus = Stimulate((0, 3), EPOCH, 0.25)
    added = simulate(unfeeling, trials, conditions=[stimulus], **watched).states["I"] - before
    assert np.flatnonzero(np.abs(added).sum((0, 1)) > 1e-9).tolist() == [0, 3]
    assert np.abs(added[:20]).max() == 0
    rise = np.exp(-2 / 10)
    expected = 0.25 * (1 - rise ** np.arange(1, 21)) / (1 - rise)
    np.testing.assert_allclose(added[20:40, 0, 0], expected, atol=1e-12)


@pytest.mark.parametrize("neuron", [None, AdEx(dt_input=2 * ms), ConductanceLIF(dt_input=2 * ms)])
def test_silenced_cells_do_not_spike_in_the_epoch(neuron, draw_network, draw_trials):
    network, trials = draw_network(neuron), draw_trials()
    if neuron is not None:
        network = to_dense(network)
    cells = tuple(range(8))
    undisturbed = simulate(network, trials, target="numpy").raster
    found = simulate(network, trials, conditions=[Silence(cells, EPOCH, 20.0)], target="numpy")
    assert undisturbed[20:40].any()
    assert not found.raster[22:40].any()  # those at threshold already may spike once more


@pytest.mark.parametrize(
    ("filter_", "tau"),
    [(DoubleExponential(tau_decay=20 * ms), 20), (SingleExponential(tau_decay=30 * ms), 30)],
)
def test_without_recurrence_a_kick_returns_as_the_filter_decays(filter_, tau, draw_network):
    network = draw_network(filter=filter_)
    left = Kick(0, 1.0, 10 * ms).trace(realise(network, [], network.dt))
    np.testing.assert_allclose(left[:100], np.exp(-2 * np.arange(100) / tau), rtol=1e-9)


def test_a_kick_is_what_a_jump_of_the_modes_activity_does(draw_network, draw_trials):
    """Against the feedback of the mode computed by hand, where no spikes feed back."""
    network, trials = draw_network(), draw_trials()
    deaf = replace(network, W_in=0 * network.W_in)
    watched = {"record_states": ["I"], "record_neurons": range(8), "target": "numpy"}
    kick = Kick(1, 1e-3, 60 * ms)  # too weak for a spike
    found = simulate(deaf, trials, conditions=[kick], **watched)
    assert not len(found.spikes)
    feedback = network.modes.feedback[:, 1]
    current, rise = np.zeros(8), np.exp(-2 / 10)
    for k in range(30):
        current = rise * current + feedback * 1e-3 * np.exp(-2 * k / 30)
        np.testing.assert_allclose(found.states["I"][30 + k, 0], current, rtol=1e-9)


def test_modes_under_a_mask_or_onto_some_cells_can_be_kicked(draw_network, draw_trials):
    network, trials = draw_network(), draw_trials()
    masked = replace(network.main, connectivity=Masked(network.modes, np.ones((8, 8))))
    partial = Modes(network.modes.xi_in[:5], network.modes.scores, network.modes.xi_out)
    cells = (Population("a", np.arange(5)), Population("b", np.arange(5, 8)))
    onto_some = Pathway(connectivity=partial, target="a")
    kick = [Kick(1, 3.0, 60 * ms)]
    for other in (
        network.with_pathway(masked),
        replace(network, pathways=(onto_some,), populations=cells),
    ):
        before = simulate(other, trials, target="numpy").raster
        after = simulate(other, trials, conditions=kick, target="numpy").raster
        assert not (before != after)[:30].any()
        assert (before != after)[30:].any()
        (injected,) = realise(other, kick, other.dt).injected
        np.testing.assert_array_equal(injected.weights[:5], network.modes.feedback[:5, 1])


def test_at_a_finer_step_a_kick_has_the_mean_over_the_step_of_the_trials(draw_network):
    network = continuous(draw_network())
    left = Kick(0, 1.0, 10 * ms).trace(realise(network, [SimulationStep(4)], network.dt))
    fine = np.exp(-0.5 * np.arange(400) / 30).reshape(-1, 4).mean(1)
    np.testing.assert_allclose(left[:100], fine, rtol=1e-9)


def test_noise_of_the_inputs_leaves_interventions_alone_and_all_compose(draw_network, draw_trials):
    network, trials = draw_network(), draw_trials()
    conditions = [*strong(), InputNoise(0.5), Delays(4 * ms)]
    found = simulate(network, trials, conditions=conditions, target="numpy")
    others = simulate(network, trials, conditions=conditions[3:], target="numpy")
    np.testing.assert_array_equal(found.raster[:20], others.raster[:20])
    assert (found.raster[20:] != others.raster[20:]).any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Stimulate((), EPOCH, 1.0), "`cells` of the condition stimulate must be indices"),
        (lambda: Stimulate((1, 1), EPOCH, 1.0), "each once"),
        (lambda: Silence((-1,), EPOCH), "`cells` of the condition silence must be indices"),
        (lambda: Stimulate((1,), EPOCH, np.nan), "`amplitude` .* must be finite"),
        (lambda: Stimulate((1,), (8 * ms, 8 * ms), 1.0), "`epoch` must be .* start before stop"),
        (lambda: Stimulate((1,), (8, 9), 1.0), "`epoch` must be a time"),
        (lambda: Silence((1,), EPOCH, -1.0), "`strength` .* zero or positive"),
        (lambda: Kick(-1, 1.0, 0 * ms), "`mode` .* an index"),
        (lambda: Kick(0, np.inf, 0 * ms), "`kappa` .* finite"),
        (lambda: Kick(0, 1.0, -2 * ms), "`at` must be zero or positive"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (Stimulate((8,), EPOCH, 1.0), "`cells` must be cells of the network, from 0 to 7: got 8"),
        (Silence((1,), (100 * ms, 122 * ms)), "`epoch` must lie within the trial: .* 50 to 61"),
        (Stimulate((1,), (3 * ms, 8 * ms), 1.0), "`epoch` must be a whole number of steps"),
        (Kick(2, 1.0, 20 * ms), "`mode` of the condition kick must be one of 2 modes"),
        (Kick(0, 1.0, 120 * ms), "`epoch` must lie within the trial"),
    ],
)
def test_what_a_network_or_its_trials_do_not_have_is_refused(
    condition, message, draw_network, draw_trials
):
    with pytest.raises(ValueError, match=message):
        simulate(draw_network(), draw_trials(), conditions=[condition], target="numpy")


def test_a_kick_needs_modes_and_currents(draw_network, draw_trials):
    dense = to_dense(draw_network())
    with pytest.raises(ValueError, match="one of 0 modes"):
        simulate(dense, draw_trials(), conditions=[Kick(0, 1.0, 0 * ms)], target="numpy")
    driven = draw_network(ConductanceLIF(dt_input=2 * ms))
    with pytest.raises(UnfitError, match="its synapses are conductances"):
        simulate(driven, draw_trials(), conditions=[Kick(0, 1.0, 0 * ms)], target="numpy")
