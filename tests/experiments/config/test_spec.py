from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
import yaml
from brian2 import ms
from hypothesis import given, strategies as st
from spikemodes.experiments import Spec, parse_spec
from spikemodes.experiments.config.nested_keys import (
    merge,
    parse_setting,
    read_config,
    read_stored_config,
)
from spikemodes.experiments.pipeline.cautions import watch_of
from spikemodes.experiments.tasks import (
    TASKS,
    Digits,
    EndlessPattern,
    PatternGeneration,
    SelectiveIntegration,
)
from spikemodes.learning import unseen
from spikemodes.models import NeuronModel, RateUnit, Sigmoid


def spec(*settings: str) -> Spec:
    return parse_spec(merge(map(parse_setting, settings)))


def test_defaults_are_those_of_the_paper():
    default = parse_spec({})
    neuron = default.build_neuron()
    assert isinstance(neuron, NeuronModel)
    assert (default.network.neurons, default.network.modes, default.seed) == (100, 3, 0)
    assert (neuron.name, neuron.parameters["tau_mem"]) == ("LIF", 20 * ms)
    assert default.build_task().name == "selective-integration"
    assert default.network.synapse.build().name == "DoubleExponential"


@given(
    st.sampled_from(["lif", "continuous-lif"]),
    st.floats(0.01, 1e3),
    st.integers(1, 100),
    st.floats(1e-8, 1.0),
    st.one_of(st.none(), st.floats(0.1, 29.0)),
)
def test_the_resolved_configuration_repeats_the_spec_exactly(neuron, tau, steps, rate, rise):
    config = {
        "network": {
            "neuron": {"name": neuron, "tau_mem": f"{tau} ms", "refractory": f"{2 * steps} ms"},
            "synapse": {"tau_rise": None if rise is None else f"{rise} ms"},
        },
        "train": {"learning_rate": rate, "surrogate": "atan"},
    }
    once = parse_spec(config)
    written = yaml.safe_dump(once.resolved())
    assert parse_spec(yaml.safe_load(written)) == once
    assert yaml.safe_dump(parse_spec(yaml.safe_load(written)).resolved()) == written


def test_later_settings_win_and_neighbours_stay():
    base = {"train": {"updates": 7, "batch": 5}, "network": {"neuron": {"tau_mem": "30 ms"}}}
    merged = parse_spec(merge([base, parse_setting("train.updates=9")]))
    assert (merged.train.updates, merged.train.batch) == (9, 5)
    assert merged.network.neuron.build().parameters["tau_mem"] == 30 * ms


def test_a_component_by_name_alone_has_its_own_defaults():
    neuron = spec("network.neuron=continuous-lif").build_neuron()
    assert isinstance(neuron, NeuronModel)
    assert neuron.name == "ContinuousLIF"
    assert spec("train.surrogate=triangular").resolved()["train"]["surrogate"] == {
        "name": "triangular",
        "slope": 1.0,
        "height": 0.3,
    }


def test_the_input_step_of_a_neuron_follows_the_task():
    neuron = spec("network.neuron=continuous-lif", "task.dt=1 ms").build_neuron()
    assert isinstance(neuron, NeuronModel)
    assert neuron.parameters["dt_input"] == 1 * ms


def test_no_rise_time_is_a_single_exponential():
    synapse = spec("network.synapse.tau_rise=null").network.synapse
    assert synapse.build().name == "SingleExponential"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("train.updats=3", r"`train\.updats` must be a known key.*Did you mean train\.updates\?"),
        ("zzz=3", r"`zzz` must be a known key.*The keys there are task, network, train"),
        ("train.updates=0", r"`train\.updates` must be greater than 0: got 0\. Default: 700"),
        ("train.updates=many", r"`train\.updates` must be a valid integer: got 'many'"),
        ("train.learning_rate=.nan", r"`train\.learning_rate` must be a finite number"),
        ("train=4", r"`train` must be a group of keys: got 4"),
        ("task=null", r"`task` must be a name or a group of keys: got None"),
        ("task.name=digit", r"`task\.name` must be one of .*: got 'digit'\. Did you mean digits\?"),
        ("task.blank=101 ms", r"`task\.blank` must be a whole number of steps"),
        ("task.duration=1 s", r"`task\.duration` must be a known key"),
        ("network.neuron=iif", r"`network\.neuron\.name` must be one of .*Did you mean lif\?"),
        ("network.neuron.tau_men=1 ms", r"`network\.neuron\.tau_men` .*neuron\.tau_mem\?"),
        ("network.neuron.tau_mem=20", r"`network\.neuron\.tau_mem` must be a number with a unit"),
        ("network.neuron.tau_mem='20'", "such as '20 ms': got '20'"),
        ("network.neuron.tau_mem=20 mV", "such as '20 ms': got '20 mV'"),
        ("network.neuron.tau_mem=-20 ms", r"`network\.neuron\.tau_mem` must be positive"),
        ("network.neuron.tau_mem=nan ms", r"`network\.neuron\.tau_mem` must be positive"),
        ("network.neuron.v_reset=2", r"`network\.neuron\.v_reset` must be below"),
        ("network.neuron.refractory=9 ms", r"`network\.neuron\.refractory` must be a whole num"),
        ("network.synapse.tau_decay=0 ms", r"`network\.synapse\.tau_decay` must be positive"),
        ("network.synapse.tau_rise=40 ms", r"`network\.synapse\.tau_rise` must be shorter"),
        ("network.modes=101", r"`network\.modes` must be no more than `neurons` = 100"),
        (
            "network.parameterisation=x",
            "must be 'modes', 'modes-full', 'dense', 'dale', 'scores', 'no-recurrence',",
        ),
        ("network.excitatory=1", r"`network\.excitatory` must be less than 1"),
        ("train.rate_target=10", r"`train\.rate_target` must be a number with a unit"),
        ("simulate.fine_dt=0.3 ms", r"`simulate\.fine_dt` must divide the task's dt"),
        ("simulate.fine_dt=4 ms", r"`simulate\.fine_dt` must divide the task's dt"),
        ("simulate.fine_dt=0 ms", r"`simulate\.fine_dt` must be positive"),
        ("simulate.target=cuda", r"`simulate\.target` must be 'cpp_standalone'"),
        ("seed=-1", "`seed` must be greater than or equal to 0: got -1"),
        ("no equals sign", r"`--set` must be key\.path=value: got 'no equals sign'"),
        ("a..b=3", r"`--set` must be key\.path=value"),
        ("seed=[", "`--set seed` must have a YAML value"),
    ],
)
def test_bad_settings_are_named_in_one_line(setting, message):
    with pytest.raises(ValueError, match=message) as caught:
        spec(setting)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("network.parameterisation=dense", r"`network\.parameterisation` must have modes"),
        ("train.weight_penalty=1", r"`train\.weight_penalty` must be left out .* got WeightSize"),
        ("network.neuron=rate", r"`network\.neuron` must be one that spikes for the three-factor"),
    ],
)
def test_the_three_factor_rule_refuses_what_it_cannot_learn(other, message):
    with pytest.raises(ValueError, match=message):
        spec("train.method=three-factor", other)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("train.method=forze", "Did you mean force"),
        ("train.method={name: three-factor, feedback: odd}", "must be one of symmetric, random"),
        ("train.method={name: three-factor, compare_every: -1}", "must be 0 or more"),
        (
            "train.method={name: three-factor, feedback: {name: random, seed: -1}}",
            r"`train\.method\.feedback\.seed` must be 0 or more: got -1",
        ),
        (
            "train.method={name: three-factor, feedback: {name: random-modes, seed: 1.5}}",
            r"`train\.method\.feedback\.seed` must be a valid integer",
        ),
        ("train.method={name: force, gain: 0}", "`train.method.gain` must be positive"),
        ("network.neuron=lif", "`network.neuron` must be rate for FORCE: got LIF"),
        ("network.parameterisation=modes", "must be dense for FORCE"),
        ("train.weight_penalty=1", "must be left out for FORCE"),
    ],
)
def test_a_method_refuses_what_it_cannot_serve(setting, message):
    with pytest.raises(ValueError, match=message):
        spec("train.method=force", setting)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("network.neuron=rate", "`network.neuron` must be the spiking one for rate-to-spike"),
        ("network.parameterisation=dale", "must be modes, modes-full or dense for rate-to-spike"),
        ("train.rate_penalty=1", "must be left out for rate-to-spike"),
        ("train.method={name: rate-to-spike, lowest: 0}", "`train.method.lowest` must be positive"),
    ],
)
def test_rate_to_spike_refuses_what_it_cannot_serve(setting, message):
    with pytest.raises(ValueError, match=message):
        spec("train.method=rate-to-spike", setting)


def test_a_rate_neuron_names_its_transfer_function():
    sigmoid = spec("network.neuron={name: rate, transfer: sigmoid}")
    assert sigmoid.build_neuron() == RateUnit(transfer=Sigmoid())
    assert parse_spec(sigmoid.resolved()) == sigmoid
    with pytest.raises(
        ValueError, match=r"`network\.neuron\.transfer` must be one of tanh, sigmoid"
    ):
        spec("network.neuron={name: rate, transfer: relu}")
    with pytest.raises(ValueError, match=r"`network\.neuron\.transfer` must be tanh for FORCE"):
        spec("train.method=force", "network.neuron.transfer=sigmoid")


def test_a_method_brings_settings_that_a_configuration_overrules():
    force = spec("train.method=force", "train.updates=7", "train.method.alpha=2.0")
    assert (force.network.neurons, force.train.batch, force.train.updates) == (500, 1, 7)
    assert vars(force.train.build_method())["alpha"] == 2.0
    assert parse_spec(force.resolved()) == force


def test_classes_become_target_traces_where_a_method_needs_them():
    digits = "task={name: digits, dataset: digits8x8}"
    assert isinstance(spec(digits).build_task(), Digits)
    task = spec(digits, "train.method=three-factor").build_task()
    trials = unseen(task, 5, np.random.default_rng(0))
    assert trials.targets is not None
    assert trials.labels is not None
    assert trials.targets.shape == (50, 5, 10)
    np.testing.assert_array_equal(trials.targets[-1].argmax(-1), trials.labels)
    assert trials.scored.sum(axis=0).tolist() == [25] * 5
    perfect = task.score(trials.targets, trials)
    assert (perfect.accuracy, perfect.mse) == (1.0, 0.0)
    early = np.where(trials.scored[..., None], trials.targets, -trials.targets)
    assert task.score(early, trials) == perfect


def test_keys_of_a_component_join_its_name():
    neuron = spec("network.neuron=adaptive-lif", "network.neuron.b=0.3").build_neuron()
    assert isinstance(neuron, NeuronModel)
    assert (neuron.name, neuron.parameters["b"]) == ("AdaptiveLIF", 0.3)


def test_bad_configuration_files_are_named(tmp_path):
    path = tmp_path / "config.yaml"
    with pytest.raises(FileNotFoundError, match="must be a configuration file: there is none"):
        read_config(path)
    path.write_text("- a list")
    with pytest.raises(ValueError, match="must hold keys such as `seed: 0`: got list"):
        read_config(path)
    path.write_text("a: [")
    with pytest.raises(ValueError, match="must be readable YAML"):
        read_config(path)
    path.write_text("!!python/object/apply:os.getcwd []")
    with pytest.raises(ValueError, match="must be readable YAML"):
        read_config(path)
    for text in (
        "seed: " + 5000 * "1", "seed: 2026-13-45", "train: &a {x: *a}", "[" * 1500, "seed: \0",
        "seed: 1\nseed: 2", "{? [1] : 2}", "a: 1\n---\nb: 2",
    ):  # fmt: skip
        path.write_text(text)
        with pytest.raises(ValueError, match="must be readable YAML") as error:
            read_config(str(path))
        assert "\n" not in str(error.value)
    path.write_bytes(bytes(range(256)))
    with pytest.raises(ValueError, match="must be readable YAML"):
        read_config(path)
    with pytest.raises(ValueError, match="must be readable YAML"):
        read_config(tmp_path)
    path.write_text("")
    assert read_config(path) == {}


def test_a_task_may_bring_settings_which_a_configuration_overrules(monkeypatch):
    class Tuned(SelectiveIntegration):
        settings: ClassVar = {"train": {"updates": 7, "batch": 3}}

    entry = SimpleNamespace(load=lambda: Tuned)
    monkeypatch.setitem(TASKS, "selective-integration", entry)
    given = spec("train.batch=5")
    assert (given.train.updates, given.train.batch) == (7, 5)
    assert parse_spec(given.resolved()) == given


def test_conditions_of_training_are_checked_before_anything_runs():
    def parse(*conditions, neuron="lif"):
        return parse_spec(
            {"train": {"conditions": list(conditions)}, "network": {"neuron": neuron}}
        )

    spec = parse("delays", {"name": "heterogeneity", "cv": 0.2})
    assert [c.name for c in spec.train.build_conditions()] == ["delays", "heterogeneity"]
    assert parse_spec(spec.resolved()) == spec
    for conditions, message in (
        ([{"name": "delays", "mean": "-2 ms"}], "`train.conditions.0.mean` must be zero"),
        (["delays", "delays"], "must not name delays twice"),
        (["spike-onset", "adaptation"], "exclude each other"),
        (["lesion"], "the twin can express"),
        (["delai"], "Did you mean delays"),
    ):
        with pytest.raises(ValueError, match=message):
            parse(*conditions)
    with pytest.raises(ValueError, match="AdEx has no parameter tau_mem"):
        parse("heterogeneity", neuron="adex")


class Small(SelectiveIntegration):
    """A task that keeps fewer trials for testing than any default asks for."""

    n_test: ClassVar = 5
    settings: ClassVar = {"simulate": {"trials": 5}, "train": {"surrogate": {"slope": 8.0}}}

    def sample_test(self, n_trials, rng):
        return self.sample(n_trials, rng)


@pytest.fixture
def small_task(monkeypatch):
    monkeypatch.setitem(TASKS, "selective-integration", SimpleNamespace(load=lambda: Small))


@pytest.mark.usefixtures("small_task")
@pytest.mark.parametrize(
    "settings",
    [(), ("train.method=three-factor",), ("network.neuron=rate",), ("train.method=force",)],
)
def test_defaults_that_do_not_hold_are_not_checked(settings):
    made = spec(*settings)
    assert made.simulate.trials == 5
    assert parse_spec(made.resolved()) == made


@pytest.mark.usefixtures("small_task")
def test_more_trials_than_are_kept_are_refused_where_the_user_asks_for_them():
    assert spec("simulate.trials=3").simulate.trials == 3
    with pytest.raises(ValueError, match=r"`simulate\.trials` must be no more than .* 5: got 6"):
        spec("simulate.trials=6")


@pytest.mark.usefixtures("small_task")
def test_settings_of_a_component_are_not_those_of_another():
    assert spec().resolved()["train"]["surrogate"] == {"name": "fast-sigmoid", "slope": 8.0}
    for setting in ("train.surrogate=triangular", "train.surrogate.name=triangular"):
        surrogate = spec(setting).resolved()["train"]["surrogate"]
        assert surrogate == {"name": "triangular", "slope": 1.0, "height": 0.3}
    neuron = parse_spec(
        {"train": {"method": "rate-to-spike"}, "network": {"neuron": {"name": "lif"}}}
    ).build_neuron()
    assert isinstance(neuron, NeuronModel)
    assert (neuron.name, neuron.parameters["v_threshold"]) == ("LIF", 1.0)


def test_rate_neurons_learn_at_a_rate_of_their_own_unless_told():
    assert spec("network.neuron=rate").train.learning_rate == 5e-3
    assert spec("network.neuron=rate", "train.learning_rate=0.01").train.learning_rate == 0.01


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ("network.parameterisation=dale", "`network.parameterisation` must be"),
        ("train.rate_penalty=1", "`train.rate_penalty` must be left out"),
        ("train.conditions=[delays]", "`train.conditions` must be left out for rate neurons"),
    ],
)
def test_what_rate_neurons_do_not_have_is_refused(setting, key):
    with pytest.raises(ValueError, match=key):
        spec("network.neuron=rate", setting)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("train.method={name: spiking-force, every: 0}", "`train.method.every` must be positive"),
        ("network.neuron=rate", "`network.neuron` must be a spiking neuron"),
        ("network.neuron=conductance-lif", "that takes currents .* got ConductanceLIF"),
        ("network.parameterisation=modes", "must be dense for FORCE"),
        ("train.rate_penalty=1", "must be left out for FORCE"),
    ],
)
def test_spiking_force_refuses_what_it_cannot_serve(setting, message):
    with pytest.raises(ValueError, match=message):
        spec("train.method=spiking-force", setting)


def test_a_period_that_conditions_make_uneven_is_said_of_them():
    with pytest.raises(ValueError, match=r"`train\.conditions: the refractory period` must be"):
        spec("train.conditions=[{name: refractory-period, longer: 1 ms}]")


def test_a_saturated_neuron_is_known_by_its_refractoriness_however_it_is_written():
    for text, highest in (("4*ms", 250.0), ("ref", 250.0), ("v > 0.5", 500.0), ("", 500.0)):
        neuron = {
            "equations": "dv/dt = (drive + recurrent - v)/tau : 1",
            "parameters": {"tau": "20 ms", "ref": "4 ms"}, "refractory": text,
        }  # fmt: skip
        watch = watch_of(parse_spec({"network": {"neuron": neuron}}))
        assert watch._highest_rate_hz == pytest.approx(highest)


def test_conditions_that_the_neuron_cannot_run_under_are_refused_before_training():
    neuron = {
        "name": "equations", "equations": "dv/dt = (drive + recurrent - v)/(tau_mem*ms) : 1",
        "parameters": {"tau_mem": 20},
    }  # fmt: skip
    conditions = [{"name": "membrane-noise", "sd": 0.1}]
    with pytest.raises(ValueError, match="Brian2 rejects it"):
        parse_spec({"network": {"neuron": neuron}, "train": {"conditions": conditions}})


@pytest.mark.parametrize("method", ["force", "spiking-force"])
def test_a_pattern_is_learned_on_end_by_force_alone_unless_told_otherwise(method):
    keys = {"task": "pattern", "train": {"method": method}}
    found = parse_spec(keys)
    assert isinstance(found.build_task(), EndlessPattern)
    assert (found.train.updates, found.train.batch, found.simulate.trials) == (60, 1, 3)
    in_trials = parse_spec(merge([keys, {"train": {"course": "trials"}}]))
    assert isinstance(in_trials.build_task(), PatternGeneration)
    assert isinstance(parse_spec({"task": "pattern"}).build_task(), PatternGeneration)
    other = parse_spec({"task": "selective-integration", "train": {"method": method}})
    assert isinstance(other.build_task(), SelectiveIntegration)


def test_a_run_of_before_there_was_a_course_is_one_of_trials(tmp_path):
    keys = parse_spec({"task": "pattern", "train": {"method": "force"}}).resolved()
    (tmp_path / "now.yaml").write_text(yaml.safe_dump(keys))
    del keys["train"]["course"]
    (tmp_path / "before.yaml").write_text(yaml.safe_dump(keys))
    courses = [
        parse_spec(read_stored_config(tmp_path / f"{name}.yaml")).train.course
        for name in ("now", "before")
    ]
    assert courses == ["on-end", "trials"]
