"""Which modes carry the computation, on networks in which that is known."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from brian2 import ms
from spikemodes.experiments import parse_spec
from spikemodes.experiments.computation import causality as module
from spikemodes.experiments.computation.causality import Judge, causality
from spikemodes.experiments.computation.changed_modes import ChangedModes
from spikemodes.experiments.computation.question import NotAskedError, Subject
from spikemodes.experiments.pipeline.answering import answer
from spikemodes.learning.task import Score
from spikemodes.models import ModeNetwork, Modes, Network, Trials


@dataclass(frozen=True)
class HoldTask:
    """Tell the sign of a pulse long after it; the target is what a network of one mode does."""

    name = "hold"

    def score(self, outputs, trials):
        error = float(np.mean((outputs - trials.targets) ** 2))
        explained = 1 - error / float(trials.targets.var())
        return Score(performance=explained, explained_variance=explained, mse=error)


def planted(n_neurons=40, extra=1, size=0.0):
    """A network in which mode 0 alone carries the output; the others neither read nor write."""
    rng = np.random.default_rng(3)
    side = np.repeat([1.0, -1.0], n_neurons // 2)
    idle = size * rng.normal(size=(2, n_neurons, extra))
    modes = Modes(
        np.column_stack([12 * side, idle[0]]),
        np.ones(1 + extra),
        np.column_stack([side / n_neurons, idle[1]]),
    )
    spec = parse_spec({"simulate": {"target": "numpy", "trials": 8}})
    shape = spec.recipe().start(spec.build_task(), rng)
    assert isinstance(shape, Network)
    return spec, ModeNetwork(
        modes=modes,
        neuron=shape.neuron,
        filter=shape.filter,
        W_in=6 * side[:, None],
        W_out=side[None] / n_neurons,
        dt=2 * ms,
    )


def subject_of(**network):
    spec, planned = planted(**network)
    sign = np.array([1, -1] * 4)
    inputs = np.zeros((100, 8, 1))
    inputs[10:20] = sign[:, None]
    trials = Trials(inputs, 2 * ms, conditions={"sign": sign})
    own = answer(spec, planned, trials)
    trials = replace(trials, targets=own.outputs)
    subject = Subject(spec, planned, own)
    subject.__dict__.update(task=HoldTask(), trials=trials)
    return subject


def test_one_mode_carries_everything_and_an_idle_one_nothing():
    subject = subject_of()
    assert len(subject.recording.spikes) > 200
    found = causality(subject)
    known = found.numbers
    assert known.performance == pytest.approx(1)
    assert known.without_modes < 0.5
    assert known.smallest_set == (0,)
    assert known.smallest_performance == 1
    assert known.lost[1] == 0
    assert known.lost[0] == pytest.approx(1 - known.without_modes)
    assert known.shapley == pytest.approx((1 - known.without_modes, 0))
    assert known.rank == (1, 2)
    assert known.agreement["shapley"] == pytest.approx(1)
    arrays = found.arrays
    np.testing.assert_allclose(arrays["scaled"][1], 1)
    assert (arrays["scaled"][0] < 1).all()
    assert arrays["swapped"][0] < 1
    within = np.array(list(known.by_condition.values()))
    np.testing.assert_allclose(within, 1)
    assert arrays["lost_by_condition"].mean(1) == pytest.approx(known.lost)


def test_of_many_modes_sets_grow_by_what_helps_most(monkeypatch):
    monkeypatch.setattr(module, "_ALL_SUBSETS", 2)
    found = causality(subject_of(extra=3))
    known = found.numbers
    assert not known.all_subsets
    assert known.shapley is None
    assert "shapley" not in known.agreement
    assert known.smallest_set == (0,)
    assert known.lost[1:] == (0, 0, 0)
    assert found.arrays["present"].shape == (4 + 2 + 2, 4)
    assert len(found.arrays["swapped"]) == 1


def test_a_change_is_what_it_is_called():
    _, network = planted(extra=1, size=0.1)
    test = ChangedModes(network, Trials(np.zeros((2, 1, 1)), 2 * ms))
    m = network.modes
    one, two = (np.outer(m.xi_in[:, i], m.xi_out[:, i]) for i in (0, 1))
    np.testing.assert_allclose(test.without(1).dense(), one)
    np.testing.assert_allclose(test.scaled([0.5, 2]).dense(), 0.5 * one + 2 * two)
    crossed = np.outer(m.xi_in[:, 0], m.xi_out[:, 1]) + np.outer(m.xi_in[:, 1], m.xi_out[:, 0])
    np.testing.assert_allclose(test.swapped(0, 1).dense(), crossed)


def test_performance_within_conditions_averages_to_the_performance():
    subject = subject_of()
    judge = Judge.of(subject.task, subject.trials)
    assert subject.trials.targets is not None
    noise = np.random.default_rng(0).normal(size=subject.trials.targets.shape)
    whole, *within = judge(subject.trials.targets + noise)
    assert whole == pytest.approx(np.mean(within))


def test_a_network_that_has_not_learned_is_not_asked():
    subject = subject_of()
    worse = replace(subject.recording, outputs=-subject.recording.outputs)
    other = Subject(subject.spec, subject.network, worse)
    other.__dict__.update(task=subject.task, trials=subject.trials)
    with pytest.raises(NotAskedError, match="no better than a constant"):
        causality(other)
