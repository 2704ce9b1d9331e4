"""The rooms of the house: who may import whom, and what a user finds at the front doors."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("analysis", "models", "learning", "experiments")
FACES = (
    "models", "models.conditions", "learning", "analysis", "analysis.figures", "experiments",
    "experiments.tasks", "experiments.config", "experiments.display", "experiments.report",
)  # fmt: skip
# A room imports from those on lines above its own; rooms of one line do not know each other.
ORDER = """
analysis
models.files models.quantities
models.brian_state models.trials
models.recording
models.neurons
models.networks models.translation
models.conditions
models.brian
learning.task
learning.wrapped
learning.coarser learning.step
learning.kernels
learning.twin
learning.excitability learning.validation
learning.training
learning.three_factor learning.force learning.nef learning.rate_to_spike
learning.kim_2019
learning.methods
experiments.cores
experiments.display
experiments.tasks
experiments.config
experiments.presets
experiments.pipeline
experiments.computation
experiments.study
experiments.stress experiments.perturb experiments.populations experiments.similarity
experiments.compare
experiments.report
experiments.paper experiments.steps
experiments.sweep experiments.watch
experiments.benchmark
experiments.cli
"""
FLOOR = {room: i for i, line in enumerate(ORDER.split("\n")) for room in line.split()}


def modules() -> dict[str, str]:
    """Source of every module of the four folders, by its name below ``spikemodes``."""
    paths = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): (
            path.read_text(encoding="utf-8")
        )
        for path in paths
    }


class _Running(ast.NodeTransformer):
    """Leaves out what is imported for types alone."""

    def visit_If(self, node: ast.If) -> ast.AST | None:
        """See the class."""
        types_alone = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        return None if types_alone else self.generic_visit(node)


def imports(
    module: str, source: str, known: Mapping[str, str], *, running: bool = False
) -> Iterator[str]:
    """Name what a module imports of the project, wherever in it, or what it does when `running`."""
    is_package = any(name.startswith(f"{module}.") for name in known)
    package = module.split(".") if is_package else module.split(".")[:-1]
    tree = ast.parse(source)
    for node in ast.walk(_Running().visit(tree) if running else tree):
        if isinstance(node, ast.Import):
            yield from (a.name[11:] for a in node.names if a.name.startswith("spikemodes."))
        elif isinstance(node, ast.ImportFrom):
            base = (node.module or "").split(".") if node.module else []
            if node.level:
                base = [*package[: len(package) - node.level + 1], *base]
            elif base[0] == "spikemodes":
                base = base[1:]
            else:
                continue
            for alias in node.names:
                inner = ".".join([*base, alias.name])
                yield inner if inner in known else ".".join(base)


def room(module: str) -> str:
    """Name the room that a module is in: all of analysis is one."""
    parts = module.split(".")
    return parts[0] if parts[0] == "analysis" else ".".join(parts[:2])


def wrong_ways(sources: Mapping[str, str]) -> list[str]:
    """Give the imports that do not lead down."""
    wrong = []
    for module, source in sources.items():
        here = room(module)
        for target in imports(module, source, sources):
            there = room(target)
            alone = "analysis" in (here, there) and here.split(".")[0] != "experiments"
            if here != there and (alone or FLOOR.get(there, len(FLOOR)) >= FLOOR.get(here, 0)):
                wrong.append(f"{module} imports {target}")
    return wrong


def circles(sources: Mapping[str, str]) -> list[str]:
    """Give the modules that import themselves through others."""
    edges = {m: set(imports(m, s, sources, running=True)) - {m} for m, s in sources.items()}
    free: set[str] = set()
    while ready := [m for m in edges if m not in free and edges[m] <= free]:
        free.update(ready)
    return sorted(edges.keys() - free)


def test_every_module_is_in_a_room_and_imports_lead_down():
    sources = modules()
    assert {room(module) for module in sources} - set(FOLDERS) <= FLOOR.keys()
    assert wrong_ways(sources) == []


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("models.trials", "from .networks.modes import Modes"),
        ("models.neurons.lif", "from spikemodes.learning.task import Task"),
        ("analysis.firing", "from spikemodes.models import Trials"),
        ("learning.twin.twin", "from ..training.loop import train"),
        ("experiments.pipeline.train", "def f():\n    from ..report import run"),
    ],
)
def test_a_forbidden_import_is_found(module, forbidden):
    sources = modules()
    sources[module] += f"\n{forbidden}\n"
    assert len(wrong_ways(sources)) == 1
    assert wrong_ways(sources)[0].startswith(module)


def test_no_module_imports_itself_through_others():
    sources = modules()
    assert circles(sources) == []
    sources["models.neurons.neuron"] += "\nfrom .lif import LIF\n"
    assert "models.neurons.lif" in circles(sources)


def test_checking_a_configuration_needs_neither_pytorch_nor_numba():
    code = (
        "import sys, spikemodes.experiments.config.spec as spec; spec.parse_spec({});"
        "print({'torch', 'numba'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


@pytest.mark.parametrize("face", FACES)
def test_every_name_of_a_front_door_is_there_and_no_module_bears_it(face):
    package = importlib.import_module(f"spikemodes.{face}")
    assert len(package.__all__) >= 3
    for name in package.__all__:
        assert getattr(package, name) is not None
        assert f"{face}.{name}" not in modules()
    assert package.__doc__
