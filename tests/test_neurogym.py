import numpy as np
import pytest
import torch
from brian2 import ms
from spikemodes.experiments import neurogym
from spikemodes.experiments.spec import parse_spec
from spikemodes.experiments.spec_sections import find_task
from spikemodes.learning.initialisation import initial_network
from spikemodes.learning.training import TrainingOptions, train
from spikemodes.learning.twin import Twin

ENVIRONMENT = "PerceptualDecisionMaking-v0"
SHORT = {"fixation": "40 ms", "stimulus": "200 ms", "decision": "60 ms"}
EASY = {"cohs": [25.6, 51.2]}


@pytest.fixture(scope="module")
def task():
    pytest.importorskip("neurogym")
    return find_task(f"neurogym:{ENVIRONMENT}")(timing=SHORT, options=EASY)


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
    with neurogym._quiet():
        environment = task._make()
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
        ({"options": {"colour": 1}}, r"`task\.options` and `timing` must suit"),
        ({"timing": {"stimulus": 300}}, r"`task\.timing\.stimulus` must be a time"),
        ({"timing": {"stimulus": "-1 ms"}}, r"`task\.timing\.stimulus` must be positive"),
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
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(neurogym, "import_module", missing)
    with pytest.raises(ValueError, match=r'pip install "spikemodes\[neurogym\]"'):
        find_task(f"neurogym:{ENVIRONMENT}")()


def test_steps_of_the_network_divide_those_of_the_environment(task):
    finer = find_task(task.name)(timing=SHORT, dt=1 * ms)
    assert finer.epochs["trial"].stop == 2 * task.epochs["trial"].stop
