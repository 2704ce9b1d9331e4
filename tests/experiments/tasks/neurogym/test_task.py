import sys
from itertools import islice

import matplotlib as mpl
import numpy as np
import pytest
import torch
from brian2 import ms
from spikemodes.experiments import parse_spec
from spikemodes.experiments.config.sections import find_task
from spikemodes.experiments.tasks import NeuroGym
from spikemodes.experiments.tasks.neurogym import library
from spikemodes.learning import TrainingOptions, Twin, initial_network, train

ENVIRONMENT = "PerceptualDecisionMaking-v0"
SHORT = {"fixation": "40 ms", "stimulus": "200 ms", "decision": "60 ms"}
EASY = {"cohs": [25.6, 51.2]}


def milliseconds(timing):
    return {period: float(text.split()[0]) for period, text in timing.items()}


def make(environment, **keys):
    pytest.importorskip("neurogym")
    task = find_task(f"neurogym:{environment}")(**keys)
    assert isinstance(task, NeuroGym)
    return task


def lengths(task, n_trials=60, seed=0):
    """Steps of the environment in each of many trials."""
    return task.sample(n_trials, np.random.default_rng(seed)).scored.sum(0) // 10


@pytest.fixture(scope="module")
def task():
    return make(ENVIRONMENT, timing=SHORT, options=EASY)


def test_an_environment_is_learned_far_above_chance(task):
    rng = np.random.default_rng(0)
    network = initial_network(30, 2, task.n_inputs, task.n_outputs, task.dt, rng)
    options = TrainingOptions(updates=60, batch_size=30)
    trained = train(task, network, options).network
    trials = task.sample(200, rng)
    score = task.score(Twin(trained).record(trials).outputs, trials).measures
    assert score["chance"] < 0.6
    assert score["accuracy"] > 0.85


def test_observations_and_right_actions_are_those_of_the_environment(task):
    trials = task.sample(5, np.random.default_rng(3))
    environment = library.make(ENVIRONMENT, 20.0, timing=milliseconds(SHORT), **EASY)
    environment.seed(int(np.random.default_rng(3).integers(2**31)))
    assert (trials.n_steps, trials.n_inputs) == (150, 3)
    assert trials.targets is not None
    for k in range(5):
        environment.new_trial()
        np.testing.assert_array_equal(trials.inputs[::10, k], environment.ob)
        np.testing.assert_array_equal(trials.inputs[9::10, k], environment.ob)
        np.testing.assert_array_equal(trials.targets[5::10, k].argmax(-1), environment.gt)
        assert trials.conditions["answer"][k] == environment.gt[-1]
    np.testing.assert_allclose(trials.conditions["decision"], 0.24)


def test_right_answers_are_right_and_the_opposite_is_wrong(task):
    trials = task.sample(20, np.random.default_rng(4))
    assert task.score(trials.targets, trials).accuracy == 1
    swapped = trials.targets[..., [0, 2, 1]]
    assert task.score(swapped, trials).accuracy == 0
    assert task.loss(torch.tensor(trials.targets), trials).item() == 0


def test_each_action_counts_alike_in_the_loss(task):
    trials = task.sample(20, np.random.default_rng(5))
    nothing = torch.zeros(trials.targets.shape)
    always_fixate = torch.tensor(np.eye(3, dtype=np.float32)[np.zeros(trials.scored.shape, int)])
    assert task.loss(nothing, trials).item() == pytest.approx(1 / 3)
    assert task.loss(always_fixate, trials).item() == pytest.approx(2 / 3 * 2 / 3)


def test_trials_of_different_lengths_are_filled_up_and_masked():
    pytest.importorskip("neurogym")
    task = find_task("neurogym:ReadySetGo-v0")()
    trials = task.sample(20, np.random.default_rng(0))
    lengths = trials.scored.sum(0)
    assert len(set(lengths)) > 1
    assert lengths.max() <= trials.n_steps == task.epochs["trial"].stop
    assert trials.targets is not None
    assert not trials.inputs[~trials.scored].any()
    assert not trials.targets[~trials.scored].any()


def test_the_configuration_names_the_environment(task):
    spec = parse_spec({"task": {"name": task.name, "timing": SHORT, "options": EASY}})
    assert spec.build_task().name == f"neurogym:{ENVIRONMENT}"
    assert parse_spec(spec.resolved()) == spec


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "neurogym:Nothing-v0"}, r"`task\.name` must be neurogym: and one of .*'Nothing"),
        (
            {"options": {"colour": 1}},
            r"`task\.options` must be arguments .* are rewards.*colour",
        ),
        ({"options": {"chos": [1]}}, r"'chos'\. Did you mean cohs\?"),
        ({"options": {"dt": 10}}, r"`task\.options\.dt` must be left out.*Set `interval`"),
        ({"options": {"cohs": 7.0}}, r"`task\.options` and `timing` must suit .* fails"),
        ({"timing": {"stimulus": 300}}, r"`task\.timing\.stimulus` must be a time"),
        ({"timing": {"stimulus": "-1 ms"}}, r"`task\.timing\.stimulus` must be zero or positive"),
        (
            {"timing": {"stimulsu": "1000 ms"}},
            r"`task\.timing` .*'stimulsu'\. Did you mean stimulus\?",
        ),
        (
            {"timing": {"xyz": "1000 ms"}},
            r"periods of .* are fixation, stimulus, delay, decision: got",
        ),
        ({"timing": {"delay": {"normal": [1, 2]}}}, r"`task\.timing\.delay` .*uniform.*'normal'"),
        ({"timing": {"delay": {"uniform": [400, 200]}}}, r"delay\.uniform` .* lowest first"),
        ({"timing": {"delay": {"uniform": [400]}}}, r"delay\.uniform` must be \[lowest, highest\]"),
        ({"timing": {"delay": {"uniform": 400}}}, r"delay\.uniform` must be \[lowest, highest\]"),
        ({"timing": {"delay": {"choice": []}}}, r"delay\.choice` must be a list of durations"),
        ({"timing": {"delay": {"choice": ["a"]}}}, r"delay\.choice` must be a number with a unit"),
        ({"timing": {"delay": {"constant": [1, 2]}}}, r"delay\.constant` must be one duration"),
        ({"timing": {"delay": {"uniform": [1, 2], "choice": [1]}}}, r"must be one distribution"),
        ({"timing": {"delay": []}}, r"`task\.timing\.delay` must be a time, a list"),
        ({"timing": {"delay": True}}, r"`task\.timing\.delay` must be a time, a list"),
        ({"timing": {"delay": [float("nan")]}}, r"`task\.timing\.delay` must be zero or positive"),
        ({"timing": {"delay": ["1 mV"]}}, r"`task\.timing\.delay` must be a time"),
        (
            {"timing": {"delay": {"truncated_exponential": [10, 5000, 6000]}}},
            r"truncated_exponential` must have limits within which .* hardly one",
        ),
        ({"timing": {"delay": {"truncated_exponential": [10, 60, 50]}}}, "lowest first"),
        ({"timing": {"delay": "10 ms"}}, r"`task\.interval` must be no longer .* delay .* 10 ms"),
        ({"timing": {"delay": {"until": 5}}}, r"must suit .* fails \(.*until"),
        (
            {"timing": dict.fromkeys(SHORT, "0 ms")},
            r"must suit .* fails \(a trial has no step\)",
        ),
        ({"name": f"neurogym:{ENVIRONMENT[:-3]}"}, f"Did you mean {ENVIRONMENT}"),
        (
            {"name": "neurogym:yang19"},
            r"one of yang19\.anti-v0, [^P]*yang19\.rtgo-v0: got",
        ),
        ({"name": "neurogym:yang19.dm3-v0"}, r"one of yang19.*Did you mean yang19\.dm"),
        ({"name": "neurogym:yang19.go-v0", "options": {"anti": True}}, "must be False .* fixes it"),
        ({"name": "neurogym:perceptualdecisionmaking.roitman02-v0"}, "ReactionTime acts on steps"),
        ({"name": "neurogym:psychopy.VisualSearch-v0"}, "is none .*psychopy"),
        ({"name": "neurogym:Reaching1D-v0"}, r"is none \(.* no index of its 3 actions"),
        ({"name": "neurogym:Reaching1DWithSelfDistraction-v0"}, r"is none \(.* no index of"),
        ({"interval": "3 ms"}, r"`task\.interval` must be a whole number of steps"),
        ({"name": "neurogym:ReachingDelayResponse-v0"}, r"`task\.name` must be .* are choices"),
        ({"name": "neurogym:Bandit-v0"}, r"`task\.name` must be .*: Bandit-v0 is none"),
    ],
)
def test_bad_input_is_named_in_one_line(given, message):
    pytest.importorskip("neurogym")
    with pytest.raises(ValueError, match=message) as caught:
        parse_spec({"task": {"name": f"neurogym:{ENVIRONMENT}", **given}})
    assert "\n" not in str(caught.value)


def test_without_neurogym_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "neurogym", None)
    with pytest.raises(ValueError, match=r'pip install "spikemodes\[neurogym\]"'):
        find_task(f"neurogym:{ENVIRONMENT}")()


def test_steps_of_the_network_divide_those_of_the_environment(task):
    finer = find_task(task.name)(timing=SHORT, dt=1 * ms)
    assert finer.epochs["trial"].stop == 2 * task.epochs["trial"].stop


@pytest.mark.parametrize(
    ("delay", "expected"),
    [
        ({"uniform": [200, 400]}, set(range(10, 20))),
        ({"uniform": ["0.2 second", "400 ms"]}, set(range(10, 20))),
        (["200 ms", "400 ms"], {10, 20}),
        ([200, 400], {10, 20}),
        (["choice", ["200 ms", 400]], {10, 20}),
        ({"choice": [1000]}, {50}),
        ({"truncated_exponential": [300, 200, 400]}, set(range(10, 20))),
        ({"constant": "200 ms"}, {10}),
        ({"until": "540 ms"}, {15}),
        ([200 * ms, 400 * ms], {10, 20}),
        ("1001 ms", {50}),
        ("0 ms", {0}),
    ],
    ids=str,
)
def test_durations_are_drawn_in_the_ways_of_neurogym(delay, expected):
    task = make(ENVIRONMENT, timing={**SHORT, "delay": delay})
    drawn = lengths(task) - 15  # what the other periods take
    assert set(drawn) <= expected
    assert len(set(drawn)) >= min(len(expected), 6)
    assert task.epochs["trial"].stop == 10 * (15 + max(expected))


def test_an_exponential_without_limits_is_seldom_cut():
    task = make(ENVIRONMENT, timing={**SHORT, "delay": {"truncated_exponential": [200]}})
    share_longer = np.exp(-(task.epochs["trial"].stop / 10 - 15) * 20 / 200)
    assert share_longer < 0.01


def test_random_durations_survive_the_configuration():
    pytest.importorskip("neurogym")
    timing = {"delay": {"uniform": [200, 400]}, "stimulus": ["1000 ms", "2000 ms"]}
    spec = parse_spec({"task": {"name": f"neurogym:{ENVIRONMENT}", "timing": timing}})
    assert parse_spec(spec.resolved()) == spec
    assert spec.build_task().epochs["trial"].stop == 10 * (5 + 100 + 19 + 5)


@pytest.mark.parametrize("environment", ["IntervalDiscrimination-v0", "OneTwoThreeGo-v0"])
def test_the_longest_trial_has_each_period_at_its_longest(environment):
    task = make(environment)
    longest = task.epochs["trial"].stop // 10
    assert all(lengths(task, 300, seed).max() <= longest for seed in range(3))
    trials = task._environment.trials(np.random.default_rng(0))
    assert longest >= max(len(trial.actions) for trial in islice(trials, 2000))


def test_a_collection_that_alternates_has_all_its_trials():
    trials = make("yang19.go-v0").sample(4, np.random.default_rng(0))
    seen = np.abs(trials.inputs).sum(0)
    first, second = seen[:, 1:17].any(1), seen[:, 17:].any(1)
    assert first.tolist() in ([True, False, True, False], [False, True, False, True])
    np.testing.assert_array_equal(first, ~second)


def test_a_member_of_a_collection_heeds_the_durations_it_is_given():
    usual, longer = (
        make("yang19.dlygo-v0", timing=timing).epochs["trial"].stop
        for timing in ({}, {"delay": "1000 ms"})
    )
    assert longer == usual + 250


def test_blocks_of_trials_do_not_start_anew_with_each_batch():
    task = make("perceptualdecisionmaking.ibl20-v0")
    rng = np.random.default_rng(0)
    shares = [(task.sample(20, rng).conditions["answer"] == 1).mean() for _ in range(20)]
    assert min(shares) < 0.4 < 0.6 < max(shares)


def test_a_step_that_would_leave_a_short_period_out_is_not_taken():
    assert make("PulseDecisionMaking-v0").interval == 10 * ms
    with pytest.raises(ValueError, match=r"`interval` must be no longer.*cue0 out, .* 10 ms"):
        make("PulseDecisionMaking-v0", interval=20 * ms)


def test_a_short_period_that_is_made_longer_allows_a_longer_step():
    timing = dict.fromkeys(("fixation", "ready", "measure", "set"), "100 ms")
    task = make("ReadySetGo-v0", interval=100 * ms, dt=20 * ms, timing=timing)
    assert task.epochs["trial"].stop == 5 * 5


def test_where_a_constant_answer_is_always_right_the_task_says_so(task):
    assert task.caution == ""
    ready = make("ReadySetGo-v0")
    assert "a constant answer scores 100 % in ReadySetGo-v0" in ready.caution
    trials = ready.sample(10, np.random.default_rng(0))
    assert trials.targets is not None
    fixate = np.eye(2)[np.zeros(trials.scored.shape, int)]
    constant, right = ready.score(fixate, trials), ready.score(trials.targets, trials)
    assert constant.accuracy == constant.measures["chance"] == right.accuracy == 1
    assert constant.measures["balanced_accuracy"] == 0.5
    assert right.measures["balanced_accuracy"] == 1


def test_figures_keep_their_font():
    pytest.importorskip("neurogym")
    kept = dict(mpl.rcParams)
    known = {name: sys.modules.pop(name) for name in list(sys.modules) if "neurogym." in name}
    whole = sys.modules.pop("neurogym", None)
    try:
        library.library(ENVIRONMENT)
        assert dict(mpl.rcParams) == kept
    finally:
        sys.modules.update(known)
        if whole:
            sys.modules["neurogym"] = whole


HANDFUL = [
    ENVIRONMENT,
    "HierarchicalReasoning-v0",
    "MotorTiming-v0",
    "PulseDecisionMaking-v0",
    "perceptualdecisionmaking.ibl20-v0",
    "yang19.ctxdlydm1-v0",
    "yang19.dnmc-v0",
]


@pytest.mark.parametrize("environment", HANDFUL)
def test_an_environment_that_is_offered_can_be_learned(environment):
    tried(environment)


@pytest.mark.slow
def test_every_environment_is_either_offered_or_refused_with_a_reason():
    neurogym = pytest.importorskip("neurogym")
    offered = library.learnable()
    for environment in neurogym.all_envs(psychopy=True, contrib=True, collections=True):
        if environment in offered:
            tried(environment)
        else:
            with pytest.raises(ValueError, match=rf"`name` must be .*{environment} is none \(.+\)"):
                make(environment)


def tried(environment):
    """Draw and score a few trials; the same seed gives the same ones."""
    trials, again = (make(environment).sample(3, np.random.default_rng(1)) for _ in range(2))
    task = make(environment)
    np.testing.assert_array_equal(trials.inputs, again.inputs)
    np.testing.assert_array_equal(trials.targets, again.targets)
    assert trials.n_steps == task.epochs["trial"].stop
    assert trials.inputs.shape[2] == task.n_inputs
    assert np.isfinite(trials.inputs).all()
    shape = (*trials.scored.shape, task.n_outputs)
    for outputs in (np.zeros(shape), np.eye(task.n_outputs)[np.ones(shape[:2], int)]):
        score = task.score(outputs, trials)
        assert 0 <= score.measures["accuracy"] <= score.measures["chance"] <= 1
        assert np.isfinite(task.loss(torch.tensor(outputs), trials).item())
