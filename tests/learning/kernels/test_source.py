"""Kernels are called by name: one tuple writes their signature and orders the call."""

import pytest
import torch
from spikemodes.learning import Symmetric, Twin
from spikemodes.learning.kernels import source as pass_source
from spikemodes.learning.kernels.cache import load_kernels
from spikemodes.learning.kernels.groups import MODES
from spikemodes.learning.kernels.source import BACKWARD, FORWARD, kernel_source
from spikemodes.learning.three_factor import source as learn_source
from spikemodes.learning.three_factor.gradients import three_factor_gradients
from spikemodes.learning.three_factor.source import LEARN
from spikemodes.models import PeakReadout, Trials

pytestmark = pytest.mark.usefixtures("kernels")


def passed(network, trials):
    """Outputs and gradients of a pass."""
    twin = Twin(network)
    outputs = twin(torch.from_numpy(trials.inputs)).outputs
    outputs.square().sum().backward()
    return [outputs.detach(), *(p.grad for p in twin.parameters())]


def learned(network, trials):
    """Outputs and gradients of the three-factor rule."""
    targets = torch.ones(trials.n_steps, trials.n_trials, network.n_outputs).numpy()
    response, gradients = three_factor_gradients(
        Twin(network), Trials(trials.inputs, trials.dt, targets=targets), Symmetric()
    )
    return [response.outputs, *gradients]


ORDERS = {
    "backwards": lambda names: names[::-1],
    "rotated": lambda names: names[5:] + names[:5],
}


@pytest.mark.parametrize("permuted", ORDERS.values(), ids=ORDERS)
def test_a_call_follows_the_order_of_the_signature(
    permuted, draw_network, draw_trials, monkeypatch
):
    peaks, traces = draw_network(readout=PeakReadout()), draw_network()
    trials = draw_trials(30)
    expected = [passed(peaks, trials), learned(traces, trials)]
    assert all(results[0].abs().sum() > 0 for results in expected)
    monkeypatch.setattr(pass_source, "FORWARD", permuted(FORWARD))
    monkeypatch.setattr(pass_source, "BACKWARD", permuted(BACKWARD))
    monkeypatch.setattr(learn_source, "LEARN", permuted(LEARN))
    found = [passed(peaks, trials), learned(traces, trials)]
    for results, wanted in zip(found, expected, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(results, wanted, strict=True))


@pytest.mark.parametrize("name", ["encoder", "save"])
def test_an_argument_that_a_kernel_has_not_is_an_error(
    name, draw_network, draw_trials, monkeypatch
):
    monkeypatch.setattr(pass_source, "FORWARD", tuple(a for a in FORWARD if a != name))
    with pytest.raises(TypeError, match=f"kernel forward must .* no other: see `{name}`"):
        passed(draw_network(), draw_trials(30))


def test_an_argument_that_is_missing_is_an_error(draw_network):
    kernels = load_kernels(kernel_source(Twin(draw_network()).model, groups=MODES, peaks=False))
    given = dict.fromkeys(BACKWARD[1:])
    with pytest.raises(TypeError, match=f"kernel backward must get each .*: see `{BACKWARD[0]}`"):
        kernels.run("backward", 1, **given)
