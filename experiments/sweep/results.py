"""The results of a sweep as one tidy table: a row for each cell, a column for each number."""

from collections.abc import Iterable
from typing import Any

from ..config.nested_keys import flat
from ..display.tables import Row
from ..pipeline.directory import RunDirectory
from .plan import Cell, value_of

_ELSEWHERE = (
    "format",
    "task",
    "seed",
    "versions",
)  # parts of a summary that are settings or no results


def row(cell: Cell, varied: Iterable[str], status: str, run: RunDirectory) -> Row:
    """Make the row of a cell: name, status, settings that the sweep varies, summary of its run."""
    summary = run.read_summary().plain()
    results = flat({part: value for part, value in summary.items() if part not in _ELSEWHERE})
    settings = {key: value_of(cell.spec, key) for key in varied}
    return {"cell": cell.name, "status": status, **settings} | {
        key: _cell(value) for key, value in results.items() if key not in settings
    }


def _cell(value: Any) -> Any:
    """Write several texts, such as warnings, as one."""
    texts = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return "; ".join(value) if texts else value
