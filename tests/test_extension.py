"""One of each, added from outside the package by one entry in a registry."""

import sys
from dataclasses import dataclass, replace
from io import StringIO
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
from brian2 import ms
from rich.console import Console
from spikemodes.experiments import parse_spec, run
from spikemodes.experiments.config.neurons import NEURONS
from spikemodes.experiments.display.page import Section
from spikemodes.experiments.display.progress import Lines
from spikemodes.experiments.report import registry
from spikemodes.experiments.report.reported import SectionMaker
from spikemodes.experiments.tasks import TASKS, SelectiveIntegration, TaskEntry
from spikemodes.learning import METHODS, Recipe, Session, TrainingResult
from spikemodes.models import LIF, Network
from spikemodes.models.conditions import CONDITIONS, Circuit, Condition


@dataclass(frozen=True)
class Untrained:
    """Takes the network as it is drawn, its readout enlarged."""

    name: ClassVar[str] = "untrained"
    settings: ClassVar[dict] = {"network": {"modes": 2}}
    needs_targets: ClassVar[bool] = False
    factor: float = 2.0

    def require(self, recipe: Recipe) -> None:
        if recipe.n_neurons > 100:
            raise ValueError(f"`n_neurons` must be 100 at most: got {recipe.n_neurons}.")

    def train(self, task, recipe: Recipe, session: Session) -> TrainingResult:
        network = recipe.draw(task, np.random.default_rng(session.initial))
        network = replace(network, W_out=self.factor * network.W_out)
        return TrainingResult(network, self.name, 0, 0.0, 1.0, 0.0, 0)


def fast_lif(tau_mem=5 * ms):
    return LIF(tau_mem=tau_mem)


@dataclass(frozen=True)
class Weaker(Condition):
    """Weights times a factor."""

    name: ClassVar[str] = "weaker"
    loss: float = 0.5

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        n = circuit.network.n_neurons
        return circuit.transmitting(gain=np.full((n, n), 1 - self.loss))


def short(blank=4 * ms):
    return SelectiveIntegration(blank=blank, stimulus=40 * ms, response=40 * ms)


def test_a_run_of_what_others_have_added(monkeypatch, tmp_path):
    monkeypatch.setitem(METHODS, "untrained", Untrained)
    monkeypatch.setitem(NEURONS, "fast-lif", fast_lif)
    monkeypatch.setitem(TASKS, "short", TaskEntry("tasks_of_mine:short", "short", "here"))
    monkeypatch.setitem(CONDITIONS, "weaker", Weaker)
    monkeypatch.setitem(sys.modules, "tasks_of_mine", SimpleNamespace(short=short))
    mine = SectionMaker("mine", lambda reported: Section("Mine", "text of mine"))
    monkeypatch.setattr(registry, "SECTIONS", [*registry.SECTIONS, mine])
    found = run(
        {"name": "short", "blank": "6 ms"},
        out=tmp_path / "run",
        network={"neuron": {"name": "fast-lif", "tau_mem": "8 ms"}, "neurons": 8},
        train={"method": {"name": "untrained", "factor": 3.0}},
        simulate={"target": "numpy", "trials": 4},
        display=Lines(Console(file=StringIO())),
    )
    network, training = found.network, found.summary.training
    assert isinstance(network, Network)
    assert training is not None
    assert network.neuron.parameters["tau_mem"] == 8 * ms
    assert network.n_modes == 2  # the method's setting
    assert training.method == "untrained"
    assert "text of mine" in found.paths.report.read_text()
    spec = parse_spec({"train": {"conditions": [{"name": "weaker", "loss": 0.25}]}})
    assert spec.train.build_conditions() == [Weaker(0.25)]
    with pytest.raises(ValueError, match=r"`network\.neurons` must be 100 at most: got 101"):
        parse_spec({"train": {"method": "untrained"}, "network": {"neurons": 101}})
