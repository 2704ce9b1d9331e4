import math
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from brian2 import ms
from rich.console import Console
from spikemodes.analysis.figures import DARK, LIGHT
from spikemodes.experiments import RunDirectory
from spikemodes.experiments.display.progress import Lines
from spikemodes.experiments.display.tables import write_rows
from spikemodes.experiments.pipeline.circumstances import Circumstances
from spikemodes.experiments.pipeline.summary import (
    BothWays,
    Performance,
    Retraining,
    StressTest,
)
from spikemodes.experiments.report.retraining import retraining_section
from spikemodes.experiments.report.stress import stress_section
from spikemodes.experiments.stress import cell as stress_cell
from spikemodes.experiments.stress.battery import choose
from spikemodes.experiments.stress.cell import Order, Stress
from spikemodes.experiments.stress.cells import Cell, read_cells, row_of
from spikemodes.experiments.stress.run import StressStudy
from spikemodes.experiments.study.workers import Here, Outcome
from spikemodes.experiments.tasks import SelectiveIntegration
from spikemodes.learning import initial_network
from spikemodes.models import simulate
from spikemodes.models.conditions import Delays, SparseConnectivity


@pytest.fixture(scope="module")
def test_of_stress():
    task = SelectiveIntegration(blank=10 * ms, stimulus=40 * ms, response=50 * ms)
    rng = np.random.default_rng(0)
    network = initial_network(20, 3, task.n_inputs, task.n_outputs, task.dt, rng)
    trials = task.sample(10, rng)
    return Stress(task, network, trials, target="numpy", modes=(0, 2))


@pytest.fixture
def stress(tmp_path, monkeypatch):
    """Carry out a stress test in this process; gives its cells and what was shown."""

    def carry_out(test, sweeps):
        monkeypatch.setattr(stress_cell, "_stress", lambda order: test)
        whole = StressStudy(RunDirectory(tmp_path), sweeps, Order("", 0, (), 1, 0))
        shown = StringIO()
        whole.carry_out(Here(), Lines(Console(file=shown)))
        return whole.found, shown.getvalue()

    return carry_out


def write_cells(cells, path):
    write_rows(map(row_of, cells), path)


def test_a_sweep_is_a_table_of_levels(test_of_stress, stress, tmp_path):
    sweeps = choose(["refractory-period", "delays"], {"refractory-period": [4], "delays": [10]})
    cells, shown = stress(test_of_stress, sweeps)
    assert "4/4  0:00:00 left  delays 10: score " in shown
    assert [(c.condition, c.level) for c in cells] == [
        ("refractory-period", 0), ("refractory-period", 4), ("delays", 0), ("delays", 10),
    ]  # fmt: skip
    assert [c.identical for c in cells[::2]] == [True, True]
    assert cells[1].rate_hz < cells[0].rate_hz
    for cell in cells:
        assert cell.low <= cell.score <= cell.high
        assert len(cell.mode_variance) == 3
        assert math.isnan(cell.mode_drop[1])
        assert sorted(cell.mode_rank) == [0, 1, 2]
    assert cells[0].rank_agreement == pytest.approx(1)
    again = read_cells(tmp_path / "stress.csv")
    assert repr(again) == repr(cells)


def test_a_cell_that_fails_leaves_the_others(test_of_stress, stress):
    sweeps = choose(["refractory-period"], {"refractory-period": [3, 4]})  # 3 ms: no whole steps
    cells, shown = stress(test_of_stress, sweeps)
    assert [bool(cell.error) for cell in cells] == [False, True, False]
    assert "whole number of steps" in cells[1].error
    assert f"refractory-period 3 failed: {cells[1].error}" in shown
    assert cells[1].seconds > 0
    section = stress_section(cells)
    assert "1 of 3 cells failed: refractory-period at 3" in section.text


def test_a_cell_without_any_worker_left_is_a_row_with_its_reason(tmp_path):
    sweeps = choose(["lesion"], {"lesion": [0.4, 0.4]})
    test = StressStudy(RunDirectory(tmp_path), sweeps, Order("", 0, (), 1, 0))
    _, lost = test.cells
    test.outcomes[lost.name] = Outcome(reason="every worker died")
    (cell,) = test.found
    assert (cell.condition, cell.level, cell.error) == ("lesion", 0.4, "every worker died")
    assert test.rows() == [row_of(cell)]
    assert test.compilations == 0


def test_a_damaged_table_is_named(tmp_path):
    path = tmp_path / "stress.csv"
    path.write_text("condition,level\ndelays,much\n")
    with pytest.raises(ValueError, match=r"stress\.csv` must be written by `spikemodes stress`"):
        read_cells(path)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_the_section_has_a_figure_for_each_condition_and_an_overview(theme, tmp_path):
    cells = [
        Cell(
            name, "level", level, level, score, score - 0.05, score + 0.05, 0.1, 20.0, 20.0, 0.0,
            level == 0, (1.0, 0.5), (0.4, 0.1), (1, 2), 1.0,
        )
        for name in ("delays", "lesion")
        for level, score in ((0.0, 0.99), (0.5, 0.95), (1.0, 0.7))
    ]  # fmt: skip
    write_cells(cells, tmp_path / "stress.csv")
    section = stress_section(read_cells(tmp_path / "stress.csv"))
    assert [f.name for f in section.figures] == [
        "stress-overview",
        "stress-delays",
        "stress-lesion",
    ]
    assert section.table is not None
    assert section.table.rows[0][:3] == ("delays", "level", "0.6")
    for figure in section.figures:
        assert figure.draw(theme).axes


def test_learning_under_conditions_is_set_side_by_side():
    part = Performance(
        10, None, {"accuracy": 1.0, "mse": 0.1}, explained_variance=0.8, rate_hz=20.0
    )
    both = BothWays(undisturbed=part, under_conditions=replace(part, measures={"accuracy": 0.5}))
    section = retraining_section(Retraining(({"name": "delays", "mean": "10 ms"},), both, both))
    assert "delays, 10 ms" in section.text
    assert section.table is not None
    assert section.table.rows[0] == ("accuracy", "1.000", "1.000", "0.500", "0.500")


def test_a_condition_whose_every_level_failed_is_named_and_not_drawn(tmp_path):
    reason = "no such neuron"
    cells = [Cell("adex", "share", level, level, error=reason) for level in (0.0, 1.0)]
    good = Cell("delays", "mean", 0.0, 0.0, 0.9, 0.8, 1.0, 0.1, 20.0, 20.0, 0.0, True)
    write_cells([*cells, good], tmp_path / "stress.csv")
    section = stress_section(read_cells(tmp_path / "stress.csv"))
    assert [f.name for f in section.figures] == ["stress-overview", "stress-delays"]
    assert f"adex at 1: {reason}" in section.text
    assert section.table is not None
    assert section.table.rows[0][2:] == ("–", "1", "–", "– – –", "–", "–", "–")
    for figure in section.figures:
        figure.draw(LIGHT)
    assert stress_section(cells).figures == ()


def test_what_was_left_out_is_named_with_its_reason():
    reasons = {"adex": "it replaces the LIF"}, "its neurons draw noise"
    found = StressTest(4, 1.0, 0, 0, {}, *reasons)
    cells = [Cell("delays", "mean", 0.0, 0.0, 0.9, 0.8, 1.0, 0.1, 20.0, 20.0, 0.0, False)]
    section = stress_section(cells, found, "delays, 5 ms")
    assert "adex: it replaces the LIF" in section.text
    assert "not compared spike for spike, because its neurons draw noise" in section.text
    assert "the conditions it learned under (delays, 5 ms)" in section.text
    assert section.table is not None
    assert section.table.rows[0][-1] == "–"


def test_level_zero_is_the_network_under_the_conditions_it_learned_under(test_of_stress, stress):
    there = Circumstances((Delays(8 * ms), SparseConnectivity(0.5)), seed=3)
    test = replace(test_of_stress, there=there, modes=())
    sweeps = choose(["lesion", "delays"], {"lesion": [], "delays": [8]})
    (lesion, without, with_delays), _ = stress(test, sweeps)
    known = simulate(test.network, test.trials, **there.options, target="numpy")
    assert lesion.identical
    assert lesion.rate_hz == known.rate_hz
    assert (without.identical, with_delays.identical) == (False, True)
