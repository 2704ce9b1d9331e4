"""The report's section on causal modes: its two sentences are made from the numbers."""

from typing import Any

import numpy as np
import pytest
from spikemodes.analysis import all_subsets
from spikemodes.analysis.figures import DARK, LIGHT
from spikemodes.experiments import RunDirectory, Summary, parse_spec
from spikemodes.experiments.computation.answers import Answers
from spikemodes.experiments.computation.causality import Causality
from spikemodes.experiments.report.causality import causality
from spikemodes.experiments.report.reported import Reported

PERFORMANCE = np.array([0.0, 0.8, 0.1, 0.9])


def reported(tmp_path, draw_network, **changes):
    known = {
        "trials": 50,
        "performance": 0.9,
        "without_modes": 0.0,
        "by_condition": {"left": 0.9, "right": 0.9},
        "lost": (0.8, 0.1),
        "shapley": (0.8, 0.1),
        "rank": (1.0, 2.0),
        "importance": (1.0, 2.0),
        "score": (1.0, 0.5),
        "agreement": {"importance": -1.0, "score": 1.0, "shapley": 1.0},
        "smallest_set": (0, 1),
        "smallest_performance": 0.9,
        "share": 0.9,
        "all_subsets": True,
    }
    arrays = {
        "present": all_subsets(2),
        "performance": PERFORMANCE,
        "by_condition": np.ones((4, 2)),
        "conditions": np.array(["left", "right"]),
        "lost_by_condition": np.array([[0.7, 0.9], [0.1, 0.1]]),
        "scaled_modes": np.arange(2),
        "factors": np.array([0, 0.5, 1.5, 2]),
        "scaled": np.ones((2, 4)),
        "swapped_modes": np.array([[0, 1]]),
        "swapped": np.array([0.25]),
    }
    run = RunDirectory(tmp_path)
    Answers({"causality": Causality(**(known | changes))}, {"causality": arrays}).save(run)
    nothing: Any = None
    return Reported(run, parse_spec({}), draw_network(), nothing, nothing, Summary())


def test_the_findings_say_which_modes_are_needed_and_which_costs_most(tmp_path, draw_network):
    section = causality(reported(tmp_path, draw_network))
    assert section is not None
    sets, lost, ranks = (figure.finding for figure in section.figures)
    assert "90 % of the performance (0.900) has all of them: modes 1, 2" in sets
    assert lost.startswith("Most is lost without mode 1: 0.800. Least is lost without mode 2")
    assert "τ ranks the 2 modes otherwise than their loss" in ranks
    assert "importance τ -1.00" in ranks
    assert "0.250 for 1 and 2" in section.text
    assert section.table is not None
    assert [row[0] for row in section.table.rows] == ["1", "2"]
    for figure in section.figures:
        for theme in (LIGHT, DARK):
            figure.draw(theme).draw_without_rendering()


def test_no_mode_may_be_needed(tmp_path, draw_network):
    found = reported(tmp_path, draw_network, smallest_set=(), smallest_performance=0.85)
    section = causality(found)
    assert section is not None
    assert section.figures[0].finding.startswith(
        "No mode is needed: without any the network keeps 0.850"
    )


def test_a_run_that_was_not_asked_has_no_section(tmp_path, draw_network):
    nothing: Any = None
    args = (RunDirectory(tmp_path), parse_spec({}), draw_network(), nothing, nothing, Summary())
    assert causality(Reported(*args)) is None


@pytest.mark.parametrize("n_modes", [1, 9, 30])
def test_figures_of_many_modes_and_of_one(n_modes):
    from spikemodes.analysis.figures import (
        draw_causal_ranks,
        draw_lost_performance,
        draw_mode_sets,
    )

    rng = np.random.default_rng(0)
    present = rng.random((60, n_modes)) < 0.5
    lost = rng.random(n_modes)
    draw_mode_sets(LIGHT, present, rng.random(60), 0.9, 3).draw_without_rendering()
    draw_lost_performance(LIGHT, lost, np.zeros((n_modes, 0)), []).draw_without_rendering()
    draw_causal_ranks(LIGHT, lost, {"τ": lost}).draw_without_rendering()
