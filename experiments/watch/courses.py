"""What the page shows of one run: its courses and a trial, as far as they are new."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from spikemodes.models.recording import Recording

from ..pipeline.probing import first_trial
from .board import Found
from .reading import Mark, last_row, open_below, rows_since

TRAINED = ("step", "loss", "accuracy", "explained_variance")
PROBED = ("step", "accuracy", "explained_variance", "seconds")
_DIGITS = 4  # behind the point, of modes and outputs


def news_of(found: Found, seen: Mapping[str, str]) -> dict[str, Any]:
    """Give what is new of a run since what `seen` tells: marks of its files, as given last.

    ``trial`` is ``None`` where it is the same as before, or there is none.
    """
    run, news = found.run, dict[str, Any]()
    for name, path, names in (
        ("metrics", run.metrics, TRAINED),
        ("probe", run.probe, PROBED),
    ):
        course = rows_since(found.folder, path, names, Mark.parse(seen.get(name, "")))
        news[name] = {**course.columns, "mark": str(course.mark), "anew": course.anew}
    news["trial"] = _trial(found, seen.get("trial", ""))
    return news


def _trial(found: Found, seen: str) -> dict[str, Any] | None:
    """The trial that Brian2 answered last: of the probe, or the first of the validation."""
    run = found.run
    for path in (run.recording, run.probed_trial):
        try:
            with open_below(found.folder, path) as file:
                status = os.fstat(file.fileno())
        except OSError:
            continue
        mark = f"{path.stem}-{status.st_ino}-{status.st_mtime_ns}"
        if mark == seen:
            return None
        try:
            trial = _read(path, mark)
        except (ValueError, OSError):
            continue  # it is cut short, or another one is in its place: the next poll sees
        probe = last_row(found.folder, run.probe) if path == run.probed_trial else {}
        return {**trial, "mark": mark, "step": probe.get("step")}
    return None


@lru_cache(maxsize=8)
def _read(path: Path, mark: str) -> dict[str, Any]:
    """Read the first trial of a recording; `mark` tells one file of this name from the next."""
    recording = first_trial(Recording.load(path))
    step = 1e3 * float(recording.dt)
    outputs = recording.outputs[:, 0] if recording.outputs.ndim == 3 else np.zeros((0, 0))
    return {
        "dt_ms": step,
        "steps": recording.n_steps,
        "neurons": recording.n_neurons,
        "spikes": {
            "times": np.round((recording.spikes[:, 0] + 1) * step, 3).tolist(),
            "neurons": recording.spikes[:, 2].tolist(),
        },
        "modes": _plain(recording.modes[:, 0]),
        "outputs": _plain(outputs),
    }


def _plain(courses: np.ndarray) -> list[list[float | None]]:
    """Give courses (T × D) one by one."""
    rows = np.round(courses.T.astype(float), _DIGITS)
    return [[x if np.isfinite(x) else None for x in row] for row in rows.tolist()]
