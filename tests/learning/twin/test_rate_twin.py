from dataclasses import replace

import numpy as np
import pytest
import torch
from brian2 import ms
from spikemodes.experiments.tasks import SelectiveIntegration
from spikemodes.learning import RateTwin, TrainingOptions, initial_network, train
from spikemodes.models import (
    Modes,
    PeakReadout,
    RateNetwork,
    RateUnit,
    Sigmoid,
    Tanh,
    TraceReadout,
    Trials,
)
from spikemodes.models.conditions import InputNoise

KINDS = pytest.mark.parametrize(
    "kind", [{"n_modes": 2}, {"n_modes": 2, "full_scores": True}, {"n_modes": None}]
)


TRANSFERS = pytest.mark.parametrize("transfer", [Tanh(), Sigmoid()])


def draw(kind, n_neurons=6, neuron: RateUnit | None = None, **options) -> RateNetwork:
    shared = {"n_inputs": 3, "n_outputs": 2, "dt": 2 * ms, "rng": np.random.default_rng(0)}
    return initial_network(n_neurons, **shared, neuron=neuron or RateUnit(), **kind, **options)


def inputs(n_steps=9, n_trials=2):
    return np.random.default_rng(1).normal(size=(n_steps, n_trials, 3))


def by_definition(network: RateNetwork, u: np.ndarray) -> np.ndarray:
    """The rates as the equation has them (T × B × N)."""
    a, W, f = np.exp(-2 / 20), network.dense(), network.unit.transfer
    x, rates = np.zeros((u.shape[1], network.n_neurons)), []
    for step in u:
        x = a * x + (1 - a) * (step @ network.W_in.T + f(x) @ W.T)
        rates.append(f(x))
    return np.array(rates)


@KINDS
@TRANSFERS
def test_the_twin_is_the_equation(kind, transfer):
    network, u = draw(kind, neuron=RateUnit(transfer=transfer)), inputs()
    recording = RateTwin(network, dtype=torch.float64).record(Trials(u, 2 * ms))
    rates = by_definition(network, u)
    np.testing.assert_allclose(recording.states["r"], rates, rtol=1e-12)
    np.testing.assert_allclose(recording.outputs, rates @ network.W_out.T, atol=1e-12)
    if isinstance(network.recurrence, Modes):
        np.testing.assert_allclose(recording.modes, rates @ network.recurrence.xi_out, atol=1e-12)


def test_the_readout_at_the_peak_takes_each_neurons_largest_rate():
    network, u = draw({"n_modes": 2}, readout=PeakReadout()), inputs()
    recording = RateTwin(network, dtype=torch.float64).record(Trials(u, 2 * ms))
    expected = by_definition(network, u).max(0) @ network.W_out.T
    np.testing.assert_allclose(recording.outputs, expected, atol=1e-12)


@KINDS
@TRANSFERS
@pytest.mark.parametrize("readout", [TraceReadout(), PeakReadout()])
@pytest.mark.parametrize("ends", [None, (4 * ms, 40 * ms)])
def test_gradients_are_those_of_finite_differences(kind, transfer, readout, ends):
    unit = RateUnit(transfer=transfer, tau_learned=ends)
    network = draw(kind, n_neurons=4, readout=readout, neuron=unit)
    twin = RateTwin(network, dtype=torch.float64)
    assert ("time_constants.free" in dict(twin.named_parameters())) == (ends is not None)
    names, values = zip(*twin.named_parameters(), strict=True)
    u = torch.from_numpy(inputs())

    def run(*values):
        given = dict(zip(names, values, strict=True))
        return torch.func.functional_call(twin, given, (u,)).outputs

    assert torch.autograd.gradcheck(run, values)


@KINDS
def test_the_network_comes_back_with_the_same_weights(kind):
    network = draw(kind)
    back = RateTwin(network, dtype=torch.float64).network()
    assert type(back.recurrence) is type(network.recurrence)
    for first, second in ((back.W_in, network.W_in), (back.dense(), network.dense())):
        np.testing.assert_array_equal(first, second)


def test_the_same_training_solves_the_same_task():
    task = SelectiveIntegration(
        blank=4 * ms, stimulus=30 * ms, response=40 * ms, offset=2.0, noise=0.1
    )
    network = initial_network(12, 2, 4, 1, 2 * ms, np.random.default_rng(1), neuron=RateUnit())
    updates = []
    options = TrainingOptions(updates=150, batch_size=24, learning_rate=2e-2)
    result = train(task, network, options, on_update=updates.append)
    assert isinstance(result.network, RateNetwork)
    assert result.trainable_parameters == 12 * (4 + 1 + 2 * 2) + 2
    assert updates[-1].accuracy > 0.9
    assert updates[-1].rate_hz is None


def test_wrong_inputs_are_refused():
    twin = RateTwin(draw({"n_modes": 2}))
    with pytest.raises(ValueError, match="`inputs` must be time × trial × 3 channels"):
        twin(torch.zeros(5, 2, 4))
    with pytest.raises(ValueError, match=r"`trials\.dt` must be the step"):
        twin.record(replace(Trials(inputs(), 2 * ms), dt=1 * ms))


def test_conditions_are_refused_before_training():
    task = SelectiveIntegration()
    network = initial_network(
        8, 2, task.n_inputs, task.n_outputs, task.dt, np.random.default_rng(0), neuron=RateUnit()
    )
    with pytest.raises(ValueError, match="`conditions` must be empty for a network of rates"):
        train(task, network, conditions=[InputNoise()])


def test_each_neuron_has_a_time_constant_of_its_own():
    tau = np.array([5.0, 10, 20, 40, 80, 99]) * ms
    unit = RateUnit(tau, tau_learned=(2 * ms, 100 * ms))
    network, u = draw({"n_modes": None}, neuron=unit), inputs(n_trials=1)
    twin = RateTwin(network, dtype=torch.float64)
    rates = twin.record(Trials(u, 2 * ms)).states["r"]
    for j, now in enumerate(tau):
        alone = replace(network, unit=RateUnit(now), recurrence=np.zeros((6, 6)))
        silent = replace(network, recurrence=np.zeros((6, 6)))
        expected = RateTwin(alone, dtype=torch.float64).record(Trials(u, 2 * ms)).states["r"]
        found = RateTwin(silent, dtype=torch.float64).record(Trials(u, 2 * ms)).states["r"]
        np.testing.assert_allclose(found[..., j], expected[..., j], rtol=1e-12)
    assert rates.shape == (9, 1, 6)
    np.testing.assert_allclose(twin.network().unit.tau_mem / ms, tau / ms, rtol=1e-12)


def test_noise_has_the_variance_of_its_closed_form_at_any_step():
    for dt in (1 * ms, 5 * ms):
        network = replace(
            draw({"n_modes": None}, neuron=RateUnit(20 * ms, noise=1e-3)),
            recurrence=np.zeros((6, 6)),
            dt=dt,
        )
        torch.manual_seed(0)
        rates = RateTwin(network).record(Trials(np.zeros((4000, 20, 3)), dt)).states["r"][500:]
        step = float(dt / (20 * ms))  # small enough for tanh to be linear
        expected = 1e-3 * np.sqrt(float(dt) / (1 - np.exp(-2 * step)))
        assert rates.std() == pytest.approx(expected, rel=0.03)


def test_time_constants_learn_between_their_ends():
    task = SelectiveIntegration(blank=4 * ms, stimulus=20 * ms, response=20 * ms)
    unit = RateUnit(30 * ms, Sigmoid(), tau_learned=(20 * ms, 100 * ms))
    network = initial_network(8, None, 4, 1, 2 * ms, np.random.default_rng(0), neuron=unit)
    options = TrainingOptions(updates=5, batch_size=4, learning_rate=0.5)
    tau = np.asarray(train(task, network, options).network.unit.tau_mem)
    assert tau.shape == (8,)
    assert (tau != 0.03).all()
    assert (tau > 0.02).all()
    assert (tau < 0.1).all()
