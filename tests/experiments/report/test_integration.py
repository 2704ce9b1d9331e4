"""The section on graded evidence: what it says of slopes, kernels and longer trials."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from spikemodes.experiments.pipeline.integration import (
    GradedAnswers,
    Longer,
    integration as found_of,
)
from spikemodes.experiments.pipeline.performance import ControlScore, Integration, Slope
from spikemodes.experiments.pipeline.summary import Summary
from spikemodes.experiments.report.integration import integration

LEVELS = np.tile([-1.0, -0.1, 0.1, 1.0], 25)


def section(known: Integration) -> Any:
    findings = SimpleNamespace(
        psychometric={"choice": np.sign(LEVELS), "attended": LEVELS}, kernels={}
    )
    summary = Summary(integration=known)
    return integration(cast("Any", SimpleNamespace(findings=findings, summary=summary)))


def of_choices(choice: np.ndarray, longer: Longer | None = None) -> Integration:
    return found_of(GradedAnswers({"choice": choice, "attended": LEVELS}), longer)


def test_separated_choices_have_no_slope():
    made = section(of_choices(np.sign(LEVELS)))
    assert made.title == "Graded evidence"
    assert "separated at the levels tested of the attended stream (in 100 trials)" in made.text
    assert "at least" not in made.text


def test_a_slope_has_an_interval_and_the_number_of_trials():
    choice = np.sign(LEVELS)
    choice[::7] *= -1
    (slope,) = (known := of_choices(choice)).slopes.values()
    assert slope.low is not None
    assert slope.high is not None
    assert slope.low < slope.value < slope.high
    text = f"{slope.value:.3g} (95 % interval {slope.low:.3g} to {slope.high:.3g}, 100 trials)"
    assert text in section(known).text
    assert "All choices are alike" in section(of_choices(np.ones(100))).text


def test_even_weight_is_not_said_to_be_integration():
    text = section(
        Integration({}, 0.5, 0.4, 0.6, {}, ideal_early_share=0.51, ideal_low=0.45, ideal_high=0.55)
    ).text
    assert "has 0.50 (0.40 to 0.60) of the weight" in text
    assert "so do strategies that do not integrate" in text
    assert "Ideal observer: 0.51 (0.45 to 0.55)." in text
    assert "the choices hardly follow the evidence" in section(of_choices(LEVELS)).text


def test_longer_trials_stand_beside_chance():
    longer = Longer(60, {"response × 4": ControlScore(0.9, 1.0)}, {"response × 4": 0.55})
    made = section(of_choices(np.sign(LEVELS), longer))
    assert made.table.rows == (("response × 4", 0.9, 1.0, 0.55),)
    assert made.table.caption.startswith("60 trials each that last longer")
    assert "a transient slower than this is not excluded" in made.text


def test_a_summary_of_an_older_version_is_shown():
    old = {
        "slopes": {"attended": {"value": 50.0, "is_bound": False}},
        "kernel_early_share": 0.4, "kernel_low": 0.3, "kernel_high": 0.5,
        "longer": {"response × 2": {"performance": 0.5, "accuracy": 0.9}},
    }  # fmt: skip
    known = Summary.of({"integration": old}).integration
    assert known is not None
    assert known.slopes == {"attended": Slope(50.0, False)}
    made = section(known)
    assert "rise by 50 for a unit of the attended stream." in made.text
    assert "Ideal observer" not in made.text
    assert made.table.rows[0][1:3] == (0.5, 0.9)
