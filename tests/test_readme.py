"""The README's Python runs as it stands."""

import re
from pathlib import Path

import numpy as np
import pytest
from brian2 import ms
from spikemodes.experiments.selective_integration import SelectiveIntegration
from spikemodes.learning.initialisation import initial_network
from spikemodes.learning.training import TrainingOptions, train
from spikemodes.models.neuron import NeuronModel
from spikemodes.models.simulation import simulate
from spikemodes.models.translation import translate_neuron

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def test_the_example_trains_and_agrees_in_every_spike(capsys: pytest.CaptureFixture[str]):
    exec(BLOCKS[0], {})
    assert capsys.readouterr().out.startswith("20 of 20 trials agree in every spike")


@pytest.fixture
def adex() -> NeuronModel:
    """The neuron that the README writes down."""
    scope: dict = {}
    exec(BLOCKS[1], scope)
    return scope["adex"]


def test_the_example_neuron_has_a_step_program(adex):
    program = translate_neuron(adex, 0.5 * ms)
    assert program.state == ("v", "w")
    assert set(program.reset.results) == {"v", "w"}


@pytest.mark.slow
def test_the_example_neuron_trains(adex):
    task = SelectiveIntegration()
    network = initial_network(
        100, 3, task.n_inputs, task.n_outputs, task.dt, np.random.default_rng(0), neuron=adex
    )
    result = train(task, network, TrainingOptions(updates=100), seed=1)
    trials = task.sample(100, np.random.default_rng(5))
    recording = simulate(result.network, trials, target="numpy")
    accuracy = task.score(recording.outputs, trials).accuracy
    assert accuracy is not None
    assert accuracy > 0.9
