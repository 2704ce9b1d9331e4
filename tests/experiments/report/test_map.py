"""The section on the map of the modes: what it says, and what it draws."""

from itertools import combinations
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from spikemodes.analysis import grid
from spikemodes.analysis.figures import DARK
from spikemodes.experiments.computation.answers import Answers
from spikemodes.experiments.report.map import map_of_modes


def point(context, kappa, stable, leading):
    return {
        "context": context, "kappa": kappa, "stable": stable, "residual": 0.01,
        "eigenvalues": [leading] + [[0.1, 0.0]] * (len(kappa) - 1),
    }  # fmt: skip


def end(condition, context, kappa, distance):
    return {"condition": condition, "context": context, "kappa": kappa, "distance": distance}


def numbers_of(p=3, worst: float | None = 0.02, **changes):
    one, two, zero = [1.0] * p, [-1.0] * p, [0.0] * p
    return {
        "contexts": ["context 0"],
        "fixed_points": [
            point("context 0", one, True, [0.4, 0.3]),
            point("context 0", two, True, [-0.5, 0.0]),
            point("context 0", zero, False, [1.6, 0.0]),
        ],
        "cycles": [],
        "between": 2.0,
        "ends": [end("left", "context 0", one, 0.01), end("right", "context 0", two, worst)],
        "error_of_eigenvalues": 0.04,
        "tolerance": 0.1,
        "shown": list(range(p))[:3],
        **changes,
    }


def section(numbers) -> Any:
    axes = numbers["shown"]
    p = len(axes)
    box = np.array([[-2.0] * p, [2.0] * p])
    pairs = list(combinations(axes, 2))
    planes = np.array([grid(box, (5, 5), pair, np.zeros(p)) for pair in pairs]).reshape(-1, 25, p)
    states = grid(box, [5] * p, axes, np.zeros(p))
    arrays = {
        "contexts": np.array(["context 0"]),
        "points": states[None],
        "flow": -states[None],
        "plane_points": planes[None],
        "plane_flow": -planes[None],
    }
    found = SimpleNamespace(answers=Answers({"map": numbers}, {"map": arrays}))
    return map_of_modes(cast("Any", found))


def test_it_counts_fixed_points_and_says_how_far_from_them_trials_end():
    made = section(numbers_of())
    assert made.title == "The map of the modes"
    assert made.figures[0].finding.startswith(
        "Context 0 has 2 stable and 1 unstable fixed points. Free trials"
    )
    assert "1.5 % of the distance between attractors (2)" in made.figures[0].finding
    assert "2 % at most (“right”)." in made.figures[0].finding
    assert [row[1:4] for row in made.table.rows] == [
        ("1.00, 1.00, 1.00", "stable", "0.40 ± 0.30 i"),
        ("−1.00, −1.00, −1.00", "stable", "−0.50"),
        ("0.00, 0.00, 0.00", "unstable", "1.60"),
    ]


def test_trials_that_end_elsewhere_are_said_to_and_cycles_are_named():
    cycles = [{"context": "context 0", "period": 6.28, "amplitude": 1.0}]
    far = section(numbers_of(worst=0.4, cycles=cycles)).figures[0].finding
    assert "unstable fixed points, and a limit cycle of 6.28 τ." in far
    assert "40 % at most (“right”): something that the map leaves out" in far
    part = section(numbers_of(worst=None)).figures[0].finding
    assert "1 % of the distance" in part
    assert "without a stable state are left out" in part


def test_a_map_without_rest_is_drawn_and_said():
    nothing = numbers_of(fixed_points=[], ends=[end("left", "context 0", [0.0] * 3, None)])
    made = section(nothing)
    assert made.table is None
    assert "No state is stable" in made.figures[0].finding
    made.figures[0].draw(DARK)


@pytest.mark.parametrize(("p", "panels"), [(1, 1), (2, 1), (3, 3)])
def test_there_is_a_figure_for_any_number_of_modes(p, panels):
    (figure,) = section(numbers_of(p)).figures
    assert len(figure.draw(DARK).axes) == panels
    assert ("other modes are held" in figure.caption) == (p == 3)


def test_a_run_that_was_not_asked_has_no_section():
    assert map_of_modes(cast("Any", SimpleNamespace(answers=Answers()))) is None
