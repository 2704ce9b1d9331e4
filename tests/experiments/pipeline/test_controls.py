import numpy as np
import pytest
from spikemodes.experiments.config import parse_spec
from spikemodes.experiments.pipeline.controls import (
    controls,
    not_beaten,
    shuffled,
    silenced,
    untrained,
    with_weights,
)
from spikemodes.experiments.pipeline.performance import Controls, ControlScore
from spikemodes.experiments.pipeline.streams import validation_trials
from spikemodes.learning import Session
from spikemodes.models import Network, simulate

NETWORKS = {
    "modes": {"neurons": 12},
    "dense": {"neurons": 12, "parameterisation": "dense"},
    "dale": {"neurons": 12, "parameterisation": "dale"},
    "rate": {"neurons": 12, "neuron": "rate"},
}


def spec_of(**network):
    return parse_spec(
        {
            "task": {"name": "selective-integration", "stimulus": "40 ms", "response": "60 ms"},
            "network": network,
            "simulate": {"target": "numpy", "trials": 20},
        }
    )


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_without_weights_a_network_is_its_inputs_and_readout_alone(network):
    drawn = untrained(spec_of(**network))
    assert drawn is not None
    assert not with_weights(drawn, silenced).dense().any()
    assert drawn.dense().any()


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_shuffling_deals_the_same_weights_to_other_neurons(network):
    drawn = untrained(spec_of(**network))
    assert drawn is not None
    W = drawn.dense()
    dealt = with_weights(drawn, lambda w: shuffled(w, np.random.default_rng(0))).dense()
    assert not np.allclose(W, dealt)
    np.testing.assert_allclose(np.sort(W.ravel()), np.sort(dealt.ravel()), atol=1e-12)
    assert np.linalg.matrix_rank(W) == np.linalg.matrix_rank(dealt)
    columns = [set(map(float, np.round(np.sort(np.sign(x)), 0))) for x in (*W.T, *dealt.T)]
    if network is NETWORKS["dale"]:
        assert all(len(signs - {0.0}) <= 1 for signs in columns)


def test_controls_are_scored_as_the_network_is():
    spec = spec_of(neurons=12)
    network, trials = untrained(spec), validation_trials(spec)
    assert isinstance(network, Network)
    recording = simulate(network, trials, target="numpy")
    assert len(recording.spikes)
    found, score = (
        controls(spec, network, recording, trials),
        spec.build_task().score(recording.outputs, trials),
    )
    assert found.untrained == ControlScore(score.performance, score.accuracy)
    positive = (trials.conditions["choice"] == 1).mean()
    assert found.chance == ControlScore(0.0, max(positive, 1 - positive))
    assert found.no_recurrence != found.untrained
    assert found.ideal_observer is not None
    assert found.ideal_observer.performance is not None
    assert found.ideal_observer.performance > 0.9


def test_a_method_that_draws_networks_of_its_own_has_no_untrained_one():
    spec = parse_spec({"task": {"name": "pattern"}, "train": {"method": "force"}})
    assert untrained(spec) is None


def test_a_network_that_does_not_beat_its_controls_is_said_not_to_have_learned():
    nothing, half = ControlScore(0.0, 0.5), ControlScore(0.5, 0.75)
    without = Controls(half, nothing, None, nothing, ControlScore(1.0, 1.0))
    assert not_beaten(0.97, without) == []
    (said,) = not_beaten(0.52, without)
    assert "0.520 does not beat that of the same network with its recurrence removed" in said
    assert "after training, 0.500, by 0.05" in said
    assert "the network has not learned to use its recurrence" in said
    everything = not_beaten(0.01, Controls(nothing, nothing, nothing, nothing, None))
    assert len(everything) == 4
    assert all("has not learned the task" in said for said in everything)
    assert not_beaten(None, without) == []


@pytest.mark.slow
@pytest.mark.parametrize("parameterisation", ["modes", "no-recurrence"])
def test_the_task_is_learned_with_recurrence_and_not_without(parameterisation):
    spec = parse_spec(
        {
            "task": {"name": "selective-integration"},
            "network": {"parameterisation": parameterisation},
        }
    )
    task, session = spec.build_task(), Session(initial=1, trials=2)
    network = spec.train.build_method().train(task, spec.recipe(), session).network
    assert isinstance(network, Network)
    trials = task.sample(200, np.random.default_rng(3))
    recording = simulate(network, trials, target="numpy")
    score, found = task.score(recording.outputs, trials), controls(spec, network, recording, trials)
    assert score.performance is not None
    assert score.accuracy is not None
    assert found.no_recurrence is not None
    assert found.no_recurrence.performance is not None
    if parameterisation == "modes":
        assert score.performance >= 0.95
        assert not_beaten(score.performance, found) == []
    else:
        # by the published reading, of the whole response, it seems to have learned
        assert score.further["accuracy_whole_response"] >= 0.9
        assert score.performance <= 0.1
        assert score.accuracy == pytest.approx(0.5, abs=0.1)
        assert not_beaten(score.performance, found)
    assert found.no_recurrence.performance <= 0.1
