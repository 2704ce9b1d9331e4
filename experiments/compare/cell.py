"""A network of a comparison, in a process of its own: so are its memory and its threads.

What a bare interpreter takes is measured before anything large is imported, so not up here.
"""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spikemodes.learning.training.memory import peak_memory_mb, watched_programs

_PILOT_SHARE = 0.1  # of a budget, to find out how many updates it is
_FEWEST_TIMED = 3


def run_cell(path: str, config: Mapping[str, Any]) -> None:
    """Train a network in its run directory, or go on with it, and measure it."""
    bare_mb = peak_memory_mb()
    from rich.console import Console

    from ..config.spec import parse_spec
    from ..display.progress import Lines
    from ..pipeline import train as training
    from ..pipeline.streams import validation_trials
    from ..study.runs import run_at
    from .measures import measured

    spec = parse_spec(config)
    with run_at(path, spec.resolved()) as run:
        if run.read_summary().comparison is not None:
            return
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


def pilot(path: str, config: Mapping[str, Any], seconds: float) -> None:
    """Compile what training needs; write how many updates take `seconds`, at least 1."""
    from spikemodes.models.files import atomic_write

    each, fixed = _timed(config, _FEWEST_TIMED)
    within = max(_FEWEST_TIMED, int(_PILOT_SHARE * seconds / each))
    if within > _FEWEST_TIMED:
        each, fixed = _timed(config, within)
    updates = max(1, round((seconds - fixed) / each))
    Path(path).parent.mkdir(parents=True, exist_ok=True)
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
