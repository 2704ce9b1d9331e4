"""What a method needs before its networks learn: compiled code, its updates, its learning rate."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from spikemodes.learning.task import Task
from spikemodes.learning.training.method import Session
from spikemodes.learning.training.result import TrainingDivergedError, TrainingResult, Update
from spikemodes.models.files import atomic_write
from spikemodes.models.networks.network import Network
from spikemodes.models.networks.rate_network import RateNetwork
from spikemodes.models.trials import Trials

from ..config.nested_keys import merge, nested
from ..config.spec import Spec, parse_spec
from ..pipeline.circumstances import Circumstances
from ..pipeline.streams import stream
from .measures import twin_recording
from .search import search
from .shared_trials import shared_trials

_FEWEST_TIMED = 3
_TIMED_SHARE = 0.1  # of a budget, to find out how many updates it is
_SEARCHED_TRIALS = 100  # on which candidates are scored


def prepare(
    path: str,
    config: Mapping[str, Any],
    block: int,
    effort: Mapping[str, float],
    key: str,
    values: Sequence[float],
) -> None:
    """Compile what a method needs, and write what its networks are to be trained with.

    That is the number of ``updates``; the ``candidates``; what was ``tried``, each value with the
    performances of its networks; and the value ``chosen``, ``None`` where none was tried.

    Parameters
    ----------
    path
        The file.
    config
        Of a network of the method.
    block
        See `shared_trials`.
    effort
        ``trials``, ``seconds`` or ``updates`` of each network.
    key, values
        The key that is searched, and its candidates.
    """
    spec = parse_spec(config)
    updates = updates_of(effort, spec, block)

    def train(value: float, network: int) -> float | None:
        return _tried(parse_spec(merge([config, nested(key, value)])), block, updates, network)

    tried, chosen = search(train, values) if values else ([], None)
    found = {
        "effort": dict(effort),
        "config": spec.resolved(),
        "updates": updates,
        "candidates": list(values),
        "tried": [asdict(each) for each in tried],
        "chosen": chosen,
    }
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(found))


def updates_of(effort: Mapping[str, float], spec: Spec, block: int) -> int:
    """Tell how many updates an effort is, at least 1; a few are done, which compiles."""
    each, fixed = _timed(spec, block, _FEWEST_TIMED)
    if "updates" in effort:
        return int(effort["updates"])
    if "trials" in effort:
        return -(-int(effort["trials"]) // spec.train.batch)
    seconds = effort["seconds"]
    within = int(_TIMED_SHARE * seconds / each)
    if within > _FEWEST_TIMED:
        each, fixed = _timed(spec, block, within)
    return max(1, round((seconds - fixed) / each))


def trained(
    spec: Spec,
    task: Task,
    updates: int,
    initial: np.random.SeedSequence,
    trials: np.random.SeedSequence,
    seen: list[Update] | None = None,
) -> TrainingResult:
    """Train a network that leaves no run directory; `seen` gets its updates."""
    with tempfile.TemporaryDirectory() as temporary:
        session = Session(
            initial=initial,
            trials=trials,
            on_update=None if seen is None else seen.append,
            on_compile=print,
            checkpoint=Path(temporary) / "checkpoint",
        )
        recipe = replace(spec.recipe(), updates=updates)
        return spec.train.build_method().train(task, recipe, session)


def scored(network: Network | RateNetwork, task: Task, trials: Trials, spec: Spec) -> float | None:
    """Run a network in its twin, and give its performance."""
    outputs = twin_recording(network, trials, Circumstances.of(spec)).outputs
    return task.score(outputs, trials).performance


def _tried(spec: Spec, block: int, updates: int, number: int) -> float | None:
    """Train a candidate on trials of the search alone; ``None`` where it fails to learn."""
    task = spec.build_task()
    initial, training, unseen = stream(number, "search").spawn(3)
    try:
        shared = shared_trials(task, block)
        network = trained(spec, shared, updates, initial, training).network
    except TrainingDivergedError as error:
        print(error)
        return None
    trials = task.sample(_SEARCHED_TRIALS, np.random.default_rng(unseen))
    performance = scored(network, task, trials, spec)
    return None if performance is None or not np.isfinite(performance) else float(performance)


def _timed(spec: Spec, block: int, updates: int) -> tuple[float, float]:
    """Train for some updates; gives the seconds of one, and those that do not grow with them."""
    seen: list[Update] = []
    streams = stream(spec.seed, "initial"), stream(spec.seed, "training")
    task = shared_trials(spec.build_task(), block)
    result = trained(spec, task, updates, *streams, seen)
    if len(seen) == 1:  # a method that solves at once, however many are asked for
        return result.seconds, 0.0
    each = (seen[-1].seconds - seen[0].seconds) / (len(seen) - 1)
    return each, max(0.0, result.seconds - len(seen) * each)
