"""What is measured of a network for the table: of its activity, and of its connections."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from ..weights import signs, synapses
from .estimates import RESAMPLES, UNKNOWN, Estimate, mean_of, share_of
from .irregularity import FEWEST_EXPECTED, irregularity
from .repeats import Repeats
from .variability import correlation, fano_factor

MOST_NEURONS = 300
"""Whose spike trains and pairs are looked at, evenly chosen of more."""

CORRELATION_WINDOW, SYNCHRONY_WINDOW = 0.5, 0.005  # s
_ACTIVE_WINDOW, _ACTIVE_RATE = 0.05, 20.0  # s, Hz

SILENT = "no neuron spikes"
NO_SYNAPSE_ACTS = "no neuron spikes, so that no synapse acts"
FEW_SPIKES = f"no neuron is expected to spike {FEWEST_EXPECTED:g} times in a trial"
NO_NOISE = "repeats of a stimulus are the same spike for spike: the network has no noise"
NO_DALE = "outgoing weights have both signs: without Dale's law neurons are of no type"

_TYPES = {1: "excitatory", -1: "inhibitory"}


@dataclass(frozen=True)
class Row:
    """A statistic of the network; `reason` says why it does not apply, ``""`` if it does."""

    name: str
    unit: str
    estimate: Estimate
    reason: str = ""


def sample(n_neurons: int) -> Int[np.ndarray, " M"]:
    """Choose neurons whose spike trains are looked at: all of a few, evenly chosen ones of many."""
    return np.unique(np.linspace(0, n_neurons - 1, min(n_neurons, MOST_NEURONS)).astype(int))


def activity_rows(
    repeats: Repeats, types: Int[np.ndarray, " N"] | None, rng: np.random.Generator
) -> tuple[Row, ...]:
    """Measure how neurons fire in frozen trials.

    Parameters
    ----------
    repeats
        Their spikes, of no more neurons than `MOST_NEURONS` if it is to be quick.
    types
        1 for excitatory, -1 for inhibitory neurons (N); ``None`` without Dale's law.
    rng
        Of the bootstrap.
    """
    rates, silent = repeats.rates, not len(repeats.spikes)
    nothing = SILENT if silent else ""
    rows = [Row("median firing rate", "Hz", *_of_rates(rates, np.median, rng))]
    for sign, name in _TYPES.items():
        label = f"median firing rate, {name} neurons"
        if types is None:
            rows.append(Row(label, "Hz", UNKNOWN, NO_DALE))
        else:
            rows.append(Row(label, "Hz", *_of_rates(rates[types == sign], np.median, rng)))
    rows += [
        Row("standard deviation of log rate", "", *_of_rates(rates, _log_deviation, rng)),
        Row("skewness of log rate", "", *_of_rates(rates, _log_skewness, rng)),
        Row("share of silent neurons", "", mean_of((rates == 0).astype(float), rng)),
        Row("share of neurons above 20 Hz", "", mean_of(_active(repeats), rng), nothing),
    ]
    irregular = irregularity(repeats)
    for name, values in (("CV", irregular.cv), ("CV2", irregular.cv2)):
        reason = nothing or ("" if np.isfinite(values).any() else FEW_SPIKES)
        rows.append(Row(f"{name} of interspike intervals", "", mean_of(values, rng), reason))
    same = nothing or ("" if repeats.varies else NO_NOISE)
    rows += [
        Row("Fano factor in 100 ms", "", *_unless(same, fano_factor, repeats, rng)),
        Row(
            "correlation of spike counts in 500 ms",
            "",
            *_unless(same, correlation, repeats, CORRELATION_WINDOW, rng),
        ),
        Row(
            "synchrony: correlation in 5 ms",
            "",
            *_unless(same, correlation, repeats, SYNCHRONY_WINDOW, rng),
        ),
    ]
    return _without_numbers(rows)


def connection_rows(
    W: Float[np.ndarray, "M N"],
    rows: Int[np.ndarray, " M"],
    types: Int[np.ndarray, " N"] | None,
    rates: Float[np.ndarray, " N"],
    rng: np.random.Generator,
) -> tuple[Row, ...]:
    """Measure recurrent weights, by connection type where there are types of neurons.

    A synapse is of a type only if its neuron keeps to Dale's law: those of a neuron with outgoing
    weights of both signs count as none. Resampled are presynaptic neurons.

    Parameters
    ----------
    W
        Weights (post × pre) onto M of the N neurons.
    rows
        Which neurons these are (M).
    types
        What the neurons are to be (N): 1 excitatory, -1 inhibitory; ``None`` without Dale's law.
    rates
        Of each neuron (N) [Hz].
    rng
        Of the bootstrap.
    """
    is_synapse = synapses(W, rows)
    W = np.where(is_synapse, W, 0.0)
    excitatory, inhibitory = np.maximum(W, 0).sum(axis=0), np.maximum(-W, 0).sum(axis=0)
    no_types = NO_DALE if types is None else ""
    own = signs(W)
    pairs = (rows[:, None] != np.arange(W.shape[1])).astype(float)
    majority = np.maximum(excitatory, inhibitory)
    found = [
        Row(
            "inhibitory over excitatory recurrent input",
            "",
            share_of(inhibitory * rates, excitatory * rates, rng),
        ),
        Row(
            "outgoing weight of one sign",
            "",
            share_of(majority, excitatory + inhibitory, rng),
            no_types,
        ),
        Row("connected pairs", "", share_of(is_synapse.sum(axis=0), pairs.sum(axis=0), rng)),
        Row("share of inhibitory neurons", "", mean_of((own < 0).astype(float), rng), no_types),
    ]
    for before, name_before in _TYPES.items():
        for after, name_after in _TYPES.items():
            label = f"connected pairs, {name_before} to {name_after}"
            if types is None:
                found.append(Row(label, "", UNKNOWN, NO_DALE))
                continue
            onto, sender = types[rows] == after, types == before
            there = is_synapse[onto].sum(axis=0) * (sender & (own == before))
            estimate = share_of(there, pairs[onto].sum(axis=0) * sender, rng)
            found.append(Row(label, "", estimate, _absent(estimate, "no such pairs")))
    label, half = "synapses with half the weight, excitatory to excitatory", UNKNOWN
    if types is not None:
        half = Estimate(_half(W[types[rows] > 0][:, (types > 0) & (own > 0)]))
    found.append(Row(label, "", half, no_types or _absent(half, "no such synapses")))
    if not rates.any():
        found = [replace(row, reason=NO_SYNAPSE_ACTS) for row in found]
    return _without_numbers(found)


def _without_numbers(rows: list[Row]) -> tuple[Row, ...]:
    """Take the numbers from rows that do not apply."""
    return tuple(replace(row, estimate=UNKNOWN) if row.reason else row for row in rows)


def _absent(estimate: Estimate, reason: str) -> str:
    return "" if np.isfinite(estimate.value) else reason


def _unless(reason: str, measure, *arguments) -> tuple[Estimate, str]:
    """Measure unless there is a reason not to."""
    estimate = UNKNOWN if reason else measure(*arguments)
    return estimate, reason or _absent(estimate, "too few spikes")


def _of_rates(rates: np.ndarray, measure, rng: np.random.Generator) -> tuple[Estimate, str]:
    """Measure the rates of neurons that fire; silent ones are counted in a row of their own."""
    firing = rates[rates > 0]
    if len(firing) < 3:
        return UNKNOWN, SILENT if len(firing) == 0 else "fewer than three neurons spike"
    again = firing[rng.integers(len(firing), size=(RESAMPLES, len(firing)))]
    return Estimate.of(float(measure(firing, axis=0)), measure(again, axis=1)), ""


def _log_deviation(rates: np.ndarray, axis: int) -> np.ndarray:
    return np.log(rates).std(axis=axis, ddof=1)


def _log_skewness(rates: np.ndarray, axis: int) -> np.ndarray:
    log = np.log(rates)
    rest = log - log.mean(axis=axis, keepdims=True)
    spread = (rest**2).mean(axis=axis)
    third = (rest**3).mean(axis=axis)
    return np.divide(third, spread**1.5, out=np.full(spread.shape, np.nan), where=spread > 1e-24)


def _active(repeats: Repeats) -> np.ndarray:
    """Share of instants at which the mean rate over repeats of each neuron exceeds 20 Hz (N)."""
    counts = repeats.counts(_ACTIVE_WINDOW).mean(axis=1)
    width = repeats.duration if repeats.duration < _ACTIVE_WINDOW else _ACTIVE_WINDOW
    return (counts / width > _ACTIVE_RATE).mean(axis=(0, 1))


def _half(weights: np.ndarray) -> float:
    """Share of synapses that carry half of the summed weight."""
    largest = np.sort(weights[weights > 0])[::-1]
    if len(largest) == 0:
        return float("nan")
    return (np.searchsorted(np.cumsum(largest), largest.sum() / 2) + 1) / len(largest)
