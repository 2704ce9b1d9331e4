"""A whole run from Python: what it gives, and that it is the run of the command line."""

import re
from io import StringIO

import numpy as np
import pytest
from brian2 import ms
from rich.console import Console
from spikemodes.experiments import RunDirectory, run
from spikemodes.experiments.cli.main import app
from spikemodes.experiments.computation.answers import Answers
from spikemodes.experiments.display.progress import Lines
from spikemodes.models import load_network
from typer.testing import CliRunner

TASK = {"name": "selective-integration", "blank": "4 ms", "stimulus": 40 * ms, "response": "40 ms"}
SMALL = {
    "network": {"neurons": 8},
    "train": {"updates": 2, "batch": 3},
    "simulate": {"target": "numpy", "trials": 4},
}


@pytest.fixture(scope="module")
def display():
    return Lines(Console(file=StringIO()))


def test_a_run_gives_network_recording_summary_and_paths(tmp_path, display, every_question):
    found = run(TASK, out=tmp_path / "run", seed=3, display=display, **SMALL)
    assert found.network.n_neurons == 8
    assert (found.recording.n_trials, found.recording.n_neurons) == (4, 8)
    assert len(found.recording.spikes) > 0
    assert found.summary.brian2 is not None
    assert found.summary.brian2.identical_trials == 4
    assert found.paths == RunDirectory(tmp_path / "run")
    assert found.paths.report.is_file()
    assert "100 %" in found._repr_html_()
    answers = Answers.load(found.paths)
    assert {question.key for question in every_question} == {*answers.numbers, *answers.not_asked}
    assert "map" in answers.numbers
    assert {"raster", "mode-space"} <= set(found.figures)
    assert found.figure("raster").axes[0].lines
    with pytest.raises(ValueError, match=r"`name` must be that of a figure .* got 'rasters'"):
        found.figure("rasters")
    page = found.paths.report.read_text()
    assert "What was not tested" in page
    assert "4 trials alone were tested" in page
    assert len(re.findall('class="finding"', page)) == len(found.figures)


def test_it_is_the_run_of_the_command_line(tmp_path, display):
    run(TASK, out=tmp_path / "python", seed=3, display=display, **SMALL)
    settings = [
        "task={blank: 4 ms, stimulus: 40 ms, response: 40 ms}",
        "network.neurons=8",
        "train={updates: 2, batch: 3}",
        "simulate={target: numpy, trials: 4}",
    ]
    command = ["train", "selective-integration", "--seed=3", f"--out={tmp_path / 'command'}"]
    result = CliRunner().invoke(app, [*command, *(f"--set={setting}" for setting in settings)])
    assert result.exit_code == 0, result.stderr
    of_python, of_command = (RunDirectory(tmp_path / name) for name in ("python", "command"))
    assert of_python.config.read_text() == of_command.config.read_text()
    first, second = load_network(of_python.network), load_network(of_command.network)
    np.testing.assert_array_equal(first.W_in, second.W_in)
    np.testing.assert_array_equal(first.dense(), second.dense())


def test_it_goes_on_where_it_stopped_and_overwrites_nothing(tmp_path, display):
    first = run(TASK, out=tmp_path / "run", display=display, **SMALL)
    with pytest.raises(FileExistsError, match="must be a new or empty directory"):
        run(TASK, out=tmp_path / "run", display=display, **SMALL)
    again = run(TASK, out=tmp_path / "run", resume=True, display=display, **SMALL)
    np.testing.assert_array_equal(first.network.dense(), again.network.dense())
    with pytest.raises(ValueError, match="`seed` must be 0 to continue"):
        run(TASK, out=tmp_path / "run", seed=1, resume=True, display=display, **SMALL)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"network": {"neuron": "lif2"}}, "Did you mean lif"),
        ({"networks": {}}, "Did you mean network"),
        ({"train": {"method": "force"}, "network": {"neuron": "lif"}}, "must be rate for FORCE"),
    ],
)
def test_wrong_settings_are_refused_before_anything_is_written(settings, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        run(TASK, out=tmp_path / "run", **settings)
    assert list(tmp_path.iterdir()) == []
