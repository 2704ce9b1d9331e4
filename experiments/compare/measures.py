"""What a comparison measures of a trained network, on trials that it has not seen."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
from jaxtyping import Float
from spikemodes.analysis.leading_directions import Directions, fewest
from spikemodes.analysis.sparse_and_modes import sparse_part
from spikemodes.analysis.weights import mode_operations
from spikemodes.learning.task import Task
from spikemodes.models.brian.simulation import simulate
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import (
    Network,
    under_modes,
)
from spikemodes.models.networks.pathway import Pathway
from spikemodes.models.networks.rate_network import RateNetwork
from spikemodes.models.recording import Recording
from spikemodes.models.trials import Trials

from ..config.spec import Spec
from ..pipeline.activity import filtered_activity, twin_recording
from ..pipeline.circumstances import UNDISTURBED, Circumstances
from ..pipeline.plain import number
from ..pipeline.plausibility import energy

ENOUGH = 0.9
"""The share of the performance above that without recurrence which directions have to keep."""

_MOST_TRIALS = 100  # of those on which networks of few directions are tried
_MOST_RECORDED = 25  # trials in which every neuron's filtered activity is looked at


@dataclass(frozen=True, eq=False)
class Parts:
    """Recurrent weights as what they are: W = fixed + learned.

    Parameters
    ----------
    fixed
        Sparse random weights that stay as they were drawn, all 0 for none.
    learned
        What was learned.
    modes
        Of how many modes that is; ``None`` for single weights.
    scores
        Numbers beside the modes.
    """

    fixed: Float[np.ndarray, "N N"]
    learned: Float[np.ndarray, "N N"]
    modes: int | None
    scores: int = 0

    @classmethod
    def of(cls, network: Network | RateNetwork) -> Self:
        """Tell the parts of a network's W; the modes of one that is no `Modes` read its outputs."""
        if isinstance(network, Network) and len(network.pathways) > 1:
            fixed = network.fixed_weights()
            return cls(fixed, network.dense() - fixed, network.n_modes or None, network.n_modes)
        W = network.recurrence
        if isinstance(W, Modes):
            learned, none = W.dense(), np.zeros((W.n_neurons, W.n_neurons))
            if not learned.any():
                return cls(none, learned, 0)
            return cls(none, learned, W.n_modes, W.scores.size)
        fixed = sparse_part(W, network.W_out.T)
        if fixed is None:
            return cls(np.zeros_like(W), W, None)
        return cls(fixed, W - fixed, network.n_outputs)

    @property
    def stored(self) -> int:
        """How many numbers W takes."""
        n = len(self.learned)
        own = n**2 if self.modes is None else 2 * n * self.modes + self.scores
        return int(np.count_nonzero(self.fixed)) + own

    def operations(self, spikes: Float[np.ndarray, " N"], n_steps: int) -> float:
        """Count the operations of a trial in which each neuron spikes so often.

        A spike counts once at each single synapse and at each mode; each mode adds to all neurons
        in each step.
        """
        single = self.learned if self.modes is None else self.fixed
        by_modes = mode_operations(spikes, self.modes or 0, n_steps)
        return float(spikes @ np.count_nonzero(single, axis=0)) + sum(by_modes)


def measured(network: Network | RateNetwork, trials: Trials, spec: Spec) -> dict[str, Any]:
    """Measure performance, cost and what carries the performance, by the names in the table.

    A spiking network runs in Brian2, a network of rates in its twin, which is the same step.
    Networks of fewer directions run in the twin.
    """
    task, there, parts = spec.build_task(), Circumstances.of(spec), Parts.of(network)
    recording = _recorded(network, trials, spec)
    return {
        **task.score(recording.outputs, trials).measures,
        "test_trials": trials.n_trials,
        "stored_weights": parts.stored,
        **_cost(network, parts, recording, trials, there),
        **explained(network, parts, task, recording, trials, there),
    }


def explained(
    network: Network | RateNetwork,
    parts: Parts,
    task: Task,
    recording: Recording,
    trials: Trials,
    there: Circumstances = UNDISTURBED,
) -> dict[str, Any]:
    """Find the fewest leading directions of what was learned that keep enough performance.

    Enough is `ENOUGH` of what the whole network has above the same without any recurrent weight,
    or above a constant answer where that is better. Fixed weights stay.

    Gives their number ``directions`` out of ``rank``, the share ``directions_variance`` of the
    variance of filtered activity that they hold, the ``performance_without_recurrence``, and that
    ``performance_of_fixed`` weights without what was learned; where none are fixed, both agree.
    """
    directions = Directions.of(parts.learned)
    few = trials.subset(slice(_MOST_TRIALS))
    whole = performance(task, recording.outputs[:, : few.n_trials], few)
    known: dict[int, float] = {}

    def of_leading(k: int) -> float:
        if k not in known:
            fewer = _along(network, parts.fixed, directions.leading(k))
            known[k] = performance(task, twin_recording(fewer, few, there).outputs, few)
        return known[k]

    without = of_leading(0)
    if parts.fixed.any():
        silent = _along(network, np.zeros_like(parts.fixed), directions.leading(0))
        without = performance(task, twin_recording(silent, few, there).outputs, few)
    base = np.fmax(without, 0.0)
    enough = base + ENOUGH * (whole - base)
    gained = bool(whole > base)
    k = fewest(lambda k: of_leading(k) >= enough, directions.rank) if gained else 0
    activity = filtered_activity(network, trials.subset(slice(_MOST_RECORDED)), there)
    return {
        "directions": k,
        "rank": directions.rank,
        "directions_variance": directions.variance_held(activity, k),
        "fixed_synapses": int(np.count_nonzero(parts.fixed)),
        "performance_of_fixed": of_leading(0),
        "performance_without_recurrence": without,
    }


def performance(task: Task, outputs: np.ndarray, trials: Trials) -> float:
    """Give the performance, NaN where the task does not know it."""
    return number(task.score(outputs, trials).performance)


def _recorded(network: Network | RateNetwork, trials: Trials, spec: Spec) -> Recording:
    if isinstance(network, RateNetwork):
        return twin_recording(network, trials, UNDISTURBED)
    options = Circumstances.of(spec).options
    recording = simulate(network, trials, **options, target=spec.simulate.target)
    return recording.at_step(trials.dt)


def _cost(
    network: Network | RateNetwork,
    parts: Parts,
    recording: Recording,
    trials: Trials,
    there: Circumstances,
) -> dict[str, Any]:
    if isinstance(network, RateNetwork):
        return {}
    circuit = there.circuit(network)
    cost = asdict(energy(circuit, recording))
    spikes = np.bincount(recording.spikes[:, 2], minlength=network.n_neurons) / trials.n_trials
    single = circuit.transmission is not None  # synapses with properties of their own
    as_it_is = cost["synaptic_operations_per_trial"]
    return cost | {
        "operations_per_trial": as_it_is if single else parts.operations(spikes, trials.n_steps)
    }


def _along(
    network: Network | RateNetwork, fixed: Float[np.ndarray, "N N"], directions: Directions
) -> Network | RateNetwork:
    """The same network with fixed weights and those of these directions alone."""
    modes = _modes_of(network.n_neurons, directions)
    if isinstance(network, RateNetwork):
        W = fixed + directions.dense() if fixed.any() else modes
        return replace(network, recurrence=W)
    if not fixed.any():
        return replace(network, pathways=(Pathway(connectivity=modes),))
    return under_modes(network, modes)


def _modes_of(n: int, directions: Directions) -> Modes:
    """Directions as modes; a silent mode for none."""
    if directions.rank == 0:
        return Modes(np.zeros((n, 1)), np.zeros(1), np.zeros((n, 1)))
    return Modes(directions.U, directions.S, directions.V)
