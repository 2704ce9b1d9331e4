import csv
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest
from brian2 import ms
from rich.console import Console
from spikemodes.analysis.figures import LIGHT
from spikemodes.experiments import RunDirectory, parse_spec
from spikemodes.experiments.config.nested_keys import merge, parse_setting
from spikemodes.experiments.display.progress import Lines
from spikemodes.experiments.pipeline import (
    analyse as analysis,
    train as training,
    validate as validation,
)
from spikemodes.experiments.pipeline.analyse import Findings
from spikemodes.experiments.pipeline.cautions import uninformative
from spikemodes.experiments.pipeline.directory import Metrics
from spikemodes.experiments.pipeline.streams import PURPOSES, stream, validation_trials
from spikemodes.experiments.report import run as reporting
from spikemodes.experiments.report.activity import activity
from spikemodes.experiments.report.agreement import agreement
from spikemodes.experiments.report.reported import Reported
from spikemodes.experiments.report.stress import stress
from spikemodes.experiments.report.summary_table import summary_table
from spikemodes.experiments.report.tiles import tiles
from spikemodes.experiments.report.training import training as training_section
from spikemodes.experiments.stress import run as stress_run
from spikemodes.experiments.stress.battery import choose
from spikemodes.experiments.stress.fitting import fitting
from spikemodes.learning import Update
from spikemodes.models import (
    AdaptiveLIF,
    AdEx,
    ConductanceLIF,
    Network,
    NeuronModel,
    RateNetwork,
    Recording,
    load_network,
    load_spiking_network,
    save_network,
    simulate,
)
from spikemodes.models.conditions import realise

SMALL = (
    "task={blank: 4 ms, stimulus: 20 ms, response: 20 ms}",
    "network={neurons: 12, modes: 2}",
    "train={updates: 6, batch: 4, checkpoint_every: 2}",
    "simulate={target: numpy, trials: 8, fine_dt: 1 ms}",
)
NOTHING_YET: tuple[Any, Any] = (None, None)
"""In place of a recording and findings, which some sections do without."""
DISPLAY = Lines(Console(file=StringIO()))


def small(*settings):
    return parse_spec(merge(map(parse_setting, (*SMALL, *settings))))


def whole_run(path: Path, spec) -> RunDirectory:
    run = RunDirectory.create(path, spec.resolved())
    network = training.train(run, spec, DISPLAY)
    recording = validation.validate(run, spec, network, DISPLAY)
    found = analysis.analyse(run, spec, network, recording, DISPLAY)
    reporting.report(run, spec, network, recording, found, DISPLAY)
    return run


def reported(path: Path, spec) -> tuple[RunDirectory, Reported]:
    """A run to what its report is made of."""
    run = RunDirectory.create(path, spec.resolved())
    network = training.train(run, spec, DISPLAY)
    recording = validation.validate(run, spec, network, DISPLAY)
    found = analysis.analyse(run, spec, network, recording, DISPLAY)
    return run, Reported(run, spec, network, recording, found, run.read_summary())


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return whole_run(tmp_path_factory.mktemp("runs") / "modes", small())


def test_a_run_leaves_every_file_and_the_whole_summary(run):
    names = {path.name for path in run.path.iterdir()}
    assert names == {
        "analysis.npz",
        "checkpoint",
        "config.yaml",
        "figures",
        "metrics.jsonl",
        "network.safetensors",
        "plausibility.csv",
        "recording.npz",
        "report.html",
        "summary.json",
    }
    summary = run.read_summary().plain()
    assert list(summary) == [
        "format", "task", "seed", "network", "start", "training", "twin", "brian2", "controls",
        "fine", "integration", "energy", "plausibility", "versions",
    ]  # fmt: skip
    assert summary["network"] == {
        "neurons": 12,
        "modes": 2,
        "inputs": 4,
        "outputs": 1,
        "trainable_parameters": 12 * (2 * 2 + 4 + 1) + 2,
    }
    assert (summary["brian2"]["spike_match"], summary["brian2"]["identical_trials"]) == (1.0, 8)
    assert summary["brian2"]["first_divergence"] is None
    assert summary["training"]["steps"] == len(Metrics(run.metrics).read()) == 6


def test_brian2_runs_learned_parameters_and_the_summary_has_them(tmp_path, kernels):
    learn = "[weights, bias, {name: neuron.tau_mem, each: true}, filter.tau_decay]"
    run = whole_run(tmp_path / "learned", small(f"train.learn={learn}", "train.learning_rate=0.2"))
    summary, network = run.read_summary(), load_spiking_network(run.network)
    assert summary.training is not None
    assert summary.training.learned is not None
    assert [*summary.training.learned] == ["neuron.bias", "neuron.tau_mem", "filter.tau_decay"]
    tau, decay = network.neuron.parameters["tau_mem"], network.filter.parameters["tau_decay"]
    course = summary.training.learned["neuron.tau_mem"]
    assert course.learned_range == pytest.approx((min(tau / ms), max(tau / ms)))
    assert course.initial == pytest.approx(20)
    assert summary.training.learned["filter.tau_decay"].learned == pytest.approx(decay / ms)
    assert decay != 30 * ms
    assert summary.brian2 is not None
    assert (summary.brian2.spike_match, summary.brian2.identical_trials) == (1.0, 8)
    assert summary.brian2.own_equations is not None
    assert summary.brian2.own_equations["identical_trials"] == 3
    assert summary.fine is not None  # the continuous form has the bias, too
    assert "Learned parameters" in run.report.read_text()


def test_what_is_written_is_what_was_found(run):
    recording, found = Recording.load(run.recording), Findings.load(run.analysis)
    summary = run.read_summary().plain()["brian2"]
    trials = validation_trials(small())
    score = small().build_task().score(recording.outputs, trials)
    assert (score.accuracy, score.mse) == (summary["accuracy"], summary["mse"])
    assert set(found.psychometric) == {"choice", "attended", "ignored"}
    assert set(found.kappa_in) == set(found.kappa_out) == set(analysis.condition_labels(trials))
    neurons = found.traces["neurons"]
    np.testing.assert_array_equal(found.traces["spikes"], recording.raster[:, 0, neurons])


def test_the_plausibility_table_is_a_part_of_the_summary(run):
    written = run.read_summary().plain()["plausibility"]["metrics"]
    with run.plausibility.open(newline="", encoding="utf-8") as file:
        table = {row["metric"]: row for row in csv.DictReader(file)}
    assert list(written) == list(table)
    for name, row in table.items():
        for key in ("value", "low", "high"):
            value = float(row[key]) if row[key] else None
            assert written[name][key] == (value and pytest.approx(value, rel=1e-5))
        assert written[name].get("reason", "") == row["reason"]
        assert {k: written[name][k] for k in ("unit", "verdict")} == {
            k: row[k] for k in ("unit", "verdict")
        }


def test_explained_variance_stands_beside_the_error_of_every_simulation(run):
    trials = validation_trials(small())
    assert trials.targets is not None
    wanted = trials.targets[trials.scored]
    spread = np.mean((wanted - wanted.mean()) ** 2)
    summary = run.read_summary().plain()
    for part in ("twin", "brian2", "fine"):
        expected = 1 - summary[part]["mse"] / spread
        assert summary[part]["explained_variance"] == pytest.approx(expected)


@pytest.mark.parametrize("file", ["recording.npz", "analysis.npz"])
def test_arrays_of_a_newer_version_are_refused_and_unmarked_ones_read(file, run, tmp_path):
    load = {"recording.npz": Recording.load, "analysis.npz": Findings.load}[file]
    with np.load(run.path / file) as found:
        arrays = dict(found)
    assert arrays.pop("format") == 1
    np.savez(tmp_path / file, **arrays)
    load(tmp_path / file)
    np.savez(tmp_path / file, format=np.array(2), new=np.zeros(3))
    with pytest.raises(ValueError, match=f"{file}` must be in format 1 or an older one: got 2"):
        load(tmp_path / file)


def test_findings_come_back_in_their_order(run):
    found = Findings.load(run.analysis)
    assert list(found.psychometric) == ["choice", "attended", "ignored"]
    assert list(found.traces) == ["neurons", "spikes", "threshold"]
    assert list(found.states) == ["v", "I"]
    assert list(found.spiking) == ["rates", "cv", "fano", "correlations"]


def test_findings_of_an_older_version_are_read(run, tmp_path):
    with np.load(run.analysis) as file:
        arrays = dict(file)
    arrays["weights/density"] = np.array(0.5)
    np.savez(tmp_path / "analysis.npz", **arrays)
    assert set(Findings.load(tmp_path / "analysis.npz").spiking["rates"]) == set(
        arrays["spiking/rates"]
    )


@pytest.mark.parametrize("n_spiking", [0, 1, 4, 10])
def test_the_neurons_drawn_are_those_that_spike_in_the_trial(n_spiking):
    raster = np.zeros((20, 12), bool)
    raster[:, :n_spiking] = np.tri(20, n_spiking)
    shown = analysis.traced_neurons(raster)
    assert len(set(shown)) == 4
    assert raster[:, shown].any(0).sum() == min(n_spiking, 4)


def test_the_projection_on_the_output_modes_is_the_recorded_mode_activity(run):
    network, recording = load_network(run.network), Recording.load(run.recording)
    trials = validation_trials(small())
    labels = analysis.condition_labels(trials)
    first = labels[0]
    np.testing.assert_allclose(
        Findings.load(run.analysis).kappa_out[first],
        recording.modes[:, labels == first].mean(1),
    )
    assert isinstance(network, Network)
    assert network.n_modes == recording.modes.shape[2]


def test_validation_is_repeatable_from_the_directory(run):
    before = run.read_summary()
    validation.validate(run, small(), load_network(run.network), DISPLAY)
    after = run.read_summary()
    assert after.training == before.training
    assert after.twin == before.twin


def weights_of(run: RunDirectory) -> dict[str, np.ndarray]:
    network = load_network(run.network)
    assert isinstance(network, Network)
    modes = network.modes
    return {"W_in": network.W_in, "W_out": network.W_out} | vars(modes)


class KilledError(Exception): ...


class KillingDisplay(Lines):
    """Ends the training after update 5, past the checkpoint of update 4."""

    @contextmanager
    def training(self, updates: int) -> Iterator[Callable[[Update], None]]:
        def show(update: Update) -> None:
            if update.step == 5:
                raise KilledError

        yield show


def test_a_killed_run_resumes_to_the_same_network(run, tmp_path):
    spec = small()
    killed = RunDirectory.create(tmp_path / "killed", spec.resolved())
    with pytest.raises(KilledError):
        training.train(killed, spec, KillingDisplay(DISPLAY.console))
    assert not killed.network.exists()
    training.train(killed, spec, DISPLAY, resume=True)
    for name, weights in weights_of(run).items():
        np.testing.assert_array_equal(weights_of(killed)[name], weights)
    losses = [[row["loss"] for row in Metrics(r.metrics).read()] for r in (killed, run)]
    assert losses[0] == losses[1]

    before = killed.network.read_bytes()
    training.train(killed, spec, DISPLAY, resume=True)
    assert killed.network.read_bytes() == before


def test_so_does_one_under_membrane_noise_which_trains_with_kernels(tmp_path, kernels):
    spec = small("train.conditions=[{name: membrane-noise, sd: 0.2}]")
    whole, killed = (
        RunDirectory.create(tmp_path / name, spec.resolved()) for name in ("whole", "killed")
    )
    training.train(whole, spec, DISPLAY)  # a warning would be an error
    with pytest.raises(KilledError):
        training.train(killed, spec, KillingDisplay(DISPLAY.console))
    training.train(killed, spec, DISPLAY, resume=True)
    for name, weights in weights_of(whole).items():
        np.testing.assert_array_equal(weights_of(killed)[name], weights)
    losses = [[row["loss"] for row in Metrics(r.metrics).read()] for r in (killed, whole)]
    assert losses[0] == losses[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        ("network.parameterisation=dense",),
        ("network.parameterisation=dale", "train.rate_penalty=1e-4", "train.rate_target=8 Hz"),
        ("network.parameterisation=scores", "train.weight_penalty=0.1"),
        ("train.method={name: three-factor, feedback: random}",),
        ("network.parameterisation=modes-full", "network.synapse.tau_rise=null"),
        ("network.neuron=continuous-lif",),
    ],
)
def test_other_networks_run_from_end_to_end(tmp_path, settings):
    run = whole_run(tmp_path / "run", small("train.updates=1", *settings))
    assert run.read_summary().plain()["brian2"]["identical_trials"] == 8
    assert run.report.exists()


@pytest.mark.parametrize("method", ["three-factor", "force", "spiking-force"])
def test_classes_are_learned_by_methods_that_need_targets(tmp_path, method):
    settings = (
        "task={name: digits, dataset: digits8x8, duration: 20 ms}",
        f"train={{method: {method}, updates: 2, batch: 3}}",
        "network={neurons: 15}",
        "simulate={target: numpy, trials: 12, fine_dt: 1 ms}",
    )
    run = whole_run(tmp_path / "run", parse_spec(merge(map(parse_setting, settings))))
    found = run.read_summary().plain()
    assert found["training"]["method"] == method
    assert found["brian2"]["accuracy"] == found["twin"]["accuracy"]
    assert (run.figures / "confusion.svg").exists()


def test_streams_of_different_purposes_differ_and_repeat():
    draws = {
        (seed, purpose): tuple(stream(seed, purpose).generate_state(4))
        for seed in (0, 1)
        for purpose in PURPOSES
    }
    assert len(set(draws.values())) == len(draws)
    assert draws[0, "validation"] == tuple(stream(0, "validation").generate_state(4))


def test_a_damaged_or_missing_analysis_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="Run `spikemodes analyse` first"):
        Findings.load(tmp_path / "analysis.npz")
    (tmp_path / "analysis.npz").write_text("x")
    with pytest.raises(ValueError, match="must be written by `spikemodes analyse`"):
        Findings.load(tmp_path / "analysis.npz")


@pytest.mark.parametrize("parameterisation", ["modes", "dense"])
def test_a_rate_network_goes_the_same_way(parameterisation, tmp_path):
    spec = small(
        "network.neuron={name: rate, tau_mem: 15 ms}",
        f"network.parameterisation={parameterisation}",
    )
    run = whole_run(tmp_path / "rate", spec)
    network, summary = load_network(run.network), run.read_summary().plain()
    assert isinstance(network, RateNetwork)
    assert network.unit.tau_mem == 15 * ms
    assert summary["network"]["modes"] == (2 if parameterisation == "modes" else None)
    assert summary["brian2"]["max_output_difference"] < 1e-12
    assert summary["brian2"]["spike_match"] is None
    assert summary["twin"]["mse"] == pytest.approx(summary["brian2"]["mse"])
    assert {row["rate_hz"] for row in Metrics(run.metrics).read()} == {None}
    report = run.report.read_text()
    assert "Rate neurons have no spikes to compare." in report
    assert "Firing rate" not in report


@pytest.mark.parametrize("parameterisation", ["modes", "dense"])
def test_rates_become_spikes_in_a_run_like_any_other(parameterisation, tmp_path):
    method = "train.method={name: rate-to-spike, points: 3, refinements: 0, trials: 4}"
    spec = small(method, f"network.parameterisation={parameterisation}")
    run = whole_run(tmp_path / "run", spec)
    network, summary = load_network(run.network), run.read_summary().plain()
    assert isinstance(network, Network)
    assert bool(network.n_modes) == (parameterisation == "modes")
    assert network.neuron.name == "BiasedLIF"
    assert summary["training"]["method"] == "rate-to-spike"
    assert summary["training"]["scale"] > 0
    assert summary["brian2"]["identical_trials"] == 8


def shown(path: Path, spec) -> tuple[RunDirectory, str]:
    """Train, and give what was shown on the terminal."""
    console = Console(file=StringIO(), width=100)
    run = RunDirectory.create(path, spec.resolved())
    training.train(run, spec, Lines(console))
    assert isinstance(console.file, StringIO)
    return run, console.file.getvalue()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["network.neuron={name: lif, v_threshold: 1000}"], "no neuron fires in update 1"),
        (
            ["network={neuron: {name: biased-lif, bias: 1.0e+4}, input_gain: 1}"],
            "fire nearly always in update 1",
        ),
        (["train.clip_norm=1.0e-6"], "Raise `train.clip_norm`"),
        (["train={updates: 50, learning_rate: 1.0e-9}"], "has not moved in 50 updates"),
    ],
    ids=["silent", "saturated", "steep", "stalled"],
)
def test_training_that_is_useless_is_said_on_the_terminal_in_summary_and_report(
    settings, said, tmp_path
):
    spec = small(*settings)
    run, terminal = shown(tmp_path / "run", spec)
    (warning,) = run.read_summary().plain()["training"]["warnings"]
    assert said in warning
    assert terminal.count(f"warning: {warning}\n") == 1
    found = Reported(run, spec, load_network(run.network), *NOTHING_YET, run.read_summary())
    assert f"\n\nWarning: {warning}" in training_section(found).text


def test_training_as_it_should_be_gives_no_warning(run):
    assert run.read_summary().plain()["training"]["warnings"] == []


def test_a_resumed_run_has_the_warnings_of_the_whole(tmp_path):
    spec = small("train.clip_norm=1.0e-6")
    whole, _ = shown(tmp_path / "whole", spec)
    killed, _ = shown(tmp_path / "killed", spec)
    killed.network.unlink()
    rows = killed.metrics.read_text(encoding="utf-8").splitlines(keepends=True)
    killed.metrics.write_text("".join(rows[:4]), encoding="utf-8")
    training.train(killed, spec, DISPLAY, resume=True)
    expected = whole.read_summary().plain()["training"]["warnings"]
    assert killed.read_summary().plain()["training"]["warnings"] == expected != []


def test_a_score_that_a_constant_answer_reaches_is_said():
    assert uninformative({"accuracy": 0.9, "chance": 0.5}) == uninformative({}) == []
    (said,) = uninformative({"accuracy": 1.0, "chance": 1.0})
    assert "a constant answer scores 100 %" in said


def test_a_task_that_a_constant_answer_solves_says_so_from_the_start_to_the_report(tmp_path):
    pytest.importorskip("neurogym")
    names = ("fixation", "ready", "measure", "set")
    keys = {
        "name": "neurogym:ReadySetGo-v0",
        "interval": "100 ms",
        "dt": "20 ms",
        "timing": dict.fromkeys(names, "100 ms"),
    }
    config = merge(map(parse_setting, SMALL[1:])) | {"task": keys}
    config["network"] |= {"neuron": {"name": "lif", "refractory": "20 ms"}}
    spec = parse_spec(config)
    console = Console(file=StringIO(), width=100)
    run = RunDirectory.create(tmp_path / "run", spec.resolved())
    network = training.train(run, spec, Lines(console))
    validation.validate(run, spec, network, Lines(console))
    assert isinstance(console.file, StringIO)
    terminal = console.file.getvalue()
    (warning,) = run.read_summary().plain()["training"]["warnings"]
    assert "a constant answer scores 100 % in ReadySetGo-v0" in warning
    assert terminal.startswith(f"warning: {warning}\n")
    found = Reported(run, spec, network, *NOTHING_YET, run.read_summary())
    assert "accuracy says nothing here" in agreement(found).text


CONDITIONS = "[{name: sparse-connectivity, missing: 0.5}, {name: delays, mean: 6 ms}]"
SLOW = "ignore:.*trains with the slower reference step"


@pytest.fixture(scope="module")
def disturbed_run(tmp_path_factory):
    """A run under conditions, with weights so large that they show."""
    spec = small("train.updates=1", f"train.conditions={CONDITIONS}", "train.retrain_updates=1")
    run = RunDirectory.create(tmp_path_factory.mktemp("runs") / "conditions", spec.resolved())
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", SLOW.removeprefix("ignore:"))
        network = training.train(run, spec, DISPLAY)
        assert isinstance(network, Network)
        network = network.with_modes(network.modes.scaled(np.full(2, 30.0)))
        network = replace(network, W_in=3 * network.W_in)
        save_network(network, run.network)
        recording = validation.validate(run, spec, network, DISPLAY)
        found = analysis.analyse(run, spec, network, recording, DISPLAY)
    report = Reported(run, spec, network, recording, found, run.read_summary())
    return run, spec, network, report


def test_summary_and_recording_are_those_under_the_conditions(disturbed_run):
    run, spec, network, _ = disturbed_run
    trials, summary = validation_trials(spec), run.read_summary().plain()
    task, conditions = spec.build_task(), spec.train.build_conditions()
    there, elsewhere = (
        simulate(network, trials, conditions=under, seed=spec.seed, target="numpy")
        for under in (conditions, ())
    )
    assert len(there.spikes) > 50
    assert not np.array_equal(there.spikes, elsewhere.spikes)
    np.testing.assert_array_equal(Recording.load(run.recording).spikes, there.spikes)
    for part, recording in (
        ("twin", there), ("brian2", there), ("undisturbed", elsewhere),
    ):  # fmt: skip
        score = task.score(recording.outputs, trials)
        assert summary[part]["accuracy"] == score.accuracy
        assert summary[part]["mse"] == pytest.approx(score.mse)
        assert summary[part]["rate_hz"] == recording.rate_hz
    assert summary["brian2"]["identical_trials"] == 8
    assert summary["fine"]["rate_hz"] != summary["undisturbed"]["rate_hz"]
    assert summary["retraining"]["after"]["undisturbed"] == summary["undisturbed"]
    own = {"accuracy", "mse", "rate_hz"}
    under = summary["retraining"]["after"]["under_conditions"]
    assert {k: under[k] for k in own} == {k: summary["brian2"][k] for k in own}


def test_what_the_report_shows_is_the_network_under_the_conditions(disturbed_run):
    run, spec, network, report = disturbed_run
    trials, found = validation_trials(spec), Findings.load(run.analysis)
    conditions = spec.train.build_conditions()
    there = simulate(network, trials, conditions=conditions, seed=spec.seed, target="numpy")
    neurons = found.traces["neurons"]
    np.testing.assert_array_equal(found.traces["spikes"], there.raster[:, 0, neurons])
    pruned = realise(network, conditions, network.dt, spec.seed).transmission
    assert pruned is not None
    acting = pruned.weights(network.dense())
    table = run.read_summary().plausibility
    assert table is not None
    density = table.metrics["connected pairs"].value
    others = acting[~np.eye(len(acting), dtype=bool)]
    assert density == pytest.approx(np.mean(others != 0), abs=0.02)  # the least count as none
    assert density < 0.7
    psychometric = spec.build_task()
    assert len(found.psychometric["choice"]) == 4 * 8
    rng = np.random.default_rng(stream(spec.seed, "psychometric"))
    graded = psychometric.sample_psychometric(4 * 8, rng)
    answer = simulate(network, graded, conditions=conditions, seed=spec.seed, target="numpy")
    np.testing.assert_array_equal(
        found.psychometric["choice"], psychometric.choices(answer.outputs)
    )
    assert run.read_summary().plain()["energy"]["mode_operations_per_trial"] is None
    whole, sections = reporting.compose(report), reporting.sections(report)
    for text in (whole.subtitle, sections["agreement"].text, sections["plausibility"].text):
        assert "sparse-connectivity, 0.5; delays, 6 ms" in text
    assert sections["agreement"].table is not None
    assert sections["agreement"].table.columns[-1] == "undisturbed"
    assert "Performance undisturbed" in [tile.label for tile in whole.tiles]
    assert "undisturbed" in [c.header for c in summary_table(run.read_summary()).columns]


@pytest.mark.filterwarnings(SLOW)
def test_synapses_that_fail_are_reported_without_a_spike_match(tmp_path):
    settings = ("train.updates=1", "train.retrain_updates=1", "simulate.trials=4")
    spec = small(*settings, "train.conditions=[{name: release-failures, failure: 0.3}]")
    run, report = reported(tmp_path / "run", spec)
    brian2 = run.read_summary().plain()["brian2"]
    assert brian2["spike_match"] is brian2["identical_trials"] is None
    assert "its synapses fail at random" in brian2["not_compared"]
    assert Recording.load(run.recording).n_steps == 22
    because = f"not compared spike for spike, because {brian2['not_compared']}"
    assert because in agreement(report).text
    assert "–" in list(summary_table(run.read_summary()).columns[2].cells)


@pytest.mark.filterwarnings(SLOW)
def test_noisy_neurons_are_reported_with_the_spike_match_that_they_have_without_noise(tmp_path):
    settings = ("train.updates=1", "train.retrain_updates=1", "simulate.trials=4")
    under = "{name: membrane-noise, sd: 0.2}, {name: simulation-step, refinement: 4}"
    run, report = reported(tmp_path / "run", small(*settings, f"train.conditions=[{under}]"))
    brian2 = run.read_summary().plain()["brian2"]
    assert (brian2["spike_match"], brian2["identical_trials"]) == (1.0, 4)
    assert "draw noise" in brian2["silenced"]
    assert "at a noise of size 0" in agreement(report).text


OWN = """network.neuron={{
    name: equations, equations: "u : 1\\ns : 1", threshold: u > 1, reset: u = 0,
    update: "s = 0.8*s + drive + recurrent\\nu = 0.9*u + 0.1*s {noise}", parameters: {{}}}}"""


@pytest.mark.parametrize("noise", ["", "+ 0.1*randn()"], ids=["silent", "noisy"])
def test_a_neuron_of_update_statements_alone_runs_to_its_report(noise, tmp_path, kernels):
    spec = small("train.updates=1", "simulate.trials=4", OWN.format(noise=noise))
    run, report = reported(tmp_path / "run", spec)
    summary, found = run.read_summary().plain(), Findings.load(run.analysis)
    assert summary["fine"] is None
    reason = summary["left_out"]["fine"]
    assert "update statements" in reason
    assert reason in agreement(report).text
    assert not any("1 ms" in tile.label for tile in tiles(run.read_summary()))
    assert len(summary_table(run.read_summary()).columns) == 3
    if noise:
        assert summary["brian2"]["spike_match"] is None
        assert "its neurons draw noise" in agreement(report).text
    else:
        assert summary["brian2"]["spike_match"] == 1
    assert list(found.states) == ["u"]
    np.testing.assert_array_equal(found.traces["threshold"], 1)
    section = activity(report)
    assert section is not None
    (figure,) = (f for f in section.figures if f.name == "neurons")
    assert figure.caption.startswith("u, on which spikes depend (u > 1) in a few neurons")
    figure.draw(LIGHT)


TEXT = NeuronModel(
    name="text",
    equations="du/dt = (drive + recurrent - u)/tau : 1\ndtheta/dt = (1 - theta)/tau : 1",
    threshold="u > theta",
    reset="u = 0\ntheta += 0.1",
    parameters={"tau": 20 * ms},
    initial={"theta": "1"},
)
STRESSED = {
    "AdEx": (AdEx(), {"adaptation", "spike-onset", "heterogeneity"}),
    "ConductanceLIF": (ConductanceLIF(), {"adaptation", "spike-onset"}),
    "AdaptiveLIF": (AdaptiveLIF(), {"adaptation", "spike-onset"}),
    "text": (TEXT, {"adaptation", "spike-onset", "heterogeneity", "refractory-period"}),
}


@pytest.mark.filterwarnings(SLOW)
@pytest.mark.parametrize("kind", STRESSED)
def test_a_stress_test_of_any_neuron_ends_with_a_report(kind, run, tmp_path):
    neuron, left_out = STRESSED[kind]
    spec, run = small(), RunDirectory(Path(copytree(run.path, tmp_path / "run")))
    network = replace(load_spiking_network(run.network), neuron=neuron)
    save_network(network, run.network)
    recording = validation.validate(run, spec, network, DISPLAY)
    found = analysis.analyse(run, spec, network, recording, DISPLAY)
    names = ["adaptation", "spike-onset", "heterogeneity", "refractory-period", "simulation-step"]
    levels = {"simulation-step": [2], "refractory-period": [4], "heterogeneity": [0.1]}
    fit = fitting(network, choose(names, levels))
    out = StringIO()
    lines = Lines(Console(file=out, width=300))
    assert stress_run.carry_out(run, spec, network, fit, 4, 0, 1, lines) == []
    stressed = run.read_summary().stress
    section = stress(Reported(run, spec, network, recording, found, run.read_summary()))
    assert section is not None
    assert stressed is not None
    assert set(stressed.left_out) == left_out
    for name, reason in fit.left_out.items():
        assert f"left out {name}: {reason}" in out.getvalue()
        assert f"{name}: {reason}" in section.text
    assert [f.name for f in section.figures[1:]] == [f"stress-{name}" for name in fit.sweeps]
    for figure in section.figures:
        figure.draw(LIGHT)
