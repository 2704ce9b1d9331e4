"""The most memory that this process and its programs have had in use."""

import os
import resource
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_EVERY = 0.05  # seconds between looks at the programs that this process has started


def peak_memory_mb() -> float:
    """Largest resident memory of this process so far [MB].

    On Linux ``ru_maxrss`` survives ``exec`` and so starts with the memory of the process that
    started this one; the high-water mark of the address space does not.
    """
    if sys.platform == "linux":
        return _high_water_mark("self")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


@dataclass
class ProgramsPeak:
    """Largest resident memory of any program that was running meanwhile [MB]; 0 for none."""

    mb: float = 0.0
    _ended: threading.Event = field(default_factory=threading.Event)

    def _look(self) -> None:
        while not self._ended.wait(_EVERY):
            for pid in _children():
                with suppress(OSError, ValueError):  # it has just ended
                    self.mb = max(self.mb, _high_water_mark(pid))


@contextmanager
def watched_programs() -> Iterator[ProgramsPeak]:
    """Watch the memory of programs that this process starts, such as Brian2's; Linux only."""
    peak = ProgramsPeak()
    watcher = threading.Thread(target=peak._look, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        peak._ended.set()
        watcher.join()


def _children() -> list[str]:
    lists = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return [pid for path in lists for pid in path.read_text().split()]


def _high_water_mark(pid: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (peak,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(peak.split()[1]) * 1024 / 1e6
