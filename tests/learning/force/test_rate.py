import numpy as np
import pytest
import torch
from brian2 import Hz, ms
from spikemodes.experiments.tasks.digits.task import Digits
from spikemodes.experiments.tasks.pattern import PatternGeneration
from spikemodes.learning.force.rate import ForceOptions, Reservoir, train_force
from spikemodes.learning.twin.rate_twin import RateTwin

SHORT = PatternGeneration(pattern="sine", frequency=5 * Hz, duration=200 * ms)
SMALL = ForceOptions(n_neurons=60, updates=2, batch_size=2)


def normalised_error(network, task, seed=9):
    trials = task.sample(4, np.random.default_rng(seed))
    outputs = RateTwin(network, dtype=torch.float64).record(trials).outputs
    return task.score(outputs, trials).further["normalised_error"]


def test_the_pattern_stays_after_learning_is_off():
    options = ForceOptions(n_neurons=150, updates=12)
    result = train_force(SHORT, options, seed=1)
    assert normalised_error(result.network, SHORT) < 0.1
    assert (result.method, result.trainable_parameters) == ("force", 150)


def test_memory_that_held_no_number_does_not_reach_the_network(monkeypatch):
    def unset(shape, dtype=float):
        """As np.empty where memory was used before."""
        return np.full(shape, np.nan if dtype is float else 0, dtype)

    monkeypatch.setattr(np, "empty", unset)
    assert np.isfinite(train_force(SHORT, SMALL).final_loss)


def test_the_network_is_the_reservoir_with_its_loop_closed():
    rng = np.random.default_rng(0)
    reservoir = Reservoir.draw(SHORT, SMALL, rng)
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
    result = train_force(SHORT, SMALL, seed=3)
    fixed = Reservoir.draw(SHORT, SMALL, np.random.default_rng(3))
    added = result.network.dense() - fixed.J.toarray()
    assert np.linalg.matrix_rank(added) == 1
    np.testing.assert_allclose(added, fixed.w_fb @ result.network.W_out, atol=1e-12)


def test_weights_have_the_variance_and_density_that_chaos_needs():
    options = ForceOptions(n_neurons=400, gain=1.5, connectivity=0.1)
    J = Reservoir.draw(SHORT, options, np.random.default_rng(0)).J
    assert J.nnz / 400**2 == pytest.approx(0.1, rel=0.05)
    assert np.abs(np.linalg.eigvals(J.toarray())).max() == pytest.approx(1.5, rel=0.1)


def test_the_seed_alone_decides():
    first, again, other = (train_force(SHORT, SMALL, seed=s).network.W_out for s in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_every_batch_is_told():
    told = []
    result = train_force(SHORT, SMALL, on_update=told.append)
    assert [update.step for update in told] == [1, 2]
    assert told[-1].loss == result.final_loss == pytest.approx(told[-1].mse)


def test_a_task_without_a_target_trace_is_refused():
    with pytest.raises(ValueError, match="`task` must have a target trace for FORCE to follow"):
        train_force(Digits(dataset="digits8x8"))


@pytest.mark.parametrize("wrong", [{"updates": 0}, {"gain": -1.0}, {"connectivity": 1.5}])
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=f"`{next(iter(wrong))}` must be"):
        ForceOptions(**wrong)
