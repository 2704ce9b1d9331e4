from dataclasses import replace
from io import StringIO

from rich.console import Console
from spikemodes.experiments import Summary
from spikemodes.experiments.pipeline.performance import Performance
from spikemodes.experiments.pipeline.summary import Brian2Performance, FinePerformance
from spikemodes.experiments.report.summary_table import summary_table

TWIN = Performance(
    200, None, {"accuracy": 0.99, "mse": 0.021}, explained_variance=0.95, rate_hz=20.1
)
SUMMARY = Summary(
    twin=TWIN,
    brian2=Brian2Performance(
        target="cpp_standalone",
        recurrence="modes",
        performance=TWIN,
        spike_match=0.9999999,
        identical_trials=199,
        first_divergence=None,
        max_output_difference=2e-12,
        own_equations=None,
        compile_seconds=7.0,
        simulate_seconds=0.2,
        push_seconds=None,
    ),
    fine=FinePerformance(0.2, replace(TWIN, explained_variance=0.9)),
)


def shown(summary):
    console = Console(file=StringIO(), width=120)
    console.print(summary_table(summary))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_the_table_never_rounds_a_mismatch_away():
    text = shown(SUMMARY)
    assert "99.99999 %" in text
    assert "199 of 200" in text
    assert "–" in text


def test_explained_variance_is_a_row_where_there_are_targets():
    (row,) = (line for line in shown(SUMMARY).splitlines() if "explained variance" in line)
    assert [cell.strip() for cell in row.split("│")[2:5]] == ["0.9500", "0.9500", "0.9000"]
    classes = replace(SUMMARY, twin=replace(TWIN, explained_variance=None))
    assert "explained variance" not in shown(classes)
