"""What surrounds the weights that learn: drawn around a network, and kept while it learns."""

import numpy as np
import pytest
import torch
from brian2 import ms
from spikemodes.experiments.tasks import SelectiveIntegration
from spikemodes.learning import Recipe, Twin
from spikemodes.learning.training.circuitry import BackgroundMask, Circuitry, RandomMask
from spikemodes.learning.training.parameterisation import DaleModes, LowRank
from spikemodes.models import Background, ConnectionShares, Masked, Network, Sparse
from spikemodes.models.conditions import MembraneNoise

TASK = SelectiveIntegration()


def draw(circuitry, parameterisation=None, seed=0):
    recipe = Recipe(
        n_neurons=50, parameterisation=parameterisation or LowRank(2), circuitry=circuitry
    )
    network = recipe.draw(TASK, np.random.default_rng(seed))
    assert isinstance(network, Network)
    return network


def mask_of(network):
    assert isinstance(network.main.connectivity, Masked)
    return network.main.connectivity.mask


def test_without_any_a_network_is_what_it_was():
    plain, other = draw(Circuitry()), draw(Circuitry(excitatory=0.5))
    assert len(plain.pathways) == 1
    assert not plain.populations
    np.testing.assert_array_equal(plain.dense(), other.dense())


def test_a_background_lies_beside_the_modes_and_stays():
    network = draw(Circuitry(background=Background()))
    main, background = network.pathways
    assert (main.learned, background.learned) == (True, False)
    assert isinstance(background.connectivity, Sparse)
    assert [p.name for p in network.populations] == ["E", "I"]


@pytest.mark.parametrize("mask", [BackgroundMask(), RandomMask(ConnectionShares.alike(0.3))])
def test_under_dales_law_all_weights_of_a_cell_have_its_sign_while_they_learn(mask):
    circuitry = Circuitry(background=Background(), mask=mask)
    network = draw(circuitry, DaleModes(2))
    twin = Twin(network)
    constraint = DaleModes(2).constraint
    assert constraint is not None
    constraint.apply(twin)
    inputs = torch.from_numpy(TASK.sample(3, np.random.default_rng(0)).inputs)
    optimiser = torch.optim.Adam(twin.parameters(), lr=0.5)  # far enough for signs to turn
    for _ in range(3):
        optimiser.zero_grad()
        twin(inputs).outputs.square().sum().backward()
        optimiser.step()
    learned = twin.network()
    signs = np.where(np.arange(50) < 40, 1, -1)
    assert (learned.dense() * signs >= 0).all()
    assert not np.array_equal(learned.dense(), network.dense())
    np.testing.assert_array_equal(mask_of(network), mask_of(learned))


def test_the_background_s_synapses_are_those_of_the_modes_and_keep_their_mean():
    circuitry = Circuitry(background=Background(), mask=BackgroundMask())
    network = draw(circuitry)
    mask = mask_of(network)
    there = network.pathways[1].connectivity.dense() != 0
    np.testing.assert_array_equal(mask != 0, there)
    excitatory, inhibitory = (p.cells for p in network.populations)
    for post in (excitatory, inhibitory):
        for pre in (excitatory, inhibitory):
            assert mask[np.ix_(post, pre)].mean() == pytest.approx(1)


def test_inhibitory_cells_may_have_parameters_of_their_own():
    network = draw(Circuitry(inhibitory={"tau_mem": 8 * ms}))
    tau = np.asarray(network.neuron.parameters["tau_mem"])
    np.testing.assert_allclose(tau[:40], 20e-3)
    np.testing.assert_allclose(tau[40:], 8e-3)


def test_noise_belongs_to_the_neuron():
    neuron = draw(Circuitry(noise=MembraneNoise(0.3))).neuron
    assert "randn()" in neuron.update
    assert neuron.parameters["noise_sd"] == 0.3


@pytest.mark.parametrize(
    ("circuitry", "message"),
    [
        (Circuitry(mask=BackgroundMask()), "`mask` must be a share of synapses where there is no"),
        (Circuitry(inhibitory={"tau": 8 * ms}), "`inhibitory` must name parameters of LIF"),
    ],
)
def test_what_cannot_be_is_refused(circuitry, message):
    with pytest.raises(ValueError, match=message):
        draw(circuitry)


@pytest.mark.parametrize(
    ("background", "what"),
    [
        (Background(ConnectionShares(0, 0, 1, 1), strength=1e30), "silences it"),
        (Background(strength=30.0, ratio=0.0), "makes it fire without end"),
    ],
)
def test_a_background_that_silences_or_explodes_a_network_is_refused(background, what):
    recipe = Recipe(n_neurons=50, circuitry=Circuitry(background=background))
    with pytest.raises(
        ValueError, match=f"`background` must leave a network that fires: it {what}"
    ):
        recipe.start(TASK, np.random.default_rng(0))


def test_one_that_is_balanced_is_taken():
    recipe = Recipe(n_neurons=50, circuitry=Circuitry(background=Background()))
    assert isinstance(recipe.start(TASK, np.random.default_rng(0)), Network)
