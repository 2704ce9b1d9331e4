from types import SimpleNamespace
from typing import Any

from spikemodes.analysis.figures import LIGHT
from spikemodes.experiments.pipeline.summary import Start, Summary
from spikemodes.experiments.report.excitability import curve_of, excitability

START = Start(
    input_gain=30.4,
    input_bias=0.0,
    rate_hz=20.2,
    silent=0.04,
    slope_ratio=0.92,
    variable="v",
    unit="volt",
    rest=-0.07,
    onset=-0.05476,
    threshold=0.03,
    rheobase=0.0912,
    drive=0.655,
    curve={"drive": [0.0, 0.1, 0.2], "rate_hz": [0.0, 1.0, 14.0]},
    warnings=("cells are silent",),
)


def reported(start) -> Any:
    return SimpleNamespace(summary=Summary(start=start))


def test_what_was_measured_stands_with_its_units():
    found = excitability(reported(START))
    assert found is not None
    assert found.table is not None
    rows = {row[0]: row[1] for row in found.table.rows}
    assert rows["v at rest"] == "-70 mV"
    assert rows["spikes begin at"] == "-54.76 mV"
    assert rows["slope ratio"] == "0.92"
    assert "input bias" not in rows
    assert "Warning: cells are silent" in found.text


def test_a_run_of_an_older_version_has_no_section():
    assert excitability(reported(None)) is None


def test_the_summary_keeps_it():
    summary = Summary(start=START)
    assert Summary.of(summary.plain()) == summary


def test_the_curve_has_its_lines():
    (axes,) = curve_of(START).draw(LIGHT).axes
    assert len(axes.lines) == 3  # curve, rheobase, rate in the task
    assert axes.get_ylabel() == "rate [Hz]"
