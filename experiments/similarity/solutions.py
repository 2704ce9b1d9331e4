"""Networks that learned one task, and what they do in the same trials."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float
from spikemodes.analysis.manifold.end_states import condition_means
from spikemodes.learning.task import unseen
from spikemodes.models.networks.network import Network
from spikemodes.models.networks.storage import AnyNetwork, load_network
from spikemodes.models.trials import Trials

from ..config.nested_keys import read_stored_config
from ..config.spec import Spec, parse_spec
from ..pipeline.activity import filtered_activity
from ..pipeline.analyse import condition_labels
from ..pipeline.circumstances import UNDISTURBED, Circumstances
from ..pipeline.controls import groups_of, shuffled, untrained, with_weights
from ..pipeline.directory import RunDirectory
from ..pipeline.streams import stream

UNTRAINED, SHUFFLED = "untrained", "shuffled"
"""What controls are called."""

_NO_RECURRENCE = "no-recurrence"
_MOST_ALONE = 20  # trials that are compared one by one where a task has no conditions
_MOST_STEPS = 20_000  # of all of these


@dataclass(frozen=True, eq=False)
class Solution:
    """A network that learned.

    Parameters
    ----------
    name
        Unique among those that are compared.
    kind
        How it learned, or which control it is: it has the colour of that in figures.
    spec
        Its configuration.
    network
        The network.
    """

    name: str
    kind: str
    spec: Spec
    network: AnyNetwork


def read_solutions(paths: Sequence[Path]) -> list[Solution]:
    """Read the networks of runs.

    Raises
    ------
    ValueError
        If there are fewer than two runs, one is named twice, or their tasks differ.
    FileNotFoundError
        If a directory is no run, or its network is not trained.
    """
    found: list[Solution] = []
    for path in paths:
        run = RunDirectory.open(path)
        if not run.network.exists():
            raise FileNotFoundError(
                f"`{path}` must be a run that has learned: there is no {run.network.name} in it."
                " Finish it with `spikemodes train --resume`."
            )
        spec = parse_spec(read_stored_config(run.config))
        name = path.name if sum(p.name == path.name for p in paths) == 1 else str(path)
        found.append(Solution(name, kind_of(spec), spec, load_network(run.network)))
    if len(set(map(Path.resolve, paths))) < max(len(paths), 2):
        raise ValueError(
            f"`RUN_DIR...` must be two runs or more, none twice: got {', '.join(map(str, paths))}."
        )
    require_one_task(found)
    return found


def require_one_task(solutions: Sequence[Solution]) -> None:
    """Raise `ValueError` unless all networks learned the same task."""
    first, *others = solutions
    task = first.spec.resolved()["task"]
    for other in others:
        if (its := other.spec.resolved()["task"]) != task:
            names = sorted(k for k in task.keys() | its.keys() if task.get(k) != its.get(k))
            raise ValueError(
                f"`RUN_DIR...` must have learned one task: {first.name} and {other.name} differ in"
                f" {', '.join(f'task.{name}' for name in names)}. Compare runs of the same keys."
            )


def kind_of(spec: Spec) -> str:
    """Say how a network learned: ``bptt, modes``, or ``force, rate``."""
    keys = spec.resolved()
    neuron = keys["network"]["neuron"]["name"]
    parts = [keys["train"]["method"]["name"], keys["network"]["parameterisation"]]
    return ", ".join([*map(_name, parts), *(["rate"] if neuron == "rate" else [])])


def _name(part: str | Mapping[str, str]) -> str:
    return part if isinstance(part, str) else part["name"]


def is_control(kind: str) -> bool:
    """Whether networks of a kind cannot have learned to use their recurrence."""
    return kind in (UNTRAINED, SHUFFLED) or kind.endswith(_NO_RECURRENCE)


def controls_of(solutions: Sequence[Solution]) -> Iterator[Solution]:
    """Give the first network as it was before training, if that is known, and with dealt modes."""
    for one in solutions:
        if (before := untrained(one.spec)) is not None:
            yield Solution(UNTRAINED, UNTRAINED, one.spec, before)
            break
    first = solutions[0]
    rng = np.random.default_rng(stream(first.spec.seed, "controls"))
    dealt = partial(shuffled, rng=rng, groups=groups_of(first.network))
    network = with_weights(first.network, dealt)
    yield Solution(SHUFFLED, SHUFFLED, first.spec, network)


def shared_trials(solutions: Sequence[Solution], n_trials: int) -> Trials:
    """Draw trials for all of them, unseen by the first."""
    spec = solutions[0].spec
    rng = np.random.default_rng(stream(spec.seed, "validation"))
    return unseen(spec.build_task(), n_trials, rng)


def mean_activity(one: Solution, trials: Trials) -> Float[np.ndarray, "T K N"]:
    """Record filtered spikes or rates of all neurons: the mean of each condition.

    Trials one by one where a task has no conditions.
    """
    there = Circumstances.of(one.spec) if isinstance(one.network, Network) else UNDISTURBED
    labels = condition_labels(trials)
    alone = len(set(labels)) < 2
    most = max(1, min(_MOST_ALONE, _MOST_STEPS // trials.n_steps))
    shown = trials.subset(slice(most)) if alone else trials
    activity = filtered_activity(one.network, shown, there)
    if alone:
        return activity
    return np.stack([*condition_means(activity, labels).values()], axis=1)
