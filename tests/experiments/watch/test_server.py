import json
import os
import threading
import time
from io import StringIO

import numpy as np
import pytest
from brian2 import ms
from rich.console import Console
from spikemodes.experiments import parse_spec
from spikemodes.experiments.cli import main as cli
from spikemodes.experiments.config.nested_keys import merge, parse_setting
from spikemodes.experiments.display import Lines
from spikemodes.experiments.pipeline.directory import Metrics, RunDirectory
from spikemodes.experiments.pipeline.presence import at_work
from spikemodes.experiments.steps import run_steps
from spikemodes.experiments.watch.server import WatchServer
from spikemodes.models import Recording
from typer.testing import CliRunner

SMALL = (
    "task={blank: 4 ms, stimulus: 20 ms, response: 20 ms}",
    "network={neurons: 12, modes: 2}",
    "train={updates: 6, batch: 4, probe_every: 2}",
    "simulate={target: numpy, trials: 8, fine_dt: 1 ms}",
)


def recording(n_trials=2, n_modes=3):
    rng = np.random.default_rng(0)
    spikes = np.array([[0, 0, 4], [1, 1, 2], [3, 0, 1]])
    return Recording(
        spikes=spikes,
        n_neurons=5,
        n_trials=n_trials,
        n_steps=4,
        dt=0.5 * ms,
        outputs=rng.normal(size=(4, n_trials, 1)),
        modes=rng.normal(size=(4, n_trials, n_modes)),
    )


def test_without_runs_it_waits_and_then_shows_those_that_come(served):
    nothing = served.json("/runs")
    assert (nothing["rows"], nothing["names"]) == ([], [])
    served.new_run("sweep/cells/a=1")
    news = served.json("/runs", since=nothing["version"])
    assert news["names"] == ["sweep/cells/a=1"]
    assert news["rows"][0]["task"] == "pattern"
    assert served.json("/runs", since="other-1")["names"] == ["sweep/cells/a=1"]


def test_a_row_says_what_the_files_say(served):
    run = served.new_run("one", train={"method": {"name": "nef"}, "updates": 9})
    metrics = Metrics(run.metrics)
    for step in (1, 2):
        row = {"step": step, "loss": 0.5 / step, "accuracy": None, "explained_variance": 0.25}
        metrics.append({**row, "rate_hz": 7.5})
    with at_work(run, "report"):
        row = served.rows()["one"]
    expected = {
        "state": "training", "task": "pattern", "method": "nef", "seed": 3, "updates": 9,
        "done": 2, "loss": 0.25, "accuracy": None, "explained_variance": 0.25, "rate_hz": 7.5,
    }  # fmt: skip
    assert row.items() >= expected.items()
    assert abs(row["changed"] - time.time()) < 60
    run.write_failure(ValueError("it is so"))
    assert served.rows()["one"]["reason"] == "ValueError: it is so"


def test_only_rows_that_have_changed_are_given(served):
    first, _ = served.new_run("first"), served.new_run("second")
    version = served.json("/runs")["version"]
    nothing = served.json("/runs", since=version)
    assert (nothing["rows"], nothing["names"], nothing["version"]) == ([], None, version)
    Metrics(first.metrics).append({"step": 1, "loss": 1.0})
    news = served.json("/runs", since=version)
    assert [row["name"] for row in news["rows"]] == ["first"]
    assert news["names"] is None
    os.rename(first.path, served.folder / ".away")
    assert served.json("/runs", since=news["version"])["names"] == ["second"]


@pytest.mark.parametrize("content", [b"task: [", b"\xff\xfe", b"", b"- 1", b"seed: .nan\ntask: 3"])
def test_a_configuration_that_cannot_be_read_leaves_its_row_open(served, content):
    run = served.new_run("one")
    run.config.write_bytes(content)
    for path in (run.metrics, run.summary, run.probe, run.probed_trial, run.recording):
        path.write_bytes(b'{"brian2": [1')
    row = served.rows()["one"]
    assert (row["task"], row["seed"], row["loss"], row["brian2"]) == ("", None, None, None)
    news = served.json("/run", name="one")
    assert (news["metrics"]["step"], news["trial"]) == ([], None)


def test_a_run_gives_its_courses_and_trial_once(served):
    run = served.new_run("one")
    for step in (1, 2):
        Metrics(run.metrics).append({"step": step, "loss": 1.0})
    Metrics(run.probe).append({"step": 2, "accuracy": 0.75, "seconds": 0.1})
    recording().save(run.probed_trial)
    news = served.json("/run", name="one")
    assert news["metrics"]["step"] == [1, 2]
    assert news["probe"]["accuracy"] == [0.75]
    trial = news["trial"]
    assert trial["spikes"] == {"times": [0.5, 2.0], "neurons": [4, 1]}
    assert (trial["step"], trial["steps"], trial["neurons"]) == (2, 4, 5)
    np.testing.assert_allclose(trial["modes"], recording().modes[:, 0].T, atol=1e-4)
    marks = {part: news[part]["mark"] for part in ("metrics", "probe", "trial")}
    again = served.json("/run", name="one", **marks)
    assert (again["metrics"]["step"], again["trial"]) == ([], None)
    recording(n_modes=2).save(run.recording)  # of the validation, which is the last word
    last = served.json("/run", name="one", **marks)["trial"]
    assert (len(last["modes"]), last["step"]) == (2, None)


@pytest.mark.parametrize(
    "name", ["..", "../outside", "/etc", "one/../../outside", "%2e%2e/outside", "", "one\0"]
)
def test_a_name_that_is_none_of_a_run_is_refused(served, name):
    served.new_run("one")
    RunDirectory.create(served.folder.parent / "outside", {})
    status, text = served.ask(f"/run?name={name}".replace("\0", "%00"))
    assert status == 404
    assert "must be that of a run in the table" in json.loads(text)["error"]


@pytest.mark.parametrize(
    "target", ["/../pyproject.toml", "/watch.css", "/runs/one/config.yaml", "/%2e%2e/x", "//etc"]
)
def test_there_are_no_pages_but_those_that_are_named(served, target):
    served.new_run("one")
    assert served.ask(target)[0] == 404


def test_links_to_elsewhere_are_not_followed(served):
    outside = served.folder.parent / "outside"
    other = RunDirectory.create(outside, {"seed": 77})
    Metrics(other.metrics).append({"step": 1, "loss": 77.0})
    (served.folder / "linked").symlink_to(outside)
    run = served.new_run("one")
    run.metrics.symlink_to(other.metrics)
    rows = served.rows()
    assert rows.keys() == {"one"}
    assert rows["one"]["loss"] is None
    assert served.json("/run", name="one")["metrics"]["loss"] == []


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{}", "127.0.0.1", "127.0.0.1:1"])
def test_it_answers_to_names_of_this_machine_alone(served, host):
    port = served.server.server_port
    assert served.ask("/", Host=host.format(port))[0] == 403
    for name in ("127.0.0.1", "localhost", "[::1]"):
        status, text = served.ask("/", Host=f"{name}:{port}")
        assert status == 200
        assert text.startswith("<!doctype html>")
    assert served.server.server_address[0] == "127.0.0.1"


def test_a_training_is_watched_to_its_end(served, kernels):
    spec = parse_spec(merge(map(parse_setting, SMALL)))
    run = RunDirectory.create(served.folder / "run", spec.resolved())
    waits, goes_on = threading.Event(), threading.Event()

    class Pausing(Lines):
        def say(self, text):
            if text.startswith("training 4/"):
                waits.set()
                assert goes_on.wait(60)

    display = Pausing(Console(file=StringIO()))
    arguments = (run, spec, display)
    worker = threading.Thread(target=run_steps, args=arguments, kwargs={"until": "validate"})
    worker.start()
    try:
        assert waits.wait(120)
        row, news = served.rows()["run"], served.json("/run", name="run")
    finally:
        goes_on.set()
        worker.join()
    assert (row["state"], row["done"], row["updates"]) == ("training", 4, 6)
    assert news["metrics"]["step"] == [1, 2, 3, 4]
    assert news["probe"]["step"] == [0, 2]
    assert news["trial"]["step"] == 2
    marks = {part: news[part]["mark"] for part in ("metrics", "probe", "trial")}
    row, news = served.rows()["run"], served.json("/run", name="run", **marks)
    assert (row["state"], row["done"]) == ("finished", 6)
    brian2 = run.read_summary().brian2
    assert brian2 is not None
    assert row["brian2"] == brian2.performance.measures["accuracy"]
    assert news["metrics"]["step"] == [5, 6]
    assert news["probe"]["step"] == [4, 6]
    assert news["trial"]["step"] is None


def test_several_folders_hold_each_run_once(served):
    served.new_run("a/one")
    with WatchServer([served.folder, served.folder / "a"], port=0) as server:
        assert server.board.changes()["names"] == [str(served.folder / "a/one")]


def command(*arguments):
    return CliRunner().invoke(cli.app, ["watch", *map(str, arguments)])


def test_bad_input_is_one_line(served, tmp_path):
    file = tmp_path / "file"
    file.touch()
    port = served.server.server_port
    for arguments, message in (
        ((tmp_path / "none",), "none` must be a folder in which runs are or will be: it does not"),
        ((file,), "it is a file"),
        ((tmp_path, "--port", port), f"`--port` must be one that is free: got {port}"),
    ):
        result = command(*arguments)
        assert result.exit_code == 2
        assert message in result.stderr
        assert result.stderr.startswith("error: ")
        assert result.stderr.count("\n") == 1


def test_it_ends_with_one_line_when_it_is_interrupted(tmp_path, monkeypatch):
    def interrupted(self, poll_interval=0.5):
        raise KeyboardInterrupt

    monkeypatch.setattr(WatchServer, "serve_forever", interrupted)
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    result = command(tmp_path, "--open")
    assert result.exit_code == 0
    assert opened[0].startswith("http://127.0.0.1:")
    assert opened[0] in result.stdout
    assert result.stderr == f"no longer watching {tmp_path}\n"
