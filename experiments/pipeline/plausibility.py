"""The plausibility table of a run: measured on its recording, kept in its summary and as CSV."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from spikemodes.analysis.cortex import Metric
from spikemodes.analysis.spiking import SpikeStatistics, spike_statistics
from spikemodes.analysis.weights import WeightStatistics, synaptic_operations, weight_statistics
from spikemodes.models.conditions.circuit import Circuit
from spikemodes.models.files import atomic_write
from spikemodes.models.networks.network import ModeNetwork
from spikemodes.models.recording import Recording
from spikemodes.models.trials import Trials

from .summary import Energy, Plausibility, Statistic

COLUMNS = ("metric", "unit", "value", "low", "high", "verdict", "source", "reported")
_MOST_LEVELS = 10
_MOST_ROWS = 1000  # postsynaptic neurons whose weights are looked at, so that N² never counts


def measure(
    circuit: Circuit, recording: Recording, trials: Trials
) -> tuple[SpikeStatistics, WeightStatistics]:
    """Measure weights that act, and spiking in `trials`, the first of the recording or all."""
    spiking = spike_statistics(
        recording.spikes[recording.spikes[:, 1] < trials.n_trials],
        repeats(trials),
        n_neurons=recording.n_neurons,
        n_steps=recording.n_steps,
        dt=float(recording.dt),
    )
    return spiking, weight_statistics(_some_weights(circuit), spiking.rates)


def repeats(trials: Trials) -> np.ndarray:
    """Number the conditions of trials (B): same number, same value of every condition.

    Conditions with more values than a few, such as graded evidence, would leave no repeats and
    do not count.
    """
    values = dict(trials.conditions)
    if trials.labels is not None:
        values["labels"] = trials.labels
    levels = [np.unique(v, return_inverse=True)[1] for v in values.values()]
    few = [level for level in levels if level.max() < _MOST_LEVELS]
    if not few:
        return np.zeros(trials.n_trials, int)
    return np.unique(np.column_stack(few), axis=0, return_inverse=True)[1].ravel()


def energy(circuit: Circuit, recording: Recording, weights: WeightStatistics) -> Energy:
    """Give what a trial costs: spikes, synaptic operations in W, and those through the modes.

    Synapses with properties of their own pass spikes on one by one, not through the modes, and
    those that fail operate less often.
    """
    per_trial = np.bincount(recording.spikes[:, 2], minlength=recording.n_neurons)
    per_trial = per_trial / recording.n_trials
    network, transmission = circuit.network, circuit.transmission
    by_mode = isinstance(network, ModeNetwork) and transmission is None
    release = 1.0 if transmission is None else transmission.release
    operations = release * synaptic_operations(per_trial, weights.out_degree)
    return Energy(
        spikes_per_trial=float(per_trial.sum()),
        synaptic_operations_per_trial=operations,
        mode_operations_per_trial=float(per_trial.sum()) * network.n_modes if by_mode else None,
    )


def compared(metrics: Sequence[Metric]) -> Plausibility:
    """Give the table as a part of the summary."""
    found = {}
    for m in metrics:
        value, low, high = map(_finite, _numbers(m))
        found[m.name] = Statistic(m.unit, value, low, high, m.verdict)
    return Plausibility(found)


def write_table(metrics: Sequence[Metric], path: Path) -> None:
    """Write the table as CSV, whole or not at all; an open end or an unknown value is empty."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for m in metrics:
        cells = [f"{x:.6g}" if np.isfinite(x) else "" for x in _numbers(m)]
        writer.writerow([m.name, m.unit, *cells, m.verdict, m.reported.source, m.reported.what])
    with atomic_write(path) as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8")


def _numbers(m: Metric) -> tuple[float, float, float]:
    return m.value, m.reported.low, m.reported.high


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


def _some_weights(circuit: Circuit) -> np.ndarray:
    """Rows of W: all of a small network, evenly chosen ones of a large network."""
    network = circuit.network
    n = network.n_neurons
    rows = np.unique(np.linspace(0, n - 1, min(n, _MOST_ROWS)).astype(int))
    if circuit.transmission is not None:
        return circuit.transmission.weights(network.dense())[rows]
    if network.feedback is None:
        return network.encoder.T[rows]
    return network.feedback[rows] @ network.encoder.T
