"""The plausibility table: verdicts follow the ranges, every row is cited, CSV says the same."""

import csv
import re
from dataclasses import replace

import numpy as np
import pytest
from spikemodes.analysis import Metric, Reported, SpikeStatistics, plausibility, weight_statistics
from spikemodes.experiments.pipeline.plausibility import COLUMNS, repeats, write_table

ONES = np.ones(10)
CORTEX = SpikeStatistics(
    rates=np.array([1.0] * 8 + [5.0, 30.0]),
    cv=0.9 * ONES,
    cv2=ONES,
    fano=1.2 * ONES,
    correlations=np.full(45, 0.1),
    synchrony=0.01,
    active=0.02,
)


def cortical_weights():
    rng = np.random.default_rng(0)
    signs = np.where(np.arange(200) < 160, 1.0, -1.0)
    W = signs * np.exp(rng.normal(size=(200, 200))) * (rng.random((200, 200)) < 0.15)
    return weight_statistics(W, np.ones(200))


def test_a_network_like_cortex_lies_within_every_range():
    verdicts = {m.name: m.verdict for m in plausibility(CORTEX, cortical_weights())}
    assert set(verdicts.values()) == {"within", "no range"}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"cv": 0.1 * ONES}, "CV of interspike intervals"),
        ({"fano": 0.2 * ONES}, "Fano factor of spike counts"),
        ({"active": 0.5}, "share of neurons above 20 Hz"),
        ({"correlations": np.full(45, 0.5)}, "correlation of spike counts"),
    ],
)
def test_a_statistic_out_of_range_is_outside(change, name):
    found = {m.name: m for m in plausibility(replace(CORTEX, **change), cortical_weights())}
    assert found[name].verdict == "outside"


def test_what_was_not_measured_is_not_judged():
    silent = replace(CORTEX, cv=np.full(10, np.nan))
    found = {m.name: m for m in plausibility(silent, cortical_weights())}
    assert found["CV of interspike intervals"].verdict == "not measured"


def test_every_range_is_cited_with_journal_and_year():
    for m in plausibility(CORTEX, cortical_weights()):
        assert re.search(r", .+\d+.*\(\d{4}\)", m.reported.source), m.name
        assert not m.reported.low > m.reported.high


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(0.5, 1.0, "0.5 to 1"), (1.0, 1.0, "1"), (0.0, np.inf, "above 0"), (np.nan, np.nan, "–")],
)
def test_ranges_as_text(low, high, text):
    assert Metric("m", "", 0.0, Reported(low, high, "", "")).range == text


def test_the_file_holds_the_table(tmp_path):
    metrics = plausibility(CORTEX, cortical_weights())
    write_table(metrics, tmp_path / "plausibility.csv")
    with (tmp_path / "plausibility.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [row["verdict"] for row in rows] == [m.verdict for m in metrics]
    assert [float(row["value"]) for row in rows] == pytest.approx(
        [m.value for m in metrics], rel=1e-5
    )
    skewness = next(row for row in rows if row["metric"].startswith("skewness"))
    assert (skewness["low"], skewness["high"]) == ("0", "")


def test_trials_repeat_where_every_condition_is_the_same(draw_trials):
    rng = np.random.default_rng(0)
    sign, context, graded = rng.choice([-0.5, 0.5], 40), rng.integers(2, size=40), rng.random(40)
    conditions = {"sign": sign, "context": context, "graded": graded}
    labels = repeats(replace(draw_trials(5, 40), conditions=conditions))
    assert len(np.unique(labels)) == 4
    for label in np.unique(labels):
        assert len(np.unique(np.column_stack([sign, context])[labels == label], axis=0)) == 1
    assert (repeats(draw_trials(5, 40)) == 0).all()
    classes = replace(draw_trials(5, 40), labels=context)
    np.testing.assert_array_equal(repeats(classes), context)
