"""The three-factor rule: exact without recurrence, close to BPTT with it, in constant memory."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from brian2 import ms
from spikemodes.experiments.tasks import SelectiveIntegration
from spikemodes.learning import (
    BPTT,
    Dale,
    RandomFeedback,
    RandomModes,
    ReferenceBackend,
    Symmetric,
    ThreeFactor,
    TrainingOptions,
    Twin,
    WeightSize,
    initial_network,
    train,
)
from spikemodes.learning.three_factor.eligibility import ReferenceEligibility
from spikemodes.learning.three_factor.gradients import (
    eligibility_backend,
    lesson_of,
    three_factor_gradients,
)
from spikemodes.learning.three_factor.kernel import FusedEligibility
from spikemodes.models import ModeNetwork, Modes, PeakReadout

TASK = SelectiveIntegration(blank=4 * ms, stimulus=60 * ms, response=80 * ms)
WEIGHTS = ("W_in", "W_out", "recurrent.xi_in", "recurrent.scores", "recurrent.xi_out")
RULE = ThreeFactor(compare_every=0)


def start(n_neurons=20, **options):
    network = initial_network(n_neurons, 2, 4, 1, 2 * ms, np.random.default_rng(1), **options)
    return replace(network, W_in=3 * network.W_in)


def without_recurrence(network: ModeNetwork) -> ModeNetwork:
    modes = network.modes
    return network.with_modes(Modes(modes.xi_in, 0 * modes.scores, modes.xi_out))


def both_gradients(network: Any, **options):
    """By name: the gradient of backpropagation, and that of the rule."""
    twin = Twin(network, dtype=torch.float64, **options)
    trials = TASK.sample(6, np.random.default_rng(2))
    BPTT().differentiate(TASK, twin, trials, (), 1)
    parameters: dict[str, Any] = dict(twin.named_parameters())
    expected = {name: parameters[name].grad.clone() for name in WEIGHTS}
    twin.zero_grad()
    RULE.differentiate(TASK, twin, trials, (), 1)
    return expected, {name: parameters[name].grad for name in WEIGHTS}


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("detach_reset", [False, True])
def test_without_recurrence_it_is_the_gradient_of_backpropagation(full, detach_reset, kernels):
    network = without_recurrence(start(full_scores=full))
    expected, found = both_gradients(network, detach_reset=detach_reset)
    for name in WEIGHTS:
        scale = float(expected[name].abs().max())
        torch.testing.assert_close(found[name], expected[name], rtol=1e-9, atol=1e-12 * scale)
    assert float(expected["W_in"].abs().max()) > 0
    assert float(expected["recurrent.scores"].abs().max()) > 0


@pytest.mark.parametrize(
    "name", ["ContinuousLIF exact", "LIF without refractoriness", "AdEx", "everything"]
)
def test_it_is_exact_for_any_neuron(name, neurons, kernels):
    neuron = neurons[name]
    if name == "everything":
        neuron = neuron.with_parameters(refractory=4 * ms)
    network = without_recurrence(replace(start(), neuron=neuron))
    expected, found = both_gradients(network, detach_reset=False)
    for weights in ("W_in", "W_out", "recurrent.scores"):
        scale = float(expected[weights].abs().max())
        torch.testing.assert_close(found[weights], expected[weights], rtol=1e-7, atol=1e-9 * scale)


def test_with_weak_recurrence_it_points_where_backpropagation_does(kernels):
    expected, found = both_gradients(start())
    for name in WEIGHTS:
        cosine = torch.cosine_similarity(expected[name].flatten(), found[name].flatten(), dim=0)
        assert cosine > 0.8, name


def test_the_response_is_that_of_the_twin(kernels):
    twin = Twin(start(), dtype=torch.float64)
    trials = TASK.sample(3, np.random.default_rng(0))
    response, _ = three_factor_gradients(twin, trials, Symmetric())
    with torch.no_grad():
        expected = twin(torch.from_numpy(trials.inputs))
    torch.testing.assert_close(response.outputs, expected.outputs)
    torch.testing.assert_close(response.activity.spike_counts, expected.activity.spike_counts)


@pytest.mark.parametrize(
    "kernels", ["interpreted", pytest.param("compiled", marks=pytest.mark.slow)], indirect=True
)
@pytest.mark.parametrize("name", [None, "ContinuousLIF exact", "AdEx", "everything"])
@pytest.mark.parametrize("detach_reset", [False, True])
def test_the_kernel_learns_what_the_reference_does(name, detach_reset, neurons, kernels):
    network = start()
    if name is not None:
        neuron = neurons[name].with_parameters(refractory=4 * ms)
        network = replace(network, neuron=neuron)
    twin = Twin(network, dtype=torch.float64, detach_reset=detach_reset)
    lesson = lesson_of(twin, TASK.sample(3, np.random.default_rng(2)), RandomFeedback(0))
    found, expected = (
        backend(twin.model)(lesson) for backend in (FusedEligibility, ReferenceEligibility)
    )
    assert expected.spike_counts.sum() > 10
    assert float(expected.xi_out.abs().max()) > 0
    for part, wanted in vars(expected).items():
        scale = float(wanted.abs().max())
        torch.testing.assert_close(vars(found)[part], wanted, rtol=1e-8, atol=1e-10 * scale)


def test_a_twin_without_kernels_learns_with_the_reference():
    twin = Twin(start(), dtype=torch.float64)
    assert isinstance(eligibility_backend(twin), FusedEligibility)
    assert eligibility_backend(twin) is eligibility_backend(twin)
    twin = Twin(start(), dtype=torch.float64, backend=ReferenceBackend)
    assert isinstance(eligibility_backend(twin), ReferenceEligibility)
    response, _ = three_factor_gradients(
        twin, TASK.sample(2, np.random.default_rng(0)), Symmetric()
    )
    assert response.outputs.shape == (72, 2, 1)


def test_its_kernel_is_compiled_once(kernels):
    told = []
    twin = Twin(start())
    trials = TASK.sample(1, np.random.default_rng(0))
    RULE.prepare(trials, twin, lambda: told.append("compiling"))
    assert told == ["compiling"]  # interpreted kernels leave no machine code
    assert all(p.grad is None for p in twin.parameters())


def test_random_feedback_is_fixed_and_not_the_readout():
    W_out = torch.ones(2, 50)
    feedback = RandomFeedback(3).weights(W_out)
    assert feedback.shape == (50, 2)
    torch.testing.assert_close(feedback, RandomFeedback(3).weights(2 * W_out))
    assert not torch.equal(feedback, RandomFeedback(4).weights(W_out))
    torch.testing.assert_close(Symmetric().weights(W_out), W_out.T)


@pytest.mark.parametrize("feedback", [Symmetric(), RandomFeedback(), RandomModes()])
def test_it_trains_and_tells_its_cosine(feedback, kernels):
    told = []
    rule = ThreeFactor(feedback, compare_every=2)
    options = TrainingOptions(updates=4, batch_size=4, rule=rule)
    result = train(TASK, start(), options, on_update=told.append)
    assert result.method == "three-factor"
    assert [update.cosines is None for update in told] == [False, True, False, True]
    for update in told[::2]:
        assert update.cosines is not None
    assert not np.allclose(result.network.dense(), start().dense())


def test_it_learns_under_dales_law(kernels):
    law = Dale()
    network = law.start(start(), np.random.default_rng(0))
    options = TrainingOptions(updates=2, batch_size=4, rule=RULE, constraint=law)
    W = train(TASK, network, options).network.dense()
    assert ((W >= 0).all(axis=0) | (W <= 0).all(axis=0)).all()
    assert not np.allclose(W, network.dense())


def test_what_has_no_local_rule_is_refused(kernels):
    dense = initial_network(12, None, 4, 1, 2 * ms, np.random.default_rng(1))
    options = TrainingOptions(updates=1, batch_size=2, rule=RULE)
    with pytest.raises(ValueError, match="`network` must have modes for the three-factor rule"):
        train(TASK, dense, options)
    with pytest.raises(ValueError, match="`penalties` must be empty"):
        train(TASK, start(), replace(options, penalties=(WeightSize(1.0),)))
    trials = TASK.sample(2, np.random.default_rng(0))
    twin = Twin(start(readout=PeakReadout()))
    with pytest.raises(ValueError, match="`readout` must give traces"):
        RULE.differentiate(TASK, twin, trials, (), 1)
    with pytest.raises(ValueError, match="`trials` must have target traces"):
        RULE.differentiate(TASK, Twin(start()), replace(trials, targets=None), (), 1)


PEAK = """
import resource, sys
import numpy as np, torch
from brian2 import ms
from spikemodes.experiments.tasks.selective_integration import SelectiveIntegration
from spikemodes.learning.three_factor.eligibility import ReferenceEligibility
from spikemodes.learning.three_factor.kernel import FusedEligibility
from spikemodes.learning.training.initialisation import initial_network
from spikemodes.learning.three_factor.feedback import Symmetric
from spikemodes.learning.three_factor.gradients import three_factor_gradients
from spikemodes.learning.twin.twin import Twin
torch.set_num_threads(1)
task = SelectiveIntegration(blank=100 * ms, stimulus=400 * ms, response=500 * ms)
twin = Twin(initial_network(300, 3, 4, 1, task.dt, np.random.default_rng(0)))
three_factor_gradients(twin, task.sample(20, np.random.default_rng(0)), Symmetric())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
long = SelectiveIntegration(blank=100 * ms, stimulus=400 * ms, response=int(sys.argv[1]) * ms)
trials = long.sample(20, np.random.default_rng(0))
three_factor_gradients(twin, trials, Symmetric())
print(trials.n_steps, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_trial():
    run = subprocess.run(
        [sys.executable, "-c", PEAK, "9500"], capture_output=True, text=True, check=True
    )
    n_steps, more = run.stdout.split()
    assert int(n_steps) == 5000
    # backpropagation would keep 5000 × 20 × 300 values of each state: 120 MB and more
    assert float(more) < 20
