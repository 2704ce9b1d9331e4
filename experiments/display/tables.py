"""Tables: rows in a CSV file, and a table of a report on a terminal."""

import csv
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any

from rich.table import Table as RichTable
from rich.text import Text
from spikemodes.models.files import AnyPath, atomic_write

from .page import Table

FINISHED, FAILED, OPEN = "finished", "failed", "open"  # what becomes of a cell


Row = dict[str, Any]


def write_rows(rows: Iterable[Row], path: AnyPath) -> None:
    """Write rows as CSV, whole or not at all; a file that says the same already is left alone."""
    rows, path = list(rows), Path(path)
    text = StringIO()
    columns = dict.fromkeys(column for row in rows for column in row)
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    if path.exists() and path.read_text(encoding="utf-8") == text.getvalue():
        return
    with atomic_write(path) as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8")


def rich_table(title: str, table: Table) -> RichTable:
    """Show a table on a terminal, its title above and its caption below."""
    shown = RichTable(title=title, caption=table.caption, title_justify="left")
    for i, column in enumerate(table.columns):
        shown.add_column(column, justify="right" if 0 < i < len(table.columns) - 1 else "left")
    for row in table.rows:
        shown.add_row(*(Text(str(cell)) for cell in row))  # no markup: brackets are meant
    return shown
