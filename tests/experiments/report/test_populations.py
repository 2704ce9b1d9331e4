from types import SimpleNamespace
from typing import Any

import numpy as np
from spikemodes.analysis.figures import LIGHT
from spikemodes.experiments import RunDirectory
from spikemodes.experiments.computation.answers import Answers
from spikemodes.experiments.report.populations import populations

TABLE = """times,neurons,classes,draw,trials,performance,accuracy,rate_hz,seconds
0.0,20,0,1,10,0.9,1.0,20,1
1.0,20,1,1,10,0.1,1.0,20,1
10.0,200,1,1,10,0.2,1.0,20,1
10.0,200,2,1,10,0.8,1.0,20,1
"""


def section_of(run: RunDirectory, answers: Answers) -> Any:
    found: Any = SimpleNamespace(run=run, answers=answers)
    return populations(found)


def known(**other):
    one = {"cells": 10, "performance_without": 0.2, "lost": 0.7, "lost_by_condition": {"a": 1}}
    return {
        "classes": 2, "classes_by_bic": 1, "stability": {"1": 1.0, "2": 0.9},
        "stability_of_one_gaussian": {"1": 1.0, "2": 0.1}, "bic": {"1": 5.0, "2": 6.0},
        "epairs": 0.1, "epairs_p": 0.01, "performance": 0.9, "not_resampled": "",
        "resampled": {"performance": 0.3, "performances": [0.2, 0.4]}, "silenced": [one, one],
    } | other  # fmt: skip


def arrays():
    return {
        "rows": np.random.default_rng(0).normal(size=(20, 4)), "labels": np.arange(20) % 2,
        "columns": np.array(["xi_in 1", "xi_out 1", "W_in 1", "W_in 2"]),
        "means": np.zeros((2, 4)), "covariances": np.stack([np.eye(4)] * 2),
        "numbers": np.array([1, 2]), "stability": np.array([1, 0.9]), "null": np.array([1, 0.1]),
        "bic": np.array([5.0, 6.0]),
    }  # fmt: skip


def section(tmp_path, table="", **other):
    run = RunDirectory(tmp_path)
    if table:
        run.populations.write_text(table)
    answers = Answers({"populations": known(**other)}, {"populations": arrays()})
    return section_of(run, answers)


def test_findings_are_in_words_and_figures(tmp_path):
    found = section(tmp_path)
    assert "The cells are of 2 classes" in found.text
    assert "a Gaussian does not describe them" in found.text
    assert "performance of 0.30 in the mean (0.20 to 0.40)" in found.text
    assert "`spikemodes populations`" in found.text
    assert found.table.columns[-1] == "lost, a"
    assert len(found.table.rows) == 2
    for figure in found.figures:
        assert figure.draw(LIGHT).axes
    assert len(found.figures) == 2


def test_larger_networks_are_there_once_they_were_run(tmp_path):
    found = section(tmp_path, TABLE)
    assert "200 cells" in found.text
    assert "0.20 with 1, 0.80 with 2 classes" in found.text
    assert "The statistics of 2 classes are enough" in found.text
    assert found.figures[-1].draw(LIGHT).axes


def test_what_could_not_be_asked_says_why(tmp_path):
    run = RunDirectory(tmp_path)
    assert section_of(run, Answers()) is None
    assert "Too few." in section_of(run, Answers(not_asked={"populations": "Too few."})).text
    found = section(tmp_path, silenced=[], resampled=None, not_resampled="It has no cells.")
    assert found.table is None
    assert "It has no cells." in found.text
