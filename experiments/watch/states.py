"""What state a run is in, from its files alone."""

from __future__ import annotations

from typing import Literal

from ..pipeline.directory import RunDirectory, Step
from ..pipeline.presence import presence_of

State = Literal["training", "validating", "analysing", "finished", "failed", "killed"]

_SILENCE = 60.0  # s without a change, after which a run of an older version counts as killed


def state_of(run: RunDirectory, now: float) -> State:
    """Say what a run does, or how it ended.

    A run that a process works on is in the first step that has not ended. Any other has ended with
    the last step that was asked of it, has failed if it says why, and was killed otherwise, which
    includes interrupted by hand. Runs of older versions do not tell whether a process works on
    them: it does if something has changed within the last minute before `now` [s].
    """
    presence = presence_of(run)
    if presence is None:
        works, until = now - changed_at(run) < _SILENCE, _furthest(run)
        ended = until is not None
    else:
        works, until = presence.at_work, presence.until
        ended = until is not None and run.has_taken(until)
    result = _time_of(run, until) if ended and until else 0.0
    failed = run.failure.exists() and changed(run.failure) > result
    if works and not (presence is None and (ended or failed)):
        return _at_work(run)
    if failed:
        return "failed"
    return "finished" if ended else "killed"


def changed_at(run: RunDirectory) -> float:
    """When something in a run was written last [s since 1970]."""
    files = (run.config, run.metrics, run.probe, run.network, run.recording, run.failure)
    return max(map(changed, (*files, run.analysis, run.summary, run.report)))


def changed(path) -> float:
    """When a file was written last [s since 1970], 0 where there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _at_work(run: RunDirectory) -> State:
    if not run.has_taken("train"):
        return "training"
    return "analysing" if run.has_taken("validate") else "validating"


def _furthest(run: RunDirectory) -> Step | None:
    """The last step of a run that has ended."""
    steps: tuple[Step, ...] = ("report", "validate", "train")
    return next((step for step in steps if run.has_taken(step)), None)


def _time_of(run: RunDirectory, step: Step) -> float:
    return changed(run.result_of(step))
