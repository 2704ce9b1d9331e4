import numpy as np
import pytest
import torch
from brian2 import ms
from spikemodes.experiments.tasks import GoNoGo, SelectiveIntegration
from spikemodes.learning.coarser import Coarser


@pytest.mark.parametrize(
    ("dt", "factor"), [(1 * ms, 5), (0.5 * ms, 10), (2.5 * ms, 2), (5 * ms, 1), (12.5 * ms, 1)]
)
def test_the_step_is_the_longest_that_divides_a_trial(dt, factor):
    coarse = Coarser.of(GoNoGo(dt=dt, choice=125 * ms), 5 * ms)
    assert coarse.factor == factor
    assert float(coarse.dt) == pytest.approx(factor * float(dt))
    assert Coarser.of(GoNoGo(dt=1 * ms), 3.5 * ms).factor == 2  # 1000 steps


def test_inputs_are_averages_and_targets_those_of_the_end_of_a_step():
    task = SelectiveIntegration(blank=10 * ms, stimulus=20 * ms, response=30 * ms, dt=1 * ms)
    fine = task.sample(3, np.random.default_rng(0))
    coarse = Coarser(task, 5).sample(3, np.random.default_rng(0))
    assert coarse.n_steps == 12
    np.testing.assert_allclose(
        coarse.inputs, fine.inputs.reshape(12, 5, 3, 4).mean(1), rtol=1e-5, atol=1e-6
    )
    assert fine.targets is not None
    np.testing.assert_array_equal(coarse.targets, fine.targets[4::5])
    np.testing.assert_array_equal(coarse.conditions["choice"], fine.conditions["choice"])


def test_it_is_scored_as_the_task_scores_it():
    task = GoNoGo(dt=1 * ms)
    coarse = Coarser.of(task, 5 * ms)
    trials = coarse.sample(40, np.random.default_rng(0))
    assert trials.targets is not None
    right = np.array(trials.targets)
    assert coarse.score(right, trials).accuracy == 1
    assert float(coarse.loss(torch.from_numpy(right), trials)) == 0
    assert coarse.score(1 - right, trials).accuracy == 0
    assert coarse.epochs == {
        "blank": range(50), "stimulus": range(50, 75), "response": range(75, 200),
    }  # fmt: skip
    named = (coarse.name, coarse.source, coarse.description, coarse.readout)
    assert named == (task.name, task.source, task.description, task.readout)
    assert (coarse.n_inputs, coarse.n_outputs) == (1, 1)
