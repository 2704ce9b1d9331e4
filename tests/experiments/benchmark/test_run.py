"""The benchmark: rows measure like work, survive each other, and are never measured twice."""

import importlib.util
import json
import resource
import signal
import sys
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import pytest
import torch
from spikemodes.analysis.figures import DARK, Timings, draw_recurrence, draw_sizes
from spikemodes.experiments.benchmark import (
    plan as benchmark_plan,
    process as benchmark_process,
    report as benchmark,
    run as benchmark_run,
    training as benchmark_training,
)
from spikemodes.experiments.benchmark.brian import BrianProgram, Recurrence
from spikemodes.experiments.benchmark.directory import BenchmarkDirectory
from spikemodes.experiments.benchmark.findings import crossover, findings, growths, passes, ratios
from spikemodes.experiments.benchmark.least_squares import LeastSquaresUpdate
from spikemodes.experiments.benchmark.plan import FULL, QUICK, Plan, decode, encode
from spikemodes.experiments.benchmark.rows import NotHereError, Result, Row
from spikemodes.experiments.benchmark.training import (
    FusedStep,
    ReferenceStep,
    SnnTorchStep,
    network_of,
)
from spikemodes.experiments.cli import main as cli
from spikemodes.experiments.study.apart import ApartError
from typer.testing import CliRunner

TINY = Plan(
    name="quick",
    contenders=(FusedStep(10), ReferenceStep(10), SnnTorchStep(10)),
    neurons=tuple(FusedStep(n) for n in (10, 1000, 2000, 4000)),
    steps=tuple(FusedStep(10, steps=t) for t in (100, 200, 500)),
    modes=(FusedStep(10), FusedStep(10, modes=6)),
    least_squares=(LeastSquaresUpdate(10),),
    programs=(BrianProgram(),),
    recurrences=tuple(Recurrence(p, 1.0) for p in (1, 10, 100)),
)
needs_snntorch = pytest.mark.skipif(
    importlib.util.find_spec("snntorch") is None, reason="snntorch (extra bench) is not installed"
)


def fake(row, cache=None):
    """Times that grow as N, T and P to the power of 1, with the crossover at k = 4 P."""
    if isinstance(row, SnnTorchStep):
        return Result(reason='snnTorch is not installed: pip install "spikemodes[bench]"')
    if isinstance(row, BrianProgram):
        return Result({"build_seconds": 7.0, "simulate_seconds": 0.1, "seconds": 0.1, "rate_hz": 9})
    if isinstance(row, LeastSquaresUpdate):
        return Result({"seconds": 3e-6, "pass_seconds": 2e-6, "repeats": 2})
    if isinstance(row, Recurrence):
        k = 40.0
        return Result(
            {"modes_seconds": 1.0, "dense_seconds": k / row.modes / 4, "spikes_per_step": k}
        )
    seconds = getattr(row, "neurons", 1) * getattr(row, "steps", 1) * getattr(row, "modes", 1)
    slower = 1 + 24 * isinstance(row, ReferenceStep)
    return Result(
        {
            "seconds": 1e-9 * slower * seconds,
            "fastest_seconds": 1e-9 * slower * seconds,
            "repeats": 2,
            "memory_before_mb": 300,
            "memory_peak_mb": 310,
            "memory_mb": 10.0 * slower,
            "step_memory_mb": 5.0 * slower,
            "threads": 2,
            "rate_hz": 15.0,
        }
    )


RESULTS = {row: fake(row) for row in TINY.rows}


def spikemodes(*arguments):
    return CliRunner().invoke(cli.app, ["benchmark", "--quick", *map(str, arguments)])


@pytest.fixture
def measured(monkeypatch):
    """The rows that were asked for, measured by `fake`; no report is drawn."""
    asked: list[Row] = []
    monkeypatch.setattr(benchmark, "report", lambda *_: None)
    monkeypatch.setenv("COLUMNS", "200")

    def result_of(row, cache):
        asked.append(row)
        return fake(row)

    monkeypatch.setattr(benchmark_plan, "QUICK", TINY)
    monkeypatch.setattr(benchmark_run, "result_of", result_of)
    return asked


@pytest.mark.parametrize("row", dict.fromkeys((*FULL.rows, *QUICK.rows)), ids=lambda r: r.name)
def test_rows_survive_the_way_to_their_process(row):
    assert decode(json.loads(json.dumps(encode(row)))) == row


@pytest.mark.parametrize("plan", [FULL, QUICK], ids=lambda plan: plan.name)
def test_rows_of_a_plan_have_names_of_their_own(plan):
    assert len({row.name for row in plan.rows}) == len(plan.rows)


@pytest.mark.parametrize("kernels", ["interpreted"], indirect=True)
def test_contenders_measure_a_training_step(kernels, monkeypatch, tmp_path):
    monkeypatch.setenv("SPIKEMODES_CACHE", str(tmp_path))  # the user's may hold the kernels
    with pytest.raises(RuntimeError, match="not in the benchmark's cache"):
        FusedStep(5, trials=1, steps=10).run()
    monkeypatch.setattr(benchmark_training, "refuse_compilation", lambda: None)
    threads = torch.get_num_threads()
    try:
        first, second = (
            row(10, trials=3, steps=20, repeats=2).run() for row in (FusedStep, ReferenceStep)
        )
    finally:
        torch.set_num_threads(threads)
    assert first["rate_hz"] == pytest.approx(second["rate_hz"], abs=3)
    for measurement in (first, second):
        assert 0 < measurement["fastest_seconds"] <= measurement["seconds"]
        assert measurement["memory_mb"] >= 0


@needs_snntorch
def test_snntorch_is_the_same_neuron_and_filter_below_threshold():
    from spikemodes.experiments.benchmark.snntorch import SnnTorchModel, impulse_response

    network = network_of(5, 2)
    model, inputs = SnnTorchModel(network), torch.full((40, 2, 4), 0.05)
    assert model.spikes(inputs) == 0
    current = v = np.zeros((2, 5))
    for x in inputs.numpy():
        current = np.exp(-2 / 10) * current + x @ network.W_in.T
        v = np.exp(-2 / 20) * v + (1 - np.exp(-2 / 20)) * current
    np.testing.assert_allclose(model.layer.mem.detach(), v, rtol=1e-5)
    r, h, rise, decay = 0.0, 1.0, 0.4, 0.9
    for expected in impulse_response(20, rise, decay)[1:]:
        r, h = decay * r + (1 - decay) * h, rise * h
        assert r == pytest.approx(expected)


@needs_snntorch
def test_snntorch_trains_every_weight():
    from spikemodes.experiments.benchmark.snntorch import SnnTorchModel

    model = SnnTorchModel(network_of(10, 2))
    model.outputs(torch.ones(60, 3, 4)).square().sum().backward()
    assert model.spikes(torch.ones(60, 3, 4)) > 0
    for weight in model.parameters():
        assert weight.grad is not None
        assert weight.grad.abs().sum() > 0


def test_a_contender_that_is_not_installed_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "snntorch", None)
    monkeypatch.delitem(sys.modules, "spikemodes.experiments.benchmark.snntorch", raising=False)
    with pytest.raises(NotHereError, match=r'pip install "spikemodes\[bench\]"'):
        SnnTorchStep(10).load()


def test_brian_rows_need_a_compiler(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(NotHereError, match="no C\\+\\+ compiler"):
        Recurrence(1, 1.0, neurons=3, steps=10).run()


@dataclass(frozen=True)
class Fails(Row):
    error: Exception
    name = "fails"  # pyright: ignore
    expected_seconds = 1.0  # pyright: ignore

    def run(self):
        raise self.error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NotHereError("no such thing"), "no such thing"),
        (MemoryError(), "not enough memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "not enough memory"),
    ],
)
def test_what_a_machine_cannot_run_becomes_a_reason(error, reason, monkeypatch):
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    result = benchmark_process.measure(Fails(error))
    assert result.reason.startswith(reason)
    assert not result.failed


def test_an_error_of_a_row_is_not_hidden(monkeypatch):
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    with pytest.raises(RuntimeError, match="a bug"):
        benchmark_process.measure(Fails(RuntimeError("a bug")))


@pytest.mark.parametrize(
    ("error", "reason", "failed"),
    [
        (ApartError("'x'", kind="KeyError"), "failed: KeyError: 'x'", True),
        (ApartError("exit code 3"), "failed: exit code 3", True),
        (ApartError("killed by signal 11", signal=signal.SIGSEGV), "failed: killed by", True),
        (
            ApartError("killed by signal 9", signal=signal.SIGKILL),
            "killed by the system, most likely for want of memory",
            False,
        ),
    ],
)
def test_a_process_that_ends_badly_leaves_a_reason(error, reason, failed, tmp_path, monkeypatch):
    def run_apart(*_, **__):
        raise error

    monkeypatch.setattr(benchmark_process, "run_apart", run_apart)
    result = benchmark_process.result_of(FusedStep(10), tmp_path)
    assert result.reason.startswith(reason)
    assert result.failed == failed


def test_a_row_runs_in_a_process_of_its_own(tmp_path):
    row = ReferenceStep(5, modes=1, trials=2, steps=10, repeats=1)
    measured = benchmark_process.result_of(row, tmp_path).measured
    assert measured is not None
    assert 0 < measured["memory_before_mb"] < measured["memory_peak_mb"]
    assert measured["memory_mb"] == measured["memory_peak_mb"] - measured["memory_before_mb"]


def test_findings_of_rows_that_follow_known_laws():
    (ratio,) = ratios(TINY, RESULTS)
    assert (ratio.contender, ratio.neurons) == ("reference step", 10)
    assert (ratio.time, ratio.memory) == pytest.approx((25, 25))
    in_n, in_t = growths(TINY, RESULTS)
    assert (in_n.size, in_n.smallest, in_n.largest) == ("N", 1000, 4000)
    assert (in_n.exponent, in_t.exponent) == pytest.approx((1, 1))
    assert crossover(TINY, RESULTS) == pytest.approx(4)
    assert passes(RESULTS, TINY.least_squares[0]) == pytest.approx(1.5)
    assert findings(TINY, RESULTS)["passes_per_least_squares_update"] == pytest.approx({"10": 1.5})


def test_least_squares_measures_an_update_and_a_pass():
    measured = LeastSquaresUpdate(20, repeats=3).run()
    assert measured["repeats"] == 3
    assert measured["pass_seconds"] > 0
    assert 0 < measured["fastest_seconds"] <= measured["seconds"]


def test_no_crossover_where_one_side_always_wins():
    one = {row: RESULTS[row] for row in TINY.rows if getattr(row, "modes", 0) != 100}
    assert crossover(TINY, one) is None


def test_the_command_writes_tables_and_files(measured, tmp_path):
    result = spikemodes("--out", tmp_path / "b")
    assert result.exit_code == 0
    assert 'pip install "spikemodes[bench]"' in result.stdout
    assert "time × 25.0, memory × 25.0" in result.stdout
    assert "update / pass" in result.stdout
    assert f"{len(TINY.rows)}/{len(TINY.rows)}" in result.stderr
    content = json.loads((tmp_path / "b" / "benchmark.json").read_text())
    assert len(content["rows"]) == len(TINY.rows)
    assert content["environment"]["torch"] == version("torch")
    lines = (tmp_path / "b" / "benchmark.csv").read_text().splitlines()
    assert len(lines) == 1 + len(TINY.rows)


def test_the_report_holds_figures_and_tables(tmp_path):
    directory = BenchmarkDirectory(tmp_path)
    benchmark.report(TINY, directory, RESULTS)
    assert "spikemodes[bench]" in directory.report.read_text()
    names = "training-time", "training-memory", "modes-against-dense"
    expected = {f"{name}.{kind}" for name in names for kind in ("csv", "svg", "png")}
    assert {path.name for path in directory.figures.iterdir()} == expected


def test_a_report_without_any_measurement_says_why(tmp_path):
    directory = BenchmarkDirectory(tmp_path)
    benchmark.report(TINY, directory, {row: Result(reason="a reason") for row in TINY.rows})
    assert directory.report.read_text().count("a reason") >= len(TINY.rows)


def test_json_is_all_that_goes_to_standard_output(measured, tmp_path):
    content = json.loads(spikemodes("--out", tmp_path / "b", "--json").stdout)
    assert content["plan"] == "quick"
    assert content["findings"]["crossover_spikes_per_step_and_mode"] == pytest.approx(4)


def test_rows_are_measured_once_and_those_without_result_again(measured, tmp_path):
    assert spikemodes("--out", tmp_path / "b").exit_code == 0
    measured.clear()
    assert spikemodes("--out", tmp_path / "b").exit_code == 0
    assert measured == [SnnTorchStep(10)]


@pytest.mark.parametrize("stop", [TINY.compilation, *TINY.programs], ids=lambda row: row.name)
def test_an_interrupted_benchmark_keeps_its_rows_and_goes_on(stop, measured, tmp_path, monkeypatch):
    def interrupted(row, cache):
        cache.mkdir(exist_ok=True)
        if row == stop:
            raise KeyboardInterrupt
        return fake(row)

    out = tmp_path / "a b"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(benchmark_run, "result_of", interrupted)
        result = spikemodes("--out", out)
    assert result.exit_code == 130
    assert f"continue with `spikemodes benchmark --quick --out '{out}'`" in result.stderr
    assert spikemodes("--out", out).exit_code == 0
    done = TINY.rows[: TINY.rows.index(stop)]
    assert measured == [row for row in TINY.rows if row not in done or RESULTS[row].reason]


def test_a_row_that_fails_ends_in_an_error_after_all_others(measured, tmp_path, monkeypatch):
    def result_of(row, cache):
        bad = isinstance(row, BrianProgram)
        return Result(reason="failed: [bug]", failed=True) if bad else fake(row)

    monkeypatch.setattr(benchmark_run, "result_of", result_of)
    result = spikemodes("--out", tmp_path / "b")
    assert result.exit_code == 1
    assert "error: 1 rows failed" in result.stderr
    assert "[bug]" in result.stdout


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(plan="full"), "must hold rows of the quick benchmark"),
        (lambda c: c["rows"][1]["row"].update(neurons=11), "with other sizes"),
        (lambda c: c["environment"].update(torch="1.0"), "its torch was 1.0, got"),
        (lambda c: c.pop("rows"), "cannot be read"),
    ],
)
def test_another_benchmark_is_not_continued(change, message, measured, tmp_path):
    directory = BenchmarkDirectory(tmp_path / "b")
    assert spikemodes("--out", directory.path).exit_code == 0
    content = directory.read()
    change(content)
    directory.json.write_text(json.dumps(content))
    before = directory.json.read_bytes()
    result = spikemodes("--out", directory.path)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert directory.json.read_bytes() == before


def test_a_directory_of_something_else_is_left_alone(measured, tmp_path):
    (tmp_path / "mine").write_text("")
    result = spikemodes("--out", tmp_path)
    assert result.exit_code == 2
    assert result.stderr.count("error: ") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_figures_show_each_point():
    sizes = draw_sizes(DARK, {"a": [(1, 2), (10, 20)], "b": [(1, 5)]}, "N", "time [ms]").axes[0]
    assert [len(np.atleast_1d(line.get_xdata())) for line in sizes.lines] == [2, 1]
    timings = [Timings(p, k, 1.0, 0.5 * k / p) for p in (1, 3) for k in (1.0, 10.0)]
    left, right = draw_recurrence(DARK, timings, crossover=2.0).axes
    assert len(left.lines) == 4
    assert np.asarray(right.lines[0].get_ydata()) == pytest.approx([0.5, 5.0])
    assert [text.get_text() for text in right.texts] == ["2"]
