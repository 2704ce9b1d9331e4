"""Recordings and sensor signals of the user's own, read from ``.npz`` and ``.csv`` files."""

import csv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

TRIAL, LABEL, TARGET = "trial", "label", "target"


@dataclass(frozen=True, eq=False)
class RecordedTrials:
    """M recorded trials of T samples of C channels, each with a class or with target traces.

    Parameters
    ----------
    inputs
        Samples (M × T × C); NaN all along a channel that is missing in a trial.
    labels
        Class of each trial, from 0 (M), or ``None``.
    targets
        Target traces (M × T × O), or ``None``.

    Raises
    ------
    ValueError
        If shapes do not fit together, a value is not finite, a label is out of range, or there
        are both or neither of labels and targets.
    """

    inputs: Float[np.ndarray, "M T C"]
    labels: Int[np.ndarray, " M"] | None = None
    targets: Float[np.ndarray, "M T O"] | None = None

    def __post_init__(self) -> None:
        if self.inputs.ndim != 3 or 0 in self.inputs.shape:
            raise ValueError(
                f"`inputs` must be trial × time × channel: got shape {self.inputs.shape}."
            )
        if len(self.inputs) < 2:
            raise ValueError("`inputs` must have 2 trials or more, to train and to test: got 1.")
        partly = np.isnan(self.inputs).any(1) & ~np.isnan(self.inputs).all(1)
        if partly.any() or np.isinf(self.inputs).any():
            trial, channel = np.argwhere(partly | np.isinf(self.inputs).any(1))[0]
            raise ValueError(
                "`inputs` must be finite, or missing all along a channel of a trial: channel"
                f" {channel} of trial {trial} is not. Fill the gap or leave the channel out there."
            )
        if (self.labels is None) == (self.targets is None):
            got = "neither" if self.labels is None else "both"
            raise ValueError(f"`labels` or `targets` must be given, one of them: got {got}.")
        if self.labels is not None:
            self._check_labels(self.labels)
        if self.targets is not None:
            if self.targets.ndim != 3 or self.targets.shape[:2] != self.inputs.shape[:2]:
                raise ValueError(
                    "`targets` must be trial × time × output with the trials and samples of"
                    f" `inputs`, {self.inputs.shape[:2]}: got shape {self.targets.shape}."
                )
            if not np.isfinite(self.targets).all():
                raise ValueError("`targets` must be finite: got NaN or infinity.")

    def _check_labels(self, labels: np.ndarray) -> None:
        if labels.shape != self.inputs.shape[:1]:
            raise ValueError(
                f"`labels` must have one value per trial, {len(self.inputs)}: got shape"
                f" {labels.shape}."
            )
        if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0:
            raise ValueError("`labels` must be whole numbers from 0: got others.")
        present = np.unique(labels)
        if len(present) != present[-1] + 1 or len(present) < 2:
            raise ValueError(
                "`labels` must use every class from 0 to the largest, at least 0 and 1: got"
                f" {', '.join(map(str, present[:10]))}. Number the classes 0, 1, 2 ..."
            )


def read_trials(file: str) -> RecordedTrials:
    """Read trials from a ``.npz`` or ``.csv`` file.

    A ``.npz`` file holds ``inputs`` (trial × time × channel) and ``labels`` (trial) or ``targets``
    (trial × time × output). A ``.csv`` file has a header and one row per sample: the column
    ``trial`` tells which trial it belongs to, ``label`` the class of that trial, or columns that
    start with ``target`` the wanted outputs; all others are channels. Empty cells all along a
    channel of a trial mean that it is missing there.

    Raises `ValueError` that names the file and what is wrong in it.
    """
    path = Path(file).expanduser()
    if path.suffix not in {".npz", ".csv"}:
        raise ValueError(
            f"`data` must be a .npz or .csv file: got {file!r}. Set task.data=FILE.csv, say."
        )
    if not path.is_file():
        raise ValueError(f"`data` must be a file: there is none at `{path}`.")
    return _read(path, path.stat().st_mtime_ns)


@cache
def _read(path: Path, modified: int) -> RecordedTrials:
    try:
        return _read_npz(path) if path.suffix == ".npz" else _read_csv(path)
    except ValueError as error:
        raise ValueError(f"`data` must hold trials: in `{path}`, {error}") from None


def _read_npz(path: Path) -> RecordedTrials:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = dict(file)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        reason = str(error).partition(".")[0]
        raise ValueError(f"nothing can be read ({reason}).") from None
    if "inputs" not in arrays:
        raise ValueError(f"there is no `inputs`, only {', '.join(arrays) or 'nothing'}.")
    for name in ("inputs", "targets"):
        if name in arrays and not np.issubdtype(arrays[name].dtype, np.number):
            raise ValueError(f"`{name}` must be numbers: got {arrays[name].dtype}.")
    return RecordedTrials(
        inputs=arrays["inputs"].astype(float),
        labels=arrays.get("labels"),
        targets=arrays["targets"].astype(float) if "targets" in arrays else None,
    )


def _read_csv(path: Path) -> RecordedTrials:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            header, *rows = csv.reader(file)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"nothing can be read ({error}).") from None
    except ValueError:
        raise ValueError("there is no header and no row.") from None
    header = [name.strip() for name in header]
    if TRIAL not in header:
        raise ValueError(f"there is no column `{TRIAL}`: the columns are {', '.join(header)}.")
    if not rows:
        raise ValueError("there is no row below the header.")
    cells = np.array(list(_numbers(header, rows)))
    names, where = np.array(header), header.index(TRIAL)
    trials, counts = np.unique(cells[:, where], return_counts=True)
    if np.count_nonzero(np.diff(cells[:, where])) != len(trials) - 1:
        raise ValueError("the rows of each trial must follow each other. Sort them by trial.")
    if len(set(counts)) > 1:
        raise ValueError(
            f"all trials must have as many rows: trial {trials[0]:g} has {counts[0]}, trial"
            f" {trials[counts != counts[0]][0]:g} has {counts[counts != counts[0]][0]}."
        )
    cube = cells[np.argsort(cells[:, where], kind="stable")].reshape(len(trials), counts[0], -1)
    is_target = np.char.startswith(names, TARGET)
    is_channel = ~is_target & (names != TRIAL) & (names != LABEL)
    labels = None
    if LABEL in header:
        every = cube[:, :, header.index(LABEL)]
        if (every != every[:, :1]).any() or (every % 1).any():
            raise ValueError(f"`{LABEL}` must be one whole number all along a trial: got others.")
        labels = every[:, 0].astype(int)
    return RecordedTrials(
        inputs=cube[:, :, is_channel],
        labels=labels,
        targets=cube[:, :, is_target] if is_target.any() else None,
    )


def _numbers(header: list[str], rows: list[list[str]]) -> Iterator[list[float]]:
    """Read the cells of all rows; only those of channels may be empty."""
    for line, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise ValueError(
                f"line {line} has {len(row)} cells where the header has {len(header)}."
            )
        values = []
        for name, cell in zip(header, row, strict=True):
            optional = name not in (TRIAL, LABEL) and not name.startswith(TARGET)
            try:
                value = float("nan") if optional and not cell.strip() else float(cell)
            except ValueError:
                value = float("inf")
            if np.isinf(value) or (np.isnan(value) and cell.strip()):
                raise ValueError(
                    f"line {line} must have a finite number in column `{name}`: got {cell!r}."
                )
            values.append(value)
        yield values
