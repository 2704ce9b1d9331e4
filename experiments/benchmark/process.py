"""A row in a process of its own, so that its peak memory and its threads are its own."""

import json
import os
import resource
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from .plan import decode, encode
from .rows import NotHereError, Result, Row

CACHE = "SPIKEMODES_CACHE"
_OUT_OF_MEMORY = ("allocate memory", "Cannot allocate", "bad_alloc")
_SHARE = 0.8  # of the free memory; the rest is for other programs


def run_apart(row: Row, cache: Path) -> Result:
    """Measure a row in a new process, its compiled code in `cache`; an error becomes the reason."""
    completed = subprocess.run(
        [sys.executable, "-P", "-m", __name__, json.dumps(encode(row))],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {CACHE: str(cache.resolve())},
    )
    if completed.returncode == 0:
        return Result(**json.loads(completed.stdout.splitlines()[-1]))
    if completed.returncode == -signal.SIGKILL:
        return Result(reason="killed by the system, most likely for want of memory")
    last = completed.stderr.strip().splitlines()[-1:] or [f"exit code {completed.returncode}"]
    return Result(reason=f"failed: {last[0]}", failed=True)


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


if __name__ == "__main__":
    print(json.dumps(asdict(measure(decode(json.loads(sys.argv[1]))))))
