import csv
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ortho_group
from spikemodes.experiments import RunDirectory, parse_spec
from spikemodes.experiments.cli import main as cli
from spikemodes.experiments.similarity.report import section
from spikemodes.experiments.similarity.run import compare_solutions
from spikemodes.experiments.similarity.solutions import Solution, kind_of
from spikemodes.models import Modes, Network
from spikemodes.models.networks.storage import save_network
from typer.testing import CliRunner


def spec_of(seed=0, response="100 ms", **keys):
    return parse_spec(
        {
            "task": {
                "name": "selective-integration", "blank": "20 ms", "stimulus": "60 ms",
                "response": response,
            },
            "network": {"neurons": 20, "modes": 2, **keys},
            "simulate": {"target": "numpy", "trials": 8},
            "seed": seed,
        }
    )  # fmt: skip


def drawn(spec, seed):
    return spec.recipe().start(spec.build_task(), np.random.default_rng(seed))


def run_at(path, spec=None, seed=0, silent=False):
    spec = spec or spec_of(seed)
    run = RunDirectory.create(path, spec.resolved())
    network = drawn(spec, seed)
    save_network(replace(network, W_in=0 * network.W_in) if silent else network, run.network)
    return path


def solution(name, network, kind="bptt, modes"):
    return Solution(name, kind, spec_of(), network)


@pytest.fixture(autouse=True)
def interpreted(kernels):
    """Kernels as plain Python, sooner than compiled."""


def command(*arguments):
    return CliRunner().invoke(cli.app, ["similarity", *map(str, arguments)])


def test_the_same_network_in_other_modes_or_with_other_cells_is_at_no_distance():
    network = drawn(spec_of(), 0)
    assert isinstance(network, Network)
    modes = network.modes
    turn = ortho_group.rvs(2, random_state=0)
    in_other_modes = Modes(
        modes.xi_in @ np.diag(modes.scores) @ turn, np.ones(2), modes.xi_out @ turn
    )
    dealt = np.random.default_rng(1).permutation(20)
    other_cells = replace(
        network.with_modes(Modes(modes.xi_in[dealt], modes.scores, modes.xi_out[dealt])),
        W_in=network.W_in[dealt], W_out=network.W_out[:, dealt],
    )  # fmt: skip
    found = compare_solutions(
        [
            solution("one", network),
            solution("turned", network.with_modes(in_other_modes)),
            solution("dealt", other_cells),
            solution("other", drawn(spec_of(), 5), "force"),
        ],
        8,
    )
    assert found.distances.names == ("one", "turned", "dealt", "other", "untrained", "shuffled")
    for name, matrix in found.distances.by_measure.items():
        assert matrix[:3, :3].max() < 2e-3, name
        assert matrix[0, 3] > 0.02, name
    shown = section(found)
    assert "Procrustes: " in shown.text
    assert len(shown.figures) == 2
    assert shown.table is not None
    first = dict(zip(shown.table.columns, shown.table.rows[0], strict=True))
    assert first["learned by"] == "bptt, modes"
    assert float(first["CCA: within"]) < 2e-3
    assert str(first["Procrustes: nearest other way"]).endswith(", force")
    assert [row[0] for row in shown.table.rows] == ["bptt, modes", "force"]


def test_runs_give_matrices_and_a_report(tmp_path):
    runs = [run_at(tmp_path / "a", seed=1), run_at(tmp_path / "b", spec_of(neuron="rate"), seed=2)]
    out = tmp_path / "out"
    result = command(*runs, "--trials=6", f"--out={out}")
    assert result.exit_code == 0, result.stderr
    with (out / "dsa.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["network"] for row in rows] == ["a", "b", "untrained", "shuffled"]
    assert float(rows[0]["a"]) == 0
    assert float(rows[0]["b"]) == float(rows[1]["a"]) > 0
    html = (out / "similarity.html").read_text()
    assert "Are the solutions alike?" in html
    assert (out / "figures" / "likeness-map.svg").exists()


def test_networks_with_populations_have_a_shuffled_control_of_the_same_signs():
    spec = spec_of(parameterisation="dale", background={"connected": 0.2})
    networks = [Solution(f"{seed}", "cortex", spec, drawn(spec, seed)) for seed in range(2)]
    found = compare_solutions(networks, 6)
    assert set(found.distances.names) | found.left_out.keys() == {"0", "1", "untrained", "shuffled"}
    assert "shuffled" in found.distances.names


def test_kinds_say_how_a_network_learned():
    assert kind_of(spec_of()) == "bptt, modes"
    assert kind_of(spec_of(neuron="rate")) == "bptt, modes, rate"


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        (("a",), "two runs or more"),
        (("a", "a"), "none twice"),
        (("a", "none"), "there is no config.yaml"),
        (("a", "longer"), "differ in task.response"),
        (("a", "empty"), "must be a run that has learned"),
        (("a", "silent"), "two networks that do anything: silent: "),
    ],
)
def test_bad_runs_are_refused_in_a_line(tmp_path, runs, words):
    run_at(tmp_path / "a")
    run_at(tmp_path / "longer", spec_of(response="140 ms"))
    run_at(tmp_path / "silent", silent=True)
    RunDirectory.create(tmp_path / "empty", spec_of().resolved())
    result = command(*(tmp_path / run for run in runs), f"--out={tmp_path / 'out'}", "--trials=4")
    assert result.exit_code == 2
    assert words in result.stderr.splitlines()[-1]
    assert not (tmp_path / "out").exists()
