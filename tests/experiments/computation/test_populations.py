from dataclasses import replace

import numpy as np
import pytest
from brian2 import ms
from spikemodes.analysis import fit_mixture
from spikemodes.experiments import parse_spec
from spikemodes.experiments.computation.populations import ask
from spikemodes.experiments.computation.question import NotAskedError, Subject
from spikemodes.experiments.computation.resampling import columns_of, resampled, rows_of
from spikemodes.experiments.pipeline.answering import answer
from spikemodes.experiments.pipeline.streams import validation_trials
from spikemodes.models import LIF, DoubleExponential, ModeNetwork, Modes, Trials, simulate


def rank_one(n=300, seed=0):
    """A network whose one mode keeps up what comes in along it."""
    rng = np.random.default_rng(seed)
    along, other = rng.normal(size=(2, n))
    return ModeNetwork(
        neuron=LIF(),
        filter=DoubleExponential(),
        modes=Modes(along[:, None], np.array([20.0 / n]), (along + 0.3 * other)[:, None]),
        W_in=np.column_stack([along, 0.2 + 0 * along]),
        W_out=along[None] / n,
        dt=2 * ms,
    )


def shown():
    rng = np.random.default_rng(1)
    inputs = np.ones((60, 10, 2))
    inputs[..., 0] = rng.normal(size=10)
    return Trials(inputs, 2 * ms)


def subject_of(network=None, **keys):
    spec = parse_spec(
        {
            "task": {"name": "selective-integration", "stimulus": "100 ms", "response": "60 ms"},
            "network": {"neurons": 40, "modes": 1, **keys},
            "simulate": {"target": "numpy", "trials": 16},
        }
    )
    drawn = spec.recipe().start(spec.build_task(), np.random.default_rng(0))
    drawn = drawn if network is None else network(drawn)
    return Subject(spec, drawn, answer(spec, drawn, validation_trials(spec)))


def two_classes(network):
    """Half of the cells far from the others in their input weights."""
    return replace(network, W_in=network.W_in + np.arange(80)[:, None] % 2 * 8.0)


@pytest.mark.parametrize("times", [1, 4])
def test_a_network_drawn_from_the_fit_of_a_rank_one_network_computes_the_same(times):
    network, trials = rank_one(), shown()
    mixture = fit_mixture(rows_of(network), 1)
    drawn = resampled(network, mixture, times, np.random.default_rng(0))
    assert drawn.n_neurons == times * 300
    one, other = (simulate(n, trials, target="numpy") for n in (network, drawn))
    assert np.ptp(one.outputs[-1]) > 0.1
    for a, b in ((one.outputs, other.outputs), (one.modes, other.modes)):
        assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.98
        np.testing.assert_allclose(b.std(), a.std(), rtol=0.15)


def test_rows_have_every_weight_of_a_cell():
    network = rank_one()
    rows = rows_of(network)
    assert columns_of(network) == ["xi_in 1", "xi_out 1", "W_in 1", "W_in 2", "W_out 1"]
    assert rows.shape == (300, 5)
    np.testing.assert_array_equal(rows[:, 4], network.W_out[0])


def test_a_network_without_classes_has_one_and_is_drawn_anew():
    found = ask(subject_of())
    numbers, arrays = found.numbers, found.arrays
    assert numbers.classes == 1
    assert numbers.silenced == []
    assert len(numbers.resampled.performances) == 3
    assert numbers.stability.keys() == {1, 2}
    assert arrays["rows"].shape == (40, len(arrays["columns"]))


def test_each_class_is_silenced_and_what_is_lost_is_said_by_condition():
    subject = subject_of(two_classes, neurons=80)
    numbers = ask(subject).numbers
    assert numbers.classes == 2
    assert [one.cells for one in numbers.silenced] == [40, 40]
    for one in numbers.silenced:
        assert one.lost == pytest.approx(numbers.performance - one.performance_without)
        assert len(one.lost_by_condition) == 4


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"parameterisation": "dale"}, "Dale's law"),
        ({"background": {"connected": 0.1}, "parameterisation": "dale"}, "background"),
    ],
)
def test_cells_that_a_gaussian_would_not_draw_are_not_drawn(keys, why):
    numbers = ask(subject_of(**keys)).numbers
    assert numbers.resampled is None
    assert why in numbers.not_resampled
    assert "\n" not in numbers.not_resampled


def test_networks_that_it_does_not_fit_say_so():
    with pytest.raises(NotAskedError, match="40 cells are too few for a Gaussian of the 45"):
        ask(subject_of(modes=20))
    with pytest.raises(NotAskedError, match="not learned as modes"):
        ask(subject_of(parameterisation="dense"))
    own = replace(rank_one(), neuron=LIF(tau_mem=np.full(300, 20) * ms))
    mixture = fit_mixture(rows_of(own), 1)
    with pytest.raises(ValueError, match=r"`network` must have cells .* their own tau_mem"):
        resampled(own, mixture, 1, np.random.default_rng(0))
