import numpy as np
from spikemodes.models import PeakReadout, to_dense
from spikemodes.models.brian.wiring import dense_wiring, faster_wiring, mode_wiring


def recurrence(wiring):
    """The weights that a wiring stands for (post × pre)."""
    fed_back = wiring.to_relay[: wiring.n_feedback]
    return fed_back if wiring.feedback is None else wiring.feedback @ fed_back


def recorded(wiring):
    return wiring.to_relay[wiring.first_recorded :]


def test_every_wiring_stands_for_the_same_weights(draw_network):
    network = draw_network(full=True)
    for wire in (mode_wiring, dense_wiring, faster_wiring(1e-9), faster_wiring(1e9)):
        np.testing.assert_allclose(recurrence(wire(network)), network.dense(), atol=1e-14)


def test_every_wiring_records_modes_and_then_outputs(draw_network):
    network = draw_network()
    expected = np.concatenate([network.modes.xi_out.T, network.W_out])
    for wire in (mode_wiring, dense_wiring):
        np.testing.assert_array_equal(recorded(wire(network)), expected)
        assert wire(network).n_modes == 2


def test_a_dense_network_has_no_modes_to_record(draw_network):
    network = to_dense(draw_network())
    for wire in (mode_wiring, dense_wiring):
        wiring = wire(network)
        assert (wiring.name, wiring.n_modes) == ("dense", 0)
        np.testing.assert_array_equal(recorded(wiring), network.W_out)


def test_a_peak_readout_needs_no_relay_unit(draw_network):
    network = draw_network(readout=PeakReadout())
    assert len(mode_wiring(network).to_relay) == 2
    assert len(recorded(dense_wiring(network))) == 2


def test_the_more_neurons_fire_the_better_modes_are(draw_network):
    names = [faster_wiring(rate)(draw_network()).name for rate in (1.0, 10.0, 1000.0)]
    assert names == ["dense", "dense", "modes"]
