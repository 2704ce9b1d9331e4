"""What a network's performance is worth: the same trials answered without what it learned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Int
from spikemodes.learning.task import Score
from spikemodes.learning.training.method import GradientMethod
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.rate_network import RateNetwork
from spikemodes.models.networks.storage import AnyNetwork
from spikemodes.models.recording import Recording
from spikemodes.models.trials import Trials

from ..config.spec import Spec
from ..tasks.registry import ObservedTask
from .answering import answer
from .performance import Controls, ControlScore
from .streams import stream

MARGIN = 0.05
"""By how much of the performance a network has to beat a control to be said to."""

_NAMES = {
    "no_recurrence": "the same network with its recurrence removed after training",
    "shuffled_modes": "the same network with its neurons permuted",
    "untrained": "the network before training",
    "chance": "a constant answer",
}

Weights = Modes | np.ndarray


def controls(spec: Spec, network: AnyNetwork, recording: Recording, trials: Trials) -> Controls:
    """Answer the trials of a recording without recurrence, with shuffled modes, untrained, ideally.

    The networks run in Brian2, through the program that is compiled already, under the conditions
    of the configuration.
    """
    task, run = spec.build_task(), partial(answer, spec, trials=trials)
    rng = np.random.default_rng(stream(spec.seed, "controls"))

    dealt = partial(shuffled, rng=rng, groups=groups_of(network))

    def control(other: AnyNetwork) -> ControlScore:
        return _of(task.score(run(other).outputs, trials))

    before = untrained(spec)
    return Controls(
        no_recurrence=control(with_weights(network, silenced)),
        shuffled_modes=control(with_weights(network, dealt)),
        untrained=None if before is None else control(before),
        chance=_chance(task.score(recording.outputs, trials)),
        ideal_observer=_of(task.score(task.observer(trials), trials))
        if isinstance(task, ObservedTask)
        else None,
    )


def silenced(weights: Weights) -> Weights:
    """Set recurrent weights to 0."""
    return 0.0 * weights


def shuffled(
    weights: Weights,
    rng: np.random.Generator,
    groups: Sequence[Int[np.ndarray, " n"]] | None = None,
) -> Weights:
    """Deal what neurons receive, and what they send, to other neurons of their group.

    Sizes, rank and signs of what each sends stay; how they fit to each other, to the inputs and to
    the readout is lost. Neurons are one group unless something else is said.
    """
    shape = weights.shape if groups is None else (sum(map(len, groups)),) * 2
    receives, sends = (_dealt(groups or [np.arange(n)], rng) for n in shape)
    if isinstance(weights, Modes):
        return replace(weights, xi_in=weights.xi_in[receives], xi_out=weights.xi_out[sends])
    return weights[np.ix_(receives, sends)]


def _dealt(groups: Sequence[np.ndarray], rng: np.random.Generator) -> Int[np.ndarray, " N"]:
    """A permutation that leaves each cell in its group."""
    dealt = np.arange(sum(map(len, groups)))
    for cells in groups:
        dealt[cells] = cells[rng.permutation(len(cells))]
    return dealt


def groups_of(network: AnyNetwork) -> list[np.ndarray] | None:
    """Give cells whose weights may be exchanged: each population, if modes join all cells."""
    if isinstance(network, RateNetwork) or not network.populations:
        return None
    if network.main.source is not None or network.main.target is not None:
        return None
    return [population.cells for population in network.populations]


def with_weights(network: AnyNetwork, change: Callable[[Any], Any]) -> AnyNetwork:
    """Change the recurrent weights of a network."""
    changed = change(network.recurrence)
    if isinstance(network, RateNetwork):
        return replace(network, recurrence=changed)
    return network.with_recurrence(changed)


def untrained(spec: Spec) -> AnyNetwork | None:
    """Draw the network again as it was before training.

    ``None`` where the method draws a network of its own.
    """
    if not isinstance(spec.train.build_method(), GradientMethod):
        return None
    rng = np.random.default_rng(stream(spec.seed, "initial"))
    return spec.recipe().start(spec.build_task(), rng)


def not_beaten(performance: float | None, found: Controls) -> list[str]:
    """Say which controls the network does not beat by `MARGIN`, a warning for each."""
    if performance is None:
        return []
    scores: Mapping[str, ControlScore | None] = vars(found)
    texts = []
    for key, what in _NAMES.items():
        control = scores[key]
        if control is None or control.performance is None:
            continue
        if performance < control.performance + MARGIN:
            verdict = (
                "the network has not learned to use its recurrence"
                if key == "no_recurrence" and performance >= MARGIN
                else "the network has not learned the task"
            )
            texts.append(
                f"a performance of {performance:.3f} does not beat that of {what},"
                f" {control.performance:.3f}, by {MARGIN:g}: {verdict}"
            )
    return texts


def _chance(score: Score) -> ControlScore | None:
    """A constant answer has no performance, and the accuracy that the task calls chance."""
    if score.performance is None and score.chance is None:
        return None
    return ControlScore(None if score.performance is None else 0.0, score.chance)


def _of(score: Score) -> ControlScore:
    return ControlScore(score.performance, score.accuracy)
