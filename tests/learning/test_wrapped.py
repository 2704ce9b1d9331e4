import inspect

import numpy as np
import pytest
from spikemodes.experiments.tasks import SelectiveIntegration
from spikemodes.learning.task import Task
from spikemodes.learning.wrapped import Wrapped

MEMBERS = [name for name in vars(Task) if not name.startswith("_")]


@pytest.mark.parametrize("member", MEMBERS)
def test_a_wrapped_task_has_every_member_of_a_task(member):
    assert inspect.getdoc(getattr(Wrapped, member))


def test_what_is_not_changed_is_that_of_the_task():
    task = SelectiveIntegration()
    wrapped = Wrapped(task)
    for name in ("name", "description", "source", "n_inputs", "n_outputs", "dt", "epochs"):
        assert getattr(wrapped, name) == getattr(task, name)
    assert wrapped.readout is task.readout
    trials, same = (each.sample(4, np.random.default_rng(0)) for each in (task, wrapped))
    np.testing.assert_array_equal(trials.inputs, same.inputs)
    assert trials.targets is not None
    assert wrapped.score(trials.targets, trials) == task.score(trials.targets, trials)
