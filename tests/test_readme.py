"""The README's Python runs as it stands."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from brian2 import ms
from spikemodes.experiments import parse_spec
from spikemodes.experiments.cli import main as cli
from spikemodes.experiments.tasks import SelectiveIntegration
from spikemodes.learning import TrainingOptions, initial_network, train
from spikemodes.models import NeuronModel, simulate, translate_neuron
from typer.testing import CliRunner

README = Path(__file__).resolve().parents[1] / "README.md"
YAML = re.findall(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def test_the_example_trains_and_agrees_in_every_spike(capsys: pytest.CaptureFixture[str]):
    exec(BLOCKS[0], {})
    assert capsys.readouterr().out.startswith("20 of 20 trials agree in every spike")


@pytest.fixture
def adex() -> NeuronModel:
    """The neuron that the README writes down."""
    scope: dict = {}
    exec(BLOCKS[2], scope)
    return scope["adex"]


def test_the_example_neuron_has_a_step_program(adex):
    program = translate_neuron(adex, 0.5 * ms)
    assert program.variables == ("v", "w")
    assert set(program.reset.results) == set(program.state)


def test_the_neuron_in_yaml_trains_and_agrees_in_every_spike(tmp_path, kernels):
    (text,) = (block for block in YAML if "equations" in block)
    config, out = tmp_path / "neuron.yaml", tmp_path / "run"
    config.write_text(text)
    small = "{blank: 4 ms, stimulus: 40 ms, response: 40 ms}"
    settings = (f"task={small}", "network.neurons=8", "train={updates: 2, batch: 3}")
    chosen = [f"--set={setting}" for setting in (*settings, "simulate={target: numpy, trials: 4}")]
    command = ["train", "selective-integration", f"--config={config}", f"--out={out}", *chosen]
    for arguments in (command, ["validate", str(out)]):
        result = CliRunner().invoke(cli.app, arguments)
        assert result.exit_code == 0, result.stderr
    brian2 = json.loads((out / "summary.json").read_text())["brian2"]
    assert (brian2["spike_match"], brian2["identical_trials"]) == (1.0, 4)
    assert brian2["rate_hz"] > 0


def test_every_file_that_it_shows_is_one(tmp_path):
    assert all(isinstance(yaml.safe_load(block), dict) for block in YAML)


@pytest.mark.slow
def test_the_neuron_in_yaml_learns():
    (text,) = (block for block in YAML if "equations" in block)
    spec = parse_spec({"task": {"name": "selective-integration"}, **yaml.safe_load(text)})
    task, rng, neuron = SelectiveIntegration(), np.random.default_rng(1), spec.build_neuron()
    assert isinstance(neuron, NeuronModel)
    network = initial_network(100, 3, task.n_inputs, task.n_outputs, task.dt, rng, neuron=neuron)
    result = train(task, network, TrainingOptions(updates=300), seed=101)
    trials = task.sample(200, np.random.default_rng(501))
    recording = simulate(result.network, trials, target="numpy")
    explained = task.score(recording.outputs, trials).explained_variance
    assert explained is not None
    assert explained >= 0.8
