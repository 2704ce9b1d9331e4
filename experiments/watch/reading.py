"""Read files that others write meanwhile, and none that lie elsewhere."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, BinaryIO, Self

_TAIL = 2**16  # bytes at the end of a file in which its last line is looked for
_MOST = 2**22  # bytes that are read at a time


def open_below(folder: Path, path: Path) -> BinaryIO:
    """Open a file below a folder. Raises `OSError` where it is none or a link leads elsewhere."""
    real = path.resolve()
    if not real.is_relative_to(folder):
        raise PermissionError(f"`{path}` must lie in `{folder}`: it leads elsewhere.")
    return real.open("rb")


def last_row(folder: Path, path: Path) -> dict[str, Any]:
    """Read the last whole row of JSON lines, ``{}`` if there is none."""
    try:
        with open_below(folder, path) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            lines = file.read().split(b"\n")[:-1]
    except OSError:
        return {}
    return next(filter(None, map(_row, reversed(lines))), {})


@dataclass(frozen=True)
class Mark:
    """How far a file has been read: which file of that name it was, and up to which byte."""

    file: int = 0
    byte: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` gives, the beginning where it is something else."""
        file, _, byte = text.partition("-")
        digits = file.isascii() and byte.isascii() and file.isdigit() and byte.isdigit()
        return cls(int(file), int(byte)) if digits and len(text) < 50 else cls()

    def __str__(self) -> str:
        return f"{self.file}-{self.byte}"


@dataclass(frozen=True)
class Course:
    """Columns of rows, from a mark on.

    Parameters
    ----------
    columns
        Values of the rows, by name; ``None`` where a row has no finite number.
    mark
        Up to where they have been read.
    anew
        Whether they are all rows of the file: what was read earlier is of no use any more.
    """

    columns: dict[str, list[float | None]]
    mark: Mark
    anew: bool


def rows_since(folder: Path, path: Path, names: Sequence[str], mark: Mark) -> Course:
    """Read the whole rows that JSON lines have beyond `mark`, all where the file is another."""
    try:
        with open_below(folder, path) as file:
            status = os.fstat(file.fileno())
            anew = status.st_ino != mark.file or status.st_size < mark.byte
            start = 0 if anew else mark.byte
            file.seek(start)
            content = file.read(_MOST)
            number = status.st_ino
    except OSError:
        return Course({name: [] for name in names}, Mark(), anew=mark != Mark())
    whole = content[: content.rfind(b"\n") + 1]
    rows = [row for line in whole.split(b"\n") if (row := _row(line))]
    columns = {name: [number_of(row.get(name)) for row in rows] for name in names}
    return Course(columns, Mark(number, start + len(whole)), anew)


def number_of(value: Any) -> float | None:
    """Give a finite number as it is, and ``None`` for all else."""
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return value if known and isfinite(value) else None


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None
