import json

import pytest
from hypothesis import given, strategies as st
from spikemodes.experiments import Summary
from spikemodes.experiments.pipeline.summary import (
    FORMAT,
    Plausibility,
    PlausibilityControls,
    Statistic,
    Verdicts,
)

PERFORMANCE = {"trials": 8, "accuracy": 0.5, "accuracy_before": None, "rate_hz": 12.0}
UNMARKED = {
    "task": "t",
    "channels": ["a", "b"],
    "network": {
        "neurons": 9, "modes": None, "inputs": 4, "outputs": 1, "trainable_parameters": 7,
    },
    "training": {
        "method": "m", "steps": 3, "seconds": 1.5, "peak_memory_mb": 12.0, "final_loss": 0.1,
        "scale": 3.0, "warnings": ["one", "two"],
    },
    "twin": PERFORMANCE,
    "brian2": {
        "target": "numpy", "recurrence": "modes", **PERFORMANCE, "spike_match": 1.0,
        "identical_trials": 8, "first_divergence": None, "max_output_difference": 0.0,
        "own_equations": {"trials": 3, "identical_trials": 3, "spikes": 5},
        "compile_seconds": 0.1, "simulate_seconds": 0.1, "push_seconds": 0.1,
    },
    "fine": None,
    "left_out": {"fine": "it has no continuous form"},
    "retraining": {
        "conditions": [{"name": "delays", "mean": "6 ms"}],
        "before": {"undisturbed": PERFORMANCE, "under_conditions": PERFORMANCE},
        "after": {"undisturbed": PERFORMANCE, "under_conditions": PERFORMANCE},
    },
    "versions": {"spikemodes": "0.1.0"},
    "note": "from someone's own script",
}  # fmt: skip
"""As the file was before it said its format."""


def without_new(entries):
    if isinstance(entries, dict):
        new = ("format", "performance", "explained_variance")
        known = {k: v for k, v in entries.items() if k not in new}
        return {key: without_new(value) for key, value in known.items()}
    return entries


def test_a_file_without_a_format_is_read_and_written_with_the_same_entries():
    summary = Summary.of(UNMARKED)
    assert summary.training is not None
    assert summary.training.found == {"scale": 3.0}
    assert summary.training.warnings == ("one", "two")
    assert summary.brian2 is not None
    assert summary.brian2.performance == summary.twin
    assert summary.brian2.performance.measures == {"accuracy": 0.5, "accuracy_before": None}
    assert summary.brian2.performance.explained_variance is None
    written = json.loads(summary.text())
    assert written["format"] == FORMAT
    assert without_new(written) == UNMARKED
    assert Summary.of(written) == summary


@given(st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False)))
def test_whatever_a_task_measures_comes_back(measures):
    own = {"trials", "rate_hz", "performance", "explained_variance"}
    twin = {"trials": 3, "rate_hz": 1.0, **{k: v for k, v in measures.items() if k not in own}}
    read = Summary.of({"twin": twin})
    assert read.twin is not None
    assert json.loads(read.text())["twin"] == {
        **twin,
        "performance": None,
        "explained_variance": None,
    }


def test_a_plausibility_table_of_an_older_version_is_read():
    row = {"unit": "Hz", "value": 3.0, "low": 0.0, "high": None, "verdict": "within"}
    table = Summary.of({"plausibility": {"metrics": {"firing rate": row}}}).plausibility
    assert table is not None
    assert (table.area, table.verdicts, table.controls) == (None, Verdicts(), None)
    assert table.metrics["firing rate"] == Statistic("Hz", 3.0, 0.0, None, "within")


def test_a_plausibility_table_comes_back_with_its_controls():
    verdicts = Verdicts(within=("a", "b"), not_applicable=("c",))
    controls = PlausibilityControls(verdicts, Verdicts(), Verdicts(), Verdicts())
    table = Plausibility("mine", verdicts, {}, controls)
    plain = Summary(plausibility=table).plain()["plausibility"]
    assert list(plain) == [
        "area", "within", "outside", "undecided", "not_applicable", "metrics", "controls",
    ]  # fmt: skip
    assert plain["controls"]["silent"]["within"] == ["a", "b"]
    assert Summary.of({"plausibility": plain}).plausibility == table


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([], "it holds a list"),
        ({"twin": 3}, "twin holds a int"),
        ({"brian2": {"target": "numpy"}}, "brian2 has no recurrence"),
        ({"plausibility": {"metrics": {"rate": {"unit": "Hz"}}}}, "rate has no verdict"),
    ],
)
def test_what_is_wrong_is_named(entries, reason):
    with pytest.raises(ValueError, match=reason):
        Summary.of(entries)
