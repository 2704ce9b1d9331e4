"""Networks of cells and pathways: what fits together, what adds up, and what files keep."""

from dataclasses import replace

import numpy as np
import pytest
from brian2 import ms
from spikemodes.models import (
    Dense,
    Masked,
    ModeNetwork,
    Modes,
    Network,
    Pathway,
    Population,
    SingleExponential,
    Sparse,
    excitatory_and_inhibitory,
    load_network,
    save_network,
    simulate,
    to_dense,
)

N = 8
EXCITATORY, INHIBITORY = excitatory_and_inhibitory(N, 0.75)


def of_populations(draw_network, **changes):
    """Masked modes in all cells, a fixed background, and pathways between populations."""
    rng = np.random.default_rng(3)
    base = draw_network()
    free = (replace(EXCITATORY, sign=0), replace(INHIBITORY, sign=0))
    W = rng.normal(size=(N, N)) * (rng.random((N, N)) < 0.4)
    pathways = (
        Pathway(connectivity=Sparse.of(W), delays=4 * ms, learned=False),
        Pathway(connectivity=Masked(base.modes, 2.0 * (rng.random((N, N)) < 0.5))),
        Pathway(
            connectivity=Modes(rng.normal(size=(2, 1)), np.ones(1), rng.normal(size=(6, 1))),
            source="E", target="I", filter=SingleExponential(8 * ms),
        ),
        Pathway(
            connectivity=Dense(rng.normal(size=(6, 2))),
            source="I", target="E", delays=rng.random((6, 2)) * 5 * ms,
        ),
    )  # fmt: skip
    return replace(base, **{"pathways": pathways, "populations": free, **changes})


def test_weights_are_the_sum_of_what_the_pathways_have(draw_network):
    network = of_populations(draw_network)
    background, masked, to_inhibitory, back = (p.connectivity for p in network.pathways)
    expected = background.dense() + masked.mask * network.modes.dense()
    expected[6:, :6] += to_inhibitory.dense()
    expected[:6, 6:] += back.dense()
    np.testing.assert_allclose(network.dense(), expected)
    rows = np.array([1, 7])
    np.testing.assert_allclose(network.weights_onto(rows), expected[rows])
    assert network.main is network.pathways[1]


def test_a_file_keeps_populations_pathways_and_their_masks(draw_network, tmp_path):
    network = of_populations(draw_network)
    save_network(network, tmp_path / "network")
    again = load_network(tmp_path / "network")
    assert isinstance(again, Network)
    for one, other in zip(network.pathways, again.pathways, strict=True):
        assert type(one.connectivity) is type(other.connectivity)
        np.testing.assert_array_equal(one.connectivity.dense(), other.connectivity.dense())
        assert (one.filter, one.source, one.learned) == (other.filter, other.source, other.learned)
        np.testing.assert_array_equal(network.delays_of(one), again.delays_of(other))
    assert [p.name for p in again.populations] == ["E", "I"]
    np.testing.assert_array_equal(again.populations[1].cells, [6, 7])


def test_a_network_of_one_plain_pathway_has_the_format_that_it_had(draw_network, tmp_path):
    save_network(draw_network(), tmp_path / "network")
    assert b"spikemodes-network-1" in (tmp_path / "network").read_bytes()[:4000]


def test_other_weights_keep_the_mask_and_which_synapses_there_are(draw_network):
    network = of_populations(draw_network)
    other = network.with_modes(network.modes.scaled(np.array([0.5, 2.0])))
    before, after = network.main.connectivity, other.main.connectivity
    assert isinstance(before, Masked)
    np.testing.assert_array_equal(before.mask, after.mask)
    assert not np.array_equal(before.dense(), after.dense())
    sparse = network.pathways[0].with_weights(np.ones((N, N))).connectivity
    there = network.pathways[0].connectivity.dense() != 0
    np.testing.assert_array_equal(sparse.dense(), there)


def test_dead_neurons_neither_send_nor_receive(draw_network):
    W = of_populations(draw_network).without(np.array([2, 6])).dense()
    assert not W[[2, 6]].any()
    assert not W[:, [2, 6]].any()
    assert W.any()


def test_one_pathway_is_worth_two_that_share_its_weights(draw_network, draw_trials):
    network, trials = draw_network(), draw_trials()
    part = Dense(np.where(np.arange(N) < 4, network.dense(), 0.0))
    rest = Dense(network.dense() - part.W)
    halves = (Pathway(connectivity=part), Pathway(connectivity=rest))
    whole = simulate(to_dense(network), trials, target="numpy")
    split = simulate(replace(network, pathways=halves), trials, target="numpy")
    assert len(whole.spikes) > 10
    np.testing.assert_array_equal(whole.spikes, split.spikes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pathways": ()}, "`pathways` must have at least one"),
        (
            {"populations": (Population("E", np.arange(5)), Population("I", np.arange(4, 7)))},
            "`populations` must have each of the 8 cells once: E, I overlap in 1 of them, cell 4",
        ),
        (
            {"populations": (Population("E", np.arange(5)), Population("I", np.arange(6, 9)))},
            "`populations` must have cells from 0 to 7: I has 6 to 8",
        ),
        (
            {"pathways": (Pathway(connectivity=Dense(np.ones((8, 8))), source="X"),)},
            r"`pathways` must name populations that there are \(E, I\): got 'X'",
        ),
        (
            {"pathways": (Pathway(connectivity=Dense(np.ones((8, 8))), source="E"),)},
            r"`pathways` must have weights for the cells that they join: expected \(8, 6\)",
        ),
        (
            {"pathways": (Pathway(connectivity=Dense(np.ones((8, 8))), acts_on="inhibition"),)},
            "`acts_on` must be an input of LIF, recurrent: got 'inhibition'",
        ),
        (
            {
                "pathways": (Pathway(connectivity=Dense(np.ones((8, 8)))),),
                "populations": (EXCITATORY, INHIBITORY),
            },
            "`pathways` must have weights of the sign of the population",
        ),
    ],
)
def test_what_does_not_fit_together_is_named(changes, message, draw_network):
    with pytest.raises(ValueError, match=message):
        of_populations(draw_network, **changes)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Masked(Dense(np.ones((2, 2))), np.zeros((2, 2))), "`mask` must leave a synapse"),
        (lambda: Masked(Dense(np.ones((2, 2))), np.ones((2, 3))), "`mask` must have the shape"),
        (
            lambda: Sparse((2, 2), np.array([0, 0]), np.array([1, 1]), np.ones(2)),
            "no pair of cells twice",
        ),
        (
            lambda: Sparse((2, 2), np.array([0, 2]), np.array([1, 1]), np.ones(2)),
            "`post` must be cells from 0 to 1: got 0 to 2",
        ),
        (
            lambda: Pathway(connectivity=Dense(np.ones((2, 2))), delays=-1 * ms),
            "`delays` must be zero or more",
        ),
        (
            lambda: Pathway(connectivity=Dense(np.ones((2, 2))), release=0.0),
            "`release` must be above 0",
        ),
        (lambda: Population("E", np.array([1, 1])), "`cells` of the population E must be"),
        (lambda: excitatory_and_inhibitory(10, 1.0), "`excitatory` must be a share between 0 and"),
    ],
)
def test_bad_parts_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_partition_that_leaves_cells_out_is_refused(draw_network):
    some = (Population("E", np.arange(4)), Population("I", np.array([6, 7])))
    with pytest.raises(ValueError, match=r"E, I leave out 2 of them, cell 4 first"):
        replace(draw_network(), populations=some)


def test_the_short_ways_are_networks_of_one_pathway(draw_network):
    modes = draw_network().modes
    network = draw_network()
    assert [type(p.connectivity) for p in network.pathways] == [Modes]
    assert (network.n_modes, to_dense(network).n_modes) == (2, 0)
    same = ModeNetwork(
        modes=modes, neuron=network.neuron, filter=network.filter, W_in=network.W_in,
        W_out=network.W_out, dt=network.dt,
    )  # fmt: skip
    np.testing.assert_array_equal(same.dense(), network.dense())
