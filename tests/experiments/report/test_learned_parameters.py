from types import SimpleNamespace
from typing import Any

from spikemodes.experiments.pipeline.summary import Summary, Training
from spikemodes.experiments.report.learned_parameters import learned_parameters
from spikemodes.learning import ParameterCourse

SHARED = ParameterCourse(
    "filter.tau_decay", "ms", (3.0, 300.0), 30.0, (30, 30), 81.25, (81.25, 81.25)
)
EACH = ParameterCourse("neuron.bias", "", (-1.0, 1.0), 0.0, (0.0, 0.0), 0.05, (-0.2, 0.4))


def reported(learned) -> Any:
    training = Training("bptt", 1, 2.0, 100.0, 0.5, {}, learned=learned)
    return SimpleNamespace(summary=Summary(training=training))


def test_start_and_end_stand_side_by_side():
    found = learned_parameters(reported({c.name: c for c in (SHARED, EACH)}))
    assert found is not None
    assert found.table is not None
    assert found.table.rows == (
        ("filter.tau_decay", "30 ms", "81.25 ms", "3 to 300 ms"),
        ("neuron.bias", "0", "0.05 (-0.2 to 0.4)", "-1 to 1"),
    )


def test_where_weights_alone_learn_there_is_no_section():
    assert learned_parameters(reported(None)) is None


def test_the_summary_keeps_them():
    summary = Summary(training=Training("bptt", 1, 2.0, 1.0, 0.5, {}, learned={"a": SHARED}))
    assert Summary.of(summary.plain()) == summary
    assert "learned" not in Summary(training=Training("bptt", 1, 2.0, 1.0, 0.5, {})).text()
