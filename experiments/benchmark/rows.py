"""What a row of the benchmark is, and how it measures time and memory."""

import statistics
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

Measurement = dict[str, float]
"""Measured quantities by name; the name ends in the unit."""


class NotHereError(RuntimeError):
    """This machine cannot run the row, for the reason given."""


@dataclass(frozen=True)
class Row(ABC):
    """Something to measure, its sizes as fields; it runs in a process of its own."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What people read."""

    @property
    @abstractmethod
    def expected_seconds(self) -> float:
        """Roughly how long it takes on two cores, for the time left [s]."""

    @abstractmethod
    def run(self) -> Measurement:
        """Measure. Raises `NotHereError` if this machine cannot."""


@dataclass(frozen=True)
class Result:
    """What came of a row: a measurement, or the reason why there is none.

    `failed` tells an error of the row itself from a machine that cannot run it.
    """

    measured: Measurement | None = None
    reason: str = ""
    failed: bool = False


def seconds_of(work: Callable[[], object]) -> float:
    """Time one call [s]."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def summary_of(durations: list[float]) -> Measurement:
    """Median, minimum and number of repeated durations [s]."""
    return {
        "seconds": statistics.median(durations),
        "fastest_seconds": min(durations),
        "repeats": len(durations),
    }
