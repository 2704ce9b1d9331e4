import warnings

import numpy as np
import pytest
import torch
from brian2 import ms
from spikemodes.learning.backends import choose_backend
from spikemodes.learning.fused import FusedBackend
from spikemodes.learning.reference import ReferenceBackend
from spikemodes.learning.twin import Twin
from spikemodes.models.neuron import NeuronModel


def stepped(update, threshold="v > 1"):
    return NeuronModel(
        name="mine", equations="v : 1", update=update, threshold=threshold, reset="v = 0"
    )


def test_the_cpu_runs_fused_kernels_and_anything_else_the_reference_step(draw_network):
    model = Twin(draw_network()).model
    assert isinstance(choose_backend(model, torch.device("cpu")), FusedBackend)
    assert isinstance(choose_backend(model, torch.device("cuda")), ReferenceBackend)


@pytest.mark.parametrize(
    ("neuron", "function"),
    [
        (stepped("v = 0.9*v + drive + recurrent + 0.1*floor(v)"), "floor"),
        (stepped("v = 0.9*v + ceil(drive) + recurrent"), "ceiling"),
        (stepped("v = 0.9*v + drive + recurrent", threshold="v + 0.1*floor(v) > 1"), "floor"),
    ],
    ids=["update", "input", "threshold"],
)
def test_a_neuron_without_kernel_trains_with_the_reference_step_and_one_warning(
    neuron, function, draw_network, draw_trials
):
    network = draw_network(neuron, dt=1 * ms)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        twin = Twin(network, dtype=torch.float64)
    said = [str(w.message) for w in caught if w.category is UserWarning]
    assert len(said) == 1
    assert said[0].startswith(f"mine trains with the slower reference step: {function}()")
    assert isinstance(twin.backend, ReferenceBackend)
    trials = draw_trials(dt=1 * ms)
    response = twin(torch.from_numpy(trials.inputs))
    response.outputs.square().sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in twin.parameters())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        recording = Twin(network, dtype=torch.float64).record(trials)
    np.testing.assert_array_equal(recording.outputs, response.outputs.detach().numpy())
