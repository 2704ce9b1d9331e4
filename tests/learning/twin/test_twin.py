from dataclasses import replace

import numpy as np
import pytest
import torch
from brian2 import ms
from spikemodes.learning import Twin
from spikemodes.learning.step.reference import ReferenceBackend
from spikemodes.models import (
    LIF,
    ContinuousDoubleExponential,
    ContinuousSingleExponential,
    DenseNetwork,
    DoubleExponential,
    ModeNetwork,
    Modes,
    Network,
    PeakReadout,
    SingleExponential,
    TraceReadout,
    Trials,
    continuous,
    simulate,
    to_dense,
)
from spikemodes.models.brian.wiring import mode_wiring


@pytest.mark.reference
@pytest.mark.parametrize("name", ["selective_integration", "digits"])
def test_published_networks_are_reproduced_spike_for_spike(name, request):
    published = request.getfixturevalue(name)
    recording = Twin(published.network, dtype=torch.float64).record(published.trials)
    np.testing.assert_array_equal(recording.raster, published.spikes)
    np.testing.assert_allclose(recording.outputs, published.outputs, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "target",
    ["numpy", pytest.param("cpp_standalone", marks=[pytest.mark.slow, pytest.mark.contract])],
)
def test_a_neuron_never_seen_before_spikes_as_in_brian2(target, draw_network, draw_trials, neurons):
    network = draw_network(
        neurons["AdEx"], ContinuousDoubleExponential(dt_input=0.5 * ms), n_neurons=20, n_modes=3,
        dt=0.5 * ms,
    )  # fmt: skip
    trials = draw_trials(2000, 2, dt=0.5 * ms, strength=3.0)
    twin = Twin(network, dtype=torch.float64).record(trials)
    brian2 = simulate(network, trials, target=target, wire=mode_wiring)
    assert len(twin.spikes) > 200
    np.testing.assert_array_equal(twin.spikes, brian2.spikes)
    np.testing.assert_allclose(twin.outputs, brian2.outputs, rtol=0, atol=1e-10)


NETWORKS = {
    "full scores": lambda draw: draw(full=True),
    "single exponential": lambda draw: draw(filter=SingleExponential()),
    "continuous single": lambda draw: draw(filter=ContinuousSingleExponential()),
    "peak": lambda draw: draw(readout=PeakReadout()),
    "dense": lambda draw: to_dense(draw()),
    "dense peak": lambda draw: to_dense(draw(readout=PeakReadout())),
}


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_everything_recorded_is_what_brian2_records(make, draw_network, draw_trials):
    network, trials = make(draw_network), draw_trials(40)
    twin = Twin(network, dtype=torch.float64).record(trials, ("v", "I"))
    brian2 = simulate(
        network, trials, target="numpy", wire=mode_wiring, record_states=["v", "I"],
        record_neurons=range(8),
    )  # fmt: skip
    np.testing.assert_array_equal(twin.spikes, brian2.spikes)
    for name in ("outputs", "modes"):
        ours, theirs = getattr(twin, name), getattr(brian2, name)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
    for name in ("v", "I"):
        np.testing.assert_allclose(twin.states[name], brian2.states[name], rtol=0, atol=1e-11)


def test_at_a_finer_step_it_still_spikes_as_brian2(draw_network, draw_trials):
    network, trials = continuous(draw_network()), draw_trials(40)
    twin = Twin(network, dt=0.5 * ms, dtype=torch.float64).record(trials)
    brian2 = simulate(network, trials, dt=0.5 * ms, target="numpy", wire=mode_wiring)
    assert (twin.n_steps, twin.dt) == (160, 0.5 * ms)
    np.testing.assert_array_equal(twin.spikes, brian2.spikes)


@pytest.mark.parametrize("readout", [None, PeakReadout()], ids=["trace", "peak"])
def test_what_is_trained_is_what_is_recorded(readout, kernels, draw_network, draw_trials):
    twin = Twin(draw_network(readout=readout), dtype=torch.float64)
    recording = twin.record(draw_trials())
    response = twin(torch.from_numpy(draw_trials().inputs))
    np.testing.assert_allclose(response.outputs.detach(), recording.outputs, atol=1e-12)
    counts = response.activity.spike_counts.detach().numpy()
    np.testing.assert_array_equal(counts, recording.raster.sum(0))


@pytest.mark.parametrize("make", [lambda n: n, to_dense], ids=["modes", "dense"])
def test_the_network_comes_back_with_its_weights(make, draw_network):
    network = make(draw_network(readout=PeakReadout()))
    back = Twin(network, dtype=torch.float64).network()
    assert type(back) is type(network)
    for name in ("neuron", "filter", "dt", "readout"):
        assert getattr(back, name) is getattr(network, name)
    for name in ("W_in", "W_out"):
        np.testing.assert_array_equal(getattr(back, name), getattr(network, name))
    np.testing.assert_array_equal(back.dense(), network.dense())


def test_learned_weights_are_the_networks_weights(draw_network):
    network = draw_network()
    twin = Twin(network)
    before = network.modes.xi_in.copy()
    with torch.no_grad():
        twin.get_parameter("recurrent.xi_in").add_(1)
    back = twin.network()
    assert isinstance(back, Network)
    np.testing.assert_allclose(back.modes.xi_in, network.modes.xi_in + 1, atol=1e-6)
    np.testing.assert_array_equal(network.modes.xi_in, before)


def test_trainable_numbers_are_counted(draw_network):
    n, p, c, o = 8, 2, 3, 2
    assert Twin(draw_network()).n_parameters == n * c + o * n + 2 * n * p + p
    assert Twin(draw_network(full=True)).n_parameters == n * c + o * n + 2 * n * p + p * p
    assert Twin(to_dense(draw_network())).n_parameters == n * c + o * n + n * n
    frozen = Twin(draw_network())
    frozen.W_in.requires_grad_(False)
    assert frozen.n_parameters == o * n + 2 * n * p + p


@pytest.mark.parametrize("shape", [(5, 1, 4), (5, 3), (5, 1, 2)])
def test_inputs_have_the_channels_of_the_network(shape, draw_network):
    with pytest.raises(ValueError, match=r"`inputs` must be time × trial × 3 channels: got \("):
        Twin(draw_network())(torch.zeros(shape))


@pytest.mark.parametrize(
    ("dt", "message"),
    [
        (0.002, "`dt` must be a time"),
        (0.75 * ms, r"`refractory` must be a whole number of steps|`network\.dt` must be a whole"),
        (4 * ms, "must be a whole number of steps of dt"),
    ],
)
def test_a_step_must_divide_that_of_the_network(dt, message, draw_network):
    with pytest.raises(ValueError, match=message):
        Twin(draw_network(), dt=dt)


def test_trials_of_another_step_are_refused(draw_network):
    with pytest.raises(ValueError, match=r"`trials\.dt`"):
        Twin(draw_network()).record(Trials(np.ones((5, 1, 3)), 1 * ms))


@pytest.mark.parametrize("readout", [TraceReadout(), PeakReadout()])
@pytest.mark.parametrize("kind", [DoubleExponential, SingleExponential])
@pytest.mark.parametrize(
    "target", ["numpy", pytest.param("cpp_standalone", marks=pytest.mark.slow)]
)
def test_neurons_can_have_synaptic_filters_of_their_own(kind, readout, target):
    n, rng = 6, np.random.default_rng(0)
    tau = np.linspace(10, 100, n) * ms
    network = DenseNetwork(
        neuron=LIF(),
        filter=kind(tau_decay=tau),
        W=3 * rng.normal(size=(n, n)),
        W_in=rng.normal(size=(n, 3)),
        W_out=np.eye(n),
        dt=2 * ms,
        readout=readout,
    )
    trials = Trials(1 + 4 * rng.normal(size=(80, 3, 3)), 2 * ms)
    twin = Twin(network, dtype=torch.float64, backend=ReferenceBackend).record(trials)
    brian2 = simulate(network, trials, target=target)
    assert len(twin.spikes) > 50
    np.testing.assert_array_equal(twin.spikes, brian2.spikes)
    np.testing.assert_allclose(twin.outputs, brian2.outputs, atol=1e-12)
    for j in (0, n - 1):  # the readout filters a neuron's spikes by the filter of that neuron
        same = replace(network.with_recurrence(np.zeros((n, n))), filter=kind(tau_decay=tau[j]))
        differing = replace(same, filter=network.filter)
        one, other = (simulate(x, trials, target="numpy").outputs for x in (same, differing))
        np.testing.assert_allclose(one[..., j], other[..., j], atol=1e-12)
        assert abs(one - other).max() > 1e-3


def test_recurrent_input_decays_with_the_filter_of_the_neuron_that_it_reaches():
    W = np.array([[0, 0, 0], [1e-3, 0, 0], [1e-3, 0, 0.0]])
    tau = np.array([30, 10, 80]) * ms
    network = DenseNetwork(
        neuron=LIF(), filter=DoubleExponential(tau_decay=tau), W=W, W_in=np.eye(3),
        W_out=np.eye(3), dt=2 * ms,
    )  # fmt: skip
    inputs = np.zeros((100, 1, 3))
    inputs[0, 0, 0] = 20
    recorded = Twin(network, dtype=torch.float64, backend=ReferenceBackend).record(
        Trials(inputs, 2 * ms), ("recurrent",)
    )
    late = recorded.states["recurrent"][60:, 0]
    np.testing.assert_allclose(late[1:, 1] / late[:-1, 1], np.exp(-2 / 10), rtol=1e-6)
    np.testing.assert_allclose(late[1:, 2] / late[:-1, 2], np.exp(-2 / 80), rtol=1e-6)


def test_modes_have_one_filter_each():
    with pytest.raises(ValueError, match="`filter` must have one value of each parameter"):
        ModeNetwork(
            neuron=LIF(), filter=DoubleExponential(tau_decay=np.array([10, 20]) * ms),
            modes=Modes(np.ones((2, 1)), np.ones(1), np.ones((2, 1))), W_in=np.eye(2),
            W_out=np.eye(2), dt=2 * ms,
        )  # fmt: skip
