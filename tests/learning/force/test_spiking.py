from dataclasses import replace

import numpy as np
import pytest
from brian2 import Hz, ms
from spikemodes.experiments.tasks import (
    Digits,
    PatternGeneration,
    SelectiveIntegration,
    with_targets,
)
from spikemodes.learning import FullRank, Recipe, Session, SpikingForce
from spikemodes.learning.force.least_squares import RecursiveLeastSquares
from spikemodes.learning.force.spiking import SpikingLearner
from spikemodes.models import (
    BiasedLIF,
    ConductanceLIF,
    ContinuousSingleExponential,
    DoubleExponential,
    RateUnit,
    Trials,
    simulate,
)

SHORT = PatternGeneration(pattern="sine", frequency=5 * Hz, duration=100 * ms)
FULL = Recipe(
    n_neurons=500,
    neuron=BiasedLIF(),
    filter=DoubleExponential(2 * ms, 20 * ms),
    parameterisation=FullRank(),
    batch_size=1,
)
SMALL = replace(FULL, n_neurons=40, updates=2, target="numpy")


def learner_of(task=SHORT, recipe=SMALL, target="numpy"):
    recipe = replace(recipe, target=target)
    return SpikingLearner(task, SpikingForce(), recipe, np.random.default_rng(1))


def targets_of(trials):
    assert trials.targets is not None
    return trials.targets


def silenced(trials):
    """The same trials, at no step of which there is anything to learn."""
    return replace(trials, mask=np.zeros((trials.n_steps, trials.n_trials), bool))


@pytest.mark.parametrize(
    "target", ["numpy", pytest.param("cpp_standalone", marks=pytest.mark.slow)]
)
def test_learning_goes_on_in_the_state_that_the_last_stretch_left(target):
    task = replace(SHORT, duration=150 * ms)
    refractory = replace(SMALL, neuron=BiasedLIF(refractory=6 * ms))
    trial = task.sample(1, np.random.default_rng(2))
    expected = learner_of(task, refractory, target).record(trial)
    cut = learner_of(replace(SHORT, duration=50 * ms), refractory, target)
    found = [cut.learn_on(part).outputs for part in halves(trial)]
    assert len(expected.spikes) > 100
    np.testing.assert_array_equal(np.concatenate(found), expected.outputs)


def halves(trial):
    middle = trial.n_steps // 2
    return [
        Trials(
            inputs=trial.inputs[part],
            dt=trial.dt,
            targets=targets_of(trial)[part],
            mask=trial.scored[part],
        )
        for part in (slice(0, middle), slice(middle, None))
    ]


@pytest.mark.parametrize(
    "target", ["numpy", pytest.param("cpp_standalone", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("task", [SHORT, with_targets(Digits(dataset="digits8x8"))])
def test_with_learning_off_it_spikes_as_the_network_that_it_gives(task, target):
    learner = learner_of(task, target=target)
    learner.learn(task.sample(2, np.random.default_rng(2)))
    trials = task.sample(2, np.random.default_rng(3))
    phi = learner.phi.copy()
    assert np.abs(phi).max() > 0
    learning_off = learner.record(silenced(trials))
    expected = simulate(learner.network(), trials, target=target)
    np.testing.assert_array_equal(learner.phi, phi)
    assert len(expected.spikes) > 300  # enough to tell them apart
    np.testing.assert_array_equal(learning_off.spikes, expected.spikes)
    np.testing.assert_allclose(learning_off.outputs, expected.outputs, rtol=0, atol=1e-11)


def test_readout_weights_are_the_least_squares_of_what_the_neurons_did():
    learner, trials = learner_of(), SHORT.sample(1, np.random.default_rng(2))
    raster = learner.record(trials).raster[:, 0]
    least_squares = RecursiveLeastSquares(np.zeros((40, 1)), SpikingForce().alpha)
    decay, rise = np.exp(-2 / 20), np.exp(-2 / 2)
    r = h = np.zeros(40)
    for k, spikes in enumerate(raster):
        r, h = decay * r + (1 - decay) * h, rise * h
        if k % SpikingForce().every == 0 and trials.scored[k, 0]:
            least_squares.update(r, targets_of(trials)[k, 0])
        h = h + spikes
    np.testing.assert_allclose(learner.phi, least_squares.weights, rtol=0, atol=1e-9)


@pytest.mark.slow
def test_generated_code_learns_what_numpy_learns():
    trials = SHORT.sample(3, np.random.default_rng(2))
    numpy, cpp = learner_of(), learner_of(target="cpp_standalone")
    expected, found = numpy.record(trials), cpp.record(trials)
    np.testing.assert_array_equal(found.spikes, expected.spikes)
    np.testing.assert_allclose(cpp.phi, numpy.phi, rtol=0, atol=1e-9)


def test_the_weights_that_a_neuron_receives_balance():
    W = SpikingForce(gain=1.5).draw_recurrence(400, np.random.default_rng(0)).toarray()
    np.testing.assert_allclose(W.sum(axis=1), 0, atol=1e-12)
    assert np.count_nonzero(W) / 400**2 == pytest.approx(0.1, rel=0.05)
    assert np.abs(np.linalg.eigvals(W)).max() == pytest.approx(1.5, rel=0.1)


def test_learning_adds_one_mode_for_each_output():
    learner = learner_of()
    fixed = learner.network().dense()
    learner.learn(SHORT.sample(1, np.random.default_rng(2)))
    assert np.linalg.matrix_rank(learner.network().dense() - fixed) == 1


def test_the_seed_alone_decides_and_every_batch_is_told():
    told = []
    first = SpikingForce().train(SHORT, SMALL, Session(trials=4, on_update=told.append))
    again = SpikingForce().train(SHORT, SMALL, Session(trials=4))
    other = SpikingForce().train(SHORT, SMALL, Session(trials=5))
    np.testing.assert_array_equal(first.network.W_out, again.network.W_out)
    assert not np.array_equal(first.network.W_out, other.network.W_out)
    assert [update.step for update in told] == [1, 2]
    assert told[-1].loss == first.final_loss == pytest.approx(told[-1].mse)
    assert told[-1].rate_hz > 0
    assert (first.method, first.trainable_parameters) == ("spiking-force", 40)


@pytest.mark.slow
def test_a_sine_learned_on_end_is_held_for_many_periods_without_a_teacher():
    task = PatternGeneration(pattern="sine", frequency=5 * Hz).on_end()
    network = SpikingForce().train(task, replace(FULL, updates=30), Session(trials=0)).network
    trials = task.sample(1, np.random.default_rng(9))
    performance = task.score(simulate(network, trials).outputs, trials).performance
    assert performance is not None
    assert performance >= 0.8


@pytest.mark.slow
def test_selective_integration_is_learned():
    task = SelectiveIntegration()
    network = SpikingForce().train(task, replace(FULL, updates=100), Session()).network
    trials = task.sample(100, np.random.default_rng(9))
    accuracy = task.score(simulate(network, trials).outputs, trials).accuracy
    assert accuracy is not None
    assert accuracy >= 0.9


def test_a_task_without_a_target_trace_is_refused():
    with pytest.raises(ValueError, match="`task` must have a target trace for FORCE to follow"):
        SpikingForce().train(Digits(dataset="digits8x8"), SMALL, Session())


@pytest.mark.parametrize(
    "wrong",
    [
        {"gain": -1.0},
        {"alpha": float("nan")},
        {"connectivity": 1.5},
    ],
)
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=f"`{next(iter(wrong))}` must"):
        SpikingForce(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"neuron": ConductanceLIF()},
        {"neuron": RateUnit()},
        {"filter": ContinuousSingleExponential()},
    ],
)
def test_recipes_that_it_cannot_serve_are_refused(wrong):
    with pytest.raises(ValueError, match=f"^`{next(iter(wrong))}` must"):
        SpikingForce().train(SHORT, replace(SMALL, **wrong), Session())


def test_any_neuron_with_currents_will_do():
    recipe = replace(SMALL, filter=DoubleExponential(4 * ms, 30 * ms))
    assert learner_of(recipe=recipe).network().filter.parameters["tau_decay"] == 30 * ms
