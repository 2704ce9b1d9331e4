"""A row in a process of its own, within the memory that is free."""

import resource
import signal
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..study.apart import ApartError, run_apart
from .plan import decode, encode
from .rows import NotHereError, Result, Row

CACHE = "SPIKEMODES_CACHE"
_OUT_OF_MEMORY = ("allocate memory", "Cannot allocate", "bad_alloc")
_SHARE = 0.8  # of the free memory; the rest is for other programs


def result_of(row: Row, cache: Path) -> Result:
    """Measure a row in a new process, its compiled code in `cache`; an error becomes the reason."""
    try:
        return Result(**run_apart(do, encode(row), env={CACHE: str(cache.resolve())}))
    except ApartError as error:
        if error.signal == signal.SIGKILL:
            return Result(reason="killed by the system, most likely for want of memory")
        kind = f"{error.kind}: " if error.kind else ""
        return Result(reason=f"failed: {kind}{error}", failed=True)


def do(row: dict[str, Any]) -> dict[str, Any]:
    """Measure a row in this process; row and result are plain data."""
    return asdict(measure(decode(row)))


def measure(row: Row) -> Result:
    """Measure a row in this process, within most of the memory that is free now."""
    limit = _limit_memory()
    try:
        return Result(row.run())
    except NotHereError as error:
        return Result(reason=str(error))
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not any(s in str(error) for s in _OUT_OF_MEMORY):
            raise
        return Result(reason=f"not enough memory: it needs more than {limit / 1e9:.1f} GB")


def _limit_memory() -> float:
    """Let allocations beyond the free memory fail, before the system kills some program [bytes]."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:  # not Linux
        return float("inf")
    (available,) = (line for line in lines if line.startswith("MemAvailable:"))
    limit = int(_SHARE * int(available.split()[1]) * 1024)
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, most))
    return limit
