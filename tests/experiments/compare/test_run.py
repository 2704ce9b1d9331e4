import csv
import json
from dataclasses import replace

import numpy as np
import pytest
import yaml
from rich.console import Console
from spikemodes.experiments import parse_spec
from spikemodes.experiments.cli import main as cli
from spikemodes.experiments.compare import run as comparison
from spikemodes.experiments.compare.contestants import CONTESTANTS, choose
from spikemodes.experiments.compare.measures import measured
from spikemodes.experiments.compare.plan import Budget, ComparisonPlan, Effort, Updates, effort_of
from spikemodes.experiments.compare.run import Comparison
from spikemodes.experiments.config.nested_keys import merge
from spikemodes.experiments.display.progress import Lines
from spikemodes.experiments.display.tables import FINISHED
from spikemodes.experiments.study.workers import Here
from spikemodes.learning import initial_network
from spikemodes.models import TraceReadout, simulate
from typer.testing import CliRunner

GIVEN = {
    "task": {"name": "selective-integration", "blank": "4 ms", "stimulus": "20 ms"},
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


def plan_of(names, seeds=1, effort: Effort = TWO, **given):
    return ComparisonPlan(choose(names), seeds, effort, GIVEN | given)


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_contestant_can_serve_integration_and_digits():
    digits = {"name": "digits", "dataset": "digits8x8"}
    for task in ({"name": "selective-integration"}, digits):
        for contestant in CONTESTANTS.values():
            spec = contestant.spec({"task": task})
            assert isinstance(spec.build_task().readout, TraceReadout)


def test_a_task_that_keeps_few_trials_for_testing_is_measured_on_these(tmp_path):
    measured = np.random.default_rng(0).normal(size=20 * 3)
    rows = [f"{k // 3},{k // 3 % 2},{x:.3f}" for k, x in enumerate(measured)]
    file = tmp_path / "few.csv"
    file.write_text("\n".join(["trial,label,x", *rows]))
    task = {"task": {"name": "arrays", "data": str(file)}}
    spec = CONTESTANTS["bptt-modes"].spec(task)
    assert spec.simulate.trials == 4
    assert CONTESTANTS["bptt-modes"].spec(task, {"simulate": {"trials": 3}}).simulate.trials == 3
    with pytest.raises(ValueError, match=r"`simulate.trials` must be no more than .*: got 5"):
        CONTESTANTS["bptt-modes"].spec(task, {"simulate": {"trials": 5}})
    digits = CONTESTANTS["bptt-modes"].spec({"task": {"name": "digits", "dataset": "digits8x8"}})
    assert digits.simulate.trials == 100


def test_what_the_user_sets_wins():
    spec = CONTESTANTS["bptt-dense"].spec({"network": {"neurons": 7}})
    assert (spec.network.neurons, spec.network.parameterisation) == (7, "dense")


def test_methods_are_chosen_by_name():
    assert [c.name for c in choose("force, bptt-modes")] == ["force", "bptt-modes"]
    assert choose("") == tuple(CONTESTANTS.values())
    with pytest.raises(ValueError, match=r"`--methods`: .*Did you mean bptt-modes\?"):
        choose("bptt-mode")
    with pytest.raises(ValueError, match="must name each method once: got force twice"):
        choose("force,force")


def test_a_budget_is_a_time_or_a_number_of_updates():
    assert effort_of("60s", None) == Budget(60)
    assert effort_of("1.5 min", None) == Budget(90)
    assert effort_of(None, 30) == Updates(30)
    assert isinstance(effort_of(None, None), Budget)


@pytest.mark.parametrize("budget", ["0", "0s", "-3s", "soon", "1e9", ""])
def test_what_is_no_budget_is_refused(budget):
    with pytest.raises(ValueError, match="`--budget` must be a positive time"):
        effort_of(budget, None)


def test_efforts_that_contradict_or_are_none_are_refused():
    with pytest.raises(ValueError, match="must be left out with `--updates`"):
        effort_of("5s", 3)
    with pytest.raises(ValueError, match="`--updates` must be 1 or more: got 0"):
        effort_of(None, 0)
    with pytest.raises(ValueError, match="`--seeds` must be 1 or more: got 0"):
        plan_of("force", seeds=0)


def test_a_task_that_a_method_cannot_serve_is_named():
    with pytest.raises(ValueError, match="`--methods` with force: `network"):
        plan_of("force", network={"neuron": "lif"})


@pytest.fixture(scope="module")
def compared(tmp_path_factory, scheduler):
    """Two methods, one seed, through the command line, on workers that were there before."""
    out = tmp_path_factory.mktemp("compared") / "out"
    config = out.with_name("config.yaml")
    config.write_text(yaml.safe_dump(GIVEN))
    command = [
        "compare",
        "selective-integration",
        "--methods=bptt-modes,force",
        "--seeds=1",
        "--updates=2",
        f"--config={config}",
        f"--out={out}",
        f"--scheduler={scheduler}",
    ]
    return out, command, CliRunner().invoke(cli.app, command)


def test_every_network_is_trained_and_measured(compared):
    out, _, result = compared
    assert result.exit_code == 0, result.output
    found = {row["method"]: row for row in rows(out / "comparison.csv")}
    assert list(found) == ["bptt-modes", "force"]
    for row in found.values():
        assert (row["status"], row["updates"]) == (FINISHED, "2")
        assert 0 <= float(row["accuracy"]) <= 1
        assert 0 <= int(row["directions"]) <= int(row["rank"])
        assert float(row["above_interpreter_mb"]) > float(row["above_libraries_mb"]) > 0
    assert found["bptt-modes"]["rank"] == "3"
    assert found["bptt-modes"]["spikes_per_trial"]
    assert found["force"]["spikes_per_trial"] == ""
    assert "bptt-modes" in result.output
    assert (out / "comparison.html").exists()


def test_what_is_finished_is_not_run_again(compared):
    out, command, _ = compared
    before = {path: path.read_bytes() for path in (out / "cells").rglob("*") if path.is_file()}
    again = CliRunner().invoke(cli.app, command)
    assert again.exit_code == 0, again.output
    assert "nothing to train" in again.output
    assert before == {p: p.read_bytes() for p in (out / "cells").rglob("*") if p.is_file()}


def test_other_settings_in_the_same_directory_are_refused(compared):
    _, command, _ = compared
    result = CliRunner().invoke(cli.app, [*command, "--set", "network.neurons=11"])
    assert result.exit_code == 2
    assert "`network.neurons` must be 10 to continue" in result.output


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
    compared = Comparison(plan_of("bptt-modes", effort=Budget(0.5)), tmp_path)
    assert compared.carry_out(Here(), Lines(Console(quiet=True))) == {}
    found = json.loads((tmp_path / "pilots" / "bptt-modes.json").read_text())
    assert found["seconds"] == 0.5
    assert rows(compared.table)[0]["updates"] == str(found["updates"])
    with pytest.raises(ValueError, match=r"`--budget` must be 0\.5s to continue"):
        Comparison(plan_of("bptt-modes", effort=Budget(1)), tmp_path)


def test_what_is_measured_is_the_network_under_the_conditions():
    conditions = [{"name": "sparse-connectivity", "missing": 0.7}]
    given = {"train": {"conditions": conditions}, "network": {"readout": "trace"}, "seed": 3}
    there, elsewhere = (
        parse_spec(merge([GIVEN, given, {"train": {"conditions": c}}])) for c in (conditions, [])
    )
    task, rng = there.build_task(), np.random.default_rng(0)
    trials = task.sample(6, rng)
    network = initial_network(10, 3, task.n_inputs, task.n_outputs, task.dt, rng)
    network = replace(network, W_in=3 * network.W_in)
    network = network.with_modes(network.modes.scaled(np.full(3, 20.0)))
    under, undisturbed = (measured(network, trials, spec) for spec in (there, elsewhere))
    recording = simulate(
        network, trials, conditions=there.train.build_conditions(), seed=3, target="numpy"
    )
    assert under["mse"] == task.score(recording.outputs, trials).mse != undisturbed["mse"]
    operations = "synaptic_operations_per_trial"
    assert under[operations] / under["spikes_per_trial"] < 0.6 * (
        undisturbed[operations] / undisturbed["spikes_per_trial"]
    )
    assert under["mode_operations_per_trial"] is None
