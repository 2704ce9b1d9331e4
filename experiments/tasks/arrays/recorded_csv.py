"""Recorded trials in tables of text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
from jaxtyping import Float, Int, Shaped

from ..registry import listed
from .clocks import clocks
from .recorded_trials import RecordedTrials, number_classes, positions
from .text_table import MISSING, NUMERIC, TextTable, read_table

TRIAL, LABEL, TARGET = "trial", "label", "target"
_NO_LABEL = tuple(w for w in MISSING if w.lower() != "none")  # which may well be a class
_NAMELESS = re.compile(r"(Unnamed: \d.*)?", re.IGNORECASE)  # as pandas calls columns without name
_LARGE = 2**27  # samples
_MOST_FILLED = 20  # times the rows: trials are filled up to more where one is far too long


def read_csv(path: Path, channels: tuple[str, ...]) -> RecordedTrials:
    """Read a table with a header and one row per sample; see `read_table` for its form.

    The column ``trial`` names the trial of each sample, ``label`` the class of that trial, or
    columns that start with ``target`` hold the wanted outputs; all others are channels, or else
    those called `channels` alone. Capitals in ``trial``, ``label`` and ``target`` do not matter.
    Cells that are empty, ``nan`` or ``NA`` all along a channel of a trial mean that it is missing
    there. Columns without a name are left out where they are empty, or name or count rows.

    Raises `ValueError` that says what is wrong, and in which line and column.
    """
    table = read_table(path, TRIAL)
    trial, label = _only(table, TRIAL), _only(table, LABEL)
    if trial is None:
        raise ValueError(f"there is no column `{TRIAL}`: the columns are {listed(table.names)}.")
    text = [column for column in (trial, label) if column is not None]
    others = [column for column in range(len(table.names)) if column not in text]
    taken = [others[k] for k in positions(channels, [table.names[c] for c in others])]
    frame = table.read(text)
    if frame.empty:
        raise ValueError("there is no row below the header.")
    samples = _Samples.of(table, frame, trial)
    targets = [c for c in others if c not in taken and table.names[c].lower().startswith(TARGET)]
    if not channels:
        taken = [c for c in others if c not in targets and not samples.names_rows(c)]
    if not taken:
        raise ValueError(f"there is no channel: the columns are {listed(table.names)}.")
    labels, classes = (None, ()) if label is None else number_classes(samples.labels(label))
    rows, start = frame.index.to_numpy(), samples.start

    def place(trial: int, step: int) -> str:
        """Tell a line from the file, whose text is not kept for it."""
        return f"line {read_table(path, TRIAL).line(int(rows[start[trial] + step]))}"

    return RecordedTrials(
        inputs=samples.cube(taken),
        labels=labels,
        targets=samples.cube(targets) if targets else None,
        channels=tuple(table.names[column] for column in taken),
        classes=classes,
        place=place,
    )


@dataclass(frozen=True, eq=False)
class _Samples:
    """The rows of a table as samples of M trials.

    Parameters
    ----------
    table, frame
        Where they come from; R rows.
    trial, step
        Which trial each row belongs to, and the number of the sample there (R).
    start
        Row at which each trial begins (M).
    """

    table: TextTable
    frame: pd.DataFrame
    trial: Int[np.ndarray, " R"]
    step: Int[np.ndarray, " R"]
    start: Int[np.ndarray, " M"]

    @staticmethod
    def of(table: TextTable, frame: pd.DataFrame, column: int) -> "_Samples":
        """Find the trials: in the order of their numbers, or of the rows if they have names."""
        names, rows = cast("pd.Series", frame[column]), frame.index.to_numpy()
        missing = np.asarray(names.isna())
        if names.dtype.kind not in NUMERIC:
            missing = missing | np.asarray(names.isin(MISSING))
        if missing.any():
            line = table.line(int(rows[missing.argmax()]))
            raise ValueError(f"line {line} must name its trial in column `{table.names[column]}`.")
        values = table.values(names)
        trial, known = pd.factorize(values, sort=values.dtype.kind in NUMERIC)
        begins = np.flatnonzero(np.diff(trial, prepend=-1))
        if len(begins) != len(known):
            again = begins[np.asarray(pd.Series(trial[begins]).duplicated())][0]
            raise ValueError(
                f"the rows of each trial must follow each other: trial {names.iloc[again]} goes on"
                f" in line {table.line(int(rows[again]))}. Sort them by trial."
            )
        start = np.empty(len(known), int)
        start[trial[begins]] = begins
        step = np.arange(len(trial)) - start[trial]
        longest = int(step.max()) + 1
        if len(known) * longest > max(_LARGE, _MOST_FILLED * len(trial)):
            raise ValueError(
                f"trials must be of similar lengths: trial {names.iloc[step.argmax()]} has"
                f" {longest:,} rows, {len(trial) / len(known):,.0f} are the mean. Cut it."
            )
        return _Samples(table, frame, trial, step, start)

    def cube(self, columns: Sequence[int]) -> Float[np.ndarray, "M T K"]:
        """Give columns by trial and sample, NaN after a trial's end."""
        values = np.full((len(self.start), int(self.step.max()) + 1, len(columns)), np.nan)
        for k, column in enumerate(columns):
            values[self.trial, self.step, k] = self._numbers(column)
        return values

    def labels(self, column: int) -> Shaped[np.ndarray, " M"]:
        """Give the label of each trial: numbers, if all are."""
        words = self._column(column)
        values = self.table.values(words)
        first = values[self.start]
        missing, other = np.asarray(words.isin(_NO_LABEL)), values != first[self.trial]
        broken = np.floor(values) != values if values.dtype.kind == "f" else np.zeros(1, bool)
        for wrong, rule in (
            (missing, "have one"),
            (other, "have that of its trial"),
            (broken, "have a whole number"),
        ):
            if wrong.any():
                row = int(self.frame.index[wrong.argmax()])
                raise ValueError(
                    f"`{LABEL}` must be one word or one whole number all along a trial: line"
                    f" {self.table.line(row)} must {rule}, got {self.table.cell(row, column)}."
                )
        return first

    def names_rows(self, column: int) -> bool:
        """Whether a column has no name and names or counts rows, as an index does.

        Raises `ValueError` if it has no name and something else.
        """
        if not _NAMELESS.fullmatch(self.table.names[column]):
            return False
        values = self._column(column)
        if values.dtype.kind not in NUMERIC or values.isna().all():
            return True
        cube = self.cube([column])
        if clocks(cube) or (np.diff(np.sort(cube[~np.isnan(cube)])) == 1).all():
            return True
        raise ValueError(
            f"column {column + 1} must have a name to be a channel. Name it in the header, or leave"
            " it out of the file."
        )

    def _column(self, column: int) -> pd.Series:
        return cast("pd.Series", self.frame[column])

    def _numbers(self, column: int) -> Float[np.ndarray, " R"]:
        try:
            return self.table.numbers(self._column(column))
        except ValueError as error:
            raise ValueError(
                f"{error} Correct it, leave it empty all along the trial, or name other columns as"
                " channels: task.channels=[...]."
            ) from None


def _only(table: TextTable, name: str) -> int | None:
    """Find the column of a name, if there is one."""
    found = [column for column, known in enumerate(table.names) if known.lower() == name]
    if len(found) > 1:
        raise ValueError(f"there must be one column `{name}`: there are {len(found)}.")
    return found[0] if found else None
