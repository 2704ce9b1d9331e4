import numpy as np
import pytest
from brian2 import ms
from spikemodes.experiments import parse_spec
from spikemodes.experiments.computation.contexts import contexts_of, last_epoch
from spikemodes.models import Trials

RNG = np.random.default_rng(0)


def trials_of(n=60, **conditions):
    return Trials(RNG.normal(size=(40, n, 3)), 2 * ms, conditions=conditions)


def test_the_context_of_selective_integration_is_what_is_on_as_trials_end():
    task = parse_spec({"task": "selective-integration"}).build_task()
    trials = task.sample(40, RNG)
    epoch = last_epoch(task, trials)
    assert epoch == slice(250, 500)
    first, second = contexts_of(trials, epoch)
    assert (first.name, second.name) == ("context 0", "context 1")
    np.testing.assert_allclose(first.input, [0, 0, 1, 0])
    np.testing.assert_allclose(second.input, [0, 0, 0, 1])
    np.testing.assert_array_equal(first.trials, ~second.trials)


@pytest.mark.parametrize("constant", [True, False])
def test_without_an_input_that_tells_there_is_one_context_of_the_mean(constant):
    trials = trials_of(choice=RNG.choice([-1, 1], 60))
    if constant:
        trials.inputs[:] = 0.5
    (context,) = contexts_of(trials, slice(20, 40))
    assert context.name == "all trials"
    assert context.trials.all()
    np.testing.assert_allclose(context.input, trials.inputs[20:].mean(axis=(0, 1)))
    assert contexts_of(trials_of(), slice(0, 40))[0].name == "all trials"


def test_of_many_contexts_the_most_frequent_are_kept():
    kinds = np.repeat(np.arange(6), [9, 10, 11, 12, 8, 10])
    trials = trials_of(60, kind=kinds, sign=RNG.choice([-1, 1], 60))
    trials.inputs[..., 1] += 5 * kinds
    found = contexts_of(trials, slice(0, 40))
    assert [context.name for context in found] == ["kind 1", "kind 2", "kind 3", "kind 5"]
    assert [context.trials.sum() for context in found] == [10, 11, 12, 10]
