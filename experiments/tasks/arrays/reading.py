"""Recorded trials read from a file of any of the forms."""

import csv
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import yaml

from ..registry import listed
from .clocks import clocks
from .recorded_trials import RecordedTrials

_MOST_NAMED = 10
SUFFIXES = (".npz", ".csv", ".tsv", ".txt")


def read_trials(file: str, channels: Sequence[str] = ()) -> RecordedTrials:
    """Read trials from a ``.npz`` or ``.csv`` file; see `read_npz` and `read_csv` for their form.

    Of the channels, those named are taken. If none is, all are, and none may be a clock or counter
    (see `clocks`).

    Raises `ValueError` that names the file and what is wrong in it.
    """
    path = Path(file).expanduser()
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(
            f"`data` must be a .npz or .csv file: got {file!r}. Set task.data=FILE.csv, say."
        )
    if not path.is_file():
        raise ValueError(f"`data` must be a file: there is none at `{path}`.")
    return _read(path, path.stat().st_mtime_ns, tuple(channels))


@lru_cache(maxsize=4)
def _read(path: Path, modified: int, channels: tuple[str, ...]) -> RecordedTrials:
    # here, since pandas takes a while to load, which other tasks need not wait for
    from .recorded_csv import read_csv
    from .recorded_npz import read_npz

    read = read_npz if path.suffix.lower() == ".npz" else read_csv
    try:
        trials = read(path, channels)
        if not channels:
            _require_no_clocks(trials)
    except csv.Error as error:
        reason = f"nothing can be read ({error})."
    except (ValueError, OSError) as error:
        reason = " ".join(str(error).split())
    except MemoryError:
        reason = "there is more than memory can hold."
    else:
        return trials
    raise ValueError(f"`data` must hold trials: in `{path}`, {reason}")


def _require_no_clocks(trials: RecordedTrials) -> None:
    names = trials.channel_names
    if not (found := [names[c] for c in clocks(trials.inputs)]):
        return
    others = [name for name in names if name not in found] or found
    some = others if len(others) <= _MOST_NAMED else others[:2]
    written = yaml.safe_dump(some, default_flow_style=True, allow_unicode=True, width=1e9).strip()
    written = written if some is others else f"{written[:-1]}, …]"
    raise ValueError(
        f"{listed([f'`{name}`' for name in found])} must be measured: got values that rise or count"
        " like those of a clock or a row number, by which trials can be told apart. Leave them out"
        f" of the file, or name the channels that you mean: task.channels={written}."
    )
