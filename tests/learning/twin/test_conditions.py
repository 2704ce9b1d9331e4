import numpy as np
import pytest
import torch
from brian2 import ms, mV, nS, pA
from spikemodes.learning import ReferenceBackend, TrainingOptions, Twin, train, validate
from spikemodes.learning.twin import twin as twin_module
from spikemodes.models import DenseNetwork, Trials, simulate, to_dense
from spikemodes.models.conditions import (
    Adaptation,
    ConductanceSynapses,
    DalesLaw,
    Delays,
    Heterogeneity,
    InputNoise,
    Lesion,
    MembraneNoise,
    PlasticSynapses,
    RefractoryPeriod,
    ReleaseFailures,
    SimulationStep,
    SparseConnectivity,
    SpikeOnset,
    SpikeTriggeredAdaptation,
    SubthresholdAdaptation,
    WeakerSynapses,
    WeightNoise,
)

DETERMINISTIC = [
    [Delays(8 * ms)],
    [Heterogeneity(0.3)],
    [RefractoryPeriod(4 * ms)],
    [SimulationStep(4)],
    [SparseConnectivity(0.5)],
    [WeightNoise(0.5)],
    [DalesLaw(0.7)],
    [InputNoise(1.0)],
    [Adaptation(0.2)],
    [SpikeOnset(1 * mV)],
    [SubthresholdAdaptation(2 * nS), SpikeTriggeredAdaptation(30 * pA)],
    [WeakerSynapses(0.5)],
    [PlasticSynapses(200 * ms)],
    [PlasticSynapses(100 * ms, 300 * ms, 0.1), Delays(4 * ms), SimulationStep(2)],
    [ConductanceSynapses(1.0)],
    [ConductanceSynapses(0.5), Delays(4 * ms)],
    [Delays(10 * ms), Heterogeneity(0.3), SparseConnectivity(0.3), SimulationStep(2)],
]
SLOW = "ignore:.*trains with the slower reference step"


def names(conditions):
    return "+".join(c.name for c in conditions)


@pytest.mark.filterwarnings(SLOW)
@pytest.mark.parametrize("change", [lambda n: n, to_dense], ids=["modes", "dense"])
@pytest.mark.parametrize("conditions", DETERMINISTIC, ids=names)
def test_twin_and_brian2_agree_under_conditions(conditions, change, draw_network, draw_trials):
    network, trials = change(draw_network(n_neurons=12)), draw_trials(60)
    found = validate(network, trials, conditions=conditions, seed=5, target="numpy")
    assert found.identical_trials == 3
    assert found.max_output_difference is not None
    assert found.max_output_difference < 1e-9
    np.testing.assert_allclose(found.twin.modes, found.brian2.modes, atol=1e-9)
    assert len(found.twin.spikes) > 50


@pytest.mark.filterwarnings(SLOW)
def test_failing_synapses_pass_the_same_share_in_both_halves(draw_network, draw_trials):
    trials, network = draw_trials(100, 200), draw_network(n_neurons=12)
    network = network.with_modes(network.modes.scaled(np.full(2, 20.0)))  # louder than the input
    torch.manual_seed(0)
    conditions = [ReleaseFailures(0.5), Delays(4 * ms)]
    watched = {"record_states": ["I"], "record_neurons": range(12), "target": "numpy"}
    twin = Twin(network, conditions=conditions, dtype=torch.float64).record(trials, ("I",))
    brian2 = simulate(network, trials, conditions=conditions, **watched)
    weaker = simulate(network, trials, conditions=[WeakerSynapses(0.5), Delays(4 * ms)], **watched)
    size = {r: r.states["I"].std() for r in (twin, brian2, weaker)}
    assert size[twin] == pytest.approx(size[brian2], rel=0.03)
    assert size[weaker] != pytest.approx(size[brian2], rel=0.3)


@pytest.mark.filterwarnings(SLOW)
@pytest.mark.parametrize("failure", [0.25, 0.5, 0.75])
def test_failing_synapses_keep_the_mean_drive_in_the_twin(failure, draw_network):
    """As in Brian2: of a synapse of weight w, mean w, variance w² f/(1 - f) for each spike."""
    n, b, template = 1001, 8, draw_network()
    W = np.zeros((n, n))
    W[1:, 0] = 0.01
    network = DenseNetwork(
        neuron=template.neuron, filter=template.filter, dt=2 * ms, W=W,
        W_in=np.eye(n)[:, :1], W_out=np.ones((1, n)),
    )  # fmt: skip
    inputs = np.full((300, b, 1), 5.0)
    inputs[200:] = 0  # so that all effects of all spikes are over at the end
    trials = Trials(inputs, 2 * ms)
    torch.manual_seed(0)
    given, passed = (
        Twin(network, conditions=conditions).record(trials, ("I",))
        for conditions in ([], [ReleaseFailures(failure)])
    )
    assert len(passed.spikes) == len(given.spikes) > 15 * b  # those of neuron 0 alone
    mean, drives = (r.states["I"][..., 1:].sum(0) for r in (given, passed))
    assert drives.mean() / mean.mean() == pytest.approx(1, abs=0.01)  # s.e. 0.3 % or less
    relative = len(given.spikes) / b * (drives / mean.mean()).var()
    assert relative == pytest.approx(failure / (1 - failure), rel=0.1)  # s.e. 2 %


@pytest.mark.filterwarnings(SLOW)
def test_the_gradient_is_that_of_the_weights_that_act(draw_network, draw_trials):
    """Pruning and delays of nothing leave the gradient of the plain network."""
    network, trials = draw_network(n_neurons=12), draw_trials(40)
    gradients = []
    for conditions in ([], [Delays(0.4 * ms), SparseConnectivity(0.0)]):
        twin = Twin(network, conditions=conditions, dtype=torch.float64)
        twin(torch.from_numpy(trials.inputs)).outputs.square().sum().backward()
        gradients.append({n: p.grad for n, p in twin.named_parameters()})
    for name, plain in gradients[0].items():
        torch.testing.assert_close(gradients[1][name], plain, rtol=1e-6, atol=1e-8)


@pytest.mark.filterwarnings(SLOW)
def test_failures_leave_the_gradient_of_the_mean(draw_network, draw_trials):
    network, trials = draw_network(n_neurons=12), draw_trials(20)
    twin = Twin(network, conditions=[ReleaseFailures(0.3)], dtype=torch.float64)
    twin(torch.from_numpy(trials.inputs)).outputs.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in twin.parameters())


@pytest.mark.parametrize(
    "conditions", [[Heterogeneity(0.2)], [SparseConnectivity(0.5)], [MembraneNoise(0.1)]], ids=names
)
def test_kernels_train_what_they_can_express(conditions, draw_network):
    twin = Twin(draw_network(n_neurons=12), conditions=conditions)
    assert type(twin.backend).__name__ == "FusedBackend"


def test_what_the_twin_cannot_express_is_refused(draw_network):
    with pytest.raises(ValueError, match="the twin can express to learn under them: got lesion"):
        Twin(draw_network(), conditions=[Lesion(0.1)])


@pytest.mark.parametrize(
    ("condition", "reason"),
    [(MembraneNoise(0.1), "neurons draw noise"), (ReleaseFailures(0.5), "synapses fail")],
    ids=str,
)
@pytest.mark.filterwarnings(SLOW)
def test_random_conditions_are_not_compared_spike_for_spike_or_without_what_they_draw(
    condition, reason, draw_network, draw_trials
):
    network, trials = draw_network(), draw_trials()
    first, again = (
        validate(network, trials, conditions=[condition], seed=3, target="numpy") for _ in range(2)
    )
    if isinstance(condition, MembraneNoise):  # compared without it
        assert reason in first.silenced
        assert (first.spike_match, first.not_compared) == (1.0, "")
    else:
        assert reason in first.not_compared
        assert first.spike_match is first.identical_trials is first.first_divergence is None
        assert first.max_output_difference is None
    for half in ("twin", "brian2"):
        assert len(getattr(first, half).spikes) > 5
        np.testing.assert_array_equal(getattr(first, half).spikes, getattr(again, half).spikes)
    undisturbed = validate(network, trials, target="numpy")
    assert undisturbed.not_compared == ""
    assert not np.array_equal(undisturbed.twin.spikes, first.twin.spikes)


@pytest.mark.filterwarnings(SLOW)
@pytest.mark.parametrize("failing", [[], [ReleaseFailures(0.3)]], ids=["kernels", "reference"])
def test_training_under_random_conditions_repeats(failing, kernels, small_task):
    task, network = small_task
    options = TrainingOptions(updates=2, batch_size=5)
    conditions = [*failing, MembraneNoise(0.1), InputNoise(0.5)]
    first, again = (
        train(task, network, options, conditions=conditions, seed=1).network.dense()
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, network.dense())


def test_each_update_and_each_seed_has_noise_of_its_own(kernels, small_task, monkeypatch):
    task, network = small_task
    keys = []

    class Told(ReferenceBackend):
        def __call__(self, *args, **options):
            keys.append(torch.randint(2**32, (2,)).tolist())
            return super().__call__(*args, **options)

    monkeypatch.setattr(twin_module, "choose_backend", lambda model, device: Told(model))
    options = TrainingOptions(updates=3, batch_size=2)
    for seed in (0, 1, 0):
        train(task, network, options, conditions=[MembraneNoise(0.1)], seed=seed)
    assert keys[:3] == keys[6:]
    assert len({tuple(key) for key in keys}) == 6


class Killed(BaseException):
    """Nothing in the project may catch it."""


def test_training_under_noise_resumes_to_the_same_bits(kernels, small_task, tmp_path):
    task, network = small_task
    options = TrainingOptions(updates=5, batch_size=4, checkpoint_every=2)
    given = {"conditions": [MembraneNoise(0.2)], "seed": 1}
    expected = train(task, network, options, **given).network

    def kill(update):
        if update.step == 4:
            raise Killed

    with pytest.raises(Killed):
        train(task, network, options, **given, checkpoint=tmp_path, on_update=kill)
    torch.rand(3)  # what else was drawn does not matter
    resumed = train(task, network, options, **given, checkpoint=tmp_path, resume=True).network
    np.testing.assert_array_equal(resumed.dense(), expected.dense())
    np.testing.assert_array_equal(resumed.W_in, expected.W_in)
    assert not np.array_equal(expected.dense(), network.dense())


@pytest.fixture
def small_task():
    from spikemodes.experiments.tasks import SelectiveIntegration
    from spikemodes.learning import initial_network

    task = SelectiveIntegration(blank=10 * ms, stimulus=40 * ms, response=50 * ms)
    rng = np.random.default_rng(0)
    return task, initial_network(20, 2, task.n_inputs, task.n_outputs, task.dt, rng)


def test_a_network_learns_under_a_finer_step_from_outputs_at_the_trials_steps(small_task):
    task, network = small_task
    inputs = torch.from_numpy(task.sample(2, np.random.default_rng(0)).inputs)
    outputs = Twin(network, conditions=[SimulationStep(4)])(inputs).outputs
    assert outputs.shape == (50, 2, 1)
    options = TrainingOptions(updates=1, batch_size=2)
    trained = train(task, network, options, conditions=[SimulationStep(4)]).network
    assert not np.array_equal(trained.W_out, network.W_out)
