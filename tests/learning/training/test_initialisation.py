import numpy as np
import pytest
from brian2 import ms
from spikemodes.learning import initial_network
from spikemodes.models import ContinuousLIF, PeakReadout, SingleExponential

N, P, C, O = 2000, 50, 40, 30  # noqa: E741


def draw(seed=0, **options):
    return initial_network(N, P, C, O, 2 * ms, np.random.default_rng(seed), **options)


def test_weights_start_with_the_published_standard_deviations():
    network = draw()
    expected = {
        "xi_in": (network.modes.xi_in, P**-0.5),
        "xi_out": (network.modes.xi_out, P**-0.5),
        "scores": (network.modes.scores, N**-0.5),
        "W_in": (network.W_in, C**-0.5),
        "W_out": (network.W_out, N**-0.5),
    }
    for name, (weights, deviation) in expected.items():
        tolerance = 4 / np.sqrt(2 * weights.size)
        assert weights.std() == pytest.approx(deviation, rel=tolerance), name
        assert abs(weights.mean()) < 4 * deviation / np.sqrt(weights.size), name


def test_shapes_are_those_of_the_model():
    network = draw()
    assert network.modes.xi_in.shape == network.modes.xi_out.shape == (N, P)
    assert network.modes.scores.shape == (P,)
    assert (network.W_in.shape, network.W_out.shape) == ((N, C), (O, N))


def test_full_scores_start_diagonal():
    full, diagonal = draw(full_scores=True), draw()
    assert full.modes.scores.shape == (P, P)
    np.testing.assert_array_equal(full.dense(), diagonal.dense())


def test_the_generator_alone_decides():
    same, other = draw(seed=1), draw(seed=2)
    np.testing.assert_array_equal(draw(seed=1).modes.xi_in, same.modes.xi_in)
    np.testing.assert_array_equal(draw(seed=1).W_out, same.W_out)
    assert not np.array_equal(same.modes.xi_in, other.modes.xi_in)


def test_dense_weights_start_with_the_size_that_one_mode_would_give():
    network = initial_network(400, None, C, O, 2 * ms, np.random.default_rng(0))
    assert network.W.shape == (400, 400)
    assert network.W.std() == pytest.approx(1 / 400, rel=0.02)
    one = initial_network(400, 1, C, O, 2 * ms, np.random.default_rng(0))
    expected = abs(one.modes.scores[0]) * np.outer(one.modes.xi_in, one.modes.xi_out).std()
    assert one.dense().std() == pytest.approx(expected)


def test_neuron_filter_and_readout_are_taken_over():
    neuron, filter_ = ContinuousLIF(), SingleExponential()
    rng = np.random.default_rng(0)
    chosen = {"neuron": neuron, "filter": filter_, "readout": PeakReadout()}
    for network in (
        initial_network(5, 2, 3, 1, 2 * ms, rng, **chosen),
        initial_network(5, None, 3, 1, 2 * ms, rng, **chosen),
    ):
        assert (network.neuron, network.filter) == (neuron, filter_)
        assert network.readout == PeakReadout()


@pytest.mark.parametrize("name", ["n_neurons", "n_modes", "n_inputs", "n_outputs"])
@pytest.mark.parametrize("size", [0, -3])
def test_sizes_are_positive(name, size):
    sizes = {"n_neurons": 5, "n_modes": 2, "n_inputs": 3, "n_outputs": 1, name: size}
    with pytest.raises(ValueError, match=f"`{name}` must be 1 or more: got {size}"):
        initial_network(**sizes, dt=2 * ms, rng=np.random.default_rng(0))
    if name != "n_modes":
        sizes["n_modes"] = None
        with pytest.raises(ValueError, match=f"`{name}` must be 1 or more"):
            initial_network(**sizes, dt=2 * ms, rng=np.random.default_rng(0))


def test_there_are_no_more_modes_than_neurons():
    with pytest.raises(ValueError, match="`n_modes` must not exceed the 5 neurons: got 6"):
        initial_network(5, 6, 3, 1, 2 * ms, np.random.default_rng(0))
