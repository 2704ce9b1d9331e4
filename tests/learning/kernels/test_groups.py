"""Kernels of several pathways against autograd through the reference step."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from brian2 import ms
from hypothesis import HealthCheck, Phase, given, settings, strategies as st
from neurons import SATURATING
from spikemodes.learning import (
    ExactGradient,
    FusedBackend,
    ReferenceBackend,
    StoppedGradient,
    Twin,
)
from spikemodes.learning.kernels.adjoint import NoKernelError
from spikemodes.learning.kernels.groups import grouped
from spikemodes.learning.step.backend import MakeBackend
from spikemodes.learning.step.random import drawn_from
from spikemodes.learning.step.sparse import SparseRows
from spikemodes.models import (
    LIF,
    ConductanceLIF,
    ContinuousSingleExponential,
    Dense,
    DoubleExponential,
    Masked,
    Modes,
    Network,
    Pathway,
    PeakReadout,
    SingleExponential,
    Sparse,
    TraceReadout,
    Trials,
)

N = 10
KINDS = ("modes", "masked modes", "dense", "sparse", "fixed")
FILTERS = (None, SingleExponential(8 * ms), DoubleExponential(1 * ms, 12 * ms))

NOISY = replace(
    SATURATING,
    name="noisy",
    equations="dv/dt = (drive + recurrent - v)/tau : 1 (unless refractory)",
    update="v = v + 0.2*tanh(v*randn())",
)
"""Its adjoint draws again."""


def pathway(kind, rng, **how):
    """All cells to all cells."""
    W = 2.0 * rng.normal(size=(N, N)) / np.sqrt(N)
    there = rng.random((N, N)) < 0.5
    modes = Modes(rng.normal(size=(N, 2)), np.full(2, 0.5), rng.normal(size=(N, 2)))
    connectivity = {
        "modes": modes,
        "masked modes": Masked(modes, 2.0 * there),
        "dense": Dense(W),
        "sparse": Sparse.of(W * there),
        "fixed": Sparse.of(W * there),
    }[kind]
    return Pathway(connectivity=connectivity, learned=kind != "fixed", **how)


def network_of(*pathways, neuron=None, readout=None, seed=0):
    rng = np.random.default_rng(seed)
    return Network(
        neuron=neuron or LIF(),
        filter=DoubleExponential(),
        W_in=np.abs(rng.normal(size=(N, 3))),
        W_out=np.vstack([np.eye(N), rng.normal(size=(2, N))]),  # equal outputs are equal spikes
        dt=2 * ms,
        pathways=pathways,
        readout=readout or TraceReadout(),
    )


def trials_of(n_steps=40, n_trials=3):
    inputs = np.random.default_rng(1).normal(0.6, 0.5, (n_steps, n_trials, 3))
    return Trials(inputs=inputs, dt=2 * ms)


def passed(network, trials, backend, stop_transmission=False, **options):
    """Outputs, spike counts and the gradient of every parameter of a random smooth loss."""
    twin = Twin(network, backend=backend, dtype=torch.float64, **options)
    with drawn_from(5):
        response = twin(torch.from_numpy(trials.inputs), stop_transmission=stop_transmission)
    rng, counts = np.random.default_rng(0), response.activity.spike_counts
    weights, costs = (
        torch.from_numpy(rng.normal(size=x.shape)) for x in (response.outputs, counts)
    )
    ((response.outputs * weights).sum() + (counts * costs).sum()).backward()
    gradients = {name: p.grad for name, p in twin.named_parameters() if p.grad is not None}
    return response.outputs.detach(), counts.detach(), gradients


def agree(network, trials=None, *, backend: MakeBackend = FusedBackend, gradient=1e-9, **options):
    """Both backends give the same spikes, and the same gradients up to `gradient`, relative."""
    trials = trials or trials_of()
    options = {"through_background": ExactGradient(), **options}
    outputs, counts, found = passed(network, trials, backend, **options)
    expected_outputs, expected_counts, expected = passed(
        network, trials, ReferenceBackend, **options
    )
    assert expected_counts.sum() > 10
    assert torch.equal(counts, expected_counts)
    torch.testing.assert_close(outputs, expected_outputs, rtol=0, atol=1e-12)
    assert found.keys() == expected.keys()
    for name, wanted in expected.items():
        assert (found[name] - wanted).abs().max() <= gradient * wanted.abs().max(), name
    return found


EACH = np.random.default_rng(2).integers(0, 4, (N, N)) * 2 * ms
CIRCUITS = {
    "modes on a background": [("modes", {}), ("fixed", {})],
    "a background alone": [("fixed", {})],
    "modes twice, and dense": [("modes", {}), ("modes", {}), ("dense", {})],
    "filters": [
        ("modes", {"filter": FILTERS[2]}), ("dense", {"filter": FILTERS[1]}), ("fixed", {}),
    ],
    "dense with another filter": [("masked modes", {"filter": FILTERS[1]}), ("dense", {})],
    "delays": [("modes", {}), ("dense", {"delays": 4 * ms}), ("fixed", {"delays": EACH})],
    "failures": [
        ("modes", {}), ("dense", {"release": 0.6}), ("fixed", {"release": 0.7, "delays": EACH}),
    ],
}  # fmt: skip


def circuit(name, **how):
    rng = np.random.default_rng(3)
    return network_of(*(pathway(kind, rng, **options) for kind, options in CIRCUITS[name]), **how)


@pytest.mark.parametrize("through", [ExactGradient(), StoppedGradient()], ids=["exact", "stop"])
@pytest.mark.parametrize("name", CIRCUITS)
def test_gradients_of_circuits(name, through, kernels):
    agree(circuit(name), through_background=through)


@pytest.mark.parametrize("name", ["modes on a background", "failures"])
def test_so_they_are_in_chunks_of_steps(name, kernels):
    agree(circuit(name), backend=partial(FusedBackend, memory_budget=9000))


@pytest.mark.parametrize("name", ["filters", "failures"])
@pytest.mark.parametrize("neuron", [SATURATING, NOISY], ids=lambda neuron: neuron.name)
def test_so_they_are_for_neurons_that_need_more(name, neuron, kernels):
    agree(circuit(name, neuron=neuron), trials_of(24))


@pytest.mark.parametrize("name", ["filters", "failures"])
def test_so_they_are_where_peaks_are_read_out(name, kernels):
    agree(circuit(name, readout=PeakReadout()), trials_of(24))


def test_so_they_are_in_more_trials_than_there_are_lanes(kernels):
    agree(circuit("failures"), trials_of(6, 150))


@pytest.mark.parametrize("kinds", [("fixed",), ("dense", "fixed"), ("fixed", "masked modes")])
def test_so_they_are_where_weights_open_conductances(kinds, kernels):
    rng = np.random.default_rng(4)
    late = {} if kinds == ("fixed",) else {"delays": EACH}
    pathways = [pathway(kinds[0], rng), *(pathway(kind, rng, **late) for kind in kinds[1:])]
    network = network_of(*pathways, neuron=ConductanceLIF())
    agree(replace(network, W_in=3 * network.W_in), trials_of(24))


@pytest.mark.parametrize(
    "kernels", [pytest.param("compiled", marks=pytest.mark.slow)], indirect=True
)
def test_so_they_are_in_machine_code(kernels):
    agree(circuit("failures"))


@st.composite
def pathways(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    late = st.sampled_from([None, 4 * ms, rng.integers(0, 4, (N, N)) * 2 * ms])
    return [
        pathway(
            kind, rng,
            filter=draw(st.sampled_from(FILTERS)),
            delays=draw(late),
            release=draw(st.sampled_from([1.0, 0.7])),
        )
        for kind in draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
    ]  # fmt: skip


SHARED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


@given(pathways=pathways(), stop=st.booleans())
@settings(max_examples=8, phases=[Phase.generate], suppress_health_check=SHARED)
def test_so_they_are_for_any_pathways(kernels, pathways, stop):
    through = StoppedGradient() if stop else ExactGradient()
    agree(network_of(*pathways), trials_of(24), through_background=through)


def test_stopping_changes_gradients_and_not_spikes(kernels):
    network = circuit("modes on a background")
    exact, stopped = (
        passed(network, trials_of(), FusedBackend, through_background=through)
        for through in (ExactGradient(), StoppedGradient())
    )
    assert torch.equal(exact[0], stopped[0])
    assert not torch.allclose(exact[2]["W_in"], stopped[2]["W_in"])


def test_a_fixed_background_is_not_multiplied_out():
    twin = Twin(circuit("modes on a background"))
    weights, _ = twin._weights()
    assert isinstance(weights.units[1].encoder, SparseRows)
    (further,) = grouped(weights, twin.model).further
    assert further.weights.shape == (np.count_nonzero(twin.template.fixed_weights()),)


def test_backgrounds_of_one_kind_join_dense_weights_unless_the_gradient_stops_at_one():
    network = network_of(*(pathway(k, np.random.default_rng(0)) for k in ("dense", "fixed")))
    for through, expected in ((ExactGradient(), 0), (StoppedGradient(), 1)):
        twin = Twin(network, through_background=through)
        assert len(grouped(twin._weights()[0], twin.model).further) == expected


def test_modes_with_a_filter_of_other_states_have_no_kernel():
    rng = np.random.default_rng(0)
    modes = pathway("modes", rng, filter=ContinuousSingleExponential(8 * ms))
    twin = Twin(network_of(modes, pathway("modes", rng)), backend=FusedBackend)
    inputs = torch.zeros(4, 1, 3)
    for run in (twin, twin.prepare):
        with pytest.raises(NoKernelError, match="have other states"):
            run(inputs)
    dense = network_of(replace(modes, connectivity=Dense(modes.connectivity.dense())))
    assert isinstance(Twin(dense).backend, FusedBackend)


def test_which_spikes_pass_is_drawn_for_each_pass(kernels):
    twin = Twin(circuit("failures"), backend=FusedBackend)
    inputs = torch.from_numpy(trials_of(24).inputs)
    with torch.no_grad(), drawn_from(0):
        first, second = twin(inputs).outputs, twin(inputs).outputs
    assert not torch.equal(first, second)
