"""Interventions on a small network: what is written, and what is known beforehand of it."""

import sys
from dataclasses import replace
from io import StringIO
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from spikemodes.analysis.figures import DARK, LIGHT
from spikemodes.experiments import RunDirectory, parse_spec
from spikemodes.experiments.cli import main as cli
from spikemodes.experiments.display.progress import display_on
from spikemodes.experiments.perturb.gradient import effects
from spikemodes.experiments.perturb.kicks import kicked
from spikemodes.experiments.perturb.laboratory import Laboratory
from spikemodes.experiments.perturb.plan import Extreme, Plan, times_of
from spikemodes.experiments.perturb.rows import (
    DOSE,
    PREDICTION,
    SILENCE,
    of_kind,
    read_interventions,
)
from spikemodes.experiments.perturb.run import carry_out
from spikemodes.experiments.pipeline.circumstances import UNDISTURBED
from spikemodes.experiments.report.interventions import interventions
from spikemodes.experiments.report.reported import Reported
from spikemodes.models import Network, simulate
from spikemodes.models.conditions import Stimulate
from spikemodes.models.networks.storage import save_network


def small(target="numpy"):
    spec = parse_spec(
        {
            "task": {
                "name": "selective-integration",
                "blank": "10 ms",
                "stimulus": "40 ms",
                "response": "60 ms",
            },
            "network": {"neurons": 24, "modes": 2},
            "simulate": {"target": target, "trials": 24},
        }
    )
    network = spec.recipe().start(spec.build_task(), np.random.default_rng(1))
    assert isinstance(network, Network)
    return spec, replace(network, W_in=2 * network.W_in)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    spec, network = small()
    run = RunDirectory(tmp_path_factory.mktemp("run"))
    plan = Plan(Extreme(5), "stimulus", (-0.1, 0.1), trials=24, sets=6)
    shown = StringIO()
    found = carry_out(run, spec, network, plan, display_on(Console(file=shown)))
    return run, spec, network, found, shown.getvalue()


def test_a_row_for_each_intervention_and_the_undisturbed_dose_changes_nothing(done):
    run, _, _, found, shown = done
    rows = read_interventions(run.perturb)
    doses, silenced, foretold = (of_kind(rows, kind) for kind in (DOSE, SILENCE, PREDICTION))
    assert [row.amplitude for row in doses] == [-0.1, 0, 0.1]
    assert (doses[1].change, doses[1].spikes_left) == (0, 1)
    assert doses[2].spikes_left > 1 > doses[0].spikes_left
    assert silenced[0].spikes_left <= 0.02
    assert {row.cells for row in doses} == {silenced[0].cells} == {found.cells}
    assert len(foretold) == 6
    assert all(len(row.cells) == 20 for row in foretold)
    assert set(found.returns) == {"0", "1"}
    assert run.read_summary().interventions == found
    assert "Brian2: cells silenced" in shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--cells", "24"), "`--cells` must be cells of the network, from 0 to 23"),
        (("--epoch", "delay"), "`--epoch` must be a part of the task's trials"),
        (("--kick", "3"), "`--kick` must be a mode of the network, from 1 to 2: got 3."),
        (("--amplitude", "inf"), "`--amplitude` must be finite numbers"),
    ],
)
def test_the_command_refuses_in_one_line(options, message, tmp_path, monkeypatch, capsys):
    spec, network = small()
    run = RunDirectory.create(tmp_path / "run", spec.resolved())
    save_network(network, run.network)
    monkeypatch.setattr(sys, "argv", ["spikemodes", "perturb", str(run.path), *options])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 2
    (line,) = [x for x in capsys.readouterr().err.splitlines() if "error" in x]
    assert message in line
    assert not run.perturb.exists()


def test_the_report_shows_them(done):
    run, spec, network, _, _ = done
    nothing: Any = None
    reported = Reported(run, spec, network, nothing, nothing, run.read_summary())
    section = interventions(reported)
    assert section is not None
    findings = {figure.name: figure.finding for figure in section.figures}
    assert "Silencing the 5 chosen cells takes" in findings["interventions-silenced"]
    assert all(finding.endswith(".") for finding in findings.values())
    assert section.table is not None
    assert [row[0] for row in section.table.rows] == ["1", "2"]
    assert len(section.figures) == 4
    for figure in section.figures:
        for theme in (LIGHT, DARK):
            figure.draw(theme).draw_without_rendering()


def test_a_damaged_table_is_named(done, tmp_path):
    path = tmp_path / "perturb.csv"
    path.write_text("kind,what\ndose,chosen\n")
    with pytest.raises(ValueError, match=r"perturb\.csv` must be written by `spikemodes perturb`"):
        read_interventions(path)


def test_without_recurrence_a_kick_returns_with_the_filters_time_constant():
    spec, network = small()
    still = network.with_modes(network.modes.scaled(np.zeros(2)))
    laboratory = Laboratory(spec, still, 6, spec.build_task().epochs["stimulus"])
    one = kicked(laboratory, [1])[0]
    np.testing.assert_allclose(one.left, one.alone, atol=1e-12)
    np.testing.assert_allclose(one.alone, one.kappa * np.exp(-one.times / 0.03), rtol=1e-9)
    assert one.numbers.tau_ms == pytest.approx(30, rel=1e-3)
    assert one.numbers.rest == pytest.approx(0, abs=1e-3)


def test_cells_that_alone_reach_the_output_are_the_effective_ones():
    spec, network = small()
    network = network.with_modes(network.modes.scaled(np.zeros(2)))
    W_out = np.zeros_like(network.W_out)
    W_out[0, [3, 7]] = 0.2, -0.2
    network = replace(network, W_out=W_out)
    task = spec.build_task()
    laboratory = Laboratory(spec, network, 24, task.epochs["response"])
    epoch = times_of(task.epochs["response"], network.dt)
    effect = effects(network, laboratory.trials, UNDISTURBED, epoch, laboratory.answer)
    assert effect[3] > 0 > effect[7]
    assert np.count_nonzero(effect) == 2

    def output(conditions):
        found = simulate(network, laboratory.trials, conditions=conditions, target="numpy")
        return found.outputs[laboratory.answer.start :].mean()

    for cell, sign in ((3, 1), (7, -1)):
        change = output([Stimulate((cell,), epoch, 1.0)]) - output([])
        assert np.sign(change) == sign
