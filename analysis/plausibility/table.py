"""The plausibility table: measured rows beside the ranges of one area, and controls beside."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from . import surrogates
from .areas import UNREPORTED, Area, Reported
from .estimates import Estimate
from .repeats import Repeats
from .rows import Row, activity_rows, connection_rows, sample

VERDICTS = ("within", "outside", "undecided", "not applicable")
"""What a row that has a range, or does not apply, can be found to be."""

_OF_TIMES = (
    "CV of interspike intervals",
    "CV2 of interspike intervals",
    "Fano factor in 100 ms",
    "correlation of spike counts in 500 ms",
    "synchrony: correlation in 5 ms",
)
_OF_PLACES = (
    "inhibitory over excitatory recurrent input",
    "outgoing weight of one sign",
    "share of inhibitory neurons",
    "connected pairs, ",  # by type; of all pairs as many stay connected
    "synapses with half the weight, ",
)
_CHANGED = {"poisson": _OF_TIMES, "regular": _OF_TIMES, "shuffled": _OF_PLACES}


def changes(control: str, row: str) -> bool:
    """Tell whether a control changes a row, by its name, and does not take over the network's.

    Other processes have the rates and the weights of the network, permuted weights its spikes.
    """
    return control not in _CHANGED or row.startswith(_CHANGED[control])


@dataclass(frozen=True)
class Metric:
    """A row of the table: a statistic of the network and what was reported for cortex."""

    row: Row
    reported: Reported

    @property
    def name(self) -> str:
        """Of the statistic."""
        return self.row.name

    @property
    def estimate(self) -> Estimate:
        """Its value and interval."""
        return self.row.estimate

    @property
    def verdict(self) -> str:
        """One of `VERDICTS`, or ``no range``.

        ``within`` and ``outside`` are said of the whole interval; one that covers an end of the
        range is ``undecided``.
        """
        if self.row.reason:
            return "not applicable"
        if self.reported.lacks:
            return "no range"
        low, high = self.reported.low, self.reported.high
        first, last = self.estimate.low, self.estimate.high
        if low <= first and last <= high:
            return "within"
        return "outside" if last < low or first > high else "undecided"

    @property
    def reason(self) -> str:
        """Why it is not judged, ``""`` if it is."""
        return self.row.reason or self.reported.lacks


@dataclass(frozen=True, eq=False)
class Observed:
    """What the table is made of.

    Parameters
    ----------
    repeats
        Spikes of the N neurons in frozen trials.
    W
        Weights (post × pre) that act, onto M of them.
    rows
        Which these are (M).
    types
        1 for excitatory, -1 for inhibitory neurons (N); ``None`` without Dale's law.
    """

    repeats: Repeats
    W: Float[np.ndarray, "M N"]
    rows: Int[np.ndarray, " M"]
    types: Int[np.ndarray, " N"] | None


@dataclass(frozen=True)
class Comparison:
    """The table of a network, and those of its controls by name."""

    area: Area
    metrics: tuple[Metric, ...]
    controls: Mapping[str, tuple[Metric, ...]]


def compare_with_cortex(network: Observed, area: Area, rng: np.random.Generator) -> Comparison:
    """Set a network, and controls, beside an area of cortex.

    Controls go through the same table: the network without spikes, Poisson and regular neurons
    with the rates of its own, and its single weights permuted.
    """
    W, types = network.W, network.types
    chosen = sample(network.repeats.n_neurons)
    repeats = network.repeats.of_neurons(chosen)
    of_chosen = None if types is None else types[chosen]
    rates = network.repeats.rates

    def table(spikes: Repeats) -> tuple[Row, ...]:
        return activity_rows(spikes, of_chosen, rng)

    def connections(weights: np.ndarray, rates: np.ndarray) -> tuple[Row, ...]:
        return connection_rows(weights, network.rows, types, rates, rng)

    own, wired = table(repeats), connections(W, rates)
    controls = {
        "silent": table(surrogates.silent(repeats)) + connections(W, np.zeros_like(rates)),
        "poisson": table(surrogates.poisson(repeats, rng)) + wired,
        "regular": table(surrogates.regular(repeats, rng)) + wired,
        "shuffled": own + connections(surrogates.shuffled(W, rng), rates),
    }
    return Comparison(
        area,
        judged(own + wired, area),
        {name: judged(rows, area) for name, rows in controls.items()},
    )


def judged(rows: Iterable[Row], area: Area) -> tuple[Metric, ...]:
    """Put what was reported of an area beside each row."""
    return tuple(Metric(row, area.ranges.get(row.name, UNREPORTED)) for row in rows)


def by_verdict(metrics: Iterable[Metric]) -> dict[str, tuple[str, ...]]:
    """Name the rows of each of `VERDICTS`."""
    metrics = tuple(metrics)
    return {v: tuple(m.name for m in metrics if m.verdict == v) for v in VERDICTS}
