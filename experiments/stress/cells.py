"""The cells of a stress test: each condition at each level, and what it did."""

import csv
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..display.tables import Row
from .battery import Sweep


@dataclass(frozen=True)
class Cell:
    """What one condition did at one level.

    Parameters
    ----------
    condition, axis, level, normalised
        The condition, what its level is, the level, and the level as a share of the sweep's last.
    score, low, high
        The task's first measure and its 95 % interval where it is an accuracy.
    mse
        Mean squared error, NaN where the task has none.
    rate_hz, median_rate_hz, silent
        Mean and median rate of the neurons, and the share that never fires.
    identical
        Whether every spike is that of the undisturbed network.
    mode_variance
        Variance of each mode's activity over time and trials.
    mode_drop, mode_rank
        What ablating each mode costs under the condition, and its causal rank by that; NaN and 0
        for a mode that was not ablated.
    rank_agreement
        Correlation of the ranks with those of the undisturbed network.
    seconds
        Time the cell took [s].
    error
        Why there are no results, if so.
    """

    condition: str
    axis: str
    level: float
    normalised: float
    score: float = math.nan
    low: float = math.nan
    high: float = math.nan
    mse: float = math.nan
    rate_hz: float = math.nan
    median_rate_hz: float = math.nan
    silent: float = math.nan
    identical: bool = False
    mode_variance: tuple[float, ...] = ()
    mode_drop: tuple[float, ...] = ()
    mode_rank: tuple[int, ...] = ()
    rank_agreement: float = math.nan
    seconds: float = math.nan
    error: str = ""


@dataclass(frozen=True)
class Level:
    """One condition at one level, to be tested."""

    condition: str
    sweep: Sweep
    level: float

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.condition} {self.level}"

    def cell(self, **results: Any) -> Cell:
        """Give what it did."""
        normalised = self.sweep.normalised(self.level)
        return Cell(self.condition, self.sweep.axis, float(self.level), normalised, **results)


def row_of(cell: Cell) -> Row:
    """Give the row of a table; lists are parted by spaces."""
    return {
        name: " ".join(map(str, value)) if isinstance(value, tuple) else value
        for name, value in asdict(cell).items()
    }


def read_cells(path: Path) -> list[Cell]:
    """Read a table of such rows. Raises `ValueError` naming the file if it is damaged."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [_cell(row) for row in csv.DictReader(file)]
    except (KeyError, ValueError, TypeError) as error:
        raise ValueError(
            f"`{path}` must be written by `spikemodes stress`: it cannot be read ({error})."
            " Run that again."
        ) from None


def _cell(row: dict[str, str]) -> Cell:
    texts = {"condition", "axis", "error"}
    values: dict = {n: v if n in texts else math.nan for n, v in row.items()}
    for name, text in row.items():
        if name in ("mode_variance", "mode_drop"):
            values[name] = tuple(map(float, text.split()))
        elif name == "mode_rank":
            values[name] = tuple(map(int, text.split()))
        elif name == "identical":
            values[name] = text == "True"
        elif name not in texts:
            values[name] = float(text)
    return Cell(**values)
