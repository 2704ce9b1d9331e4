"""A job in a process of its own: so are its memory and its threads.

Little is imported here, so that a job can measure what a bare interpreter takes.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from ..config.keys_of_options import reason_of

ONE_THREAD: Mapping[str, str] = dict.fromkeys(
    ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
"""The environment of a job on one thread."""


class ApartError(RuntimeError):
    """The job failed, for the reason given in one line.

    Parameters
    ----------
    kind
        The name of the error that it raised, ``""`` if its process died.
    signal
        What killed its process, 0 if nothing did.
    """

    def __init__(self, reason: str, kind: str = "", signal: int = 0) -> None:
        super().__init__(reason)
        self.kind, self.signal = kind, signal


def run_apart(
    work: Callable[..., Any],
    *arguments: Any,
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Any:
    """Call a function of a module in a new process, which ends when this one does.

    Arguments and result are plain data. What the process prints goes to the end of `log`.

    Raises
    ------
    ApartError
        If it fails.
    """
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
    job = json.dumps([work.__module__, work.__name__, arguments])
    with (
        TemporaryFile() if log is None else log.open("a+b") as output,
        subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, job],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            env=os.environ | (env or {}),
        ) as process,
    ):
        assert process.stdout is not None
        try:
            answer = process.stdout.read()
            code = process.wait()
        except BaseException:
            process.kill()
            raise
        output.seek(0)
        printed = output.read().decode(errors="replace").strip().splitlines()
    if answer:
        found = json.loads(answer)
        if "kind" in found:
            raise ApartError(**found)
        return found["result"]
    if code < 0:
        raise ApartError(f"killed by signal {-code}, for want of memory perhaps", signal=-code)
    raise ApartError(printed[-1] if printed else f"exit code {code}")


def _end_with_parent() -> None:
    """Wait for the end of the pipe whose other end the parent holds as long as it lives."""
    os.read(0, 1)
    os._exit(1)


def _answer(module: str, name: str, arguments: list[Any]) -> dict[str, Any]:
    try:
        return {"result": getattr(import_module(module), name)(*arguments)}
    except Exception as error:
        import traceback

        traceback.print_exc()
        return {"reason": reason_of(error), "kind": type(error).__name__}


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with os.fdopen(os.dup(1), "w") as answers:  # no other program may write there
        os.dup2(2, 1)
        answers.write(json.dumps(_answer(*json.loads(sys.argv[1]))))
