"""The section on low-dimensional activity: what it says, and that it draws what was answered."""

from io import StringIO
from types import SimpleNamespace
from typing import Any, cast

import pytest
from recorded import recorded, silent
from rich.console import Console
from spikemodes.analysis.figures import DARK, Epoch
from spikemodes.experiments import RunDirectory
from spikemodes.experiments.computation.answers import Answers
from spikemodes.experiments.computation.registry import QUESTIONS
from spikemodes.experiments.computation.run import answered
from spikemodes.experiments.display.progress import display_on
from spikemodes.experiments.report.low_dimensional import low_dimensional

KEYS = ("dimensions", "end_states", "axes", "decoding", "tangling")
EPOCHS = [Epoch("stimulus", 0.04, 0.14), Epoch("response", 0.14, 0.24)]


def section(subject, path) -> Any:
    asked = [question for question in QUESTIONS if question.key in KEYS]
    run = RunDirectory(path)
    answered(subject, asked, display_on(Console(file=StringIO()))).save(run)
    found = SimpleNamespace(answers=Answers.load(run), epochs=EPOCHS)
    return low_dimensional(cast("Any", found))


def test_every_figure_starts_with_what_the_numbers_say(tmp_path):
    made = section(recorded(trials=60), tmp_path)
    findings = {figure.name: figure.finding for figure in made.figures}
    assert list(findings) == [
        "dimensions", "alignments", "overlaps", "end-states", "decoding", "tangling",
    ]  # fmt: skip
    assert findings["dimensions"].startswith("Activity has ")
    assert "end with a silhouette of 0.9" in findings["end-states"]
    assert "The axes of context and choice have an angle of" in findings["end-states"]
    assert findings["decoding"].startswith("The choice can be read above chance from ")
    assert "principal angles of" in findings["alignments"]
    assert "activity is the less tangled one" in findings["tangling"]
    assert "with input 3 on the slowest mode" in made.text
    for figure in made.figures:
        figure.draw(DARK).draw_without_rendering()


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"parameterisation": "dense"}, {"dimensions", "alignments", "end-states"}),
        ({"modes": 1}, {"overlaps", "end-states"}),
        ({"task": {"name": "pattern"}, "conditions": (), "trials": 4}, {"dimensions", "tangling"}),
        ({"task": {"name": "go-nogo"}, "conditions": ()}, {"end-states", "decoding"}),
    ],
)
def test_what_was_answered_is_drawn(settings, names, tmp_path):
    made = section(recorded(**settings), tmp_path)
    assert names <= {figure.name for figure in made.figures}
    for figure in made.figures:
        figure.draw(DARK).draw_without_rendering()
    if settings.get("task", {}).get("name") == "pattern":
        assert "Not measured: The trials of the task do not differ" in made.text


def test_a_run_that_was_not_asked_and_a_silent_one_have_no_section(tmp_path):
    assert section(silent(recorded()), tmp_path) is None
    empty = SimpleNamespace(answers=Answers(), epochs=[])
    assert low_dimensional(cast("Any", empty)) is None
