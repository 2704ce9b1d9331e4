from dataclasses import replace

import numpy as np
import pytest
import torch
from brian2 import Hz, ms
from spikemodes.experiments.tasks import Digits, PatternGeneration
from spikemodes.learning import Force, FullRank, LowRank, RateTwin, Recipe, Session, WeightSize
from spikemodes.learning.force.rate import RateLearner, Reservoir
from spikemodes.models import LIF, RateUnit, Sigmoid, Trials

SHORT = PatternGeneration(pattern="sine", frequency=5 * Hz, duration=200 * ms)
SMALL = Recipe(
    n_neurons=60,
    neuron=RateUnit(10 * ms),
    parameterisation=FullRank(),
    updates=2,
    batch_size=2,
)


def normalised_error(network, task, seed=9):
    trials = task.sample(4, np.random.default_rng(seed))
    outputs = RateTwin(network, dtype=torch.float64).record(trials).outputs
    return task.score(outputs, trials).further["normalised_error"]


def test_the_pattern_stays_after_learning_is_off():
    recipe = replace(SMALL, n_neurons=150, updates=12, batch_size=1)
    result = Force().train(SHORT, recipe, Session(trials=1))
    assert normalised_error(result.network, SHORT) < 0.1
    assert (result.method, result.trainable_parameters) == ("force", 150)


def test_learning_goes_on_in_the_state_that_the_last_stretch_left():
    def learner():
        reservoir = Reservoir.draw(SHORT, Force(), SMALL, np.random.default_rng(0))
        return RateLearner(reservoir, Force(), SHORT.dt)

    trial = SHORT.sample(1, np.random.default_rng(2))
    whole, cut = learner(), learner()
    expected = whole.learn(trial).outputs
    found = [cut.learn_on(part).outputs for part in halves(trial)]
    np.testing.assert_array_equal(np.concatenate(found), expected)
    np.testing.assert_allclose(cut.readout.weights, whole.readout.weights, rtol=1e-12)


def halves(trial):
    """Two stretches of one trial, each of a whole number of samples."""
    middle = trial.n_steps // 4 * 2
    return [
        Trials(
            inputs=trial.inputs[part],
            dt=trial.dt,
            targets=trial.targets[part],
            mask=trial.scored[part],
        )
        for part in (slice(0, middle), slice(middle, None))
    ]


def test_a_sine_learned_on_end_is_held_long_after_and_nothing_else_holds_it():
    task = SHORT.on_end()
    recipe = replace(SMALL, n_neurons=150, updates=40, batch_size=1)
    network = Force().train(task, recipe, Session(trials=1)).network
    trials = task.sample(1, np.random.default_rng(9))

    def performance(one):
        outputs = RateTwin(one, dtype=torch.float64).record(trials).outputs
        found = task.score(outputs, trials).performance
        assert found is not None
        return found

    assert performance(network) > 0.9
    weights, readout = network.dense(), network.W_out
    loop = np.linalg.lstsq(readout.T, (weights - fixed_weights(recipe)).T, rcond=None)[0].T
    without_feedback = replace(network, recurrence=weights - loop @ readout)
    assert performance(without_feedback) < 0.2
    untrained = replace(without_feedback, W_out=np.zeros_like(readout))
    assert performance(untrained) == pytest.approx(0, abs=1e-9)


def fixed_weights(recipe):
    return Reservoir.draw(SHORT, Force(), recipe, np.random.default_rng(1)).J.toarray()


def test_a_batch_on_end_is_so_many_stretches():
    told = []
    recipe = replace(SMALL, updates=2, batch_size=3)
    Force().train(SHORT.on_end(), recipe, Session(trials=1, on_update=told.append))
    alone = []
    recipe = replace(SMALL, updates=6, batch_size=1)
    Force().train(SHORT.on_end(), recipe, Session(trials=1, on_update=alone.append))
    assert told[1].mse == pytest.approx(np.mean([one.mse for one in alone[3:]]))


def test_memory_that_held_no_number_does_not_reach_the_network(monkeypatch):
    def unset(shape, dtype=float):
        """As np.empty where memory was used before."""
        return np.full(shape, np.nan if dtype is float else 0, dtype)

    monkeypatch.setattr(np, "empty", unset)
    assert np.isfinite(Force().train(SHORT, SMALL, Session()).final_loss)


def test_the_network_is_the_reservoir_with_its_loop_closed():
    rng = np.random.default_rng(0)
    reservoir = Reservoir.draw(SHORT, Force(), SMALL, rng)
    w = rng.normal(size=(60, 1)) / 60
    trials = SHORT.sample(2, rng)
    x, z, expected = np.zeros((2, 60)), np.zeros((2, 1)), []
    decay = np.exp(-2 / 10)
    for u in trials.inputs:
        feedback = z @ reservoir.w_fb.T
        current = np.tanh(x) @ reservoir.J.toarray().T + u @ reservoir.W_in.T + feedback
        x = decay * x + (1 - decay) * current
        z = np.tanh(x) @ w
        expected.append(z)
    twin = RateTwin(reservoir.network(w, SHORT.dt), dtype=torch.float64)
    np.testing.assert_allclose(twin.record(trials).outputs, expected, atol=1e-9)


def test_learning_adds_one_mode_for_each_output():
    result = Force().train(SHORT, SMALL, Session(trials=3))
    fixed = Reservoir.draw(SHORT, Force(), SMALL, np.random.default_rng(3))
    added = result.network.dense() - fixed.J.toarray()
    assert np.linalg.matrix_rank(added) == 1
    np.testing.assert_allclose(added, fixed.w_fb @ result.network.W_out, atol=1e-12)


def test_weights_have_the_variance_and_density_that_chaos_needs():
    force, recipe = Force(gain=1.5, connectivity=0.1), replace(SMALL, n_neurons=400)
    J = Reservoir.draw(SHORT, force, recipe, np.random.default_rng(0)).J
    assert J.nnz / 400**2 == pytest.approx(0.1, rel=0.05)
    assert np.abs(np.linalg.eigvals(J.toarray())).max() == pytest.approx(1.5, rel=0.1)


def test_the_seed_alone_decides():
    first, again, other = (
        Force().train(SHORT, SMALL, Session(trials=seed)).network.W_out for seed in (4, 4, 5)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_every_batch_is_told():
    told = []
    result = Force().train(SHORT, SMALL, Session(on_update=told.append))
    assert [update.step for update in told] == [1, 2]
    assert told[-1].loss == result.final_loss == pytest.approx(told[-1].mse)


def test_a_task_without_a_target_trace_is_refused():
    with pytest.raises(ValueError, match="`task` must have a target trace for FORCE to follow"):
        Force().train(Digits(dataset="digits8x8"), SMALL, Session())


@pytest.mark.parametrize("wrong", [{"gain": -1.0}, {"every": 0}, {"connectivity": 1.5}])
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=f"`{next(iter(wrong))}` must be"):
        Force(**wrong)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("neuron", {"neuron": LIF()}),
        ("neuron.transfer", {"neuron": RateUnit(transfer=Sigmoid())}),
        ("parameterisation", {"parameterisation": LowRank(3)}),
        ("penalties", {"penalties": (WeightSize(1.0),)}),
    ],
)
def test_recipes_that_it_cannot_serve_are_refused(field, wrong):
    with pytest.raises(ValueError, match=f"^`{field}` must be"):
        Force().train(SHORT, replace(SMALL, **wrong), Session())
