from dataclasses import replace

import numpy as np
import pytest
from brian2 import Hz, ms, mV, nS, pA
from spikemodes.models import (
    LIF,
    AdEx,
    ContinuousLIF,
    Dense,
    DenseNetwork,
    NeuronModel,
    Pathway,
    ShortTermPlasticity,
    Trials,
    compile_simulation,
    continuous,
    simulate,
    to_dense,
)
from spikemodes.models.brian.relays import circuit_wiring
from spikemodes.models.brian.wiring import mode_wiring
from spikemodes.models.conditions import (
    Adaptation,
    ConductanceSynapses,
    DalesLaw,
    Delays,
    Heterogeneity,
    InhibitoryInterneurons,
    InputNoise,
    Lesion,
    MembraneNoise,
    MissingChannels,
    PlasticSynapses,
    RefractoryPeriod,
    ReleaseFailures,
    SimulationStep,
    SparseConnectivity,
    SpikeOnset,
    SpikeTriggeredAdaptation,
    SubthresholdAdaptation,
    UnfitError,
    WeakerSynapses,
    WeightNoise,
    disturbed,
    drive_for,
    firing_rates,
    realise,
)
from spikemodes.models.neurons.lif import NoContinuousFormError

ZERO = [
    SimulationStep(1), RefractoryPeriod(0 * ms), Heterogeneity(0.0), MembraneNoise(0.0),
    Adaptation(0.0), SpikeOnset(0 * mV), SubthresholdAdaptation(0 * nS),
    SpikeTriggeredAdaptation(0 * pA), ConductanceSynapses(0.0), Delays(0 * ms),
    PlasticSynapses(0 * ms), ReleaseFailures(0.0), WeakerSynapses(0.0), SparseConnectivity(0.0),
    WeightNoise(0.0), DalesLaw(0.0), InhibitoryInterneurons(0 * ms), Lesion(0.0), InputNoise(0.0),
    MissingChannels(0.0),
]  # fmt: skip
STRONG = [
    SimulationStep(4), RefractoryPeriod(4 * ms), Heterogeneity(0.3), MembraneNoise(0.3),
    Adaptation(0.5), SpikeOnset(2 * mV), SubthresholdAdaptation(4 * nS),
    SpikeTriggeredAdaptation(60 * pA), ConductanceSynapses(1.0), Delays(10 * ms),
    PlasticSynapses(200 * ms), ReleaseFailures(0.5), WeakerSynapses(0.5), SparseConnectivity(0.5),
    WeightNoise(0.5), DalesLaw(1.0), InhibitoryInterneurons(10 * ms), Lesion(0.3), InputNoise(1.0),
    MissingChannels(0.5),
]  # fmt: skip


def transmission(network, conditions, seed=0):
    """The synapses that a network has under conditions."""
    found = realise(network, conditions, 2 * ms, seed).transmission
    assert found is not None
    return found


def name(condition):
    return condition.name


@pytest.fixture
def pair():
    """Neuron 0, which input drives, with a synapse of weight 1 onto neuron 1."""
    return lambda draw, n=2: DenseNetwork(
        neuron=draw().neuron,
        filter=draw().filter,
        W_in=np.eye(n)[:, :1],
        W_out=np.ones((1, n)),
        dt=2 * ms,
        W=0.5 * np.outer(np.arange(n) > 0, np.arange(n) == 0),
    )


@pytest.mark.parametrize("condition", ZERO, ids=name)
def test_at_level_zero_a_condition_changes_no_spike(condition, draw_network, draw_trials):
    network, trials = draw_network(n_neurons=20), draw_trials(150)
    undisturbed = simulate(network, trials, target="numpy")
    found = simulate(network, trials, conditions=[condition], target="numpy")
    np.testing.assert_array_equal(found.spikes, undisturbed.spikes)
    np.testing.assert_allclose(found.outputs, undisturbed.outputs, atol=1e-10)


@pytest.mark.parametrize("condition", STRONG, ids=name)
def test_a_level_shows_and_a_seed_repeats_it(condition, draw_network, draw_trials):
    network, trials = draw_network(n_neurons=20), draw_trials(60)
    undisturbed = simulate(network, trials, target="numpy")
    first, again = (
        simulate(network, trials, conditions=[condition], seed=3, target="numpy") for _ in range(2)
    )
    assert not np.array_equal(first.at_step(2 * ms).spikes, undisturbed.spikes)
    np.testing.assert_array_equal(first.spikes, again.spikes)


def test_the_level_is_a_value_of_the_compiled_program(draw_network, draw_trials):
    network, trials = draw_network(), draw_trials()
    for zero, strong in zip(ZERO[1:], STRONG[1:], strict=True):
        compiled = compile_simulation(network, trials, conditions=[zero], target="numpy")
        compiled.run(network, trials, conditions=[strong])  # refuses another structure


def test_conditions_of_synapses_share_a_structure(draw_network, draw_trials):
    network, trials = draw_network(), draw_trials()
    of_synapses = [c for c in STRONG if type(c).__module__.endswith("conditions.synapses")]
    of_synapses.remove(next(c for c in of_synapses if c.name == "lesion"))
    compiled = compile_simulation(network, trials, conditions=of_synapses[:1], target="numpy")
    for condition in of_synapses:
        compiled.run(network, trials, conditions=[condition])


def test_the_effect_of_a_spike_comes_after_the_delay_of_its_synapse(pair, draw_network):
    network, trials = pair(draw_network), Trials(np.zeros((40, 1, 1)), 2 * ms)
    trials.inputs[0] = 50.0
    steps = {}
    for seed in range(6):
        condition = Delays(10 * ms)
        recording = simulate(
            network, trials, conditions=[condition], seed=seed, target="numpy",
            record_states=["I"], record_neurons=[1],
        )  # fmt: skip
        drawn = transmission(network, [condition], seed).delays[1, 0]
        spike = recording.spikes[0, 0]
        # a spike of step k moves h at once, r a step later, and the next neuron a step after that
        first_effect = np.flatnonzero(recording.states["I"][:, 0, 0])[0] - spike - 2
        steps[seed] = first_effect
        assert first_effect == round(drawn / 2e-3)
    assert len(set(steps.values())) > 2


@pytest.mark.parametrize("failure", [0.25, 0.5, 0.75])
def test_failures_keep_the_mean_drive_and_have_the_variance_of_a_bernoulli_synapse(
    failure, pair, draw_network
):
    """Of a synapse of weight w: mean w, variance w² f/(1 - f) for each spike."""
    n, b = 1001, 8  # 1000 synapses and 8 trials, with chances of their own
    one = pair(draw_network, 2)
    W = np.zeros((n, n))
    W[1:, 0] = 0.01
    network = replace(
        one,
        pathways=(Pathway(connectivity=Dense(W)),),
        W_in=np.eye(n)[:, :1],
        W_out=np.ones((1, n)),
    )
    inputs = np.full((300, b, 1), 5.0)
    inputs[200:] = 0  # so that all effects of all spikes are over at the end
    trials = Trials(inputs, 2 * ms)
    watched = {"record_states": ["I"], "record_neurons": range(1, n), "target": "numpy"}
    whole = simulate(network, trials, **watched)
    failing = simulate(network, trials, conditions=[ReleaseFailures(failure)], **watched)
    assert len(failing.spikes) == len(whole.spikes) > 15 * b  # those of neuron 0 alone
    given, passed = (r.states["I"].sum(0) for r in (whole, failing))
    assert passed.mean() / given.mean() == pytest.approx(1, abs=0.01)  # s.e. 0.3 % or less
    relative = len(whole.spikes) / b * (passed / given.mean()).var()
    assert relative == pytest.approx(failure / (1 - failure), rel=0.1)  # s.e. 2 %


def test_weaker_synapses_are_the_mean_of_failing_ones_without_failures(draw_network):
    network = draw_network()
    weaker = transmission(network, [WeakerSynapses(0.75)])
    np.testing.assert_allclose(weaker.weights(network.dense()), 0.25 * network.dense())
    assert weaker.release == 1


def test_pathways_with_plasticity_of_their_own_keep_it(draw_network):
    network, condition = draw_network(), PlasticSynapses(300 * ms, kept_at=10 * Hz)
    own = ShortTermPlasticity(0.1, 300 * ms, 50 * ms)
    first = replace(network.main, plasticity=own)
    both = replace(network, pathways=(first, *network.pathways))
    found = [p.plasticity for p in realise(both, [condition], 2 * ms).network.pathways]
    assert found == [own, ShortTermPlasticity(0.5, 0 * ms, 300 * ms, 10 * Hz)]


def test_drawn_time_constants_have_the_mean_and_variation(draw_network):
    network = draw_network(n_neurons=20_000)
    neuron = realise(network, [Heterogeneity(0.4)], 2 * ms).network.neuron
    for parameter, mean in (("tau_mem", 20), ("tau_syn", 10)):
        drawn = np.asarray(neuron.parameters[parameter] / ms)
        assert drawn.mean() == pytest.approx(mean, rel=0.015)
        assert drawn.std() / drawn.mean() == pytest.approx(0.4, rel=0.05)


@pytest.mark.parametrize("step", [1, 4])
@pytest.mark.parametrize("tau", [0, 5, 20])
def test_noise_alone_gives_the_membrane_its_standard_deviation_at_any_step(tau, step, draw_network):
    network = replace(draw_network(n_neurons=50), W_in=np.zeros((50, 3)))
    recording = simulate(
        network, Trials(np.zeros((600, 4, 3)), 2 * ms),
        conditions=[MembraneNoise(0.15, tau * ms), SimulationStep(step)],
        target="numpy", record_states=["v"], record_neurons=list(range(50)),
    )  # fmt: skip
    assert not len(recording.spikes)
    assert recording.states["v"][100 * step :].std() == pytest.approx(0.15, rel=0.03)


def test_the_noise_is_correlated_over_its_time_constant(draw_network):
    """v filters it once more: of two exponentials the correlation is known in closed form."""
    network = replace(draw_network(n_neurons=100), W_in=np.zeros((100, 3)))
    lags = np.arange(0, 40, 4)
    for tau in (5, 40):
        recording = simulate(
            network, Trials(np.zeros((500, 8, 3)), 2 * ms), target="numpy",
            conditions=[MembraneNoise(0.1, tau * ms)],
            record_states=["v"], record_neurons=list(range(100)),
        )  # fmt: skip
        v = recording.states["v"][100:]
        found = [np.mean(v[: len(v) - k] * v[k:]) / np.mean(v**2) for k in lags // 2]
        wanted = (tau * np.exp(-lags / tau) - 20 * np.exp(-lags / 20)) / (tau - 20)
        np.testing.assert_allclose(found, wanted, atol=0.06)


def test_pruning_keeps_the_mean_weight_and_dales_law_gives_columns_one_sign(draw_network):
    network = draw_network(n_neurons=200)
    W = network.dense()
    sparse = transmission(network, [SparseConnectivity(0.9)]).weights(W)
    assert (sparse != 0).mean() == pytest.approx(0.1, abs=0.01)
    np.testing.assert_allclose(sparse[sparse != 0], 10 * W[sparse != 0])
    lawful = transmission(network, [DalesLaw(1.0)]).weights(W)
    assert ((lawful >= 0).all(0) | (lawful <= 0).all(0)).all()
    kept = lawful != 0
    np.testing.assert_array_equal(lawful[kept], W[kept])


def test_interneurons_leave_the_sum_of_weights_and_every_projection_one_sign(draw_network):
    network = draw_network(n_neurons=30)
    circuit = realise(network, [InhibitoryInterneurons(6 * ms), Delays(4 * ms)], 2 * ms)
    wiring = circuit_wiring(circuit, mode_wiring)
    assert wiring.synapses is not None
    assert wiring.synapses.delays is not None
    excitation, inhibition = np.split(wiring.synapses.weights, 2)
    assert (excitation >= 0).all()
    assert (inhibition >= 0).all()
    np.testing.assert_allclose(excitation - inhibition, network.dense(), atol=1e-12)
    assert (np.ptp(inhibition, axis=1) == 0).all()  # of the summed spikes: one weight a neuron
    early, late = np.split(wiring.synapses.delays, 2)
    np.testing.assert_allclose(late - early, 6e-3)


AS_LIF = {
    "spike-onset": SpikeOnset(2 * mV),
    "subthreshold": SubthresholdAdaptation(4 * nS),
    "spike-triggered": SpikeTriggeredAdaptation(60 * pA),
}


@pytest.mark.parametrize("change", AS_LIF)
def test_changes_of_the_adex_fire_as_fast_as_the_lif_at_the_matched_rate(change, draw_network):
    network, condition = draw_network(), AS_LIF[change]
    drive = np.array([drive_for(network.neuron, 20 * Hz, 2 * ms)])
    matched = realise(network, [condition], 2 * ms).network.neuron
    unmatched = realise(network, [replace(condition, matched=0 * Hz)], 2 * ms).network.neuron
    assert firing_rates(network.neuron, drive, 2 * ms) == pytest.approx(20, rel=0.01)
    assert firing_rates(matched, drive, 2 * ms) == pytest.approx(20, rel=0.02)
    assert firing_rates(unmatched, drive, 2 * ms) != pytest.approx(20, rel=0.1)


def test_changes_of_the_adex_add_up_and_are_matched_together(draw_network):
    network, both = draw_network(), [SpikeOnset(2 * mV), SpikeTriggeredAdaptation(60 * pA)]
    neuron = realise(network, both, 2 * ms).network.neuron
    assert neuron.parameters["Delta_T"] == 2 * mV
    assert neuron.parameters["b"] == 60 * pA
    drive = np.array([drive_for(network.neuron, 20 * Hz, 2 * ms)])
    assert firing_rates(neuron, drive, 2 * ms) == pytest.approx(20, rel=0.02)


def test_rates_on_constant_input_are_those_of_the_closed_form():
    current = np.array([0.9, 1.05, 1.5, 3.0])
    drive = current * (1 - np.exp(-0.1 / 10))
    found = firing_rates(LIF(), drive, 0.1 * ms)
    wanted = 1 / (0.010 + 0.020 * np.log(current[1:] / (current[1:] - 1)))
    assert found[0] == 0
    np.testing.assert_allclose(found[1:], wanted, rtol=0.01)


def test_a_rate_that_no_input_reaches_cannot_be_matched():
    with pytest.raises(ValueError, match="`matched` must be a rate that LIF can fire at"):
        drive_for(LIF(refractory=20 * ms), 60 * Hz, 2 * ms)


@pytest.mark.parametrize("condition", [c for c in STRONG if c.draws], ids=name)
def test_another_draw_is_another_circuit_or_other_noise(condition, draw_network, draw_trials):
    network, trials = draw_network(n_neurons=20), draw_trials(60)
    first, second, again = (
        simulate(network, trials, conditions=[condition.redrawn(k)], target="numpy")
        for k in (0, 1, 1)
    )
    assert not np.array_equal(first.spikes, second.spikes)
    np.testing.assert_array_equal(second.spikes, again.spikes)


def test_what_else_there_is_stays_as_it_was_drawn(draw_network):
    network = draw_network()
    first, second = (
        transmission(network, [Delays(5 * ms), SparseConnectivity(0.5).redrawn(k)]) for k in (0, 1)
    )
    np.testing.assert_array_equal(first.delays, second.delays)
    assert not np.array_equal(first.gain, second.gain)


@pytest.mark.parametrize("condition", [c for c in STRONG if not c.draws], ids=name)
def test_what_draws_nothing_is_the_same_in_every_draw(condition, draw_network, draw_trials):
    network, trials = draw_network(n_neurons=20), draw_trials(60)
    first, second = (
        simulate(network, trials, conditions=[condition.redrawn(k)], target="numpy") for k in (0, 1)
    )
    np.testing.assert_array_equal(first.spikes, second.spikes)


@pytest.mark.parametrize("change", [lambda n: n, to_dense], ids=["modes", "dense"])
def test_dead_neurons_are_silent_and_unheard(change, draw_network, draw_trials):
    network, trials = change(draw_network(n_neurons=20)), draw_trials()
    recording = simulate(network, trials, conditions=[Lesion(0.3)], target="numpy")
    alive = np.flatnonzero(recording.raster.any((0, 1)))
    assert len(alive) <= 14
    cut = realise(network, [Lesion(0.3)], 2 * ms).network
    dead = np.flatnonzero(~cut.W_in.any(1))
    assert len(dead) == 6
    assert not cut.dense()[dead].any()
    assert not cut.dense()[:, dead].any()
    assert not cut.W_out[:, dead].any()


def test_noise_and_gaps_of_inputs_have_their_size(draw_trials):
    trials = draw_trials(400, 50)
    noisy = disturbed(trials, [InputNoise(0.5)])
    size = np.sqrt((trials.inputs**2).mean())
    assert (noisy.inputs - trials.inputs).std() == pytest.approx(0.5 * size, rel=0.02)
    missing = disturbed(trials, [MissingChannels(0.3)])
    silent = ~missing.inputs.any(0)
    assert silent.mean() == pytest.approx(0.3, abs=0.1)
    np.testing.assert_array_equal(missing.inputs[:, ~silent], trials.inputs[:, ~silent])
    other = disturbed(trials, [InputNoise(0.5)], batch=1)
    assert not np.array_equal(other.inputs, noisy.inputs)


def test_what_is_drawn_does_not_depend_on_the_company(draw_network):
    alone = transmission(draw_network(), [Delays(5 * ms)], seed=4)
    together = transmission(draw_network(), [Heterogeneity(0.3), Delays(5 * ms)], seed=4)
    np.testing.assert_array_equal(alone.delays, together.delays)


def test_conditions_compose(draw_network, draw_trials):
    conditions = [Delays(4 * ms), Heterogeneity(0.2), SparseConnectivity(0.5), SimulationStep(2)]
    network, trials = draw_network(), draw_trials(30)
    recording = simulate(network, trials, conditions=conditions, target="numpy")
    assert recording.dt == 1 * ms
    circuit = realise(network, conditions, 2 * ms)
    assert circuit.network.neuron.name == "ContinuousLIF"
    assert np.ptp(circuit.network.neuron.parameters["tau_mem"]) > 0
    assert transmission(network, conditions).delays.any()
    assert (transmission(network, conditions).gain == 0).any()


def test_batches_draw_failures_of_their_own(draw_network):
    network = draw_network(n_neurons=20)
    trials = Trials(np.ones((60, 2, 3)), 2 * ms)
    recording = simulate(
        network, trials, conditions=[ReleaseFailures(0.5)], batch=1, target="numpy"
    )
    assert not np.array_equal(recording.raster[:, 0], recording.raster[:, 1])


@pytest.mark.slow
@pytest.mark.parametrize(
    "condition",
    [pytest.param(c, marks=[pytest.mark.contract] * isinstance(c, Delays)) for c in STRONG],
    ids=name,
)
def test_generated_c_plus_plus_agrees(condition, draw_network, draw_trials):
    network, trials = draw_network(n_neurons=20), draw_trials(60)
    zero = ZERO[STRONG.index(condition)]
    undisturbed = simulate(network, trials, target="numpy")
    none = simulate(network, trials, conditions=[zero])
    np.testing.assert_array_equal(none.spikes, undisturbed.spikes)
    first = simulate(network, trials, conditions=[condition])
    again = simulate(network, trials, conditions=[condition])
    np.testing.assert_array_equal(first.spikes, again.spikes)
    if condition.name not in ("membrane-noise", "release-failures"):  # other random numbers
        numpy = simulate(network, trials, conditions=[condition], target="numpy")
        np.testing.assert_array_equal(first.spikes, numpy.spikes)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Delays(-1 * ms), "`mean` must be zero or positive"),
        (lambda: Delays(3.0), "`mean` must be a time"),
        (lambda: ReleaseFailures(1.0), "`failure` of the condition release-failures must be from"),
        (lambda: SparseConnectivity(-0.1), "`missing` of .* must be from 0 to below 1: got -0.1"),
        (lambda: Heterogeneity(-1), "`cv` of the condition heterogeneity must be zero or positive"),
        (lambda: MembraneNoise(np.nan), "`sd` of the condition membrane-noise"),
        (lambda: SimulationStep(0), "`refinement` .* must be a whole number, 1 or more"),
        (lambda: SpikeOnset(2 * ms), "`slope` of the condition spike-onset must be zero or"),
        (lambda: SubthresholdAdaptation(-1 * nS), "`a` of the condition subthreshold-adaptation"),
        (lambda: SpikeOnset(matched=2 * mV), "`matched` of the condition spike-onset must be a"),
        (lambda: PlasticSynapses(-1 * ms), "`tau_depression` must be zero or positive"),
        (lambda: PlasticSynapses(U=0), "`U` must be above 0"),
        (lambda: WeakerSynapses(1.5), "`loss` of the condition weaker-synapses must be from 0"),
        (lambda: ConductanceSynapses(-1), "`driving_force` of the condition conductances"),
        (lambda: MissingChannels(1.1), "`probability` of the condition missing-channels"),
    ],
)
def test_levels_out_of_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ([Delays(1 * ms), Delays(2 * ms)], "must not name delays twice"),
        ([SpikeOnset(), Adaptation(0.1)], "adaptation and spike-onset exclude each other"),
        ([RefractoryPeriod(-20 * ms)], "must be zero or positive"),
        ([RefractoryPeriod(1 * ms)], "`refractory` must be a whole number of steps"),
    ],
)
def test_conditions_that_cannot_be_are_refused(conditions, message, draw_network, draw_trials):
    with pytest.raises(ValueError, match=message):
        simulate(draw_network(), draw_trials(), conditions=conditions, target="numpy")


@pytest.mark.parametrize("other", [SimulationStep(4), Adaptation(0.1), SpikeOnset()])
def test_the_period_is_as_much_longer_whatever_else_changes(other, draw_network):
    plain, longer = (
        realise(draw_network(), conditions, 2 * ms).neuron_program.refractory_steps
        for conditions in ([other], [other, RefractoryPeriod(4 * ms)])
    )
    assert longer - plain == (8 if isinstance(other, SimulationStep) else 2)


@pytest.mark.parametrize(
    ("neuron", "condition", "message"),
    [
        (AdEx(), Heterogeneity(0.1), "AdEx has no parameter tau_mem"),
        (
            ContinuousLIF(),
            Adaptation(0.1),
            "the network has another neuron, ContinuousLIF",
        ),
    ],
)
def test_a_condition_must_fit_the_neuron(neuron, condition, message, draw_network):
    with pytest.raises(ValueError, match=message):
        realise(draw_network(neuron), [condition], 2 * ms)


def test_a_neuron_that_is_called_lif_is_not_taken_for_it(draw_network):
    """By its name alone it would become another model, in silence."""
    other = replace(LIF(), update=LIF().update.replace("drive", "2*drive"))
    network = draw_network(other)
    with pytest.raises(NoContinuousFormError, match="must be the explicit LIF"):
        continuous(network)
    for condition in (Adaptation(0.1), SimulationStep(4)):
        with pytest.raises(UnfitError):
            realise(network, [condition], 2 * ms)


def test_a_lif_is_one_by_whatever_name(draw_network, draw_trials):
    network, trials = draw_network(n_neurons=20), draw_trials()
    mine = replace(network, neuron=replace(LIF(), name="mine"))
    for condition in (
        Adaptation(0.2), SpikeOnset(1 * mV), ConductanceSynapses(0.5), SimulationStep(2),
    ):  # fmt: skip
        ours, theirs = (
            simulate(one, trials, conditions=[condition], target="numpy") for one in (mine, network)
        )
        assert len(ours.spikes) > 5
        np.testing.assert_array_equal(ours.spikes, theirs.spikes)


def test_noise_lets_differential_equations_run_at_any_step(draw_network, draw_trials):
    neuron = NeuronModel(
        name="text",
        equations="dv/dt = (noise_sd*(drive + recurrent) - v)/tau_mem : 1",
        parameters={"noise_sd": 1.5, "tau_mem": 20 * ms},
    )
    network, trials = draw_network(neuron), draw_trials()
    silent, noisy = (
        simulate(network, trials, conditions=[MembraneNoise(sd), SimulationStep(4)], target="numpy")
        for sd in (0.0, 0.5)
    )
    plain = simulate(network, trials, conditions=[SimulationStep(4)], target="numpy")
    assert len(plain.spikes) > 5
    np.testing.assert_array_equal(silent.spikes, plain.spikes)
    assert not np.array_equal(noisy.spikes, plain.spikes)


@pytest.mark.parametrize(
    ("condition", "change", "reason"),
    [
        (
            MembraneNoise(0.1),
            {"equations": "du/dt = (drive - u)/tau_mem : 1", "threshold": "u > 1", "reset": ""},
            "no membrane potential that is called v",
        ),
        (RefractoryPeriod(2 * ms), {"refractory": "2*ms"}, "no parameter for its refractory"),
    ],
)
def test_what_a_neuron_lacks_is_named(condition, change, reason, draw_network):
    neuron = NeuronModel(
        name="text",
        equations="dv/dt = (drive + recurrent - v)/tau_mem : 1",
        parameters={"tau_mem": 20 * ms},
    )
    network = draw_network(replace(neuron, **change))
    with pytest.raises(UnfitError, match=reason):
        realise(network, [condition], 2 * ms)
