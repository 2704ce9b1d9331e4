"""The section on the stress test: what lies beyond a sweep, and ranks that say nothing."""

from typing import Any

import pytest
from spikemodes.experiments.pipeline.summary import StressTest
from spikemodes.experiments.report.stress import stress_section
from spikemodes.experiments.stress.cells import Cell


def row(performance: float, halves_at: float | None, within: Any) -> dict[str, Any]:
    levels = ((0.0, 1.0, 1.0), (0.5, performance, 0.5))
    cells = [
        Cell("lesion", "share dead", level, f"{level:g}", 2 * level, performance=p,
             mean=p, rank_agreement=agreement)
        for level, p, agreement in levels
    ]  # fmt: skip
    found = StressTest(
        4, 1.0, 0, 0, {}, None, halves_at={"lesion": halves_at}, halves_within={"lesion": within}
    )
    table = stress_section(cells, found).table
    assert table is not None
    return dict(zip(table.columns, table.rows[0], strict=True))


@pytest.mark.parametrize(
    ("halves_at", "within", "said"),
    [
        (None, (None, None), "> 0.5"),
        (0.3, (0.2, None), "0.3 (0.2 to > 0.5)"),
        (0.3, (0.2, 0.4), "0.3 (0.2 to 0.4)"),
    ],
)
def test_what_a_sweep_does_not_reach_is_beyond_its_last_level(halves_at, within, said):
    assert row(0.8, halves_at, within)["half at"] == said


def test_ranks_of_modes_that_carry_little_are_left_out():
    assert row(0.5, None, (None, None))["agreement of ablation ranks"] == "0.500"
    assert row(0.4, None, (None, None))["agreement of ablation ranks"] == "–"
