from dataclasses import replace

import numpy as np
import pytest
import torch
from brian2 import ms
from spikemodes.experiments.tasks import SelectiveIntegration
from spikemodes.learning import (
    DaleModes,
    LowRank,
    RateToSpike,
    Recipe,
    Session,
    Twin,
    WeightSize,
    initial_network,
    to_spikes,
)
from spikemodes.models import (
    BiasedLIF,
    DoubleExponential,
    Modes,
    Network,
    RateNetwork,
    RateUnit,
    Sigmoid,
    SynapticFilter,
    Trials,
)

TASK = SelectiveIntegration(blank=4 * ms, stimulus=40 * ms, response=60 * ms, offset=2.0, noise=0.1)
SMALL = RateToSpike(points=3, refinements=0, trials=2)
RECIPE = Recipe(
    n_neurons=10,
    parameterisation=LowRank(2),
    neuron=BiasedLIF(v_threshold=25.0, bias=25.0),
    filter=DoubleExponential(tau_decay=20 * ms),
    updates=1,
    batch_size=4,
)


def draw(n_modes: int | None = 2, unit: RateUnit | None = None, **options) -> RateNetwork:
    rng, unit = np.random.default_rng(0), unit or RateUnit(20 * ms, Sigmoid())
    return initial_network(10, n_modes, 4, 1, 2 * ms, rng, neuron=unit, **options)


def record(network, n_steps=60):
    u = 20 * np.random.default_rng(1).random((n_steps, 3, 4))
    return Twin(network, dtype=torch.float64).record(Trials(u, 2 * ms))


@pytest.mark.parametrize("silent", [Modes(np.ones((10, 2)), np.zeros(2), np.ones((10, 2))), None])
def test_without_recurrence_the_scale_scales_the_outputs_alone(silent):
    rate = replace(draw(), recurrence=np.zeros((10, 10)) if silent is None else silent)
    one, three = (record(to_spikes(rate, scale)) for scale in (1.0, 3.0))
    assert len(one.spikes) > 50
    np.testing.assert_array_equal(one.spikes, three.spikes)
    np.testing.assert_allclose(three.outputs, 3 * one.outputs, rtol=1e-12)


@pytest.mark.parametrize("full_scores", [False, True])
def test_modes_stay_modes_and_all_weights_all_weights(full_scores):
    rate, dense = draw(full_scores=full_scores), draw(None)
    spiking, all_weights = to_spikes(rate, 2.5), to_spikes(dense, 2.5)
    assert isinstance(spiking, Network)
    assert isinstance(all_weights, Network)
    modes = rate.recurrence
    assert isinstance(modes, Modes)
    np.testing.assert_array_equal(spiking.modes.xi_in, modes.xi_in)
    np.testing.assert_array_equal(spiking.modes.xi_out, modes.xi_out)
    for before, after in ((rate, spiking), (dense, all_weights)):
        np.testing.assert_allclose(after.dense(), 2.5 * before.dense(), atol=1e-14)
        np.testing.assert_array_equal(after.W_in, before.W_in)


def test_the_search_finds_the_least_loss_between_the_points_of_the_grid():
    search = RateToSpike(lowest=1, highest=100, points=5, refinements=4).search
    losses = search(lambda scale: (np.log(scale) - np.log(17)) ** 2)
    assert min(losses, key=losses.__getitem__) == pytest.approx(17, rel=0.04)
    assert len(losses) == 5 + 4 * 2  # ends and middle of a finer grid are known


@pytest.mark.parametrize(("sign", "end"), [(1, 1.0), (-1, 100.0)])
def test_the_search_stays_on_the_grid_where_its_end_is_best(sign, end):
    search = RateToSpike(lowest=1, highest=100, points=3, refinements=2).search
    losses = search(lambda scale: sign * scale)
    assert min(losses, key=losses.__getitem__) == pytest.approx(end)
    assert min(losses) >= 1
    assert max(losses) <= 100 * (1 + 1e-9)


def test_the_scale_found_beats_the_ends_of_the_grid(monkeypatch):
    tried: dict[float, float] = {}
    search = RateToSpike.search

    def watched(self, loss):
        tried.update(search(self, loss))
        return tried

    monkeypatch.setattr(RateToSpike, "search", watched)
    method = RateToSpike(lowest=0.1, highest=100, points=5, refinements=1, trials=20)
    recipe = replace(RECIPE, updates=40, batch_size=16, learning_rate=2e-2)
    result = method.train(TASK, recipe, Session(trials=1))
    best = result.found["scale"]
    assert tried[best] == result.found["scaled_loss"] == min(tried.values())
    assert tried[best] < min(tried[0.1], tried[max(tried)])
    assert isinstance(result.network, Network)
    assert result.network.filter.parameters["tau_decay"] == 20 * ms
    assert (result.method, result.updates) == ("rate-to-spike", 40)
    assert result.trainable_parameters == 10 * (4 + 1 + 2 * 2) + 2 + 1


def test_the_seed_alone_decides():
    seeds = [np.random.SeedSequence(3)] * 2 + [np.random.SeedSequence(4)]
    losses = [
        SMALL.train(TASK, RECIPE, Session(trials=seed)).found["scaled_loss"] for seed in seeds
    ]
    assert losses[0] == losses[1] != losses[2]


def test_what_cannot_be_scaled_is_refused():
    with pytest.raises(ValueError, match="`scale` must be positive"):
        to_spikes(draw(), 0.0)
    with pytest.raises(ValueError, match="`rate` must have positive rates"):
        to_spikes(draw(unit=RateUnit()), 1.0)


@pytest.mark.parametrize(
    "wrong", [{"lowest": 0.0}, {"lowest": 40.0}, {"points": 2}, {"refinements": -1}, {"trials": 0}]
)
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=f"`{next(iter(wrong))}` must be"):
        RateToSpike(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"neuron": RateUnit()},
        {"parameterisation": DaleModes(2)},
        {"penalties": (WeightSize(1.0),)},
        {"filter": SynapticFilter("alone", equations="r : 1", update="r = r/2", jump="r")},
    ],
)
def test_recipes_that_it_cannot_serve_are_refused(wrong):
    with pytest.raises(ValueError, match=f"^`{next(iter(wrong))}` must"):
        SMALL.train(TASK, replace(RECIPE, **wrong), Session())
