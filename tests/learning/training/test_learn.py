"""What learns is what was named, and training goes on with it bit for bit."""

from dataclasses import replace

import numpy as np
import pytest
from brian2 import ms
from spikemodes.experiments.tasks import SelectiveIntegration
from spikemodes.learning import (
    Backpropagation,
    Dale,
    FixedScores,
    Force,
    FullRank,
    Kim2019,
    Learned,
    RateToSpike,
    Recipe,
    ThreeFactor,
    TrainingOptions,
    initial_network,
    train,
)
from spikemodes.learning.training.checkpoint import FILE, Checkpoint
from spikemodes.models import RateUnit, load_spiking_network, save_network
from spikemodes.models.conditions import Heterogeneity

pytestmark = pytest.mark.usefixtures("kernels")  # not compiled for each of these combinations

TASK = SelectiveIntegration(blank=4 * ms, stimulus=30 * ms, response=40 * ms)
OPTIONS = TrainingOptions(updates=6, batch_size=6, checkpoint_every=2)
WEIGHTS = ("W_in", "W_out", "xi_in", "xi_out", "scores")


def start(**options):
    return initial_network(12, 2, 4, 1, 2 * ms, np.random.default_rng(1), **options)


def learning(*learn, **options):
    learn = tuple(x if isinstance(x, Learned) else Learned(x) for x in learn)
    return replace(OPTIONS, learn=learn, **options)


def arrays(network):
    modes = network.modes
    return dict(
        zip(
            WEIGHTS,
            (network.W_in, network.W_out, modes.xi_in, modes.xi_out, modes.scores),
            strict=True,
        )
    )


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["W_out"], {"W_out"}),
        (["modes", "scores"], {"xi_in", "xi_out", "scores"}),
        (["neuron.tau_mem"], set()),
        (["W_in", "xi_out", "filter.tau_decay"], {"W_in", "xi_out"}),
    ],
)
def test_only_what_is_named_changes(names, expected):
    before = start()
    found = train(TASK, before, learning(*names))
    first, last = arrays(before), arrays(found.network)
    changed = {n for n in WEIGHTS if not np.allclose(first[n], last[n], rtol=1e-6, atol=1e-7)}
    assert changed == expected
    own = [course.name for course in found.learned]
    assert own == [name for name in names if "." in name]
    assert all(course.learned != course.initial for course in found.learned)
    n_weights = sum(first[name].size for name in expected)
    assert found.trainable_parameters == n_weights + len(own)


def test_to_name_all_weights_is_to_name_nothing():
    first, second = (
        train(TASK, start(), options).network
        for options in (OPTIONS, learning("W_in", "W_out", "modes", "scores"))
    )
    for one, other in zip(arrays(first).values(), arrays(second).values(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_signs_hold_whatever_learns():
    network = Dale().start(start(), np.random.default_rng(0))
    found = train(TASK, network, learning("modes", "bias", constraint=Dale())).network
    assert (found.modes.xi_in >= 0).all()
    np.testing.assert_array_equal(np.sign(found.modes.xi_out), np.sign(network.modes.xi_out))
    np.testing.assert_allclose(found.modes.scores, network.modes.scores, rtol=1e-6)


def test_something_must_learn():
    with pytest.raises(ValueError, match="`learn` must leave something to learn"):
        train(TASK, start(), learning("scores", constraint=FixedScores()))
    with pytest.raises(ValueError, match="`learn` must name something"):
        learning()


def test_training_goes_on_bit_for_bit_with_what_learns(tmp_path):
    options = learning(
        "weights", "bias", Learned("neuron.tau_mem", (5 * ms, 100 * ms), each=True),
        "filter.tau_decay", learning_rate=0.1,
    )  # fmt: skip
    kept: list[bytes] = []

    def keep(update):
        if update.step == 5:
            kept.append((tmp_path / FILE).read_bytes())

    whole = train(TASK, start(), options, seed=3, checkpoint=tmp_path, on_update=keep)
    (tmp_path / FILE).write_bytes(kept[0])
    saved = Checkpoint.load(tmp_path)
    assert saved is not None
    assert saved.update == 4
    resumed = train(TASK, start(), options, seed=3, checkpoint=tmp_path, resume=True)
    assert resumed.network.neuron == whole.network.neuron
    assert resumed.network.filter == whole.network.filter
    np.testing.assert_array_equal(resumed.network.W_in, whole.network.W_in)
    assert resumed.learned == whole.learned
    save_network(whole.network, tmp_path / "network.safetensors")
    again = load_spiking_network(tmp_path / "network.safetensors")
    assert again.neuron == whole.network.neuron
    assert again.filter == whole.network.filter


def test_under_conditions_that_change_neurons_weights_alone_learn():
    with pytest.raises(ValueError, match="`learn` must be weights under conditions"):
        train(TASK, start(), learning("neuron.tau_mem"), conditions=[Heterogeneity(0.2)])
    train(TASK, start(), learning("modes", updates=1), conditions=[Heterogeneity(0.2)])


@pytest.mark.parametrize("method", [ThreeFactor(), RateToSpike(), Force(), Kim2019()])
def test_methods_that_do_not_go_back_through_time_refuse(method):
    recipe = Recipe(learn=(Learned("weights"), Learned("neuron.tau_mem")))
    if isinstance(method, Force):
        recipe = replace(recipe, neuron=RateUnit())
    if isinstance(method, Force | Kim2019):
        recipe = replace(recipe, parameterisation=FullRank())
    with pytest.raises(ValueError, match=r"`learn` must be left out .* Take the method bptt"):
        method.require(recipe)


def test_backpropagation_lets_parameters_learn():
    Backpropagation().require(Recipe(learn=(Learned("weights"), Learned("neuron.tau_mem"))))
