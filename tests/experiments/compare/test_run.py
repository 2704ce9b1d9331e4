import csv
import json
from dataclasses import replace

import numpy as np
import pytest
import yaml
from rich.console import Console
from spikemodes.experiments import RunDirectory
from spikemodes.experiments.cli import main as cli
from spikemodes.experiments.compare import run as comparison
from spikemodes.experiments.compare.contestants import CONTROL, choose
from spikemodes.experiments.compare.plan import Budget, ComparisonPlan, Effort, Seen, Updates
from spikemodes.experiments.compare.run import Comparison
from spikemodes.experiments.display.progress import Lines
from spikemodes.experiments.display.tables import FINISHED
from spikemodes.experiments.study.workers import Here
from typer.testing import CliRunner

GIVEN = {
    "task": {
        "name": "selective-integration",
        "blank": "4 ms",
        "stimulus": "20 ms",
        "response": "40 ms",
    },
    "network": {"neurons": 10},
    "train": {"batch": 3},
    "simulate": {"target": "numpy", "trials": 4, "fine_dt": "1 ms"},
}
TWO: Effort = Updates(2)


@pytest.fixture(scope="module", autouse=True)
def interpreted_kernels():
    """Let the processes of the cells run kernels as plain Python, sooner than compiled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUMBA_DISABLE_JIT", "1")
        yield


def plan_of(names, seeds=1, effort: Effort = TWO, candidates=0, **given):
    """A plan without the control, which is one more network to train."""
    contestants = [c for c in choose(names) if c.name != CONTROL or CONTROL in names]
    return ComparisonPlan(tuple(contestants), seeds, effort, GIVEN | given, candidates)


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def compared(tmp_path_factory, scheduler):
    """A method and the control, one seed, through the command line, on workers that were there."""
    out = tmp_path_factory.mktemp("compared") / "out"
    config = out.with_name("config.yaml")
    config.write_text(yaml.safe_dump(GIVEN))
    command = [
        "compare",
        "selective-integration",
        "--methods=force",
        "--seeds=1",
        "--trials=6",
        "--search=2",
        f"--config={config}",
        f"--out={out}",
        f"--scheduler={scheduler}",
    ]
    return out, command, CliRunner().invoke(cli.app, command)


def test_every_network_is_trained_and_measured_beside_the_control(compared):
    out, _, result = compared
    assert result.exit_code == 0, result.output
    found = {row["method"]: row for row in rows(out / "comparison.csv")}
    assert list(found) == ["force", CONTROL]
    for row in found.values():
        assert (row["status"], row["trials"], row["updates"]) == (FINISHED, "6", "2")
        assert 0 <= float(row["accuracy"]) <= 1
        assert float(row["performance"]) == float(row["explained_variance"]) <= 1
        assert 0 <= int(row["directions"]) <= int(row["rank"])
        assert float(row["above_interpreter_mb"]) > float(row["above_libraries_mb"]) > 0
    force, control = found["force"], found[CONTROL]
    assert (force["rank"], force["input_weights"], force["spikes_per_trial"]) == ("1", "random", "")
    assert (control["rank"], control["stored_weights"]) == ("0", "0")
    assert control["performance"] == control["performance_without_recurrence"]
    assert "chance" in result.output.lower()
    assert CONTROL in result.output
    assert (out / "comparison.html").exists()


def test_learning_rates_are_searched_with_the_same_number_of_values(compared):
    out, _, _ = compared
    table = {row["method"]: row for row in rows(out / "comparison.csv")}
    for name, row in table.items():
        found = json.loads((out / "prepared" / f"{name}.json").read_text())
        assert len(found["candidates"]) == 2
        assert sum(len(tried["performances"]) for tried in found["tried"]) == 5
        assert found["chosen"] in [tried["value"] for tried in found["tried"]]
        assert float(row["chosen"]) == found["chosen"]
    assert table["force"]["searched"] == "train.method.alpha"


def test_what_is_finished_is_not_run_again(compared):
    out, command, _ = compared
    before = {path: path.read_bytes() for path in (out / "cells").rglob("*") if path.is_file()}
    again = CliRunner().invoke(cli.app, command)
    assert again.exit_code == 0, again.output
    assert "nothing to train" in again.output
    assert before == {p: p.read_bytes() for p in (out / "cells").rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--set=network.neurons=11", "`network.neurons` must be 10 to continue"),
        ("--trials=7", "`--trials` must be 6 to continue"),
        ("--search=3", "`--search` must be 2 to continue"),
    ],
)
def test_other_settings_in_the_same_directory_are_refused(compared, option, message):
    _, command, _ = compared
    result = CliRunner().invoke(cli.app, [*command, option])
    assert result.exit_code == 2
    assert message in result.output


def test_bad_input_leaves_no_directory(tmp_path):
    out = tmp_path / "out"
    command = ["compare", "selective-integration", "--budget=0s", f"--out={out}"]
    result = CliRunner().invoke(cli.app, command)
    assert (result.exit_code, out.exists()) == (2, False)
    assert "`--budget` must be a positive time" in result.output


@pytest.fixture
def in_this_process(monkeypatch, kernels):
    """Do the jobs of a comparison here: a process of its own takes seconds to start."""

    monkeypatch.setattr(comparison, "run_apart", lambda work, *job, log, env: work(*job))


@pytest.mark.usefixtures("in_this_process")
def test_a_method_differs_from_itself_in_nothing_but_its_name(tmp_path):
    plan = plan_of("force", seeds=2, effort=Seen(4), candidates=2)
    (force,) = plan.contestants
    twice = replace(plan, contestants=(force, replace(force, name="another")))
    compared = Comparison(twice, tmp_path)
    assert compared.carry_out(Here(), Lines(Console(quiet=True))) == {}
    found = rows(compared.table)
    measured = ("seconds", "above_interpreter_mb", "above_libraries_mb")
    for one, other in zip(found[::2], found[1::2], strict=True):
        assert (one["method"], other["method"]) == ("force", "another")
        for column in one.keys() - {"method", *measured}:
            assert one[column] == other[column], column
    assert found[0]["mse"] != found[2]["mse"]
    first, *others = (np.array(compared.course(c))[:, [0, 2]] for c in twice.contestants)
    for other in others:
        np.testing.assert_array_equal(first, other)


def test_networks_of_an_older_version_are_not_taken_for_its_own(tmp_path):
    plan = plan_of("force")
    spec = plan.spec(plan.cells[0], 2, None)
    RunDirectory.create(tmp_path / "cells" / "force,seed=0", spec.resolved())
    with pytest.raises(ValueError, match=r"`--out` must be .* that this version began: .* force"):
        Comparison(plan, tmp_path)


@pytest.mark.usefixtures("in_this_process")
def test_a_network_that_fails_is_shown_with_its_reason(tmp_path):
    plan = plan_of("bptt-modes", train={"batch": 3, "learning_rate": 1e308})
    compared = Comparison(plan, tmp_path)
    failures = compared.carry_out(Here(), Lines(Console(quiet=True)))
    (row,) = rows(compared.table)
    assert row["status"] == "failed"
    assert failures == {"bptt-modes,seed=0": row["reason"]}
    assert row["reason"]


@pytest.mark.usefixtures("in_this_process")
def test_a_budget_becomes_updates_once(tmp_path):
    compared = Comparison(plan_of("force", effort=Budget(0.5)), tmp_path)
    assert compared.carry_out(Here(), Lines(Console(quiet=True))) == {}
    found = json.loads((tmp_path / "prepared" / "force.json").read_text())
    assert found["effort"] == {"seconds": 0.5}
    (row,) = rows(compared.table)
    assert row["updates"] == str(found["updates"])
    assert row["trials"] == str(3 * found["updates"])
    with pytest.raises(ValueError, match=r"`--budget` must be 0\.5s to continue"):
        Comparison(plan_of("force", effort=Budget(1)), tmp_path)
