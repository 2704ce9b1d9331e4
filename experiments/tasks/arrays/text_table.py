"""Tables in text files, as spreadsheets and data frames write them."""

import csv
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int, Shaped

SEPARATORS = ",;\t"
MARKS = {  # those of UTF-32 first: they begin like those of UTF-16
    BOM_UTF32_LE: "utf-32",
    BOM_UTF32_BE: "utf-32",
    BOM_UTF8: "utf-8-sig",
    BOM_UTF16_LE: "utf-16",
    BOM_UTF16_BE: "utf-16",
}
MISSING = ("", "nan", "NaN", "NAN", "na", "NA", "n/a", "N/A", "#N/A", "<NA>", "null", "NULL")
MISSING += ("none", "None", "NONE")
NUMERIC = "biuf"  # kinds of columns
BOOLEANS = {"true": 1.0, "false": 0.0}
_MOST_SHOWN = 40  # characters of a cell
_ABOVE_HEADER = re.compile(r"#|sep=.$", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r'(?:^|[;\t\n"]) *[-+]?\d*,\d')


@dataclass(frozen=True, eq=False)
class TextTable:
    """A table as it stands in a file: a header of names, and rows of cells.

    Parameters
    ----------
    names
        What the header calls the columns, without blanks around it.
    separator
        Between cells.
    above
        How many lines stand above the first row.
    body
        The text of all rows.
    """

    names: tuple[str, ...]
    separator: str
    above: int
    body: str

    def read(self, words: Collection[int]) -> pd.DataFrame:
        """Read all rows but blank ones, columns by position, indexed by the number of the row.

        Columns hold numbers or booleans, and text where there is anything else. Cells that are
        empty or say so (`MISSING`) are NaN, but in columns of `words`, where they are text.

        Raises `ValueError` if a row is shorter or longer than the header.
        """
        self._require_whole_rows()
        columns = range(len(self.names))
        frame = pd.read_csv(
            StringIO(self.body),
            sep=self.separator,
            header=None,
            names=columns,
            index_col=False,
            decimal=self._decimal,
            skipinitialspace=True,
            skip_blank_lines=False,  # a row's number tells its line
            keep_default_na=False,
            na_values={k: [] if k in words else MISSING for k in columns},
            low_memory=False,
        )
        blank = frame.drop(columns=list(words)).isna().all(axis=1)
        for column in words:
            if frame[column].dtype.kind not in NUMERIC:
                frame[column] = frame[column].astype(str).str.strip()
            blank &= frame[column].isna() | frame[column].isin(["", "nan"])
        return frame.loc[~blank]

    def numbers(self, column: pd.Series) -> Float[np.ndarray, " R"]:
        """Give a column's values as numbers, true and false as 1 and 0, NaN where one is missing.

        Raises `ValueError` that names the first cell that holds something else.
        """
        if column.dtype.kind in NUMERIC:
            return np.asarray(column, float)
        cells = column.astype(str).where(column.notna(), "").str.strip()
        plain = self._plain(cells)
        values = np.asarray(pd.to_numeric(plain, errors="coerce"), float)
        values = np.where(np.isnan(values), plain.str.lower().map(BOOLEANS), values)
        wrong = np.isnan(values) & ~np.asarray(cells.isin(MISSING))
        if wrong.any():
            row, position = int(np.asarray(column.index)[wrong.argmax()]), int(str(column.name))
            raise ValueError(
                f"line {self.line(row)} must have a finite number in column"
                f" `{self.names[position]}`: got {self.cell(row, position)}."
            )
        return values

    def values(self, words: pd.Series) -> Shaped[np.ndarray, " R"]:
        """Give words as numbers or booleans if all are, else as text."""
        if words.dtype.kind in NUMERIC:
            return np.asarray(words)
        numbers = np.asarray(pd.to_numeric(self._plain(words), errors="coerce"), float)
        return numbers if np.isfinite(numbers).all() else np.asarray(words, str)

    def line(self, row: int) -> int:
        """Tell the line of the file in which a row ends."""
        reader = self._reader()
        next(islice(reader, row, None))
        return self.above + reader.line_num

    def cell(self, row: int, column: int) -> str:
        """Show a cell as it stands in the file."""
        return repr(next(islice(self._reader(), row, None))[column][:_MOST_SHOWN])

    def _plain(self, cells: pd.Series) -> pd.Series:
        """Write numbers with a point and a hyphen."""
        plain = cells.str.replace("\N{MINUS SIGN}", "-", regex=False)
        if self._decimal == ".":
            return plain
        plain = plain.mask(plain.str.contains(".", regex=False), "both marks")
        return plain.str.replace(",", ".", regex=False)

    @cached_property
    def _decimal(self) -> str:
        """The decimal mark: a comma where numbers have one and it parts no cells."""
        return "," if self.separator != "," and _DECIMAL_COMMA.search(self.body) else "."

    def _reader(self) -> Any:
        return csv.reader(
            StringIO(self.body, newline=""), delimiter=self.separator, skipinitialspace=True
        )

    def _require_whole_rows(self) -> None:
        """Count cells, since pandas fills short rows up with missing values."""
        if '"' not in self.body and (self._count_separators() == len(self.names) - 1).all():
            return
        for row, cells in enumerate(self._reader()):
            if len(cells) != len(self.names) and any(cell.strip() for cell in cells):
                raise ValueError(
                    f"line {self.line(row)} has {len(cells)} cells where the header has"
                    f" {len(self.names)}."
                )

    def _count_separators(self) -> Int[np.ndarray, " R"]:
        """Count those of each line, much faster than by reading it."""
        text = np.frombuffer(self.body.rstrip("\n").encode() + b"\n", np.uint8)
        ends = np.flatnonzero(text == ord("\n"))
        separators = np.flatnonzero(text == ord(self.separator))
        return np.diff(np.searchsorted(separators, ends), prepend=0)


def read_table(path: Path, key: str) -> TextTable:
    """Find the header and the separator of a table in a file.

    The encoding is that of a byte order mark, or else the first that fits of UTF-16, UTF-8 and
    Latin-1 as Windows extends it.
    Blank lines above the header are skipped, and so are comments (``#``) and Excel's ``sep=;``.
    Of `SEPARATORS`, it is that which parts `key`, the name of a column, from the others.

    Raises `ValueError` if the file holds no text, or no header.
    """
    text = decode(path.read_bytes())
    start, above = 0, 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line, start, above = text[start:end], end + 1, above + 1
        names, separator = _split(line, key)
        is_header = key in map(str.lower, names)
        if is_header or not (not line.strip() or _ABOVE_HEADER.match(line)):
            return TextTable(names, separator, above, text[start:])
    raise ValueError("there is no header and no row.")


def decode(data: bytes) -> str:
    """Decode text, its line ends made alike. Raises `ValueError` for bytes that are no text."""
    encodings = [name for mark, name in MARKS.items() if data.startswith(mark)][:1]
    if not encodings and data.count(0) > len(data) // 4:  # UTF-16 without its mark
        encodings = ["utf-16-be" if data[0] == 0 else "utf-16-le"]
    for encoding in encodings or ["utf-8", "cp1252", "latin-1"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise ValueError("nothing can be read (it is no text). Save it as UTF-8.")


def _split(line: str, key: str) -> tuple[tuple[str, ...], str]:
    """Split a header by the separator that parts `key` off, or else gives most names."""
    found = []
    for separator in SEPARATORS:
        cells = next(csv.reader([line.lstrip("# ")], delimiter=separator, skipinitialspace=True))
        found.append((tuple(cell.strip() for cell in cells), separator))
    return max(found, key=lambda split: (key in map(str.lower, split[0]), len(split[0])))
