import numpy as np
import pytest
from spikemodes.experiments.config.sections import find_task
from spikemodes.experiments.tasks import TASKS
from spikemodes.learning import Task, TrainingOptions, initial_network, train, unseen


@pytest.fixture(params=TASKS)
def task(request, tmp_path) -> Task:
    np.savez(tmp_path / "data.npz", inputs=np.ones((20, 9, 2)), labels=np.arange(20) % 2)
    data = {"digits": {"dataset": "digits8x8"}, "arrays": {"data": str(tmp_path / "data.npz")}}
    name = request.param.replace("ENV", "GoNogo-v0")
    if name != request.param:
        pytest.importorskip("neurogym")
    return find_task(name)(**data.get(name, {}))


def test_every_task_says_what_it_is(task):
    assert task.name.partition(":")[0] in {name.partition(":")[0] for name in TASKS}
    assert task.description
    assert task.source


def test_every_task_gives_trials_that_fit_it(task):
    for trials in (
        task.sample(3, np.random.default_rng(0)),
        unseen(task, 3, np.random.default_rng(0)),
    ):
        last = list(task.epochs.values())[-1]
        assert next(iter(task.epochs.values())).start == 0
        assert (trials.n_inputs, trials.dt, trials.n_steps) == (task.n_inputs, task.dt, last.stop)


def test_the_same_generator_gives_the_same_trials(task):
    for draw in (task.sample, lambda n, rng: unseen(task, n, rng)):
        one, two = (draw(3, np.random.default_rng(7)) for _ in range(2))
        np.testing.assert_array_equal(one.inputs, two.inputs)


def test_every_task_can_be_learned(task, kernels):
    rng = np.random.default_rng(0)
    network = initial_network(
        6, 1, task.n_inputs, task.n_outputs, task.dt, rng, readout=task.readout
    )
    told = []
    train(task, network, TrainingOptions(updates=1, batch_size=2), on_update=told.append)
    assert np.isfinite(told[0].loss)
    assert told[0].accuracy is not None or told[0].mse is not None
