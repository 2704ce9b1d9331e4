"""The three-factor rule: the gradient without recurrence, e-prop with it, in constant memory."""

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
    FusedBackend,
    RandomFeedback,
    RandomModes,
    Recipe,
    ReferenceBackend,
    Session,
    Symmetric,
    ThreeFactor,
    TrainingOptions,
    Twin,
    WeightSize,
    initial_network,
    train,
)
from spikemodes.learning.step.random import drawn_from
from spikemodes.learning.three_factor.alignment import (
    BLOCKS,
    alignment,
    by_block,
    reference_gradients,
)
from spikemodes.learning.three_factor.eligibility import (
    ReferenceEligibility,
    _MeanTraces,
    _Run,
    resting_response,
)
from spikemodes.learning.three_factor.gradients import (
    eligibility_backend,
    learn,
    lesson_of,
    three_factor_gradients,
)
from spikemodes.learning.three_factor.kernel import FusedEligibility
from spikemodes.learning.twin.parameters import ModeParameters
from spikemodes.models import Modes, Network, NeuronModel, PeakReadout
from spikemodes.models.conditions import PlasticSynapses

TASK = SelectiveIntegration(blank=4 * ms, stimulus=60 * ms, response=80 * ms)
WEIGHTS = ("W_in", "W_out", "recurrent.xi_in", "recurrent.scores", "recurrent.xi_out")
RULE = ThreeFactor(compare_every=0)
NOISY = NeuronModel(
    name="noisy",
    equations="dv/dt = (drive + recurrent - v)/tau + 0.3*xi*tau**-0.5 : 1 (unless refractory)",
    update="v = v + 0.4*tanh(v*randn())*int(not_refractory)",
    parameters={"tau": 20 * ms, "refractory": 4 * ms},
    threshold="v > 1",
    reset="v = 0",
    refractory="refractory",
    method="euler",
)
"""What an input does to it depends on a random number."""


def start(n_neurons=20, **options):
    network = initial_network(n_neurons, 2, 4, 1, 2 * ms, np.random.default_rng(1), **options)
    return replace(network, W_in=3 * network.W_in)


def without_recurrence(network: Network) -> Network:
    modes = network.modes
    return network.with_modes(Modes(modes.xi_in, 0 * modes.scores, modes.xi_out))


def strongly_recurrent(network: Network) -> Network:
    modes = network.modes
    return network.with_modes(Modes(modes.xi_in, 3 * modes.scores, modes.xi_out))


def cosine(first: Any, second: Any, block: str) -> float:
    return float(torch.cosine_similarity(first[block], second[block], dim=0))


def both_gradients(network: Any, **options):
    """By name: the gradient of backpropagation, and that of the rule."""
    twin = Twin(network, dtype=torch.float64, **options)
    trials = TASK.sample(6, np.random.default_rng(2))
    with drawn_from(3):
        BPTT().differentiate(TASK, twin, trials, (), 1)
    parameters: dict[str, Any] = dict(twin.named_parameters())
    expected = {name: parameters[name].grad.clone() for name in WEIGHTS}
    twin.zero_grad()
    with drawn_from(3):
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
    "name", ["ContinuousLIF exact", "LIF without refractoriness", "AdEx", "everything", "noisy"]
)
def test_it_is_exact_for_any_neuron(name, neurons, kernels):
    neuron = neurons.get(name, NOISY)
    if name == "everything":
        neuron = neuron.with_parameters(refractory=4 * ms)
    network = without_recurrence(replace(start(), neuron=neuron))
    expected, found = both_gradients(network, detach_reset=False)
    for weights in ("W_in", "W_out", "recurrent.scores"):
        scale = float(expected[weights].abs().max())
        torch.testing.assert_close(found[weights], expected[weights], rtol=1e-7, atol=1e-9 * scale)


def eprop(network: Any, trials: Any, **options: Any) -> Any:
    """Gradients of e-prop by autograd, and of the rule, by block."""
    twin = Twin(network, dtype=torch.float64, backend=ReferenceBackend, **options)
    expected = reference_gradients(TASK, twin, trials)["e-prop"]
    learn(twin, trials, Symmetric())
    return expected, by_block(twin)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("detach_reset", [False, True])
def test_with_recurrence_it_is_the_gradient_of_e_prop(full, detach_reset):
    network = strongly_recurrent(start(full_scores=full))
    trials = TASK.sample(6, np.random.default_rng(2))
    expected, found = eprop(network, trials, detach_reset=detach_reset)
    for block in ("W_in", "xi_in", "scores"):
        scale = float(expected[block].abs().max())
        torch.testing.assert_close(found[block], expected[block], rtol=1e-9, atol=1e-12 * scale)
    assert cosine(expected, found, "xi_out") > 0.95
    ratio = found["xi_out"].norm() / expected["xi_out"].norm()
    assert 0.8 < float(ratio) < 1.25


def test_in_a_trained_network_xi_out_learns_what_e_prop_would():
    network = start(30)
    options = TrainingOptions(updates=40, batch_size=16, learning_rate=2e-2)
    twin = Twin(network, backend=ReferenceBackend)
    optimizer = torch.optim.Adam(twin.parameters(), lr=options.learning_rate)
    losses, rng = [], np.random.default_rng(0)
    for step in range(options.updates):
        optimizer.zero_grad()
        done = BPTT().differentiate(TASK, twin, TASK.sample(options.batch_size, rng), (), step)
        optimizer.step()
        losses.append(done.loss.item())
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])
    expected, found = eprop(twin.network(), TASK.sample(20, rng))
    cosines = {block: cosine(expected, found, block) for block in BLOCKS}
    print(losses[:3], losses[-3:], cosines)
    assert cosines["xi_out"] > 0.95
    assert min(cosines["W_in"], cosines["xi_in"], cosines["scores"]) > 1 - 1e-9


@pytest.mark.slow
def test_it_is_e_prop_at_full_size_before_and_after_training():
    task = SelectiveIntegration()
    network = initial_network(100, 3, 4, 1, task.dt, np.random.default_rng(0))
    trained = train(task, network, TrainingOptions(updates=150)).network
    for found in (network, trained):
        twin = Twin(found, dtype=torch.float64)
        cosines = alignment(task, twin, Symmetric(), 40, np.random.default_rng(1))["e-prop"]
        assert cosines["xi_out"] > 0.99
        assert min(cosines["W_in"], cosines["xi_in"], cosines["scores"]) > 1 - 1e-6


def test_kernels_stop_the_gradient_where_the_reference_does(kernels):
    network, trials = strongly_recurrent(start()), TASK.sample(3, np.random.default_rng(2))
    found, expected = (
        reference_gradients(TASK, Twin(network, dtype=torch.float64, backend=backend), trials)
        for backend in (FusedBackend, ReferenceBackend)
    )
    for name, blocks in expected.items():
        for block, gradient in blocks.items():
            scale = float(gradient.abs().max())
            torch.testing.assert_close(found[name][block], gradient, rtol=1e-7, atol=1e-9 * scale)
    assert cosine(expected["bptt"], expected["e-prop"], "xi_in") < 0.999


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
@pytest.mark.parametrize("name", [None, "ContinuousLIF exact", "AdEx", "everything", "noisy"])
@pytest.mark.parametrize("detach_reset", [False, True])
def test_the_kernel_learns_what_the_reference_does(name, detach_reset, neurons, kernels):
    network = start()
    if name is not None:
        neuron = neurons.get(name, NOISY).with_parameters(refractory=4 * ms)
        network = replace(network, neuron=neuron)
    twin = Twin(network, dtype=torch.float64, detach_reset=detach_reset)
    lesson = lesson_of(twin, TASK.sample(3, np.random.default_rng(2)), RandomFeedback(0))
    with drawn_from(3):
        found = FusedEligibility(twin.model)(lesson)
    with drawn_from(3):
        expected = ReferenceEligibility(twin.model)(lesson)
    assert expected.spike_counts.sum() > 10
    assert float(expected.xi_out.abs().max()) > 0
    for part, wanted in vars(expected).items():
        scale = float(wanted.abs().max())
        torch.testing.assert_close(vars(found)[part], wanted, rtol=1e-8, atol=1e-10 * scale)


def test_rule_and_references_are_compared_under_the_same_noise(kernels):
    network = without_recurrence(replace(start(), neuron=NOISY))
    twin = Twin(network, dtype=torch.float64)
    found = alignment(TASK, twin, Symmetric(), 3, np.random.default_rng(1))
    for cosines in found.values():
        assert min(cosines["W_in"], cosines["scores"]) > 1 - 1e-9


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


def test_random_modes_transport_no_weight(kernels):
    twin = Twin(start(), dtype=torch.float64)
    trials = TASK.sample(3, np.random.default_rng(0))
    feedback = RandomModes(3)
    assert isinstance(twin.recurrent, ModeParameters)
    xi_in, scores = twin.recurrent.xi_in.detach(), twin.recurrent.scores.detach()
    random = feedback.modes(xi_in)
    assert random.shape == xi_in.shape
    assert torch.corrcoef(torch.stack([random.flatten(), xi_in.flatten()]))[0, 1].abs() < 0.5
    torch.testing.assert_close(random, feedback.modes(2 * xi_in))
    _, gradients = three_factor_gradients(twin, trials, feedback)
    G = gradients.xi_in / scores
    torch.testing.assert_close(gradients.scores, (random * G).sum(dim=0))
    torch.testing.assert_close(lesson_of(twin, trials, feedback).credit.detach(), random * scores)


@pytest.mark.parametrize("kind", [RandomFeedback, RandomModes])
def test_feedback_is_drawn_from_the_seed_of_the_training_unless_it_has_one(kind):
    seeds = {kind().drawn(seed).seed for seed in (0, 1, np.random.SeedSequence(2))}
    assert len(seeds) == 3
    assert kind().drawn(np.random.SeedSequence(1)) == kind().drawn(1)
    assert kind(7).drawn(1) == kind(7)
    with pytest.raises(ValueError, match="`seed` must be given where no training draws"):
        kind().weights(torch.ones(1, 4))


def test_a_training_learns_with_the_feedback_of_its_seed(kernels):
    options = TrainingOptions(updates=2, batch_size=3, rule=ThreeFactor(RandomFeedback(), 0))
    by_seed = replace(options, rule=options.rule.drawn(5))
    drawn, told = (train(TASK, start(), o, seed=5).network.dense() for o in (options, by_seed))
    np.testing.assert_array_equal(drawn, told)


def test_the_mean_of_a_constant_trace_is_that_trace():
    twin = Twin(start(), dtype=torch.float64, backend=ReferenceBackend)
    backend = ReferenceBackend(twin.model)
    with torch.no_grad():
        network = _Run(backend, twin.W_in, 2)
        past = _MeanTraces(backend, network, resting_response(backend, twin.W_in))
        constant = torch.full((2, 20), 0.7, dtype=torch.float64)
        means = [past.mean(constant) for _ in range(5)]
    assert not means[0].any()  # nothing has arrived yet
    for mean in means[1:]:
        torch.testing.assert_close(mean, constant)


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
        assert set(update.cosines) == {"e-prop", "bptt"}
        assert all(set(by_block) == set(BLOCKS) for by_block in update.cosines.values())
        assert all(abs(c) <= 1 + 1e-6 for by in update.cosines.values() for c in by.values())
    assert not np.allclose(result.network.dense(), start().dense())


def test_the_method_tells_the_cosines_of_the_trained_network(kernels):
    recipe = Recipe(n_neurons=12, updates=1, batch_size=2)
    result = ThreeFactor(RandomFeedback()).train(TASK, recipe, Session(trials=3))
    assert set(result.found["cosines"]["e-prop"]) == set(BLOCKS)
    again = ThreeFactor(RandomFeedback()).train(TASK, recipe, Session(trials=3))
    assert again.found == result.found
    assert not ThreeFactor(compare_every=0).train(TASK, recipe, Session()).found


def test_it_learns_under_dales_law(kernels):
    law = Dale()
    network = law.start(start(), np.random.default_rng(0))
    options = TrainingOptions(updates=2, batch_size=4, rule=RULE, constraint=law)
    W = train(TASK, network, options).network.dense()
    assert ((W >= 0).all(axis=0) | (W <= 0).all(axis=0)).all()
    assert not np.allclose(W, network.dense())


def test_what_the_rule_cannot_learn_is_refused(kernels):
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
    plastic = Twin(start(), conditions=[PlasticSynapses()], backend=ReferenceBackend)
    with pytest.raises(ValueError, match="`circuit` must have no short-term plasticity"):
        RULE.differentiate(TASK, plastic, trials, (), 1)


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
