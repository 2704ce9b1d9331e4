"""Networks of several pathways: twin and Brian2 agree spike for spike."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from brian2 import Hz, ms
from hypothesis import given, settings, strategies as st
from spikemodes.learning import Twin
from spikemodes.models import (
    LIF,
    ConductanceLIF,
    Dense,
    DoubleExponential,
    Masked,
    Modes,
    Network,
    Pathway,
    Population,
    ShortTermPlasticity,
    SingleExponential,
    Sparse,
    Trials,
    simulate,
)

KINDS = ("modes", "masked modes", "dense", "masked", "sparse")
FILTERS = (None, SingleExponential(8 * ms), DoubleExponential(1 * ms, 12 * ms))
PLASTICITIES = (
    None,
    ShortTermPlasticity(0.5, 0 * ms, 200 * ms, 20 * Hz),
    ShortTermPlasticity(0.1, 300 * ms, 50 * ms, 10 * Hz),
)


def connectivity(kind, n_post, n_pre, rng):
    W = 2.0 * rng.normal(size=(n_post, n_pre)) / np.sqrt(n_pre)
    there = rng.random((n_post, n_pre)) < 0.5
    there[0, 0] = True
    p = min(2, n_post)
    modes = Modes(rng.normal(size=(n_post, p)), np.full(p, 0.5), rng.normal(size=(n_pre, p)))
    return {
        "modes": lambda: modes,
        "masked modes": lambda: Masked(modes, 2.0 * there),
        "dense": lambda: Dense(W),
        "masked": lambda: Masked(Dense(W), there.astype(float)),
        "sparse": lambda: Sparse.of(W * there),
    }[kind]()


@st.composite
def networks(draw, neuron=LIF):
    """Networks of 1 to 3 populations and 1 to 4 pathways."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    sizes = draw(st.lists(st.integers(3, 5), min_size=1, max_size=3))
    n, ends = sum(sizes), np.cumsum([0, *sizes])
    order = rng.permutation(n)
    populations = tuple(
        Population(f"p{i}", np.sort(order[low:high]))
        for i, (low, high) in enumerate(pairwise(ends))
    )
    groups = st.sampled_from([None, *(p.name for p in populations)])
    size_of = {None: n} | {p.name: p.n_neurons for p in populations}
    pathways = []
    for kind in draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4)):
        source, target = draw(groups), draw(groups)
        shape = size_of[target], size_of[source]
        late = draw(st.sampled_from(("none", "alike", "each")))
        each = rng.integers(0, 4, shape) * 2 * ms
        delays = {"none": None, "alike": 4 * ms, "each": each}
        pathways.append(
            Pathway(
                connectivity=connectivity(kind, *shape, rng),
                source=source,
                target=target,
                filter=draw(st.sampled_from(FILTERS)),
                delays=delays[late],
                plasticity=draw(st.sampled_from(PLASTICITIES)),
                learned=draw(st.booleans()),
            )
        )
    return Network(
        neuron=neuron(),
        filter=DoubleExponential(),
        W_in=np.abs(rng.normal(size=(n, 3))),
        W_out=rng.normal(size=(2, n)),
        dt=2 * ms,
        pathways=tuple(pathways),
        populations=populations,
    )


def trials_for(network, seed=0):
    inputs = np.random.default_rng(seed).normal(0.6, 0.5, (80, 3, network.n_inputs))
    return Trials(inputs=inputs, dt=network.dt)


def weakened(network, which):
    """The same with the weights of one pathway halved and turned round."""
    pathways = list(network.pathways)
    pathway = pathways[which]
    pathways[which] = pathway.with_weights(-3.0 * pathway.weights)
    return replace(network, pathways=tuple(pathways))


def depressed(network, which):
    """The same with another recovery of the synapses of one pathway."""
    pathways = list(network.pathways)
    plasticity = replace(pathways[which].plasticity, tau_depression=20 * ms)
    pathways[which] = replace(pathways[which], plasticity=plasticity)
    return replace(network, pathways=tuple(pathways))


def recorded(network, trials):
    return Twin(network, dtype=torch.float64).record(trials)


@pytest.mark.filterwarnings("ignore:.*slower reference step")
@settings(max_examples=8)
@given(network=networks())
def test_every_spike_is_the_same_in_brian2(network):
    trials = trials_for(network)
    twin, brian2 = recorded(network, trials), simulate(network, trials, target="numpy")
    assert len(twin.spikes) > 20
    np.testing.assert_array_equal(twin.spikes, brian2.spikes)
    np.testing.assert_allclose(twin.outputs, brian2.outputs, atol=1e-12)
    np.testing.assert_allclose(twin.modes, brian2.modes, atol=1e-12)
    wrong = [recorded(weakened(network, i), trials).spikes for i in range(len(network.pathways))]
    assert any(not np.array_equal(spikes, brian2.spikes) for spikes in wrong)


@pytest.mark.filterwarnings("ignore:.*slower reference step")
@settings(max_examples=3)
@given(network=networks(ConductanceLIF))
def test_so_it_is_where_weights_open_conductances(network):
    trials = trials_for(network)
    network = replace(network, W_in=3 * network.W_in)
    twin, brian2 = recorded(network, trials), simulate(network, trials, target="numpy")
    assert len(twin.spikes) > 20
    np.testing.assert_array_equal(twin.spikes, brian2.spikes)


@pytest.mark.filterwarnings("ignore:.*slower reference step")
def test_generated_cpp_agrees_on_all_kinds_of_pathways_at_once():
    rng = np.random.default_rng(5)
    populations = (Population("E", np.arange(9)), Population("I", np.arange(9, 12)))
    pathways = (
        Pathway(connectivity=connectivity("sparse", 12, 12, rng), delays=2 * ms, learned=False),
        Pathway(
            connectivity=connectivity("masked modes", 12, 12, rng), plasticity=PLASTICITIES[2]
        ),
        Pathway(
            connectivity=connectivity("modes", 3, 9, rng),
            source="E", target="I", filter=FILTERS[1], plasticity=PLASTICITIES[1],
        ),
        Pathway(
            connectivity=connectivity("dense", 9, 3, rng),
            source="I", target="E", filter=FILTERS[2],
            delays=rng.integers(0, 4, (9, 3)) * 2 * ms, plasticity=PLASTICITIES[1],
        ),
    )  # fmt: skip
    network = Network(
        neuron=LIF(), filter=DoubleExponential(), W_in=rng.normal(size=(12, 3)),
        W_out=rng.normal(size=(2, 12)), dt=2 * ms, pathways=pathways, populations=populations,
    )  # fmt: skip
    trials = trials_for(network)
    twin, brian2 = recorded(network, trials), simulate(network, trials)
    assert len(twin.spikes) > 100
    np.testing.assert_array_equal(twin.spikes, brian2.spikes)
    for which in range(len(pathways)):
        other = recorded(weakened(network, which), trials)
        assert not np.array_equal(other.spikes, brian2.spikes)
        if pathways[which].plasticity is not None:
            other = recorded(depressed(network, which), trials)
            assert not np.array_equal(other.spikes, brian2.spikes)


@pytest.mark.filterwarnings("ignore:.*slower reference step")
def test_what_is_fixed_stays_and_what_learns_comes_back(draw_network):
    rng = np.random.default_rng(0)
    base = draw_network()
    fixed = Pathway(connectivity=connectivity("sparse", 8, 8, rng), learned=False)
    masked = Pathway(connectivity=Masked(base.modes, 1.0 * (rng.random((8, 8)) < 0.5)))
    dense = Pathway(connectivity=connectivity("dense", 8, 8, rng), filter=FILTERS[1])
    twin = Twin(replace(base, pathways=(fixed, masked, dense)), dtype=torch.float64)
    inputs = torch.from_numpy(rng.normal(1.0, 1.0, (60, 2, 3)))
    twin(inputs).outputs.square().sum().backward()
    with torch.no_grad():
        for parameter in twin.parameters():
            if parameter.requires_grad:
                assert parameter.grad is not None
                assert parameter.grad.any()
                parameter -= 0.01 * parameter.grad
    before, after = twin.template, twin.network()
    np.testing.assert_array_equal(
        before.pathways[0].connectivity.dense(), after.pathways[0].connectivity.dense()
    )
    for which in (1, 2):
        old, new = (n.pathways[which].connectivity.dense() for n in (before, after))
        assert not np.array_equal(old, new)
    assert isinstance(masked.connectivity, Masked)
    absent = masked.connectivity.mask == 0
    missing = base.modes.dense()[absent]
    assert missing.any()
    assert not after.pathways[1].connectivity.dense()[absent].any()
