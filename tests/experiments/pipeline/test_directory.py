import json
from datetime import datetime

import numpy as np
import pytest
from spikemodes.experiments import RunDirectory
from spikemodes.experiments.pipeline.directory import Metrics, default_path
from spikemodes.experiments.pipeline.performance import Performance
from spikemodes.experiments.pipeline.summary import FORMAT


def test_create_writes_the_configuration_and_open_finds_it(tmp_path):
    run = RunDirectory.create(tmp_path / "a" / "b", {"seed": 3})
    assert RunDirectory.open(run.path) == run
    assert run.config.read_text() == "seed: 3\n"


def test_a_path_may_be_text(tmp_path):
    path = str(tmp_path / "run")
    run = RunDirectory.create(path, {"seed": 3})
    assert run == RunDirectory.open(path) == RunDirectory(tmp_path / "run")
    assert run.config.is_file()
    Metrics(str(run.metrics)).append({"step": 1})
    assert Metrics(run.metrics).read() == [{"step": 1}]


@pytest.mark.parametrize("text", ["[1]", "3", "null", "{", '"text"'])
def test_a_damaged_summary_is_named(tmp_path, text):
    run = RunDirectory.create(tmp_path / "run", {})
    run.summary.write_text(text)
    with pytest.raises(ValueError, match=r"summary\.json` must be JSON"):
        RunDirectory.open(run.path)


def test_create_refuses_what_exists_and_touches_nothing(tmp_path):
    (tmp_path / "precious").write_text("data")
    with pytest.raises(FileExistsError, match=r"must be a new or empty directory: it exists"):
        RunDirectory.create(tmp_path, {})
    with pytest.raises(FileExistsError, match="must be a new or empty directory"):
        RunDirectory.create(tmp_path / "precious", {})
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("precious", "data")]


def test_open_refuses_what_is_no_run(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no config\.yaml"):
        RunDirectory.open(tmp_path)


def test_summary_grows_part_by_part_in_a_fixed_order(tmp_path):
    run = RunDirectory.create(tmp_path / "run", {})
    run.update_summary(versions={"spikemodes": "1"}, task="t", seed=0)
    measures = {"accuracy": np.float64(0.5), "mse": float("nan")}
    run.update_summary(twin=Performance(8, 0.25, measures, explained_variance=None, rate_hz=20.0))
    run.update_summary(seed=1)
    written = json.loads(run.summary.read_text())
    assert list(written) == ["format", "task", "seed", "twin", "versions"]
    assert written["seed"] == 1
    assert written["twin"] == {
        "trials": 8, "performance": 0.25, "accuracy": 0.5, "mse": None,
        "explained_variance": None, "rate_hz": 20.0,
    }  # fmt: skip


def test_a_summary_of_a_newer_version_is_refused(tmp_path):
    run = RunDirectory.create(tmp_path / "run", {})
    run.summary.write_text(json.dumps({"format": FORMAT + 1, "twin": "another thing"}))
    with pytest.raises(ValueError, match=r"summary\.json` must be in format 1 or an older one"):
        RunDirectory.open(run.path)


def test_what_is_wrong_in_a_summary_is_named(tmp_path):
    run = RunDirectory.create(tmp_path / "run", {})
    run.summary.write_text(json.dumps({"network": {"neurons": 3}}))
    with pytest.raises(ValueError, match="must be written by spikemodes: network has no inputs"):
        run.read_summary()


def test_each_update_appears_once_after_a_resumed_run(tmp_path):
    path = tmp_path / "metrics.jsonl"
    killed = Metrics(path)
    for step in range(1, 8):
        killed.append({"step": step, "loss": 1.0})
    with path.open("a") as file:
        file.write('{"step": 8, "lo')  # cut short by the kill
    resumed = Metrics(path)
    for step in range(5, 10):
        resumed.append({"step": step, "loss": 2.0})
    rows = Metrics(path).read()
    assert [row["step"] for row in rows] == list(range(1, 10))
    assert [row["loss"] for row in rows] == 4 * [1.0] + 5 * [2.0]


def test_the_default_directory_names_task_and_time():
    path = default_path("neurogym:x", datetime(2024, 5, 6, 7, 8, 9))
    assert path.as_posix() == "runs/neurogym-x-20240506-070809"
