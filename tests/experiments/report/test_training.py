"""The report's section on the training: how the method's gradient compares with others."""

from types import SimpleNamespace
from typing import Any

import pytest
from spikemodes.experiments.pipeline.directory import Metrics
from spikemodes.experiments.pipeline.summary import NetworkSize, Summary, Training
from spikemodes.experiments.report.training import training

ROW = {"step": 1, "loss": 0.5, "accuracy": None}
COSINES = {"e-prop": {"W_in": 1.0, "xi_out": 0.99}, "bptt": {"W_in": 0.7, "xi_out": 0.8}}


@pytest.fixture
def section(tmp_path):
    def make(row: dict[str, Any], found: dict[str, Any]):
        metrics = Metrics(tmp_path / "metrics.jsonl")
        metrics.append(row)
        summary = Summary(
            training=Training("three-factor", 1, 2.0, 100.0, 0.5, found),
            network=NetworkSize(100, 3, 4, 1, 1103),
        )
        reported: Any = SimpleNamespace(summary=summary, run=SimpleNamespace(metrics=metrics.path))
        return training(reported)

    return make


def test_cosines_stand_by_block_for_the_first_update_and_the_trained_network(section):
    found = section({**ROW, "cosines": COSINES}, {"cosines": {"e-prop": {"xi_out": 0.95}}})
    assert found.table is not None
    assert found.table.columns == ("", "W_in", "xi_out")
    first, second, trained = found.table.rows
    assert first == ("update 1, e-prop", 1.0, 0.99)
    assert second == ("update 1, backpropagation through time", 0.7, 0.8)
    assert trained[0] == "trained, e-prop"
    assert trained[2] == 0.95
    assert "does not go back in time" in found.text


@pytest.mark.parametrize("row", [ROW, {**ROW, "cosines": None}, {**ROW, "cosine": 0.99}])
def test_a_run_that_compared_nothing_has_no_table(row, section):
    found = section(row, {})
    assert found.table is None
    assert "does not go back in time" not in found.text
