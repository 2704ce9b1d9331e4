import pytest
from spikemodes.experiments.compare.contestants import CONTROL, choose
from spikemodes.experiments.compare.plan import Budget, ComparisonPlan, Seen
from spikemodes.experiments.compare.tables import not_shown_better, ranked, tables

GIVEN = {"task": {"name": "selective-integration"}}


def plan_of(effort=None):
    return ComparisonPlan(choose("bptt-modes,force"), 5, effort or Seen(3000), GIVEN)


def row_of(method, seed, performance, **others):
    return {
        "method": method,
        "seed": seed,
        "status": "finished",
        "reason": "",
        "trials": 3000,
        "updates": 150,
        "seconds": 10.0,
        "searched": "train.learning_rate",
        "chosen": 0.02,
        "at_end": "",
        "input_weights": "learned",
        "performance": performance,
        "accuracy": 1.0,
        "test_trials": 100,
        "chance": 0.5,
        "fixed_synapses": 0,
        "rank": 3,
        "directions": 1,
    } | others


def rows_of(seeds):
    found = []
    for seed in range(seeds):
        found += [
            row_of("bptt-modes", seed, 0.9 + 0.01 * seed),
            row_of("force", seed, 0.95 + 0.01 * seed, fixed_synapses=1000, rank=1),
            row_of(CONTROL, seed, 0.1 + 0.01 * seed, accuracy=0.5 + 0.1 * seed),
        ]
    return found


def cells(table, column):
    at = table.columns.index(column)
    return {row[0]: row[at] for row in table.rows}


def test_the_best_mean_performance_comes_first():
    assert list(ranked(plan_of(), rows_of(2))) == ["force", "bptt-modes", CONTROL]


def test_below_five_seeds_all_values_are_shown():
    found = tables(plan_of(), rows_of(3))["How well"]
    assert cells(found, "performance")["bptt-modes"] == "0.900, 0.910, 0.920"
    assert "Chance: accuracy 0.500, performance 0." in found.caption


def test_from_five_on_there_are_intervals_and_bounds_where_all_agree():
    found = tables(plan_of(), rows_of(5))["How well"]
    assert str(cells(found, "performance")["force"]).startswith("0.970 [0.9")
    assert cells(found, "accuracy")["force"] == "1.000 (≥ 0.993, 500 trials pooled)"
    assert "≥" not in str(cells(found, "accuracy")[CONTROL])


def test_differences_are_paired_over_seeds():
    found = tables(plan_of(), rows_of(5))["Differences to the best"]
    assert "force" in found.caption
    assert str(cells(found, "performance")["bptt-modes"]).startswith("-0.050")
    assert cells(found, "accuracy")["bptt-modes"] == "+0.000"


def test_directions_of_force_are_counted_beside_its_fixed_weights():
    found = tables(plan_of(), rows_of(2))["What carries it"]
    assert cells(found, "of") == {"force": "gJ + 1", "bptt-modes": "3", CONTROL: "3"}


@pytest.mark.parametrize(("seconds", "said"), [(10.5, "All met"), (12.0, "force 12.0 s")])
def test_a_budget_that_is_missed_is_said(seconds, said):
    rows = rows_of(1)
    rows[1]["seconds"] = seconds
    assert said in tables(plan_of(Budget(10)), rows)["How long"].caption


def test_a_learning_rate_at_the_end_of_what_was_tried_is_named():
    rows = rows_of(1)
    rows[0]["at_end"] = "largest"
    found = cells(tables(plan_of(), rows)["How long"], "learning rate")
    assert (found["bptt-modes"], found["force"]) == ("rate 0.02 (largest tried)", "rate 0.02")


def test_what_is_not_shown_to_be_better_than_the_control_is_named():
    rows = rows_of(5)
    assert not_shown_better(plan_of(), rows) == []
    for row, gain in zip(rows[::3], (0.3, -0.1, 0.4, -0.2, 0.1), strict=True):
        row["performance"] = 0.1 + 0.01 * row["seed"] + gain  # better in the mean
    assert not_shown_better(plan_of(), rows) == ["bptt-modes"]
    caption = tables(plan_of(), rows)["How well"].caption
    assert f"Not shown to be better than {CONTROL}, seed by seed: bptt-modes." in caption


def test_fewer_than_five_seeds_show_of_no_method_that_it_is_better():
    assert not_shown_better(plan_of(), rows_of(4)) == ["force", "bptt-modes"]


def test_differences_to_the_control_are_paired_too():
    rows = rows_of(5)
    found = tables(plan_of(), rows)["Differences to the control"]
    assert CONTROL in found.caption
    assert str(cells(found, "performance")["bptt-modes"]).startswith("+0.800")


def test_what_failed_is_said_with_its_reason():
    rows = rows_of(2)
    rows[0] = {"method": "bptt-modes", "seed": 0, "status": "failed", "reason": "diverged"}
    found = tables(plan_of(), rows)["How well"]
    assert cells(found, "seeds")["bptt-modes"] == "1 of 2"
    assert cells(found, "failed")["bptt-modes"] == "diverged"
    assert cells(found, "performance")["bptt-modes"] == "0.910"
