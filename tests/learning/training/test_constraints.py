"""Constraints: they hold at the start, after every update, and in Brian2."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from brian2 import ms
from spikemodes.experiments.tasks import SelectiveIntegration
from spikemodes.learning import (
    Backpropagation,
    Dale,
    DaleSparse,
    FixedModes,
    FixedScores,
    Recipe,
    SparseDale,
    TrainingOptions,
    Twin,
    initial_network,
    train,
)
from spikemodes.models import (
    Modes,
    Network,
    RateNetwork,
    RateUnit,
    Sigmoid,
    Tanh,
    Trials,
    simulate,
)

TASK = SelectiveIntegration(blank=4 * ms, stimulus=30 * ms, response=40 * ms)
OPTIONS = TrainingOptions(updates=4, batch_size=6, learning_rate=0.2)


def start(n_neurons=20, n_modes=2):
    return initial_network(n_neurons, n_modes, 4, 1, 2 * ms, np.random.default_rng(1))


def of_one_sign(W):
    return ((W >= 0).all(axis=0) | (W <= 0).all(axis=0)).all()


@pytest.mark.parametrize("excitatory", [0.5, 0.8])
def test_dales_law_holds_at_the_start_and_after_large_updates(excitatory, kernels):
    law = Dale(excitatory)
    network = law.start(start(), np.random.default_rng(0))
    trained = train(TASK, network, replace(OPTIONS, constraint=law)).network
    assert isinstance(trained, Network)
    assert not np.allclose(trained.dense(), network.dense())
    for W in (network.dense(), trained.dense()):
        assert of_one_sign(W)
        np.testing.assert_array_equal(np.sign(W.sum(axis=0)), np.sign(network.dense().sum(axis=0)))
        assert (W.sum(axis=0) > 0).mean() == excitatory
        assert np.linalg.matrix_rank(W) == 2
    assert (trained.modes.xi_in >= 0).all()
    assert (trained.modes.scores >= 0).all()


def test_excitation_and_inhibition_are_balanced_at_the_start():
    W = Dale(0.8).start(start(500), np.random.default_rng(0)).dense()
    assert np.maximum(-W, 0).sum() / np.maximum(W, 0).sum() == pytest.approx(1, abs=0.15)


def test_in_brian2_every_neuron_excites_all_others_or_inhibits_all():
    network = Dale(0.5).start(start(8), np.random.default_rng(0))
    modes = network.modes
    scores = 1e-3 * np.ones_like(modes.scores)  # too weak to make others fire
    network = replace(network, W_in=2.0 * np.eye(8))
    network = network.with_modes(Modes(modes.xi_in, scores, modes.xi_out))
    inputs = np.tile(np.eye(8), (60, 1, 1))  # trial b drives neuron b alone
    recording = simulate(
        network, Trials(inputs, 2 * ms), target="numpy", record_states=["I"],
        record_neurons=range(8),
    )  # fmt: skip
    assert set(map(tuple, recording.spikes[:, 1:])) == {(b, b) for b in range(8)}
    effect = recording.states["I"].sum(axis=0).T  # of neuron b (column) on the others (rows)
    np.fill_diagonal(effect, 0)
    assert of_one_sign(effect)
    off = ~np.eye(8, dtype=bool)
    np.testing.assert_array_equal(np.sign(effect)[off], np.sign(network.dense())[off])


def test_the_gradient_reaches_what_is_free(kernels):
    law = Dale()
    twin = Twin(law.start(start(), np.random.default_rng(0)))
    law.apply(twin)
    before = twin.network().dense()
    trials = TASK.sample(4, np.random.default_rng(0))
    twin(torch.from_numpy(trials.inputs)).outputs.square().mean().backward()
    names = {name for name, p in twin.named_parameters() if p.grad is not None}
    assert {
        f"recurrent.parametrizations.{n}.original" for n in ("xi_in", "scores", "xi_out")
    } < names
    np.testing.assert_array_equal(twin.network().dense(), before)


def test_fixed_modes_stay_and_scores_learn(kernels):
    network = start()
    result = train(TASK, network, replace(OPTIONS, constraint=FixedModes()))
    trained = result.network
    assert isinstance(trained, Network)
    xi_in = network.modes.xi_in.astype(np.float32)
    np.testing.assert_array_equal(trained.modes.xi_in, xi_in)
    np.testing.assert_array_equal(trained.modes.xi_out, network.modes.xi_out.astype(np.float32))
    assert not np.allclose(trained.modes.scores, network.modes.scores)
    assert result.trainable_parameters == 20 * (4 + 1) + 2


def test_a_killed_run_under_dales_law_resumes_bit_for_bit(tmp_path, kernels):
    law = Dale()
    options = replace(OPTIONS, constraint=law, checkpoint_every=2)
    network = law.start(start(), np.random.default_rng(0))
    whole = train(TASK, network, options)
    train(TASK, network, options, checkpoint=tmp_path)
    again = train(TASK, network, options, checkpoint=tmp_path, resume=True)
    np.testing.assert_array_equal(again.network.dense(), whole.network.dense())


def test_networks_that_cannot_obey_are_refused():
    with pytest.raises(ValueError, match="must obey Dale's law from the start"):
        train(TASK, start(), replace(OPTIONS, constraint=Dale()))
    dense = initial_network(12, None, 4, 1, 2 * ms, np.random.default_rng(1))
    with pytest.raises(ValueError, match="must have modes to constrain"):
        train(TASK, dense, replace(OPTIONS, constraint=FixedModes()))
    with pytest.raises(ValueError, match="`excitatory` must lie between 0 and 1"):
        Dale(1.0)


@pytest.mark.slow
def test_selective_integration_is_learned_under_dales_law():
    law, task, rng = Dale(), SelectiveIntegration(), np.random.default_rng(0)
    network = law.start(initial_network(100, 3, 4, 1, task.dt, rng), rng)
    options = TrainingOptions(updates=300, batch_size=64, constraint=law)
    trained = train(task, network, options).network
    assert of_one_sign(trained.dense())
    trials = task.sample(200, np.random.default_rng(9))
    accuracy = task.score(simulate(trained, trials).outputs, trials).accuracy
    assert accuracy is not None
    assert accuracy >= 0.97


def of_rates(n_modes: int | None, n_neurons=30) -> RateNetwork:
    unit = RateUnit(transfer=Sigmoid() if n_modes is None else Tanh())
    rng = np.random.default_rng(1)
    return initial_network(n_neurons, n_modes, 4, 1, 2 * ms, rng, neuron=unit)


def test_scores_stay_at_one_over_n_and_modes_learn():
    law = FixedScores()
    network = law.start(of_rates(5, n_neurons=400), np.random.default_rng(0))
    modes = network.recurrence
    assert isinstance(modes, Modes)
    np.testing.assert_array_equal(modes.scores, np.full(5, 1 / 400))
    assert modes.xi_in.var() == pytest.approx(1 / 5, rel=0.1)
    assert modes.xi_out.var() == pytest.approx(1 / 5, rel=0.1)
    assert abs(np.corrcoef(modes.xi_in.ravel(), modes.xi_out.ravel())[0, 1]) < 0.1
    result = train(TASK, network, replace(OPTIONS, constraint=law))
    learned = result.network.recurrence
    assert isinstance(learned, Modes)
    np.testing.assert_array_equal(learned.scores, modes.scores.astype(np.float32))
    assert not np.allclose(learned.xi_in, modes.xi_in)
    assert not np.allclose(learned.xi_out, modes.xi_out)
    assert result.trainable_parameters == 400 * (4 + 1 + 2 * 5)


def test_a_sparse_network_starts_as_published():
    n = 300
    network = SparseDale(0.8, 0.2, 1.5).start(of_rates(None, n), np.random.default_rng(0))
    W = network.dense()
    assert of_one_sign(W)
    assert (W < 0).any(axis=0).mean() == pytest.approx(0.2)
    assert (W != 0).mean() == pytest.approx(0.2, abs=0.01)
    assert np.sqrt(np.mean(W[W != 0] ** 2)) == pytest.approx(1.5 / np.sqrt(0.2 * n), rel=0.02)
    assert network.W_in.std() == pytest.approx(1, rel=0.1)
    assert network.W_out.std() == pytest.approx(0.01, rel=0.15)


def test_a_sparse_network_stays_sparse_of_one_sign_and_with_its_inputs():
    law = SparseDale(0.8, 0.3)
    network = law.start(of_rates(None), np.random.default_rng(0))
    trained = train(TASK, network, replace(OPTIONS, constraint=law)).network
    before, after = network.dense(), trained.dense()
    np.testing.assert_array_equal(after[before == 0], 0)
    assert not np.allclose(after, before)
    assert (np.sign(after) * np.sign(before) >= 0).all()
    np.testing.assert_array_equal(trained.W_in, network.W_in.astype(np.float32))
    assert not np.allclose(trained.W_out, network.W_out)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SparseDale(excitatory=0.0), "`excitatory` must lie between 0 and 1"),
        (lambda: SparseDale(connected=1.5), "`connected` must lie between 0 and 1"),
        (lambda: SparseDale(gain=0.0), "`gain` must be positive"),
        (
            lambda: train(TASK, of_rates(None), replace(OPTIONS, constraint=SparseDale())),
            "must obey Dale's law from the start",
        ),
        (
            lambda: train(TASK, of_rates(2), replace(OPTIONS, constraint=SparseDale())),
            "must have dense weights",
        ),
    ],
)
def test_sparse_networks_that_cannot_be_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_weights_of_rates_are_refused_for_spikes():
    recipe = Recipe(n_neurons=6, parameterisation=DaleSparse())
    with pytest.raises(ValueError, match="`parameterisation` must be one for spiking neurons"):
        Backpropagation().require(recipe)
    Backpropagation().require(replace(recipe, neuron=RateUnit()))
