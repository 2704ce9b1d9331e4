"""A network of a comparison, in a process of its own: so are its memory and its threads.

What a bare interpreter takes is measured before anything large is imported.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
_PILOT_SHARE = 0.1  # of a budget, to find out how many updates it is
_FEWEST_TIMED = 3


def run_apart(job: Mapping[str, Any], log: Path) -> str:
    """Do a job in a new process on one thread; gives why it failed, ``""`` if it did not.

    Jobs are ``{"do": "cell", "path": …, "config": …}``, which trains and measures a network in its
    run directory, and ``{"do": "pilot", "path": …, "config": …, "seconds": …}``, which writes to a
    file how many updates take so long.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        completed = subprocess.run(
            [sys.executable, "-P", "-m", __name__, json.dumps(job)],
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
            env=os.environ | _ONE_THREAD,
        )
    if completed.returncode == 0:
        return ""
    if completed.returncode < 0:
        return f"killed by signal {-completed.returncode}, for want of memory perhaps"
    lines = log.read_text(encoding="utf-8").strip().splitlines()
    return lines[-1] if lines else f"exit code {completed.returncode}"


def run_cell(path: Path, config: Mapping[str, Any], bare_mb: float) -> None:
    """Train a network in its run directory, or go on with it, and measure it."""
    from rich.console import Console
    from spikemodes.learning.training.memory import peak_memory_mb, watched_programs

    from ..config.spec import parse_spec
    from ..display.progress import Lines
    from ..pipeline import train as training
    from ..pipeline.directory import RunDirectory
    from ..pipeline.streams import validation_trials
    from .measures import measured

    spec = parse_spec(config)
    run = RunDirectory(path)
    if not run.config.is_file():
        run = RunDirectory.create(path, spec.resolved())
    trials = validation_trials(spec)
    loaded_mb = peak_memory_mb()
    with watched_programs() as programs:
        network = training.train(run, spec, Lines(Console()), resume=True)
    if run.read_summary().memory is None:  # training did not end in an earlier process
        peak_mb = peak_memory_mb()
        memory = {
            "above_interpreter_mb": max(peak_mb - bare_mb, programs.mb),
            "above_libraries_mb": max(peak_mb - loaded_mb, programs.mb),
        }
        run.update_summary(memory=memory)
    run.update_summary(comparison=measured(network, trials, spec))


def pilot(path: Path, config: Mapping[str, Any], seconds: float) -> None:
    """Compile what training needs; write how many updates take `seconds`, at least 1."""
    from spikemodes.models.files import atomic_write

    each, fixed = _timed(config, _FEWEST_TIMED)
    within = max(_FEWEST_TIMED, int(_PILOT_SHARE * seconds / each))
    if within > _FEWEST_TIMED:
        each, fixed = _timed(config, within)
    updates = max(1, round((seconds - fixed) / each))
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps({"seconds": seconds, "updates": updates}))


def _timed(config: Mapping[str, Any], updates: int) -> tuple[float, float]:
    """Train for some updates; gives the seconds of one, and those that do not grow with them."""
    from spikemodes.learning.training.method import Session

    from ..config.nested_keys import merge
    from ..config.spec import parse_spec
    from ..pipeline.streams import stream

    spec = parse_spec(merge([config, {"train": {"updates": updates}}]))
    times: list[float] = []
    with tempfile.TemporaryDirectory() as temporary:
        session = Session(
            initial=stream(spec.seed, "initial"),
            trials=stream(spec.seed, "training"),
            on_update=lambda update: times.append(update.seconds),
            on_compile=print,
            checkpoint=Path(temporary) / "checkpoint",
        )
        result = spec.train.build_method().train(spec.build_task(), spec.recipe(), session)
    each = (times[-1] - times[0]) / (len(times) - 1)
    return each, max(0.0, result.seconds - len(times) * each)


def do(job: Mapping[str, Any], bare_mb: float) -> None:
    """Do a job in this process, a bare interpreter of which takes `bare_mb`."""
    path, config = Path(job["path"]), job["config"]
    if job["do"] == "pilot":
        pilot(path, config, job["seconds"])
    else:
        run_cell(path, config, bare_mb)


if __name__ == "__main__":
    from spikemodes.learning.training.memory import peak_memory_mb

    try:
        do(json.loads(sys.argv[1]), peak_memory_mb())
    except Exception as error:
        import traceback

        traceback.print_exc()
        print(" ".join(str(error).split()) or type(error).__name__)
        sys.exit(1)
