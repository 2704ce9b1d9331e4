"""What the measured rows say: ratios, exponents of growth, the crossover."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import linregress

from .directory import Results
from .least_squares import LeastSquaresUpdate
from .plan import Plan
from .rows import Measurement, Row
from .training import FusedStep, TrainingStep

LINEAR_FROM = 1000
"""Neurons from which on the time should be linear; below, what is done once per step counts."""


@dataclass(frozen=True)
class Ratio:
    """A contender's time and memory over those of the fused kernels, at equal sizes.

    `step_memory` leaves out what is loaded before the first step, compiled code above all.
    """

    contender: str
    neurons: int
    time: float
    memory: float
    step_memory: float


@dataclass(frozen=True)
class Growth:
    """The exponent with which time per trial grows along one size, with its standard error."""

    size: str
    smallest: int
    largest: int
    exponent: float
    standard_error: float


def measured(results: Results, row: Row) -> Measurement | None:
    """Give a row's measurement, if there is one."""
    return results[row].measured if row in results else None


def per_trial(row: TrainingStep, measurement: Measurement) -> float:
    """Core time per trial [s]: comparable for batches too small to keep all threads busy."""
    return measurement["seconds"] * min(measurement["threads"], row.trials) / row.trials


def ratios(plan: Plan, results: Results) -> list[Ratio]:
    """Compare each contender with the fused kernels of its size."""
    fused = {row.neurons: measured(results, row) for row in plan.contenders if _is_fused(row)}
    found = []
    for row in plan.contenders:
        theirs, ours = measured(results, row), fused.get(row.neurons)
        if theirs and ours and not _is_fused(row):
            found.append(
                Ratio(
                    row.contender,
                    row.neurons,
                    theirs["seconds"] / ours["seconds"],
                    *(theirs[key] / max(ours[key], 1.0) for key in ("memory_mb", "step_memory_mb")),
                )
            )
    return found


def growths(plan: Plan, results: Results) -> list[Growth]:
    """Fit the growth in N from `LINEAR_FROM` up, in T and in P."""
    large = [row for row in plan.neurons if row.neurons >= LINEAR_FROM]
    fits = (_growth(results, "N", large, "neurons"), _growth(results, "T", plan.steps, "steps"),
            _growth(results, "P", plan.modes, "modes"))  # fmt: skip
    return [fit for fit in fits if fit]


def passes(results: Results, row: LeastSquaresUpdate) -> float | None:
    """Time of an update of recursive least squares, in passes over half of its matrix."""
    m = measured(results, row)
    return m["seconds"] / m["pass_seconds"] if m else None


def crossover(plan: Plan, results: Results) -> float | None:
    """Spikes per step and mode at which modes and dense synapses take the same time.

    From a straight line through log(dense/modes) over log(k/P); ``None`` where one of both wins
    throughout.
    """
    points = [(row, measured(results, row)) for row in plan.recurrences]
    pairs = np.log(
        [
            (m["spikes_per_step"] / row.modes, m["dense_seconds"] / m["modes_seconds"])
            for row, m in points
            if m and m["spikes_per_step"]
        ]
    )
    if len(pairs) < 3 or np.ptp(pairs[:, 0]) == 0:
        return None
    x, y = pairs.T
    slope, intercept, _ = _line(x, y)
    at = -intercept / slope if slope else np.inf
    return float(np.exp(at)) if x.min() <= at <= x.max() else None


def findings(plan: Plan, results: Results) -> dict[str, Any]:
    """Give all of it as plain data."""
    return {
        "ratios_to_fused": [asdict(ratio) for ratio in ratios(plan, results)],
        "growth": [asdict(growth) for growth in growths(plan, results)],
        "passes_per_least_squares_update": {
            str(row.neurons): passes(results, row) for row in plan.least_squares
        },
        "crossover_spikes_per_step_and_mode": crossover(plan, results),
    }


def _is_fused(row: TrainingStep) -> bool:
    return isinstance(row, FusedStep)


def _growth(results: Results, symbol: str, rows: Sequence[FusedStep], field: str) -> Growth | None:
    points = [
        (getattr(row, field), per_trial(row, m)) for row in rows if (m := measured(results, row))
    ]
    if len(points) < 3:  # two points have no error
        return None
    x, y = np.log(points).T
    slope, _, standard_error = _line(x, y)
    sizes = [size for size, _ in points]
    return Growth(symbol, min(sizes), max(sizes), slope, standard_error)


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """Slope, intercept and standard error of the slope of a straight line."""
    slope, intercept, _, _, standard_error = map(float, np.asarray(linregress(x, y)))
    return slope, intercept, standard_error
