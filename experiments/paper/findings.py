"""The paper's findings again: what a folder of sweeps found, beside what was published.

The sweeps are ``experiments/paper/*.yaml``; the paper is Lin & Huang, Phys. Rev. E 110, 024306
(2024).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import yaml
from spikemodes.learning.training.parameterisation import NoRecurrence
from spikemodes.models.networks.rate_network import RateUnit

from ..config.nested_keys import read_stored_config
from ..config.spec import Spec, parse_spec
from ..pipeline.directory import Metrics, RunDirectory
from ..pipeline.performance import Performance

PUBLISHED_LOSS = 1.7
"""Loss, the softmax taken twice, to which the paper counts batches."""

ByModes = dict[int, list[float]]
"""One number per seed, for each number of modes P."""


@dataclass(frozen=True)
class Cell:
    """A validated run of a sweep: its directory, its configuration and how well its twin did."""

    run: RunDirectory
    spec: Spec
    twin: Performance

    @property
    def size(self) -> tuple[int, int]:
        """Its numbers of neurons N and of modes P."""
        return self.spec.network.neurons, self.modes

    @property
    def recurrent(self) -> bool:
        """Whether it is no control that learned without recurrent weights."""
        return not isinstance(self.spec.network.build_parameterisation(), NoRecurrence)

    @property
    def modes(self) -> int:
        """Its number of modes P, 0 without recurrence."""
        return self.spec.network.modes if self.recurrent else 0

    @property
    def rate(self) -> bool:
        """Whether the network is one of rates."""
        return isinstance(self.spec.build_neuron(), RateUnit)

    def losses(self) -> list[float]:
        """The loss on the batch of each update."""
        return [row["loss"] for row in Metrics(self.run.metrics).read()]


def read_cells(sweep: Path) -> list[Cell]:
    """Read the validated runs of a sweep, ``[]`` if there are none."""
    runs = (RunDirectory(path.parent) for path in sorted(sweep.glob("cells/*/summary.json")))
    cells = []
    for run in runs:
        twin = run.read_summary().twin
        if twin is not None:
            cells.append(Cell(run, parse_spec(read_stored_config(run.config)), twin))
    return cells


def published() -> dict[str, dict[int, ByModes]]:
    """What the paper reached, by quantity, number of neurons and number of modes."""
    text = files("spikemodes.experiments.paper").joinpath("published.yaml").read_text("utf-8")
    return yaml.safe_load(text)


def by_modes(cells: Iterable[Cell], measure: Callable[[Cell], float | None]) -> ByModes:
    """Collect a measure of each cell, where there is one, by the cell's number of modes."""
    found: ByModes = {}
    for cell in sorted(cells, key=lambda cell: (cell.modes, cell.spec.seed)):
        value = measure(cell)
        if value is not None:
            found.setdefault(cell.modes, []).append(value)
    return found


def batches_to(threshold: float) -> Callable[[Cell], float | None]:
    """Count the updates until the loss first fell below `threshold`, ``None`` if it never did."""

    def count(cell: Cell) -> float | None:
        below = (step for step, loss in enumerate(cell.losses(), start=1) if loss < threshold)
        return next(below, None)

    return count
