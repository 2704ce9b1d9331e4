"""The cells of a stress test: each condition at each level, draw by draw, and what it did."""

import csv
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from spikemodes.models.conditions.condition import Condition

from ..display.tables import Row
from .sweeps import AnySweep


@dataclass(frozen=True)
class Cell:
    """What one condition did at one level, in one of its draws.

    Parameters
    ----------
    condition, axis, level, levels, normalised
        The condition, what its level is, the level, the level in words (those of all conditions
        that are combined), and the level as a share of the sweep's last.
    draw, draws
        Which draw of the condition this is, from 1 on, and of how many; 1 of 1 at the undisturbed
        level and for a condition that draws nothing.
    drawn
        Whether the condition draws anything.
    performance, low, high
        The performance, see `Score`, and its 95 % interval over the trials, for this draw.
    accuracy, explained_variance, mse
        The score's other measures, NaN where the task has none.
    ceiling
        Performance of the task's ideal observer on the same inputs, NaN where there is none.
    mean, mean_low, mean_high
        Mean performance of the draws at this level, and its 95 % interval over draws and trials;
        the same in all their rows. NaN for an interval over fewer than five draws.
    rate_hz, median_rate_hz, silent
        Mean and median rate of the neurons, and the share that never fires.
    identical
        Whether every spike is that of the undisturbed network.
    mode_variance
        Variance of each mode's activity over time and trials.
    mode_drop, mode_rank
        What ablating each mode costs under the condition, in its first draw, and its ablation rank
        by that; NaN and 0 for a mode that was not ablated.
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
    levels: str
    normalised: float
    draw: int = 1
    draws: int = 1
    drawn: bool = False
    performance: float = math.nan
    low: float = math.nan
    high: float = math.nan
    accuracy: float = math.nan
    explained_variance: float = math.nan
    mse: float = math.nan
    ceiling: float = math.nan
    mean: float = math.nan
    mean_low: float = math.nan
    mean_high: float = math.nan
    rate_hz: float = math.nan
    median_rate_hz: float = math.nan
    silent: float = math.nan
    identical: bool = False
    mode_variance: tuple[float, ...] = ()
    mode_drop: tuple[float, ...] = ()
    mode_rank: tuple[float, ...] = ()
    rank_agreement: float = math.nan
    seconds: float = math.nan
    error: str = ""

    @property
    def named(self) -> str:
        """What people call it."""
        return named(self.condition, self.levels, self.draw, self.draws)


@dataclass(frozen=True)
class Level:
    """One condition at one level, to be tested in one of its draws."""

    condition: str
    sweep: AnySweep
    level: float
    draw: int = 1
    draws: int = 1

    @property
    def name(self) -> str:
        """What people call it."""
        return named(self.condition, self.sweep.named(self.level), self.draw, self.draws)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The condition, or those that are combined, with what they draw."""
        return tuple(c.redrawn(self.draw - 1) for c in self.sweep.at(self.level))

    def cell(self, **results: Any) -> Cell:
        """Give what it did."""
        return Cell(
            condition=self.condition,
            axis=self.sweep.axis,
            level=float(self.level),
            levels=self.sweep.named(self.level),
            normalised=self.sweep.normalised(self.level),
            draw=self.draw,
            draws=self.draws,
            drawn=self.sweep.draws,
            **results,
        )


def named(condition: str, levels: str, draw: int, draws: int) -> str:
    """Name a cell: ``delays 1.5, draw 2``."""
    return f"{condition} {levels}" + (f", draw {draw}" if draws > 1 else "")


def levels_of(condition: str, sweep: AnySweep, draws: int) -> list[Level]:
    """Give a condition's cells: each level in `draws` draws, but once where nothing is drawn."""
    numbers = {v: draws if sweep.draws and v != sweep.undisturbed else 1 for v in sweep.values}
    return [
        Level(condition, sweep, value, draw, number)
        for value, number in numbers.items()
        for draw in range(1, number + 1)
    ]


def row_of(cell: Cell) -> Row:
    """Give the row of a table: lists are parted by spaces, numbers that there are not are empty."""
    return {name: _text(value) for name, value in asdict(cell).items()}


def _text(value: Any) -> Any:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return "" if isinstance(value, float) and math.isnan(value) else value


class OlderTableError(ValueError):
    """A table is of a version that measured other things."""


def read_cells(path: Path) -> list[Cell]:
    """Read a table of such rows.

    Raises `OlderTableError` if an older version wrote it, `ValueError` if it is damaged.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if "score" in (reader.fieldnames or ()):
                raise OlderTableError(
                    f"`{path}` must be written by this version of `spikemodes stress`: an older one"
                    " did. Run that again."
                )
            return [_cell(row) for row in reader]
    except (KeyError, ValueError, TypeError) as error:
        if isinstance(error, OlderTableError):
            raise
        raise ValueError(
            f"`{path}` must be written by `spikemodes stress`: it cannot be read ({error})."
            " Run that again."
        ) from None


def _cell(row: dict[str, str]) -> Cell:
    values: dict[str, Any] = {}
    for name, text in row.items():
        if name in ("condition", "axis", "levels", "error"):
            values[name] = text
        elif name in ("mode_variance", "mode_drop", "mode_rank"):
            values[name] = tuple(map(float, text.split()))
        elif name in ("identical", "drawn"):
            values[name] = text == "True"
        elif name in ("draw", "draws"):
            values[name] = int(text)
        else:
            values[name] = float(text) if text else math.nan
    return Cell(**values)
