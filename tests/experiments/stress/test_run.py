import math
from dataclasses import replace
from io import StringIO
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from brian2 import ms
from rich.console import Console
from scipy.stats import rankdata
from spikemodes.analysis.figures import DARK, LIGHT
from spikemodes.experiments import RunDirectory
from spikemodes.experiments.computation import changed_modes
from spikemodes.experiments.display.progress import Lines
from spikemodes.experiments.display.tables import write_rows
from spikemodes.experiments.pipeline.circumstances import Circumstances
from spikemodes.experiments.pipeline.performance import Performance
from spikemodes.experiments.pipeline.summary import BothWays, Retraining, StressTest, Summary
from spikemodes.experiments.report.retraining import retraining_section
from spikemodes.experiments.report.stress import stress, stress_section
from spikemodes.experiments.stress import cell as stress_cell
from spikemodes.experiments.stress.battery import choose
from spikemodes.experiments.stress.cell import Order, Stress, resampled_performance
from spikemodes.experiments.stress.cells import Cell, OlderTableError, read_cells, row_of
from spikemodes.experiments.stress.fitting import Fit
from spikemodes.experiments.stress.run import StressStudy
from spikemodes.experiments.study.workers import Here, Outcome
from spikemodes.experiments.tasks import SelectiveIntegration
from spikemodes.learning import initial_network
from spikemodes.learning.task import Score
from spikemodes.models import Recording, simulate
from spikemodes.models.conditions import Delays, Lesion, SparseConnectivity


@pytest.fixture(scope="module")
def test_of_stress():
    task = SelectiveIntegration(blank=10 * ms, stimulus=40 * ms, response=50 * ms)
    rng = np.random.default_rng(0)
    network = initial_network(20, 3, task.n_inputs, task.n_outputs, task.dt, rng)
    trials = task.sample(10, rng)
    return Stress(task, network, trials, target="numpy", modes=(0, 2))


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Carry out a stress test in this process; gives its cells and what was shown."""

    def carry_out(test, sweeps, draws=1):
        monkeypatch.setattr(stress_cell, "_stress", lambda order: test)
        whole = StressStudy(RunDirectory(tmp_path), Fit(sweeps, {}), draws, Order("", 0, (), 1, 0))
        shown = StringIO()
        whole.carry_out(Here(), Lines(Console(file=shown, width=300)))
        whole.write(map(row_of, whole.found))
        return whole, shown.getvalue()

    return carry_out


def write_cells(cells, path):
    write_rows(map(row_of, cells), path)


def cell(name, level, performance, **other):
    """A cell with results."""
    known = {"low": performance - 0.05, "high": performance + 0.05, "mean": performance}
    return Cell(
        name, "level", level, f"{level:g}", level, performance=performance, rate_hz=20.0,
        mode_variance=(1.0, 0.5), mode_drop=(0.4, 0.1), mode_rank=(1, 2), rank_agreement=1.0,
        **(known | other),
    )  # fmt: skip


def test_a_sweep_is_a_table_of_levels_and_draws(test_of_stress, study, tmp_path):
    sweeps = choose(["refractory-period", "delays"], {"refractory-period": [4], "delays": [10]})
    whole, shown = study(test_of_stress, sweeps, draws=5)
    cells = whole.found
    assert "8/8  0:00:00 left  delays 10, draw 5: performance " in shown
    assert "accuracy" in shown
    assert "explained variance" in shown
    assert [(c.condition, c.level, c.draw) for c in cells] == [
        ("refractory-period", 0, 1), ("refractory-period", 4, 1), ("delays", 0, 1),
        *(("delays", 10, draw) for draw in (1, 2, 3, 4, 5)),
    ]  # fmt: skip
    assert [c.identical for c in cells[:3]] == [True, False, True]
    assert cells[1].rate_hz < cells[0].rate_hz
    for found in cells:
        assert found.low <= found.performance <= found.high
        assert found.performance == pytest.approx(found.explained_variance)
        assert found.mean_low <= found.mean <= found.mean_high
        assert found.ceiling > 0.5
        assert len(found.mode_variance) == 3
        if found.draw == 1:
            assert math.isnan(found.mode_drop[1])
            assert sorted(found.mode_rank) == [0, 1, 2]
        else:
            assert found.mode_drop == ()
    assert len({c.performance for c in cells[3:]}) == 5
    assert len({(c.mean, c.mean_low, c.mean_high) for c in cells[3:]}) == 1
    assert cells[3].mean == pytest.approx(np.mean([c.performance for c in cells[3:]]))
    assert cells[0].rank_agreement == pytest.approx(1)
    assert repr(read_cells(tmp_path / "stress.csv")) == repr(cells)
    level, (low, high) = whole.halves("delays") or (None, (0, 0))
    assert level is None or low <= level <= high


def test_conditions_act_together_level_by_level(test_of_stress, study):
    sweeps = choose(["delays+lesion"], {"delays": [4], "lesion": [0.2]})
    whole, _ = study(replace(test_of_stress, modes=()), sweeps, draws=2)
    undisturbed, first, second = whole.found
    assert undisturbed.identical
    assert first.levels == "delays 4, lesion 0.2"
    assert first.rate_hz != second.rate_hz
    known = simulate(
        test_of_stress.network, test_of_stress.trials, target="numpy",
        conditions=[Delays(4 * ms).redrawn(1), Lesion(0.2).redrawn(1)],
    )  # fmt: skip
    assert second.rate_hz == pytest.approx(known.rate_hz)
    section = stress_section(whole.found)
    assert section.table is not None
    row = section.table.rows[0]
    assert row[0] == "delays+lesion"
    assert row[4] == "delays 4, lesion 0.2"
    assert [f.name for f in section.figures] == ["stress-overview", "stress-delays-and-lesion"]


class Scored:
    """A task whose score is made of the errors alone, or of the choices alone."""

    def __init__(self, task, kind):
        self.task, self.kind = task, kind

    def score(self, outputs, trials):
        whole = self.task.score(outputs, trials)
        if self.kind == "error":
            return replace(whole, accuracy=None, chance=None)
        return Score(2 * whole.accuracy - 1, accuracy=whole.accuracy, chance=0.5)


@pytest.mark.parametrize("strengths", [(0.6, 0.3, 0.1), (0.1, 0.3, 0.6), (0.3, 0.1, 0.6)])
def test_modes_rank_alike_for_errors_and_for_choices(strengths, test_of_stress, monkeypatch):
    """Rank 1 is the mode that carries most, whichever way the task is scored."""
    task, rng = test_of_stress.task, np.random.default_rng(0)
    trials = task.sample(400, rng)
    noise = 0.3 * rng.standard_normal((1, trials.n_trials, 1))

    class Simulation:
        """Each mode adds its strength to the answer."""

        target = "numpy"

        def run(self, network, trials, **options):
            share = np.sum(strengths * (network.modes.scores != 0))
            outputs = share * trials.targets + noise * (trials.targets != 0)
            shape = {"n_trials": trials.n_trials, "n_steps": trials.n_steps, "dt": trials.dt}
            none = np.zeros((0, 3), int)
            return Recording(none, n_neurons=20, **shape, outputs=outputs, modes=outputs)

    monkeypatch.setattr(changed_modes, "compile_simulation", lambda *given, **options: Simulation())
    for kind in ("error", "choice"):
        scored: Any = Scored(task, kind)
        test = Stress(scored, test_of_stress.network, trials, modes=(0, 1, 2))
        expected = rankdata([-strength for strength in strengths])
        assert test.undisturbed.ranks.tolist() == expected.tolist(), kind
        assert test.undisturbed.drops.max() > 0.1


def test_a_perfect_network_of_a_task_of_errors_is_not_broken_at_once():
    levels = [cell("delays", x, p) for x, p in ((0.0, 0.98), (0.5, 0.9), (1.0, 0.2))]
    found = StressTest(4, 1.0, 0, 0, {}, None, 1, {"delays": 0.79}, {"delays": (0.7, None)})
    table = stress_section(levels, found).table
    assert table is not None
    assert table.rows[0][3] == "0.79 (0.7 to > 1)"


@pytest.mark.parametrize("n_trials", [1, 40])
def test_an_accuracy_that_is_all_right_has_an_interval(n_trials, test_of_stress):
    task = test_of_stress.task  # not asked to score again
    trials = task.sample(n_trials, np.random.default_rng(0))
    score = Score(1.0, accuracy=1.0, chance=0.5)
    resamples = resampled_performance(task, np.zeros((50, n_trials, 1)), trials, score)
    assert resamples.max() <= 1
    assert np.ptp(resamples) > 0
    unknown = resampled_performance(task, np.zeros((50, n_trials, 1)), trials, Score())
    assert np.isnan(unknown).all()


def test_a_silent_channel_lowers_the_ceiling_as_well(test_of_stress, study):
    sweeps = choose(["missing-channels"], {"missing-channels": [1.0]})
    undisturbed, silent = study(replace(test_of_stress, modes=()), sweeps)[0].found
    assert undisturbed.ceiling > 0.5
    assert silent.ceiling < 0.1


def test_a_task_without_an_ideal_observer_has_no_ceiling(test_of_stress, study, tmp_path):
    test = replace(test_of_stress, task=Scored(test_of_stress.task, "error"), modes=())
    (found,) = study(test, choose(["delays"], {"delays": []}))[0].found
    assert math.isnan(found.ceiling)
    header, row = (tmp_path / "stress.csv").read_text().splitlines()
    assert dict(zip(header.split(","), row.split(","), strict=True))["ceiling"] == ""


def test_a_cell_that_fails_leaves_the_others(test_of_stress, study):
    sweeps = choose(["refractory-period"], {"refractory-period": [3, 4]})  # 3 ms: no whole steps
    whole, shown = study(test_of_stress, sweeps)
    cells = whole.found
    assert [bool(c.error) for c in cells] == [False, True, False]
    assert "whole number of steps" in cells[1].error
    assert f"refractory-period 3 failed: {cells[1].error}" in shown
    assert cells[1].seconds > 0
    whole.halves("refractory-period")
    section = stress_section(cells)
    assert "1 of 3 cells failed: refractory-period 3" in section.text


def test_a_cell_without_any_worker_left_is_a_row_with_its_reason(tmp_path):
    sweeps = choose(["adaptation"], {"adaptation": [0.4, 0.4]})
    test = StressStudy(RunDirectory(tmp_path), Fit(sweeps, {}), 5, Order("", 0, (), 1, 0))
    _, lost = test.cells
    test.outcomes[lost.name] = Outcome(reason="every worker died")
    (found,) = test.found
    assert (found.condition, found.level, found.error) == ("adaptation", 0.4, "every worker died")
    assert test.rows() == [row_of(found)]
    assert test.compilations == 0


def test_a_damaged_table_is_named(tmp_path):
    path = tmp_path / "stress.csv"
    path.write_text("condition,level\ndelays,much\n")
    with pytest.raises(ValueError, match=r"stress\.csv` must be written by `spikemodes stress`"):
        read_cells(path)


def test_a_table_of_an_older_version_is_told_and_does_not_stop_the_report(tmp_path):
    (tmp_path / "stress.csv").write_text("condition,axis,level,score\ndelays,mean,0,1.0\n")
    with pytest.raises(OlderTableError, match="this version of `spikemodes stress`: an older one"):
        read_cells(tmp_path / "stress.csv")
    section = stress(SimpleNamespace(run=RunDirectory(tmp_path)))  # type: ignore[arg-type]
    assert section is not None
    assert "of an older version" in section.text
    assert section.table is None


def test_a_summary_of_an_older_version_is_read():
    old = {
        "trials": 4, "seconds": 1.0, "compilations": 0, "failed": 0, "left_out": {}, "random": None,
        "breaks_at": {"delays": 3.0},
    }  # fmt: skip
    found = Summary.of({"stress": old}).stress
    assert found is not None
    assert found.draws is None
    assert found.halves_at is None


@pytest.mark.parametrize(("draws", "said"), [(1, "one draw: no interval over"), (3, "0.700, 0.8")])
def test_few_draws_have_no_interval_and_it_is_said(draws, said):
    values = [0.7, 0.8, 0.9][:draws]
    other = {"drawn": True, "draws": draws, "mean_low": math.nan, "mean_high": math.nan}
    cells = [
        cell("lesion", 0.0, 0.95, drawn=True),
        *(cell("lesion", 0.4, p, draw=k + 1, **other) for k, p in enumerate(values)),
    ]
    section = stress_section(cells)
    assert section.table is not None
    assert said in section.table.rows[0][5]
    assert "there is no interval over draws" in section.text
    for figure in section.figures:
        figure.draw(LIGHT)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_the_section_has_a_figure_for_each_condition_and_an_overview(theme, tmp_path):
    cells = [
        cell(name, level, performance, ceiling=0.97)
        for name in ("delays", "lesion")
        for level, performance in ((0.0, 0.99), (0.5, 0.95), (1.0, 0.4))
    ]
    write_cells(cells, tmp_path / "stress.csv")
    section = stress_section(read_cells(tmp_path / "stress.csv"))
    assert [f.name for f in section.figures] == [
        "stress-overview",
        "stress-delays",
        "stress-lesion",
    ]
    assert section.table is not None
    assert section.table.rows[0][:4] == ("delays", "level", "draws nothing", "–")
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
    cells = [Cell("conductances", "share", x, f"{x:g}", x, error=reason) for x in (0.0, 1.0)]
    write_cells([*cells, cell("delays", 0.0, 0.9)], tmp_path / "stress.csv")
    section = stress_section(read_cells(tmp_path / "stress.csv"))
    assert [f.name for f in section.figures] == ["stress-overview", "stress-delays"]
    assert f"conductances 1: {reason}" in section.text
    assert section.table is not None
    assert section.table.rows[0][3:] == ("–", "1", *"–––––––")
    for figure in section.figures:
        figure.draw(LIGHT)
    assert stress_section(cells).figures == ()


def test_what_was_left_out_is_named_with_its_reason():
    reasons = {"conductances": "it replaces the LIF"}, "its neurons draw noise"
    found = StressTest(4, 1.0, 0, 0, *reasons)
    section = stress_section([cell("delays", 0.0, 0.9)], found, "delays, 5 ms")
    assert "conductances: it replaces the LIF" in section.text
    assert "not compared spike for spike, because its neurons draw noise" in section.text
    assert "the conditions it learned under (delays, 5 ms)" in section.text
    assert section.table is not None
    assert section.table.rows[0][-1] == "–"


def test_level_zero_is_the_network_under_the_conditions_it_learned_under(test_of_stress, study):
    there = Circumstances((Delays(8 * ms), SparseConnectivity(0.5)), seed=3)
    test = replace(test_of_stress, there=there, modes=())
    sweeps = choose(["lesion", "delays"], {"lesion": [], "delays": [8]})
    lesion, without, with_delays = study(test, sweeps)[0].found
    known = simulate(test.network, test.trials, **there.options, target="numpy")
    assert lesion.identical
    assert lesion.rate_hz == known.rate_hz
    assert (without.identical, with_delays.identical) == (False, True)
