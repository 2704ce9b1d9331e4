"""Random backgrounds: which synapses there are, how strong they are, and whose."""

import numpy as np
import pytest
from brian2 import ms
from spikemodes.analysis import LIFCells, RandomNetwork
from spikemodes.models import (
    LIF,
    Background,
    ConnectionShares,
    Network,
    SingleExponential,
    Sparse,
    Trials,
    excitatory_and_inhibitory,
    simulate,
)
from spikemodes.models.conditions import MembraneNoise

N = 400
POPULATIONS = excitatory_and_inhibitory(N, 0.8)


def drawn(seed=0, **options):
    pathway = Background(**options).draw(POPULATIONS, N, np.random.default_rng(seed))
    assert isinstance(pathway.connectivity, Sparse)
    return pathway, pathway.connectivity.dense()


def test_each_kind_of_connection_has_its_share():
    shares = ConnectionShares(EE=0.05, EI=0.1, IE=0.3, II=0.4)
    _, W = drawn(connected=shares)
    cells_e, cells_i = (p.cells for p in POPULATIONS)
    for post, pre, share in (
        (cells_e, cells_e, 0.05),
        (cells_i, cells_e, 0.1),
        (cells_e, cells_i, 0.3),
        (cells_i, cells_i, 0.4),
    ):
        block = W[np.ix_(post, pre)] != 0
        error = np.sqrt(share * (1 - share) / block.size)
        assert abs(block.mean() - share) < 5 * error + 1 / len(pre)  # none onto itself
    assert not np.diag(W).any()


def test_excitatory_cells_excite_and_inhibitory_ones_inhibit():
    pathway, W = drawn()
    cells_e, cells_i = (p.cells for p in POPULATIONS)
    assert (W[:, cells_e] >= 0).all()
    assert (W[:, cells_i] <= 0).all()
    assert not pathway.learned


def test_sizes_are_log_normal_with_the_mean_that_strength_and_ratio_say():
    _, W = drawn(connected=ConnectionShares.alike(0.3), strength=2.0, ratio=3.0, spread=0.6)
    cells_e, cells_i = (p.cells for p in POPULATIONS)
    excitatory, inhibitory = W[:, cells_e][W[:, cells_e] > 0], -W[:, cells_i][W[:, cells_i] < 0]
    per_cell = (W[:, cells_e] > 0).sum(axis=1).mean()
    assert excitatory.mean() * np.sqrt(per_cell) == pytest.approx(2.0, rel=0.02)
    assert inhibitory.mean() / excitatory.mean() == pytest.approx(3.0, rel=0.03)
    for sizes in (excitatory, inhibitory):
        assert np.log(sizes).std() == pytest.approx(0.6, rel=0.03)


def test_without_spread_all_weights_of_a_kind_are_alike():
    _, W = drawn(spread=0.0)
    assert len(np.unique(np.round(W[W != 0], 12))) == 2


def test_a_seed_gives_the_same_background_and_another_one_another():
    np.testing.assert_array_equal(drawn(3)[1], drawn(3)[1])
    assert not np.array_equal(drawn(3)[1], drawn(4)[1])


def test_a_delay_is_that_of_all_synapses():
    pathway, _ = drawn(delay=1.5 * ms)
    assert pathway.delays is not None
    assert float(pathway.delays) == pytest.approx(1.5e-3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ConnectionShares(EE=1.2), "`EE` must be a probability from 0 to 1: got 1.2"),
        (lambda: ConnectionShares.alike(0.0), "`connected` must leave a synapse"),
        (lambda: Background(strength=-1.0), "`strength` of a background must be zero or positive"),
        (lambda: Background(ratio=np.inf), "`ratio` of a background must be"),
        (lambda: Background(delay=-1 * ms), "`delay` must be zero or positive"),
    ],
)
def test_bad_backgrounds_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_alone_it_is_asynchronous_and_irregular_at_the_rate_of_its_mean_field():
    """2,000 LIF cells, 10 % connected, dominated by inhibition, as Brunel (2000) has them."""
    n, dt, tau_syn, tau_decay, tau_mem = 2000, 2e-3, 2e-3, 3e-3, 20e-3
    J, g, mu, sd = 0.06, 6.0, 1.5, 0.2
    cells = excitatory_and_inhibitory(n, 0.8)
    rng = np.random.default_rng(0)
    a_syn, a_decay = np.exp(-dt / tau_syn), np.exp(-dt / tau_decay)
    per_weight = dt / ((1 - a_syn) * tau_mem) * (dt / tau_decay) / (1 - a_decay)
    background = Background(
        ConnectionShares.alike(0.1), J / per_weight * np.sqrt(0.1 * 1600), g, spread=0.0
    ).draw(cells, n, rng)
    neuron = LIF(tau_syn=2 * ms, refractory=2 * ms)
    network = Network(
        neuron=MembraneNoise(sd, tau=0 * ms).on_neuron(neuron),
        filter=SingleExponential(3 * ms),
        W_in=np.full((n, 1), 1 - a_syn),
        W_out=np.zeros((1, n)),
        dt=2 * ms,
        pathways=(background,),
        populations=cells,
    )
    trials = Trials(inputs=np.full((1100, 1, 1), mu), dt=2 * ms)
    recording = simulate(network, trials, target="numpy")
    spikes = recording.spikes[recording.spikes[:, 0] >= 100]
    rate = len(spikes) / n / 2.0
    indegrees = np.array([[160.0, 40.0]] * 2)
    predicted = RandomNetwork(
        LIFCells(tau_mem, 2e-3, tau_syn + tau_decay),
        np.array([[J, -g * J]] * 2),
        indegrees,
        mu_ext=np.full(2, mu),
        sigma_ext=np.full(2, sd * np.sqrt(2)),
    ).rates()
    assert rate == pytest.approx(predicted.mean(), rel=0.15)
    intervals = [np.diff(spikes[spikes[:, 2] == j, 0]) for j in range(0, n, 4)]
    cv = np.mean([x.std() / x.mean() for x in intervals if len(x) >= 10])
    assert 0.7 < cv < 1.2
    counts = np.zeros((n, 110))
    np.add.at(counts, (spikes[:, 2], spikes[:, 0] // 10), 1)
    chosen = counts[:400, 10:][counts[:400, 10:].std(axis=1) > 0]
    pairs = np.corrcoef(chosen)[np.triu_indices(len(chosen), 1)]
    assert abs(pairs.mean()) < 0.05
