"""The results of a sweep as one tidy table: a row for each cell, a column for each number."""

import csv
from collections.abc import Iterable, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from spikemodes.models.files import AnyPath, atomic_write

from ..config.nested_keys import flat
from ..pipeline.directory import RunDirectory
from .plan import Cell, value_of

FINISHED, FAILED, OPEN = "finished", "failed", "open"  # what becomes of a cell
Row = dict[str, Any]
_ELSEWHERE = ("task", "seed", "versions")  # parts of a summary that are settings or no results


def row(cell: Cell, varied: Iterable[str], status: str, run: RunDirectory) -> Row:
    """Make the row of a cell: name, status, settings that the sweep varies, summary of its run."""
    summary: Mapping[str, Any] = run.read_summary()
    results = flat({part: value for part, value in summary.items() if part not in _ELSEWHERE})
    settings = {key: value_of(cell.spec, key) for key in varied}
    return {"cell": cell.name, "status": status, **settings} | {
        key: _cell(value) for key, value in results.items() if key not in settings
    }


def _cell(value: Any) -> Any:
    """Write several texts, such as warnings, as one."""
    texts = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return "; ".join(value) if texts else value


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
