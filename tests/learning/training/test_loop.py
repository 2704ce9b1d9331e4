from dataclasses import replace

import numpy as np
import pytest
import torch
from brian2 import ms
from spikemodes.experiments.tasks import SelectiveIntegration
from spikemodes.learning import TrainingDivergedError, TrainingOptions, initial_network, train
from spikemodes.learning.training.checkpoint import FILE, Checkpoint
from spikemodes.models import Network, to_dense

TASK = SelectiveIntegration(blank=4 * ms, stimulus=30 * ms, response=40 * ms)
OPTIONS = TrainingOptions(updates=6, batch_size=6, checkpoint_every=2)


def start(**options):
    return initial_network(12, 2, 4, 1, 2 * ms, np.random.default_rng(1), **options)


def weights(result):
    network = result.network
    return [network.W_in, network.W_out, network.dense()]


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(weights(first), weights(second), strict=True))


def test_the_seed_alone_decides():
    first, again = (train(TASK, start(), OPTIONS, seed=4) for _ in range(2))
    assert same(first, again)
    assert first.final_loss == again.final_loss
    assert not same(first, train(TASK, start(), OPTIONS, seed=5))


def test_the_loss_falls_and_the_task_is_solved():
    losses = []
    easy = replace(TASK, offset=2.0, noise=0.1)
    options = TrainingOptions(updates=120, batch_size=24, learning_rate=2e-2)
    result = train(easy, start(), options, on_update=losses.append)
    assert losses[-1].loss < 0.6 * losses[0].loss
    assert losses[-1].accuracy > 0.8
    assert result.final_loss == losses[-1].loss


def test_learning_stops_where_it_is_said_to_and_there_again_after_a_resume(tmp_path):
    asked = []

    def until(twin, done):
        asked.append(done)
        return done == 5

    first = train(TASK, start(), OPTIONS, seed=4, until=until, checkpoint=tmp_path)
    assert (first.updates, asked) == (5, [0, 1, 2, 3, 4, 5])
    again = train(TASK, start(), OPTIONS, seed=4, until=until, checkpoint=tmp_path, resume=True)
    assert (again.updates, asked[6:]) == (5, [4, 5])
    assert same(first, again)


def test_every_update_is_told():
    told = []
    result = train(TASK, start(), OPTIONS, on_update=told.append)
    assert [update.step for update in told] == [1, 2, 3, 4, 5, 6]
    rates = [update.learning_rate for update in told]
    expected = OPTIONS.learning_rate * (1 + np.cos(np.pi * np.arange(6) / 6)) / 2
    np.testing.assert_allclose(rates, expected, rtol=1e-6)
    for update in told:
        assert update.rate_hz > 0
        assert update.gradient_norm > 0
        assert 0 <= update.accuracy <= 1
    assert np.all(np.diff([update.seconds for update in told]) > 0)
    assert (result.updates, result.trainable_parameters) == (6, 12 * 4 + 12 + 2 * 24 + 2)
    assert result.peak_memory_mb > 10


def test_the_network_is_there_before_the_first_update_and_after_each():
    seen = {}

    def look(step, network):
        seen[step] = network().modes.xi_in.copy()

    train(TASK, start(), OPTIONS, on_network=look)
    assert list(seen) == [0, 1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose(seen[0], start().modes.xi_in, rtol=1e-6)  # in float32
    last = train(TASK, start(), OPTIONS).network  # nothing is other for those who look
    np.testing.assert_array_equal(seen[6], last.modes.xi_in)
    assert not np.array_equal(seen[3], seen[4])


def test_the_first_network_is_left_as_it_was():
    network = start()
    before = network.modes.xi_in.copy()
    trained = train(TASK, network, OPTIONS).network
    np.testing.assert_array_equal(network.modes.xi_in, before)
    assert isinstance(trained, Network)
    assert not np.array_equal(trained.modes.xi_in, before)
    assert trained.neuron is network.neuron


@pytest.mark.parametrize(
    "make", [lambda: start(full_scores=True), lambda: to_dense(start())], ids=["full", "dense"]
)
def test_every_parameterisation_can_be_trained(make, kernels):
    network = make()
    trained = train(TASK, network, replace(OPTIONS, updates=2)).network
    assert type(trained) is type(network)
    assert not np.array_equal(trained.dense(), network.dense())


class Killed(BaseException):
    """Nothing in the project may catch it."""


@pytest.mark.parametrize("killed_at", [1, 3, 4, 5])
def test_a_killed_run_resumes_as_if_never_stopped(killed_at, tmp_path):
    def kill(update):
        if update.step == killed_at:
            raise Killed

    whole, told = [], []
    uninterrupted = train(TASK, start(), OPTIONS, seed=4, on_update=whole.append)
    with pytest.raises(Killed):
        train(TASK, start(), OPTIONS, seed=4, on_update=kill, checkpoint=tmp_path)
    resumed = train(
        TASK, start(), OPTIONS, seed=4, on_update=told.append, checkpoint=tmp_path, resume=True
    )
    last_checkpoint = 2 * ((killed_at - 1) // 2)
    assert [update.step for update in told] == list(range(last_checkpoint + 1, 7))
    assert [update.loss for update in told] == [u.loss for u in whole[last_checkpoint:]]
    assert same(resumed, uninterrupted)


def test_resuming_a_finished_run_gives_the_same_network(tmp_path):
    done = train(TASK, start(), OPTIONS, checkpoint=tmp_path)
    told = []
    again = train(TASK, start(), OPTIONS, on_update=told.append, checkpoint=tmp_path, resume=True)
    assert told == []
    assert same(done, again)
    assert again.final_loss == done.final_loss


def test_without_resume_a_checkpoint_is_not_read(tmp_path):
    train(TASK, start(), OPTIONS, checkpoint=tmp_path)
    told = []
    train(TASK, start(), OPTIONS, on_update=told.append, checkpoint=tmp_path)
    assert len(told) == 6


class Diverging(SelectiveIntegration):
    """A task whose loss becomes NaN or infinite in its fourth batch."""

    value = float("nan")
    calls = 0

    def loss(self, outputs, trials):
        """See the class."""
        Diverging.calls += 1
        loss = super().loss(outputs, trials)
        return loss * self.value if Diverging.calls == 4 else loss


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_divergence_stops_training_and_keeps_the_last_checkpoint(value, tmp_path, monkeypatch):
    monkeypatch.setattr(Diverging, "value", value)
    monkeypatch.setattr(Diverging, "calls", 0)
    task = Diverging(blank=TASK.blank, stimulus=TASK.stimulus, response=TASK.response)
    told = []
    with pytest.raises(
        TrainingDivergedError, match=r"update 4: loss (nan|inf).*checkpoint is kept"
    ):
        train(task, start(), OPTIONS, on_update=told.append, checkpoint=tmp_path)
    assert [update.step for update in told] == [1, 2, 3]
    kept = Checkpoint.load(tmp_path)
    assert kept is not None
    assert kept.update == 2
    assert all(torch.isfinite(values).all() for values in kept.twin.values())


def test_divergence_at_the_first_update_tells_of_no_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr(Diverging, "calls", 3)
    task = Diverging(blank=TASK.blank, stimulus=TASK.stimulus, response=TASK.response)
    with pytest.raises(TrainingDivergedError, match="There is no checkpoint yet") as caught:
        train(task, start(), OPTIONS, checkpoint=tmp_path)
    assert "so the learning rate is not the cause" in str(caught.value)


def test_steps_too_large_are_named_as_the_cause_of_divergence():
    options = replace(OPTIONS, learning_rate=1e30)
    with pytest.raises(TrainingDivergedError, match=r"1e\+30: lower `learning_rate`"):
        train(TASK, start(), options)


def test_a_damaged_checkpoint_is_named_before_training_starts(tmp_path):
    (tmp_path / FILE).write_bytes(b"damaged")
    told = []
    with pytest.raises(ValueError, match=r"state\.pt` must be an undamaged checkpoint"):
        train(TASK, start(), OPTIONS, on_update=told.append, checkpoint=tmp_path, resume=True)
    assert told == []


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    train(TASK, start(), OPTIONS, checkpoint=tmp_path)
    larger = initial_network(13, 2, 4, 1, 2 * ms, np.random.default_rng(1))
    with pytest.raises((ValueError, RuntimeError), match="size mismatch"):
        train(TASK, larger, OPTIONS, checkpoint=tmp_path, resume=True)


@pytest.mark.parametrize(
    "name", ["updates", "batch_size", "learning_rate", "clip_norm", "checkpoint_every"]
)
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_options_are_positive(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be positive: got {value}"):
        TrainingOptions(**{name: value})


def test_the_gradient_is_clipped_to_its_largest_norm(monkeypatch):
    clipped = []
    original = torch.nn.utils.clip_grad_norm_

    def clip(parameters, norm):
        parameters = list(parameters)
        total = original(parameters, norm)
        clipped.append(torch.stack([p.grad.norm() for p in parameters]).norm().item())
        return total

    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", clip)
    train(TASK, start(), replace(OPTIONS, clip_norm=1e-3, updates=2))
    np.testing.assert_allclose(clipped, 1e-3, rtol=1e-2)
