"""The plausibility table of a run: measured in frozen trials, kept in its summary and as CSV."""

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from spikemodes.analysis.plausibility.areas import AREAS
from spikemodes.analysis.plausibility.repeats import Repeats
from spikemodes.analysis.plausibility.table import (
    Comparison,
    Metric,
    Observed,
    by_verdict,
    compare_with_cortex,
)
from spikemodes.analysis.weights import (
    cell_types,
    mode_operations,
    out_degree,
    synaptic_operations,
)
from spikemodes.models.brian.simulation import simulate
from spikemodes.models.conditions.circuit import Circuit
from spikemodes.models.files import atomic_write
from spikemodes.models.networks.network import Network
from spikemodes.models.recording import Recording
from spikemodes.models.trials import Trials

from ..config.spec import Spec
from .circumstances import Circumstances
from .streams import stream
from .summary import Energy, Plausibility, PlausibilityControls, Statistic, Verdicts

COLUMNS = (
    "metric", "unit", "value", "interval low", "interval high", "low", "high", "verdict", "reason",
    "source", "reported",
)  # fmt: skip
N_CONDITIONS, N_REPEATS = 8, 40
"""Frozen trials: how many stimuli, and how often each is shown."""

_MOST_ROWS = 1000  # postsynaptic neurons whose weights are looked at, so that N² never counts


def frozen(trials: Trials) -> Trials:
    """Take one trial of each of a few conditions, and repeat it as it is, its input noise too.

    The repeats of a condition are in a row. Conditions are those of the trials as they are, graded
    evidence included; of more than `N_CONDITIONS`, evenly chosen ones, of fewer, several trials.
    """
    values = dict(trials.conditions)
    if trials.labels is not None:
        values["labels"] = trials.labels
    levels = [np.unique(v, return_inverse=True)[1].ravel() for v in values.values()]
    every = np.column_stack([np.zeros(trials.n_trials, int), *levels])
    first = np.unique(every, axis=0, return_index=True)[1]
    if len(first) > N_CONDITIONS:
        first = first[np.linspace(0, len(first) - 1, N_CONDITIONS).astype(int)]
    others = np.setdiff1d(np.arange(trials.n_trials), first)[: N_CONDITIONS - len(first)]
    return trials.subset(np.repeat(np.append(first, others), N_REPEATS))


def record_frozen(spec: Spec, network: Network, trials: Trials) -> Repeats:
    """Run frozen trials in Brian2 under the conditions of the run, which say what varies in them.

    In C++ as many trials at a time as in validation, whose build serves again.
    """
    keys, shown = spec.simulate, frozen(trials)
    size = min(keys.trials, keys.batch) if keys.target == "cpp_standalone" else keys.batch
    options = Circumstances.of(spec).options
    recording = simulate(network, shown, **options, target=keys.target, batch=size)
    recording = recording.at_step(shown.dt)
    return Repeats.of_trials(
        recording.spikes,
        n_repeats=N_REPEATS,
        n_trials=shown.n_trials,
        n_steps=recording.n_steps,
        n_neurons=recording.n_neurons,
        dt=float(recording.dt),
    )


def compared(spec: Spec, circuit: Circuit, repeats: Repeats) -> Comparison:
    """Set the network beside the area of cortex that the configuration names."""
    W, rows = _acting_weights(circuit)
    rng = np.random.default_rng(stream(spec.seed, "plausibility"))
    network = Observed(repeats, W, rows, cell_types(W))
    return compare_with_cortex(network, AREAS[spec.plausibility.area], rng)


def energy(circuit: Circuit, recording: Recording) -> Energy:
    """Give what a trial costs: spikes, synaptic operations in W, and those through the modes.

    Synapses with properties of their own pass spikes on one by one, not through the modes, and
    those that fail operate less often.
    """
    per_trial = np.bincount(recording.spikes[:, 2], minlength=recording.n_neurons)
    per_trial = per_trial / recording.n_trials
    network, transmission = circuit.network, circuit.transmission
    by_mode = network.n_modes > 0 and not network.has_single_synapses and transmission is None
    release = 1.0 if transmission is None else transmission.release
    reached = out_degree(*_acting_weights(circuit))
    into, out = (
        mode_operations(per_trial, network.n_modes, recording.n_steps) if by_mode else (None, None)
    )
    return Energy(
        spikes_per_trial=float(per_trial.sum()),
        synaptic_operations_per_trial=release * synaptic_operations(per_trial, reached),
        mode_operations_per_trial=into,
        mode_updates_per_trial=out,
    )


def summarised(found: Comparison) -> Plausibility:
    """Give the table as a part of the summary."""
    return Plausibility(
        area=found.area.name,
        verdicts=_verdicts(found.metrics),
        metrics={m.name: _statistic(m) for m in found.metrics},
        controls=PlausibilityControls(
            **{name: _verdicts(rows) for name, rows in found.controls.items()}
        ),
    )


def write_table(metrics: Sequence[Metric], path: Path) -> None:
    """Write the table as CSV, whole or not at all; what is not known is empty."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for m in metrics:
        estimate, reported = m.estimate, m.reported
        numbers = estimate.value, estimate.low, estimate.high, reported.low, reported.high
        cells = [f"{x:.6g}" if math.isfinite(x) else "" for x in numbers]
        words = m.verdict, m.reason, reported.source, reported.what
        writer.writerow([m.name, m.row.unit, *cells, *words])
    with atomic_write(path) as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8")


def _verdicts(metrics: Sequence[Metric]) -> Verdicts:
    return Verdicts(**{v.replace(" ", "_"): names for v, names in by_verdict(metrics).items()})


def _statistic(m: Metric) -> Statistic:
    estimate, reported = m.estimate, m.reported
    return Statistic(
        unit=m.row.unit,
        value=_finite(estimate.value),
        low=_finite(reported.low),
        high=_finite(reported.high),
        verdict=m.verdict,
        interval_low=_finite(estimate.low),
        interval_high=_finite(estimate.high),
        reason=m.reason or None,
    )


def _finite(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None


def _acting_weights(circuit: Circuit) -> tuple[np.ndarray, np.ndarray]:
    """Rows of W, and which: all of a small network, evenly chosen ones of a large network."""
    network = circuit.network
    n = network.n_neurons
    rows = np.unique(np.linspace(0, n - 1, min(n, _MOST_ROWS)).astype(int))
    if circuit.transmission is not None:
        return circuit.transmission.weights(network.dense())[rows], rows
    return network.weights_onto(rows), rows
