"""What is done in a process of its own, with memory and threads of its own.

That is to prepare a method, and to train and measure a network. What a bare interpreter takes is
measured before anything large is imported, so not up here.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from spikemodes.learning.training.memory import peak_memory_mb, watched_programs

if TYPE_CHECKING:
    from spikemodes.models.trials import Trials

    from ..config.spec import Spec

_SHARES = (1 / 8, 1 / 4, 1 / 2)  # of a network's updates, after which those of the course stop


def prepare_method(
    path: str,
    config: Mapping[str, Any],
    block: int,
    effort: Mapping[str, float],
    key: str,
    values: Sequence[float],
) -> None:
    """Do what `preparation.prepare` does."""
    from .preparation import prepare

    prepare(path, config, block, effort, key, values)


def run_cell(path: str, config: Mapping[str, Any], block: int, with_course: bool) -> None:
    """Train a network in its run directory, or go on with it, and measure it.

    `block` is that of `shared_trials`; `with_course` also trains networks for parts of the updates.
    """
    bare_mb = peak_memory_mb()
    from rich.console import Console

    from ..config.spec import parse_spec
    from ..display.progress import Lines
    from ..pipeline import train as training
    from ..pipeline.presence import at_work
    from ..pipeline.streams import validation_trials
    from ..study.runs import run_at
    from .measures import measured
    from .shared_trials import shared_trials

    spec = parse_spec(config)
    with run_at(path, spec.resolved()) as run, at_work(run, "train"):
        if run.read_summary().comparison is not None:
            return
        trials, shared = validation_trials(spec), shared_trials(spec.build_task(), block)
        loaded_mb = peak_memory_mb()
        with watched_programs() as programs:
            network = training.train(run, spec, Lines(Console()), resume=True, task=shared)
        if run.read_summary().memory is None:  # training did not end in an earlier process
            peak_mb = peak_memory_mb()
            memory = {
                "above_interpreter_mb": max(peak_mb - bare_mb, programs.mb),
                "above_libraries_mb": max(peak_mb - loaded_mb, programs.mb),
            }
            run.update_summary(memory=memory)
        found = measured(network, trials, spec)
        if with_course:
            found["course"] = course(spec, trials, block)
        run.update_summary(comparison=found)


def course(spec: "Spec", trials: "Trials", block: int) -> list[tuple[int, float, float | None]]:
    """Train the same network for parts of its updates, each from the start and to the end.

    Gives the trials that each has seen, its seconds, and its performance on `trials` in the twin. A
    learning rate that falls to 0 is then what it would be for a budget of this size, and what is
    scored does not learn any more.
    """
    from ..pipeline.streams import stream
    from .preparation import scored, trained
    from .shared_trials import shared_trials

    found = []
    task, train = spec.build_task(), spec.train
    for updates in sorted({max(1, round(share * train.updates)) for share in _SHARES}):
        streams = stream(spec.seed, "initial"), stream(spec.seed, "training")
        result = trained(spec, shared_trials(task, block), updates, *streams)
        performance = scored(result.network, task, trials, spec)
        found.append((updates * train.batch, result.seconds, performance))
    return found
