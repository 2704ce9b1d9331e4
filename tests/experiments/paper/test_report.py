"""The paper's findings from sweeps."""

import json
from importlib.resources import files

import numpy as np
import pytest
import yaml
from spikemodes.analysis.figures import DARK, LIGHT, draw_against_modes, draw_losses
from spikemodes.experiments import RunDirectory, parse_spec
from spikemodes.experiments.config.nested_keys import merge
from spikemodes.experiments.paper.findings import batches_to, by_modes, published, read_cells
from spikemodes.experiments.paper.importance import fits
from spikemodes.experiments.paper.report import reproduce
from spikemodes.experiments.pipeline.directory import Metrics
from spikemodes.experiments.pipeline.performance import Performance
from spikemodes.experiments.sweep.plan import read_plan
from spikemodes.learning.training.parameterisation import NoRecurrence
from spikemodes.models import RateUnit, save_network


@pytest.fixture
def sweep(tmp_path, draw_network):
    """Make the run of a cell by hand."""

    def make(name, modes, seed, losses, *, neurons=12, explained=None, form="modes", **twin):
        network = {"neurons": neurons, "modes": modes, "parameterisation": form}
        config = {"network": network, "seed": seed}
        spec = parse_spec(merge([{"task": "selective-integration"}, config]))
        path = tmp_path / name / "cells" / f"N={neurons},P={modes},{form},seed={seed}"
        run = RunDirectory.create(path, spec.resolved())
        run.update_summary(
            twin=Performance(8, explained, twin, explained_variance=explained, rate_hz=None)
        )
        for step, loss in enumerate(losses, start=1):
            Metrics(run.metrics).append({"step": step, "loss": loss})
        save_network(draw_network(n_neurons=neurons, n_modes=modes, seed=seed), run.network)
        return run

    return make


def test_measures_are_collected_by_modes_and_seed(sweep, tmp_path):
    for modes, seed in ((3, 1), (1, 0), (3, 0)):
        sweep("integration", modes, seed, [1.0], mse=modes + seed / 10)
    cells = read_cells(tmp_path / "integration")
    assert by_modes(cells, lambda cell: cell.twin.measures["mse"]) == {1: [1.0], 3: [3.0, 3.1]}


def test_cells_that_are_not_validated_are_left_out(sweep, tmp_path):
    run = sweep("integration", 3, 0, [1.0], mse=0.1)
    run.summary.write_text(json.dumps({"task": "selective-integration"}))
    assert read_cells(tmp_path / "integration") == []


def test_batches_count_to_the_first_loss_below(sweep, tmp_path):
    sweep("digits", 2, 0, [2.0, 1.7, 1.6, 1.9])
    sweep("digits", 2, 1, [2.0, 1.8])
    cells = read_cells(tmp_path / "digits")
    assert by_modes(cells, batches_to(1.7)) == {2: [3]}


def test_networks_without_recurrence_are_told_apart(sweep, tmp_path):
    for seed in (0, 1):
        sweep("digits", 3, seed, [2.0, 1.6], accuracy=0.93)
    sweep("digits", 3, 0, [2.0, 1.65], form="no-recurrence", accuracy=0.9)
    accuracy = by_modes(
        read_cells(tmp_path / "digits"), lambda cell: cell.twin.measures["accuracy"]
    )
    assert accuracy == {0: [0.9], 3: [0.93, 0.93]}
    reproduce(tmp_path)
    rows = (tmp_path / "paper.md").read_text().splitlines()
    assert "| accuracy | spiking, N = 12 | 3 | 0.93 | 0 | 2 | – |" in rows
    assert "| accuracy | spiking, N = 12, no recurrence | 0 | 0.9 | – | 1 | – |" in rows


def test_the_sweep_of_digits_has_controls_of_spikes_and_rates(tmp_path):
    text = files("spikemodes.experiments.paper").joinpath("digits.yaml").read_text("utf-8")
    sweep = yaml.safe_load(text)
    sweep["base"]["task"]["dataset"] = "digits8x8"  # which needs no files, and has fewer images
    sweep["base"]["simulate"]["trials"] = 300
    plan = tmp_path / "digits.yaml"
    plan.write_text(yaml.safe_dump(sweep))
    specs = [cell.spec for cell in read_plan(plan).cells]
    controls = [
        spec for spec in specs if isinstance(spec.network.build_parameterisation(), NoRecurrence)
    ]
    rates = [isinstance(spec.build_neuron(), RateUnit) for spec in controls]
    assert (len(specs), rates.count(False), rates.count(True)) == (63, 6, 3)


def test_published_numbers_are_fractions_and_errors():
    known = published()
    for quantity in ("digits-spiking", "digits-rate", "integration"):
        values = [v for row in known[quantity].values() for seeds in row.values() for v in seeds]
        assert values
        assert all(0 < value < 1 for value in values)


def test_the_report_has_a_table_beside_the_published_numbers(sweep, tmp_path):
    for seed in (0, 1):
        error = 0.02 + 0.01 * seed
        sweep("integration", 3, seed, [0.5, 0.1], neurons=100, explained=1 - error, mse=error)
    report = reproduce(tmp_path)
    assert report.read_text().startswith("<!doctype html>")
    row = [line for line in (tmp_path / "paper.md").read_text().splitlines() if "N = 100" in line]
    expected = float(np.mean(published()["integration"][100][3]))
    assert row == [
        f"| MSE | N = 100 | 3 | 0.025 | 0.007071 | 2 | {expected:.4g} |",
        "| explained variance | N = 100 | 3 | 0.975 | 0.007071 | 2 | – |",
    ]


def test_every_network_is_asked_for_its_law_of_importance(sweep, tmp_path):
    for modes, seed in ((3, 0), (10, 0), (10, 1)):
        sweep("integration", modes, seed, [0.5], mse=0.1)
    found = fits(read_cells(tmp_path / "integration"))
    assert {size: list(seeds) for size, seeds in found.items()} == {(12, 10): [0, 1]}
    assert "of 2 networks follow a piecewise power law" in reproduce(tmp_path).read_text()
    table = (tmp_path / "paper.md").read_text().partition("The law that importance follows")[2]
    assert all(f"| 10 | {seed} | {fit.law} |" in table for seed, fit in found[12, 10].items())


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="there are none"):
        reproduce(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_figures_draw(theme):
    found = {"spiking, N = 100": {1: [0.9, 0.92], 10: [0.95]}}
    figure = draw_against_modes(theme, found, {"spiking, N = 100": {1: [0.91]}}, y="accuracy")
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["1", "10"]
    draw_losses(theme, {"P = 1": np.array([2.0, 1.0])}, threshold=1.7).canvas.draw()
