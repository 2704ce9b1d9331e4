"""What a network generates on its own, long after its teacher: phase, drift, frequency, turns."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float
from spikemodes.analysis.generation import (
    best_phase,
    compare_return_maps,
    dilation,
    drifts,
    turns,
)

from ..tasks.endless import EndlessPattern
from .performance import Generation


def generation(task: EndlessPattern, outputs: Float[np.ndarray, "T B O"]) -> Generation:
    """Measure each test of a network that ran alone, and give the mean over tests."""
    step, epochs = float(task.dt), task.epochs
    tests = task.tests(outputs)
    return Generation(
        tests=len(tests),
        seconds=len(epochs["test"]) * step,
        left_out_seconds=epochs["test"].start * step,
        **(_chaotic if task.period is None else _periodic)(task, tests),
    )


def _periodic(task: EndlessPattern, tests: list[np.ndarray]) -> dict[str, Any]:
    step, period, target = float(task.dt), task.period, task.target
    assert period is not None
    frequencies = task.frequencies
    best = [best_phase(z, target) for z in tests]
    ahead = [drifts(z, target, round(period / step)) for z in tests]
    speeds = [speed for z in tests if (speed := dilation(z, frequencies, step)) is not None]
    frequency = float(np.mean(speeds) * frequencies[0]) if speeds else None
    return dict(  # noqa: C408
        periods=len(task.epochs["test"]) * step / period,
        explained_variance_at_best_phase=_mean([one.explained_variance for one in best]),
        lowest_explained_variance=min(one.explained_variance for one in best),
        frequency_hz=frequency,
        target_frequency_hz=float(frequencies[0]),
        frequency_error=None if frequency is None else frequency / float(frequencies[0]) - 1,
        drift_periods=_mean([float(np.ptp(one)) for one in ahead]),
    )


def _chaotic(task: EndlessPattern, tests: list[np.ndarray]) -> dict[str, Any]:
    known, maxima = task.known_turns, [turns(z) for z in tests]
    maps = [compare_return_maps(one, known) for one in maxima]
    seconds = len(task.epochs["test"]) * float(task.dt)
    distances = [one.distance for one in maps if one.distance is not None]
    return dict(  # noqa: C408
        turns=_mean([len(one) for one in maxima]),
        explained_variance_of_return_map=_mean([one.explained_variance for one in maps]),
        distance_of_maxima=_mean(distances) if distances else None,
        turns_per_second=_mean([len(one) for one in maxima]) / seconds,
        target_turns_per_second=len(known) / task.known_seconds,
    )


def _mean(values: list) -> float:
    return float(np.mean(values))
