import csv

import numpy as np
import pytest
from spikemodes.experiments import RunDirectory, parse_spec
from spikemodes.experiments.cli import main as cli
from spikemodes.experiments.populations.sizes import parse_classes, parse_times, read_sizes
from spikemodes.models.networks.storage import save_network
from typer.testing import CliRunner


@pytest.fixture
def run(tmp_path):
    spec = parse_spec(
        {
            "task": {"name": "selective-integration", "stimulus": "60 ms", "response": "40 ms"},
            "network": {"neurons": 40, "modes": 1},
            "simulate": {"target": "numpy", "trials": 8},
        }
    )
    run = RunDirectory.create(tmp_path / "run", spec.resolved())
    save_network(spec.recipe().start(spec.build_task(), np.random.default_rng(0)), run.network)
    return run


def command(run, *options):
    return CliRunner().invoke(cli.app, ["populations", str(run.path), *options])


def test_networks_of_each_size_and_class_are_in_the_table(run):
    result = command(run, "--times=3,1", "--draws=2", "--trials=6", "--classes=1,2")
    assert result.exit_code == 0, result.stderr
    rows = read_sizes(run.populations)
    assert [(row.times, row.neurons, row.classes, row.draw) for row in rows] == [
        (0, 40, 0, 1),
        *((t, 40 * t, k, d) for t in (1, 3) for k in (1, 2) for d in (1, 2)),
    ]
    assert all(row.trials == 6 and row.rate_hz >= 0 for row in rows)
    assert result.stderr.count("\n") >= len(rows)
    with run.populations.open() as file:
        assert len(list(csv.DictReader(file))) == len(rows)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--times=0,1", "`--times` must be sizes above 0"),
        ("--times=x", "`--times` must be sizes above 0"),
        ("--times=0.01", "`--times` must leave 2 cells or more"),
        ("--classes=0", "`--classes` must be whole numbers above 0"),
        ("--classes=9", "`n_classes` must be between 1 and 2"),
    ],
)
def test_bad_options_are_refused_in_a_line(run, option, words):
    result = command(run, option)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert not run.populations.exists()


def test_a_damaged_table_is_refused_by_name(run):
    assert read_sizes(run.populations) == []
    run.populations.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match=r"populations\.csv` must be written by"):
        read_sizes(run.populations)


def test_sizes_are_read():
    assert parse_times("10, 1,1") == (1, 10)
    assert parse_classes("2,1") == (1, 2)
    assert parse_classes("") == ()
