import numpy as np
from spikemodes.experiments.compare.shared_trials import shared_trials
from spikemodes.experiments.tasks import SelectiveIntegration
from spikemodes.learning.task import HeldOut

TASK = SelectiveIntegration()


def inputs_of(task, sizes, rng):
    return np.concatenate([task.sample(n, rng).inputs for n in sizes], axis=1)


def test_any_batch_size_sees_the_trials_of_a_block():
    whole = inputs_of(shared_trials(TASK, 6), [6, 6], np.random.default_rng(3))
    for sizes in ([1] * 12, [2] * 6, [3] * 4):
        again = inputs_of(shared_trials(TASK, 6), sizes, np.random.default_rng(3))
        np.testing.assert_array_equal(again, whole)
    np.testing.assert_array_equal(inputs_of(TASK, [6, 6], np.random.default_rng(3)), whole)


def test_what_else_a_generator_has_drawn_does_not_matter():
    whole = inputs_of(TASK, [4], np.random.default_rng(5))
    rng = np.random.default_rng(5)
    rng.normal(size=100)
    np.testing.assert_array_equal(inputs_of(shared_trials(TASK, 4), [1] * 4, rng), whole)


def test_generators_do_not_disturb_each_other():
    shared, one, other = shared_trials(TASK, 4), np.random.default_rng(1), np.random.default_rng(1)
    first = shared.sample(1, one).inputs
    np.testing.assert_array_equal(shared.sample(1, other).inputs, first)
    assert (shared.sample(1, one).inputs != first).any()


def test_all_else_is_that_of_the_task():
    shared = shared_trials(TASK, 4)
    assert (shared.name, shared.n_inputs, shared.epochs) == (TASK.name, 4, TASK.epochs)
    assert not isinstance(shared, HeldOut)
    assert not hasattr(shared, "n_test")
