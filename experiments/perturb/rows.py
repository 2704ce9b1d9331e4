"""The table of interventions: one row for each."""

import csv
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from ..display.tables import Row

FORMAT = 1
"""Of the file of courses after kicks, which goes with the table."""

DOSE, SILENCE, PREDICTION = "dose", "silence", "prediction"
"""Kinds of rows: amplitudes on the chosen cells, sets of cells silenced, effects foretold."""


@dataclass(frozen=True)
class Intervention:
    """What was done to which cells, and what it did.

    Parameters
    ----------
    kind
        `DOSE`, `SILENCE` or `PREDICTION`.
    what
        Which cells, in words.
    cells
        Their indices.
    amplitude
        What was added to W_in · x in the epoch; negative for cells that were silenced.
    performance, output
        Of the network under the intervention: performance, and the first output, its mean over the
        answer and the trials.
    change
        Of the output, from the undisturbed network.
    shift
        Of the psychometric curve, in units of evidence: what the intervention counts for; NaN where
        there is no curve.
    predicted
        Change of the output that the twin's gradient foretold; NaN where none was asked.
    spikes_left
        Spikes of these cells in the epoch, as a share of those of the undisturbed network; NaN
        where there were none.
    """

    kind: str
    what: str
    cells: tuple[int, ...]
    amplitude: float
    performance: float
    output: float
    change: float
    shift: float
    predicted: float
    spikes_left: float


def row_of(one: Intervention) -> Row:
    """Give the row of a table; numbers that there are not are empty."""
    return {name: _text(value) for name, value in asdict(one).items()}


def _text(value: object) -> object:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return "" if isinstance(value, float) and math.isnan(value) else value


def read_interventions(path: Path) -> list[Intervention]:
    """Read a table of such rows. Raises `ValueError` if it is damaged."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [_read(row) for row in csv.DictReader(file)]
    except (KeyError, ValueError, TypeError) as error:
        raise ValueError(
            f"`{path}` must be written by `spikemodes perturb`: it cannot be read ({error})."
            " Run that again."
        ) from None


def _read(row: Row) -> Intervention:
    numbers = [f.name for f in fields(Intervention) if f.name not in ("kind", "what", "cells")]
    return Intervention(
        row["kind"],
        row["what"],
        tuple(map(int, row["cells"].split())),
        **{name: float(row[name]) if row[name] else math.nan for name in numbers},
    )


def of_kind(rows: Iterable[Intervention], kind: str) -> list[Intervention]:
    """Those of a kind."""
    return [row for row in rows if row.kind == kind]
