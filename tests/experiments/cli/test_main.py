import json
import sys

import numpy as np
import pytest
import yaml
from spikemodes.experiments.cli import main as cli
from spikemodes.experiments.pipeline import train as training
from typer.testing import CliRunner

SMALL = """\
task: {blank: 4 ms, stimulus: 20 ms, response: 20 ms}
network: {neurons: 10, modes: 2}
train: {updates: 2, batch: 3}
simulate: {target: numpy, trials: 4, fine_dt: 1 ms}
"""
TASK = "selective-integration"


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


def spikemodes(*arguments):
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def train(config, out, *more):
    return spikemodes("train", TASK, "--out", out, "--config", config, *more)


def test_the_steps_one_by_one_end_in_a_report(config, tmp_path, monkeypatch):
    out = tmp_path / "run"
    assert train(config, out, "--seed", 5).exit_code == 0
    validated = spikemodes("validate", out, "--json")
    assert validated.exit_code == 0
    summary = json.loads(validated.stdout)
    assert (summary["seed"], summary["brian2"]["spike_match"]) == (5, 1.0)
    assert spikemodes("analyse", out).exit_code == 0
    reported = spikemodes("report", out)
    assert reported.exit_code == 0
    assert "identical trials" in reported.stdout
    assert reported.stdout.rstrip().endswith("report.html")
    assert (out / "report.html").read_text().startswith("<!doctype html>")
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    assert spikemodes("report", out, "--open").exit_code == 0
    assert opened == [(out / "report.html").as_uri()]


@pytest.mark.usefixtures("kernels")
def test_a_file_of_few_trials_runs_by_the_command_of_the_readme(config, tmp_path):
    config.write_text(
        "network: {neurons: 8}\ntrain: {updates: 2, batch: 4}\nsimulate: {target: numpy}"
    )
    measured = np.random.default_rng(0).normal(size=(24 * 4, 2))
    rows = [f"{k // 4},{k // 4 % 2},{x:.3f},{y:.3f}" for k, (x, y) in enumerate(measured)]
    data, out = tmp_path / "sensors.csv", tmp_path / "run"
    data.write_text("\n".join(["trial,label,x,y", *rows]))
    command = ("run", "arrays", "--set", f"task.data={data}", "--set", "task.interval=10 ms")
    result = spikemodes(*command, "--out", out, "--config", config)
    assert result.exit_code == 0, result.stderr
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["brian2"]["trials"], summary["brian2"]["spike_match"]) == (5, 1.0)
    assert (out / "report.html").exists()


def test_settings_beat_the_seed_option_and_the_file(config, tmp_path):
    out = tmp_path / "run"
    assert train(config, out, "--seed", 5, "--set", "train.batch=2").exit_code == 0
    written = yaml.safe_load((out / "config.yaml").read_text())
    assert (written["seed"], written["train"]["batch"], written["train"]["updates"]) == (5, 2, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "digit"), "got 'digit'. Did you mean digits?"),
        (("train", TASK, "--set", "train.updats=1"), "Did you mean train.updates?"),
        (("train", TASK, "--set", "network.neuron.tau_mem=20"), "a number with a unit"),
        (("run", TASK, "--config", "none.yaml"), "`none.yaml` must be a configuration file"),
        (("run", TASK, "--resume"), "Add --out DIR."),
        (("run", TASK, "--resume", "--out", "none"), "`none` must be the directory of a run"),
        (("validate", "none"), "`none` must be the directory of a run"),
        (("train", TASK, "--set", "task.name='[red]x[/red]'"), "got '[red]x[/red]'."),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = spikemodes(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_run_that_exists_is_not_overwritten(config, tmp_path):
    out = tmp_path / "run"
    assert train(config, out).exit_code == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    refused = train(config, out)
    assert refused.exit_code == 2
    assert "must be a new or empty directory" in refused.stderr
    changed = train(config, out, "--resume", "--set", "train.batch=4")
    assert changed.exit_code == 2
    assert "`train.batch` must be 3 to continue" in changed.stderr
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert spikemodes("train", TASK, "--out", out, "--resume").exit_code == 0


@pytest.mark.parametrize("name", ["network.safetensors", "summary.json", "config.yaml"])
def test_a_damaged_file_is_bad_input(config, tmp_path, name):
    out = tmp_path / "run"
    assert train(config, out).exit_code == 0
    (out / name).write_text("[damaged")
    result = spikemodes("validate", out)
    assert result.exit_code == 2
    assert name in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_damaged_checkpoint_is_bad_input(config, tmp_path):
    out = tmp_path / "run"
    assert train(config, out).exit_code == 0
    for path in (out / "checkpoint").iterdir():
        path.write_bytes(b"damaged")
    result = spikemodes("train", TASK, "--out", out, "--resume")
    assert result.exit_code == 2
    assert "checkpoint" in result.stderr


def test_steps_in_the_wrong_order_say_what_comes_first(config, tmp_path):
    out = tmp_path / "run"
    assert train(config, out).exit_code == 0
    for step in ("analyse", "report"):
        result = spikemodes(step, out)
        assert result.exit_code == 2
        assert "Run `spikemodes validate` first." in result.stderr


def test_an_interrupted_run_says_how_to_go_on(config, tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "train", interrupt)
    result = train(config, tmp_path / "a run")
    assert result.exit_code == 130
    assert f"spikemodes train {TASK} --out '{tmp_path}/a run' --resume`" in result.stderr


def test_a_failed_run_is_one_line_and_keeps_the_traceback(config, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("the loss\nis [nan]")

    monkeypatch.setattr(training, "train", fail)
    out = tmp_path / "run"
    result = train(config, out)
    assert result.exit_code == 1
    assert "error: the loss is [nan]" in result.stderr
    assert "Traceback" not in result.stderr
    assert "RuntimeError" in (out / "failure.txt").read_text()


def test_neurons_are_measured_without_training(config, tmp_path):
    figure = tmp_path / "pictures" / "curve.png"
    command = ("check", TASK, "--config", config, "--figure", figure)
    checked = spikemodes(*command)
    assert checked.exit_code == 0, checked.stderr
    assert "slope ratio" in checked.stdout
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert {path.name for path in tmp_path.iterdir()} == {"small.yaml", "pictures"}
    again = spikemodes(*command)
    assert again.exit_code == 2
    assert "must be a new file" in again.stderr
    found = json.loads(spikemodes(*command[:-1], tmp_path / "other.png", "--json").stdout)
    assert (found["input_gain"], found["rest"], found["threshold"]) == (1.0, 0.0, 1.0)
    assert len(found["curve"]["drive"]) == len(found["curve"]["rate_hz"])


@pytest.mark.parametrize(
    ("neuron", "says"),
    [
        ("rate", "must be one that spikes"),
        (
            "{equations: 'dv/dt = (1e-12*(drive + recurrent) - v)/(20*ms) : 1'}",
            "must be one that its inputs can make fire",
        ),
    ],
)
def test_neurons_that_cannot_be_measured_are_refused_in_one_line(neuron, says, config, tmp_path):
    setting = f"network.neuron={neuron}"
    figure = tmp_path / "curve.png"
    refused = spikemodes("check", TASK, "--config", config, "--set", setting, "--figure", figure)
    assert refused.exit_code == 2
    assert says in refused.stderr.replace("\n", " ")
    assert not figure.exists()


def test_tasks_are_listed_and_help_works():
    assert spikemodes("tasks").stdout.startswith(TASK)
    assert spikemodes("--version").stdout.strip()
    for command in ("run", "train", "validate", "analyse", "report"):
        assert spikemodes(command, "--help").exit_code == 0


@pytest.mark.parametrize("arguments", [("nonsense",), ("run",), ("run", TASK, "--seed", "x")])
def test_bad_usage_is_one_line(arguments, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["spikemodes", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
