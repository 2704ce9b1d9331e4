"""What a comparison measures of a trained network, on trials that it has not seen."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
from spikemodes.analysis.leading_directions import Directions, fewest
from spikemodes.learning.task import Task
from spikemodes.learning.twin.rate_twin import RateTwin
from spikemodes.learning.twin.twin import Twin
from spikemodes.models.brian.simulation import simulate
from spikemodes.models.conditions.condition import disturbed
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import ModeNetwork, Network, TraceReadout, under_modes
from spikemodes.models.networks.rate_network import RateNetwork
from spikemodes.models.recording import Recording
from spikemodes.models.trials import Trials
from torch import float64, manual_seed
from torch.random import fork_rng

from ..config.spec import Spec
from ..pipeline.circumstances import UNDISTURBED, Circumstances
from ..pipeline.plausibility import energy

ENOUGH = 0.9
"""The share of the whole network's performance that leading directions have to keep."""

_MOST_TRIALS = 100  # of those on which networks of few directions are tried
_MOST_RECORDED = 25  # trials in which every neuron's filtered activity is looked at


def measured(network: Network | RateNetwork, trials: Trials, spec: Spec) -> dict[str, Any]:
    """Measure performance, cost and what carries the performance, by the names in the table.

    A spiking network runs in Brian2, a network of rates in its twin, which is the same step.
    Networks of fewer directions run in the twin.
    """
    task, there = spec.build_task(), Circumstances.of(spec)
    recording = _recorded(network, trials, spec)
    return {
        **task.score(recording.outputs, trials).measures,
        **_cost(network, recording, there),
        **explained(network, task, recording, trials, there),
    }


def explained(
    network: Network | RateNetwork,
    task: Task,
    recording: Recording,
    trials: Trials,
    there: Circumstances = UNDISTURBED,
) -> dict[str, Any]:
    """Find the fewest leading directions of W that keep `ENOUGH` of the performance.

    Gives their number ``directions`` out of ``rank``, the share ``directions_variance`` of the
    variance of filtered activity that they hold, the ``performance`` of the whole network and that
    ``performance_without_recurrence``.
    """
    directions = Directions.of(network.dense())
    few = trials.subset(slice(_MOST_TRIALS))
    whole = performance(task, recording.outputs[:, : few.n_trials], few)
    known: dict[int, float] = {}

    def of_leading(k: int) -> float:
        if k not in known:
            fewer = _along(network, directions.leading(k))
            outputs = _twin_recording(fewer, few, there).outputs
            known[k] = performance(task, outputs, few)
        return known[k]

    k = fewest(lambda k: of_leading(k) >= ENOUGH * whole, directions.rank)
    activity = _filtered_activity(network, trials.subset(slice(_MOST_RECORDED)), there)
    return {
        "directions": k,
        "rank": directions.rank,
        "directions_variance": directions.variance_held(activity, k),
        "performance": whole,
        "performance_without_recurrence": of_leading(0),
    }


def performance(task: Task, outputs: np.ndarray, trials: Trials) -> float:
    """Give the performance, NaN where the task does not know it."""
    found = task.score(outputs, trials).performance
    return float("nan") if found is None else found


def _recorded(network: Network | RateNetwork, trials: Trials, spec: Spec) -> Recording:
    if isinstance(network, RateNetwork):
        return RateTwin(network, dtype=float64).record(trials)
    options = Circumstances.of(spec).options
    recording = simulate(network, trials, **options, target=spec.simulate.target)
    return recording.at_step(trials.dt)


def _cost(
    network: Network | RateNetwork, recording: Recording, there: Circumstances
) -> dict[str, Any]:
    if isinstance(network, RateNetwork):
        return {}
    circuit = there.circuit(network)
    return asdict(energy(circuit, recording))


def _along(network: Network | RateNetwork, directions: Directions) -> ModeNetwork | RateNetwork:
    """The same network with recurrent weights of these directions; a silent mode for none."""
    U, S, V = directions.U, directions.S, directions.V
    if directions.rank == 0:
        U = V = np.zeros((network.n_neurons, 1))
        S = np.zeros(1)
    modes = Modes(U, S, V)
    if isinstance(network, RateNetwork):
        return replace(network, recurrence=modes)
    return under_modes(network, modes)


def _filtered_activity(
    network: Network | RateNetwork, trials: Trials, there: Circumstances
) -> np.ndarray:
    """Record what each neuron sends, filtered spikes or rates (T × B × N)."""
    each = replace(network, W_out=np.eye(network.n_neurons), readout=TraceReadout())
    return _twin_recording(each, trials, there).outputs


def _twin_recording(
    network: Network | RateNetwork, trials: Trials, there: Circumstances
) -> Recording:
    if isinstance(network, RateNetwork):
        return RateTwin(network, dtype=float64).record(trials)
    twin = Twin(network, **there.options, dtype=float64)
    with fork_rng(devices=[]):  # what the neurons draw repeats with the seed
        manual_seed(there.seed)
        return twin.record(disturbed(trials, there.conditions, there.seed)).at_step(trials.dt)
