"""Whether a process works on a run: it holds a lock that the system takes from it when it ends.

So a run that was killed is known as such, at once and whatever process has its number since.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast, get_args

from .directory import RunDirectory, Step


@dataclass(frozen=True)
class Presence:
    """What is known of work on a run.

    Parameters
    ----------
    at_work
        Whether a process works on it now.
    until
        The step after which the last process to begin was to end; ``None`` if that is not known.
    """

    at_work: bool
    until: Step | None


@contextmanager
def at_work(run: RunDirectory, until: Step) -> Iterator[None]:
    """Let others know that this process works on a run, up to the step `until`."""
    with run.work.open("a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_SH)  # shared: it keeps nobody from working, as ever
        file.truncate(0)
        file.write(until)
        file.flush()
        yield


def presence_of(run: RunDirectory) -> Presence | None:
    """Look whether anybody works on a run; ``None`` where an older version did, or none can tell.

    Changes nothing in the run.
    """
    try:
        with run.work.open(encoding="utf-8") as file:
            text = file.read(20)
            until = cast("Step", text) if text in get_args(Step) else None
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return Presence(True, until)
            return Presence(False, until)
    except (OSError, UnicodeDecodeError):
        return None
