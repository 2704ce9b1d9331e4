from dataclasses import replace

import numpy as np
import pytest
from brian2 import ms
from spikemodes.experiments.config import parse_spec
from spikemodes.experiments.tasks import ContextSwitch, SelectiveIntegration
from spikemodes.learning import (
    NEF,
    FiringRate,
    FullRank,
    GivenGain,
    LowRank,
    Recipe,
    Session,
    Twin,
)
from spikemodes.learning.nef.integrator import EVIDENCE, PRESENCE, STATE
from spikemodes.models import ConductanceLIF, DoubleExponential, RateUnit, Trials

TASK = SelectiveIntegration()
RECIPE = Recipe(batch_size=20)


@pytest.fixture(scope="module")
def result():
    return NEF().train(TASK, RECIPE, Session(initial=0, trials=0))


def sides(trials):
    return trials.conditions["choice"]


def test_selective_integration_is_solved_without_training(result):
    trials = TASK.sample(60, np.random.default_rng(9))
    score = TASK.score(Twin(result.network).record(trials).outputs, trials)
    assert score.accuracy is not None
    assert score.accuracy >= 0.97
    assert score.explained_variance is not None
    assert score.explained_variance >= 0.85


def test_modes_carry_the_sum_what_is_added_and_whether_anything_is_shown(result):
    trials = TASK.sample(40, np.random.default_rng(8))
    modes = Twin(result.network).record(trials).modes
    stimulus, response = TASK.epochs["stimulus"], TASK.epochs["response"]
    state = modes[..., STATE] * sides(trials)
    middle, end = (stimulus.start + stimulus.stop) // 2, stimulus.stop
    assert 0.2 < state[middle].mean() < 0.8
    assert 0.8 < state[end + 50].mean() < 1.5
    drift = state[response.stop - 1] - state[end + 50]
    assert np.abs(drift.mean()) < 0.2
    assert drift.std() < 0.4  # it is no fixed point that it rests in
    shown, over = (modes[k:j, :, PRESENCE].mean() for k, j in ((end - 100, end), (end + 100, 500)))
    assert shown > 0.5
    assert abs(over) < 0.1
    added = modes[end - 100 : end, :, EVIDENCE].mean(axis=0) * sides(trials)
    assert added.mean() > 0.05
    assert np.abs(modes[end + 100 :, :, EVIDENCE]).mean() < 0.02


def test_the_sum_follows_graded_evidence_and_not_the_other_stream(result):
    offsets = np.array([[a, b] for a in (-0.5, -0.25, 0.25, 0.5) for b in (-0.5, 0.5)] * 10)
    trials = TASK.sample(len(offsets), np.random.default_rng(7), offsets)
    state = Twin(result.network).record(trials).modes[TASK.epochs["stimulus"].stop, :, STATE]
    evidence = TASK.evidence(trials)
    both = np.column_stack([evidence["attended"], evidence["ignored"], np.ones(len(offsets))])
    attended, ignored, _ = np.linalg.lstsq(both, state)[0]
    assert attended == pytest.approx(2, rel=0.3)  # an offset of 0.5 makes a sum of 1
    assert abs(ignored) < 0.1 * attended


def test_the_seed_alone_decides_and_the_one_update_is_told(result):
    told = []
    again = NEF().train(TASK, RECIPE, Session(initial=0, trials=0, on_update=told.append))
    other = NEF().train(TASK, RECIPE, Session(initial=1, trials=0))
    np.testing.assert_array_equal(again.network.modes.xi_out, result.network.modes.xi_out)
    assert not np.array_equal(other.network.modes.xi_out, result.network.modes.xi_out)
    (update,) = told
    assert update.loss == again.final_loss == pytest.approx(update.mse)
    assert again.trainable_parameters == 30 + 2 * 40 + 30


def test_the_delay_is_that_of_filter_and_current(result):
    slow = replace(RECIPE, filter=DoubleExponential(2 * ms, 100 * ms))
    longer = NEF().train(TASK, slow, Session()).found["delay_ms"]
    assert 30 < result.found["delay_ms"] < 50
    assert longer - result.found["delay_ms"] == pytest.approx(70, abs=7)


def test_other_tasks_are_refused_before_anything_runs():
    for task in (ContextSwitch(),):
        with pytest.raises(ValueError, match="`task` must be a sum of gated evidence for NEF"):
            NEF().train(task, RECIPE, Session())
    for name in ("context-switch", "pattern"):
        with pytest.raises(ValueError, match="`task` must be a sum of gated evidence for NEF"):
            parse_spec({"task": {"name": name}, "train": {"method": "nef"}})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"neuron": RateUnit()}, "`neuron` must be a spiking one for NEF"),
        ({"neuron": ConductanceLIF()}, "`neuron` must take currents for NEF"),
        ({"parameterisation": LowRank(4)}, "`parameterisation` must be modes, 3 of them, for NEF"),
        ({"parameterisation": FullRank()}, "`parameterisation` must be modes, 3 of them, for NEF"),
        ({"n_neurons": 10}, "`n_neurons` must be 20 or more for NEF"),
        ({"input_gain": GivenGain(2.0)}, "`input_gain` must be left out for NEF"),
        ({"penalties": (FiringRate(1.0),)}, "`penalties` must be left out for NEF"),
    ],
)
def test_recipes_that_it_cannot_serve_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        NEF().require(replace(RECIPE, **wrong))


@pytest.mark.parametrize("wrong", [{"noise": 0.0}, {"gates": 1.0}, {"integrators": -0.1}])
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=f"`{next(iter(wrong))}` must be between 0 and 1"):
        NEF(**wrong)


def test_shares_leave_cells_to_answer():
    with pytest.raises(ValueError, match="`gates` and `integrators` must leave cells to answer"):
        NEF(gates=0.6, integrators=0.5)


def test_without_input_it_is_silent_in_its_answer(result):
    inputs = np.zeros((200, 2, 4))
    inputs[:, [0, 1], [2, 3]] = 1
    outputs = Twin(result.network).record(Trials(inputs=inputs, dt=2 * ms)).outputs
    assert np.abs(outputs).max() < 0.3
