"""Random backgrounds: which synapses there are, how strong they are, and whose."""

import numpy as np
import pytest
from brian2 import ms
from spikemodes.models import Background, ConnectionShares, Sparse, excitatory_and_inhibitory

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
