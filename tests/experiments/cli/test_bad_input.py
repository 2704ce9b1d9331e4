"""Whatever is typed or written into files, the command line answers in one line."""

import sys
from itertools import pairwise, product

import pytest
from spikemodes.experiments.cli import console as cli_console, main as cli, runs as cli_runs
from spikemodes.experiments.cli.console import BAD_INPUT, FAILED
from spikemodes.experiments.study.study import Study

TASK = "selective-integration"
FILES = {
    "list.yaml": "- 1",
    "text.yaml": "hello",
    "broken.yaml": "a: [",
    "tab.yaml": "a:\n\t- b",
    "long.yaml": "seed: " + "1" * 5000,
    "date.yaml": "seed: 2026-13-45",
    "self.yaml": "train: &a {x: *a}",
    "deep.yaml": "[" * 1500,
    "wide.yaml": "a: &a [[]]\n"
    + "".join(f"{b}: &{b} [{', '.join(9 * [f'*{a}'])}]\n" for a, b in pairwise("abcdefghi")),
    "numbers.yaml": "{1: 2}",
    "twice.yaml": "seed: 1\nseed: 2",
    "two.yaml": "seed: 1\n---\nseed: 2",
    "code.yaml": "!!python/object/apply:os.getcwd []",
    "binary.yaml": "task: !!binary aGVsbG8=",
    "train.yaml": "train:",
    "simulate.yaml": "simulate: [1]",
    "network.yaml": "network: lif",
    "neuron.yaml": "network: {neuron: [1]}",
}  # fmt: skip
VALUES = (
    "null", "[]", "-1", "x", "[1]", "{a: 1}", ".nan", "1e400", "[[1]]", "-20 mV", "1e-320 ms",
    "inf ms", "'[1, 2]*ms'", "2026-01-01", "v^2", "v =", '"\\0"',
)  # fmt: skip
KEYS = (
    "task", "task.dt", "task.name", "network", "network.neurons", "network.neuron",
    "network.neuron.tau_mem", "network.synapse", "train", "train.method", "train.surrogate",
    "train.conditions", "simulate.fine_dt", "simulate.trials", "seed", "nothing", "",
)  # fmt: skip
OF_TEXT = ("threshold", "refractory", "scale", "parameters.tau", "initial.v", "equations")


class StartedError(Exception):
    """Input was taken, and the work would begin."""


@pytest.fixture
def type_in(tmp_path, monkeypatch, capsys):
    """Run a command that does no work; gives exit code and what stood on the terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli_console.tempfile, "tempdir", str(tmp_path))
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "bytes.yaml").write_bytes(bytes(range(256)))
    (tmp_path / "grid.yaml").write_text("grid: {seed: [0]}")
    (tmp_path / "folder").mkdir()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.yaml").write_text("{}")
    (tmp_path / "run" / "summary.json").write_text("[1]")

    def start(*_, **__):
        raise StartedError

    monkeypatch.setattr(cli_runs.RunDirectory, "create", start)
    monkeypatch.setattr(Study, "carry_out", start)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["spikemodes", *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return stop.value.code, capsys.readouterr().err

    return run


def check(code, error):
    if "StartedError" in error:
        return
    assert code == BAD_INPUT
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert "traceback" not in error


@pytest.mark.parametrize("file", [*FILES, "bytes.yaml", "folder", "none.yaml", "/dev/null/x"])
def test_files_that_are_no_configuration(type_in, file):
    for command in (("train", TASK, "--config"), ("sweep",), ("compare", TASK, "--config")):
        code, error = type_in(*command, file)
        check(code, error)
        assert "StartedError" not in error


@pytest.mark.parametrize("key", KEYS)
def test_values_that_do_not_fit(type_in, key):
    for value in VALUES:
        check(*type_in("train", TASK, "--set", f"{key}={value}"))


@pytest.mark.parametrize("key", OF_TEXT)
def test_neurons_of_text_that_make_no_sense(type_in, key):
    for value in VALUES:
        setting = f"network.neuron.{key}={value}"
        check(*type_in("train", TASK, "--set", "network.neuron=equations", "--set", setting))


@pytest.mark.parametrize(
    "grid",
    [
        "3", "[3]", "{seed: 3}", "{seed: {a: 1}}", "{seed: [[1]]}", "{'': [1]}", "{a..b: [1]}",
        "{1: [1]}", "{seed: [null]}", "{network.neuron: [equations, x]}", "null", "{seed: []}",
    ],
)  # fmt: skip
def test_grids_that_make_no_sweep(type_in, tmp_path, grid):
    (tmp_path / "bad.yaml").write_text(f"grid: {grid}")
    check(*type_in("sweep", "bad.yaml"))


@pytest.mark.parametrize("path", ["grid.yaml", "grid.yaml/x", "/dev/null/x", "folder/" + "x" * 300])
def test_directories_that_cannot_be_made(tmp_path, monkeypatch, capsys, path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "grid.yaml").write_text("grid: {seed: [0]}")
    compared = ("compare", TASK, "--methods", "bptt-modes")
    for command in (("train", TASK), ("sweep", "grid.yaml"), compared, ("benchmark", "--quick")):
        monkeypatch.setattr(sys, "argv", ["spikemodes", *command, "--out", path])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        check(stop.value.code, capsys.readouterr().err)


@pytest.mark.parametrize(
    "arguments",
    [
        *product(
            ("validate", "analyse", "report", "stress", "perturb"), ("folder", "none", "run")
        ),
        ("validate", "grid.yaml"), ("report", "grid.yaml"), ("train", "arrays"),
        ("paper", "none"), ("paper", "folder"), ("paper", "grid.yaml"), ("nonsense",), ("train",),
        ("train", TASK, "more"), ("--nonsense",), ("train", ""), ("train", "neurogym:"),
        ("train", "../x"), ("train", TASK, "--seed", "-1"), ("train", TASK, "--seed", "9" * 30),
        ("train", TASK, "--resume", "--out", "folder"), ("train", TASK, "--resume", "--out", "run"),
        ("compare", TASK, "--budget", "nan"), ("compare", TASK, "--methods", "x"),
        ("perturb", "run", "--kick", "0"), ("perturb", "run", "--trials", "x"),
        ("sweep", "grid.yaml", "--scheduler", "nowhere"),
        ("compare", TASK, "--methods", "force", "--scheduler", "nowhere"),
        *(
            (*command, "--scheduler", "tcp://127.0.0.1:8786", "--workers", "2")
            for command in (("sweep", "grid.yaml"), ("compare", TASK), ("stress", "folder"))
        ),
        ("train", "arrays", "--set", "task.data=folder"),
        ("train", "digits", "--set", "task.data=no"),
        ("train", "pattern", "--set", "task.frequency=1 ms"),
    ],
)  # fmt: skip
def test_commands_that_make_no_sense(type_in, arguments):
    code, error = type_in(*arguments)
    check(code, error)
    assert "StartedError" not in error


def test_no_command_at_all_shows_the_help(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["spikemodes"])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == BAD_INPUT
    shown = capsys.readouterr()
    assert "List the tasks." in shown.out
    assert not shown.err


@pytest.mark.parametrize(("place", "expected"), [("_prepare", BAD_INPUT), ("_show", FAILED)])
def test_what_nobody_foresaw_is_one_line_and_keeps_the_traceback(
    type_in, tmp_path, monkeypatch, place, expected
):
    def fail(*_, **__):
        raise KeyError("a thing\nnobody foresaw")

    monkeypatch.setattr(cli_runs, place, fail)
    monkeypatch.setattr(cli_runs, "open_run", lambda *_: (None, None))
    if place == "_show":
        monkeypatch.setattr(
            cli_runs, "_prepare", lambda *_: (cli_runs.RunDirectory(tmp_path), None)
        )
        monkeypatch.setattr("spikemodes.experiments.pipeline.train.train", lambda *_, **__: None)
    code, error = type_in("train", TASK)
    (line,) = [line for line in error.splitlines() if line.startswith("error")]
    assert code == expected
    assert line.startswith("error: KeyError: 'a thing\\nnobody foresaw' (traceback in ")
    (file,) = tmp_path.glob("spikemodes-*.txt")
    assert "Traceback" in file.read_text()
