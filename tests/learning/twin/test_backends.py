import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from brian2 import ms
from spikemodes.learning import FusedBackend, ReferenceBackend, Twin, validate
from spikemodes.learning.kernels.adjoint import NoKernelError
from spikemodes.learning.step.backend import Units, Weights
from spikemodes.learning.three_factor.kernel import FusedEligibility
from spikemodes.learning.twin.backends import choose_backend
from spikemodes.models import (
    ConductanceLIF,
    DoubleExponential,
    NeuronModel,
    Trials,
    simulate,
    to_dense,
)
from spikemodes.models.conditions import ConductanceSynapses, Delays, ReleaseFailures


def stepped(update, threshold="v > 1"):
    return NeuronModel(
        name="mine", equations="v : 1", update=update, threshold=threshold, reset="v = 0"
    )


def test_the_cpu_runs_fused_kernels_and_anything_else_the_reference_step(draw_network):
    model, groups = Twin(draw_network()).model, (Units(torch.ones(8, 2), torch.ones(8, 2), (0,)),)
    for device, kind in (("cpu", FusedBackend), ("meta", ReferenceBackend)):
        weights = Weights(torch.ones(8, 3, device=device), groups)
        assert isinstance(choose_backend(model, weights), kind)


@pytest.mark.parametrize("backend", [FusedBackend, ReferenceBackend])
def test_a_twin_runs_on_the_backend_that_it_is_given(backend, kernels, draw_network, draw_trials):
    twin = Twin(draw_network(), backend=backend)
    assert type(twin.backend) is backend
    inputs = torch.from_numpy(draw_trials().inputs)
    twin.prepare(inputs)
    assert all(p.grad is None for p in twin.parameters())
    assert twin(inputs).activity.spike_counts.sum() > 10


def test_a_backend_of_ones_own_is_prepared_before_it_runs(draw_network, draw_trials):
    told = []

    class Told(ReferenceBackend):
        def prepare(self, inputs, weights, *, peaks, on_compile=None):
            told.append((tuple(inputs.shape), weights.units[0].n, peaks))

    twin = Twin(draw_network(), backend=Told)
    twin.prepare(torch.zeros(5, 2, 3))
    assert told == [((5, 2, 3), 2, False)]
    expected = Twin(draw_network(), backend=ReferenceBackend)
    inputs = torch.from_numpy(draw_trials().inputs)
    assert torch.equal(twin(inputs).outputs, expected(inputs).outputs)


@pytest.mark.parametrize("condition", [Delays(4 * ms), ReleaseFailures(0.3)])
def test_delays_and_failures_train_with_kernels(condition, draw_network):
    assert isinstance(Twin(draw_network(), conditions=[condition]).backend, FusedBackend)


def differing(network):
    """With filters that have time constants of their own."""
    filter_ = DoubleExponential(tau_decay=np.linspace(10, 50, network.n_neurons) * ms)
    return replace(to_dense(network), filter=filter_)


SPLIT = {
    "conductances": lambda draw: draw(ConductanceLIF()),
    "conductances, dense": lambda draw: to_dense(draw(ConductanceLIF())),
    "own filters": lambda draw: differing(draw()),
    "conductances and own filters": lambda draw: differing(draw(ConductanceLIF())),
}


@pytest.mark.parametrize("make", SPLIT.values(), ids=SPLIT)
def test_conductances_and_filters_of_their_own_train_with_kernels(make, draw_network):
    assert isinstance(Twin(make(draw_network)).backend, FusedBackend)


def test_so_does_a_network_whose_condition_is_conductances(draw_network):
    twin = Twin(draw_network(), conditions=[ConductanceSynapses(0.5)])
    assert isinstance(twin.backend, FusedBackend)


@pytest.mark.parametrize("make", SPLIT.values(), ids=SPLIT)
def test_kernels_refuse_modes_of_such_neurons(make, draw_network):
    """No network has them: conductances and filters are those of single synapses."""
    model = Twin(make(draw_network)).model
    feedback, W_in, encoder = torch.ones(8, 2), torch.ones(8, 3), torch.ones(8, 4)
    weights = Weights(W_in, (Units(encoder[:, :2], feedback, (0,)), Units(encoder[:, 2:])))
    with pytest.raises(NoKernelError, match="modes that open conductances, or filter differently"):
        FusedBackend(model)(torch.zeros(5, 1, 3), weights)
    with pytest.raises(NoKernelError, match="through single synapses"):
        FusedEligibility(model)


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


def noisy(sigma):
    return NeuronModel(
        name="noisy",
        equations="dv/dt = (drive + recurrent - v)/tau + sigma*xi*(2/tau)**0.5 : 1",
        method="euler",
        parameters={"tau": 20 * ms, "sigma": sigma, "v_threshold": 1.0},
        threshold="v > v_threshold",
        initial={"v": "0"},
    )


def test_noise_in_the_equations_trains_with_kernels(kernels, draw_network, draw_trials):
    network, trials = draw_network(noisy(0.5), dt=1 * ms), draw_trials(dt=1 * ms)
    twin = Twin(network, dtype=torch.float64)
    assert isinstance(twin.backend, FusedBackend)
    twin(torch.from_numpy(trials.inputs)).outputs.square().sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in twin.parameters())
    found = validate(network, trials, target="numpy")
    assert found.spike_match is None
    assert found.not_compared == "its neurons draw noise"


def test_a_filter_that_draws_is_refused(draw_network):
    filter_ = DoubleExponential()
    filter_ = replace(filter_, name="mine", update=f"{filter_.update}\nh = h + 0.1*rand()")
    with pytest.raises(ValueError, match=r"`filter` must draw no random numbers.*: got mine"):
        Twin(draw_network(filter=filter_))


def test_noise_has_the_variance_of_the_ornstein_uhlenbeck_process_in_both_halves(draw_network):
    still = noisy(0.3).with_parameters(v_threshold=1e3)
    network = draw_network(still, dt=1 * ms)
    trials = Trials(np.zeros((400, 20, network.n_inputs), np.float32), 1 * ms)
    twin = Twin(network, dtype=torch.float64).record(trials, ("v",))
    neurons = range(network.n_neurons)
    brian = simulate(
        network, trials, target="numpy", record_states=("v",), record_neurons=neurons, seed=1
    )
    for recording in (twin, brian):
        assert recording.states["v"][200:].std() == pytest.approx(0.3, rel=0.05)
