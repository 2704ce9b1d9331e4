"""The table of all runs that are found, and what has changed in it since it was last seen."""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ..config.nested_keys import named_keys
from ..pipeline.directory import RunDirectory
from .reading import last_row, number_of, open_below
from .states import changed_at, state_of

_FRESH = 0.5  # s for which what was found holds, however many ask
_SHARE = 0.1  # of the time that looking takes at most where there are many runs
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # by far faster, if it was built
_MOST = 2**22  # bytes of a summary or traceback that are read


Row = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """A run below one of the watched folders, which `folder` is, with all links followed."""

    name: str
    folder: Path
    run: RunDirectory


class Board:
    """The runs below some folders, looked for again when it is asked.

    Parameters
    ----------
    folders
        Where runs are looked for, in all depths; links to other folders are not followed.

    Raises
    ------
    NotADirectoryError
        If one of them is none.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        for folder in folders:
            if not folder.is_dir():
                what = "is a file" if folder.exists() else "does not exist"
                raise NotADirectoryError(
                    f"`{folder}` must be a folder in which runs are or will be: it {what}."
                    " Give another, or make it."
                )
        self.folders = tuple(folders)
        self._lock = threading.Lock()
        self._token = secrets.token_hex(4)  # tells the versions of this process from others'
        self._version = self._names_version = 0
        self._look_again = 0.0
        self._found: dict[str, Found] = {}
        self._rows: dict[str, tuple[int, Row]] = {}  # with the version in which it changed
        self._read: dict[str, tuple[Any, Row]] = {}  # with what its files were then

    def changes(self, since: str = "") -> dict[str, Any]:
        """Give the rows that have changed since a `version`, all where that is not known.

        Ages are told by `now` and a row's `changed` [s since 1970]. `names` are those of all runs,
        ``None`` where none has come or gone.
        """
        token, _, number = since.partition("-")
        with self._lock:
            self._look()
            known = token == self._token and number.isascii() and number.isdigit()
            seen = int(number[:18]) if known else -1
            rows = [row for version, row in self._rows.values() if version > seen]
            return {
                "version": f"{self._token}-{self._version}",
                "now": time.time(),
                "rows": rows,
                "names": list(self._rows) if not known or self._names_version > seen else None,
            }

    def run(self, name: str) -> Found:
        """Give a run by its name. Raises `KeyError` if there is none."""
        with self._lock:
            if name not in self._found:
                self._look()
            return self._found[name]

    def _look(self) -> None:
        started = time.monotonic()
        if started < self._look_again:
            return
        self._found = {one.name: one for one in _runs(self.folders)}
        new, rows = self._version + 1, dict[str, tuple[int, Row]]()
        for name, one in self._found.items():
            row = self._row(one)
            known = self._rows.get(name)
            rows[name] = known if known and known[1] == row else (new, row)
        if rows.keys() != self._rows.keys():
            self._names_version = new
        if rows != self._rows:
            self._version = new
        self._rows = rows
        self._read = {name: self._read[name] for name in rows}
        ended = time.monotonic()
        self._look_again = ended + max(_FRESH, (ended - started) / _SHARE)

    def _row(self, one: Found) -> Row:
        """Make the row of a run; its files are read again only if they are not the same."""
        run = one.run
        files = (run.config, run.metrics, run.probe, run.summary, run.failure)
        state = state_of(run, time.time())
        print_of = (state, *map(_fingerprint, files))
        known, content = self._read.get(one.name, (None, {}))
        if known != print_of:
            content = _content(one, failed=state == "failed")
            self._read[one.name] = (print_of, content)
        return {"name": one.name, "state": state, "changed": changed_at(run), **content}


def _runs(folders: Sequence[Path]) -> Iterator[Found]:
    """Find the run directories, each once."""
    seen: set[str] = set()
    for given in folders:
        folder = given.resolve()
        for path, inner, files in os.walk(folder):
            if "config.yaml" in files:
                inner.clear()  # a run holds no others
                if path not in seen:
                    seen.add(path)
                    inside = Path(path).relative_to(folder)
                    name = str(inside) if len(folders) == 1 else str(given / inside)
                    name = folder.name if name == "." else name
                    yield Found(name, folder, RunDirectory(Path(path)))
            inner[:] = sorted(name for name in inner if not name.startswith("."))


def _fingerprint(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_size, status.st_ino


def _content(one: Found, *, failed: bool) -> Row:
    """Read what the row of a run says; what cannot be read is left open."""
    run, config = one.run, _config(one)
    train = named_keys(config.get("train"))
    last, probed = last_row(one.folder, run.metrics), last_row(one.folder, run.probe)
    brian2 = named_keys(_summary(one).get("brian2"))
    return {
        "task": _text(named_keys(config.get("task")).get("name")),
        "method": _text(named_keys(train.get("method")).get("name")),
        "seed": number_of(config.get("seed")),
        "updates": number_of(train.get("updates")),
        "done": number_of(last.get("step")) or 0,
        **{
            key: number_of(last.get(key))
            for key in ("loss", "accuracy", "explained_variance", "rate_hz")
        },
        "brian2": number_of((brian2 or probed).get("accuracy")),
        "reason": _reason(one) if failed else "",
    }


def _config(one: Found) -> dict[str, Any]:
    path = one.run.config
    return _read_config(one.folder, path, _fingerprint(path))


@lru_cache(maxsize=10_000)
def _read_config(folder: Path, path: Path, fingerprint: tuple[int, ...]) -> dict[str, Any]:
    """Read the keys of a run, once for each `fingerprint` of the file."""
    try:
        with open_below(folder, path) as file:
            return named_keys(yaml.load(file.read(_MOST), _Loader))
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        return {}


def _summary(one: Found) -> dict[str, Any]:
    try:
        with open_below(one.folder, one.run.summary) as file:
            return named_keys(json.loads(file.read(_MOST)))
    except (OSError, ValueError, RecursionError):
        return {}


def _reason(one: Found) -> str:
    """The last line of a traceback."""
    try:
        with open_below(one.folder, one.run.failure) as file:
            lines = file.read(_MOST).decode(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1][:500] if lines else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
