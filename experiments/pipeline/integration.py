"""Graded evidence: what a network chooses, when evidence counts, and trials that last longer."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float
from spikemodes.analysis.psychometric import psychometric_curve
from spikemodes.analysis.reverse_correlation import PsychophysicalKernel, psychophysical_kernel
from spikemodes.learning.kernels.threads import one_thread
from spikemodes.learning.twin.rate_twin import RateTwin
from spikemodes.learning.twin.twin import Twin
from spikemodes.models.conditions.condition import disturbed
from spikemodes.models.networks.rate_network import RateNetwork
from spikemodes.models.networks.storage import AnyNetwork
from spikemodes.models.trials import Trials

from ..config.spec import Spec
from ..tasks.registry import (
    ObservedTask,
    PsychometricTask,
    ReverseCorrelatedTask,
    StretchedTask,
)
from .answering import answer
from .circumstances import Circumstances
from .performance import ControlScore, Integration, Slope
from .streams import stream

_BATCHES = 4  # of psychometric trials: as many trials each as in validation reuse its build


@dataclass(frozen=True, eq=False)
class GradedAnswers:
    """What a network chose in D trials of graded evidence, and when the evidence counted.

    Parameters
    ----------
    trials
        The choice of each, and the strength of each kind of evidence by name (D each).
    kernels
        Psychophysical kernels by kind of evidence, and that of an ideal observer for the first
        kind, as ``ideal``; from the trials in which the first kind is weakest, which it decides
        least. None where the task's evidence does not fluctuate.
    """

    trials: dict[str, Float[np.ndarray, " D"]]
    kernels: dict[str, PsychophysicalKernel] = field(default_factory=dict)


def graded_answers(task: PsychometricTask, spec: Spec, network: AnyNetwork) -> GradedAnswers:
    """Ask the network, in Brian2, for choices on a grid of evidence from easy to hard."""
    size = spec.simulate.trials
    rng = np.random.default_rng(stream(spec.seed, "psychometric"))
    trials = task.sample_psychometric(_BATCHES * size, rng)
    batch = min(size, spec.simulate.batch)
    outputs = answer(spec, network, trials, batch=batch).outputs
    choice = task.choices(outputs)
    kernels = _kernels(task, trials, choice) if isinstance(task, ReverseCorrelatedTask) else {}
    return GradedAnswers({"choice": choice, **task.evidence(trials)}, kernels)


@dataclass(frozen=True)
class Longer:
    """Scores in trials that last longer than those the network learned from, by what is longer.

    Parameters
    ----------
    trials
        How many there are of each.
    scores
        What the network reached.
    chance
        The accuracy of a constant answer.
    """

    trials: int
    scores: dict[str, ControlScore]
    chance: dict[str, float | None]


def integration(answers: GradedAnswers, longer: Longer | None) -> Integration:
    """Give the numbers on graded evidence, and on longer trials if there are any."""
    choice, slopes = answers.trials["choice"], {}
    for kind, strength in answers.trials.items():
        if kind != "choice" and (fit := psychometric_curve(strength, choice).fit) is not None:
            low, high = (x if np.isfinite(x) else None for x in (fit.slope_low, fit.slope_high))
            slopes[kind] = Slope(fit.slope, fit.separated, low, high, len(choice))
    of_network = next((k for name, k in answers.kernels.items() if name != "ideal"), None)
    kernels = of_network, answers.kernels.get("ideal")
    own, ideal = (k.early_share if k else (None, None, None) for k in kernels)
    if longer is None:
        return Integration(slopes, *own, {}, *ideal)
    return Integration(slopes, *own, longer.scores, *ideal, longer.trials, longer.chance)


def longer(task: StretchedTask, spec: Spec, network: AnyNetwork) -> Longer:
    """Score the network in trials that last longer than those it learned from, in the twin."""
    n_trials, scores, chance = min(100, spec.simulate.trials), {}, {}
    for name, stretched in task.stretched().items():
        rng = np.random.default_rng(stream(spec.seed, "controls"))
        trials = stretched.sample(n_trials, rng)
        score = stretched.score(_twin_outputs(network, trials, Circumstances.of(spec)), trials)
        scores[name] = ControlScore(score.performance, score.accuracy)
        chance[name] = score.chance
    return Longer(n_trials, scores, chance)


def _kernels(
    task: ReverseCorrelatedTask, trials: Trials, choice: np.ndarray
) -> dict[str, PsychophysicalKernel]:
    strength = np.abs(next(iter(task.evidence(trials).values())))
    weakest = np.flatnonzero(np.isclose(strength, strength.min()))
    found = {kind: x[:, weakest] for kind, x in task.fluctuations(trials).items()}
    dt, choices = float(trials.dt), dict.fromkeys(found, choice[weakest])
    if isinstance(task, ObservedTask):
        first = next(iter(found))
        found |= {"ideal": found[first]}
        choices |= {"ideal": task.choices(task.observer(trials))[weakest]}
    kernels = {
        kind: psychophysical_kernel(x, choices[kind], dt=dt, n_bins=min(8, len(x)))
        for kind, x in found.items()
    }
    return {kind: kernel for kind, kernel in kernels.items() if kernel is not None}


def _twin_outputs(network: AnyNetwork, trials: Trials, there: Circumstances) -> np.ndarray:
    """Run trials through the kernels, which take any number of steps without compiling anew."""
    if isinstance(network, RateNetwork):
        return RateTwin(network).record(trials).outputs
    twin = Twin(network, **there.options)
    trials = disturbed(trials, there.conditions, there.seed)
    with torch.no_grad(), one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(there.seed)
        return twin(torch.from_numpy(np.ascontiguousarray(trials.inputs))).outputs.double().numpy()
