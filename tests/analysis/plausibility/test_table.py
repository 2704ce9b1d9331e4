"""The plausibility table: controls of known verdicts, and what is said where there is none."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from spike_processes import bernoulli, cortical_weights, rates
from spikemodes.analysis import (
    AREAS,
    Area,
    Observed,
    Reported,
    by_verdict,
    cell_types,
    compare_with_cortex,
)
from spikemodes.analysis.plausibility.table import changes, judged

SEEDS = range(5)
N = 120
INTERVALS = ("CV of interspike intervals", "CV2 of interspike intervals")
FANO, CORRELATION = "Fano factor in 100 ms", "correlation of spike counts in 500 ms"
TYPED = tuple(
    f"connected pairs, {pair}"
    for pair in (
        "excitatory to excitatory",
        "excitatory to inhibitory",
        "inhibitory to inhibitory",
    )
)
PREFRONTAL, SENSORY = AREAS["macaque-prefrontal"], AREAS["rodent-sensory"]


def observed(seed, repeats=12):
    W = cortical_weights(seed, N)
    spikes = bernoulli(seed, rates(seed, N), conditions=3, repeats=repeats)
    return Observed(spikes, W, np.arange(N), cell_types(W))


@cache
def compared(seed):
    return compare_with_cortex(observed(seed), PREFRONTAL, np.random.default_rng(seed))


def beside(metrics, area):
    """The same rows, judged by another area."""
    return judged([m.row for m in metrics], area)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_row_of_a_silent_network_is_within(seed):
    silent = replace(observed(seed), repeats=bernoulli(seed, np.zeros(N), conditions=3))
    own = compare_with_cortex(silent, PREFRONTAL, np.random.default_rng(seed))
    for metrics in (own.metrics, compared(seed).controls["silent"]):
        for area in AREAS.values():
            assert by_verdict(beside(metrics, area))["within"] == ()


@pytest.mark.parametrize("seed", SEEDS)
def test_poisson_neurons_have_the_private_variability_of_cortex_and_share_none(seed):
    found = compared(seed).controls["poisson"]
    verdicts = by_verdict(found)
    assert {*INTERVALS, FANO} <= set(verdicts["within"])
    of = {m.name: m.estimate for m in found}
    assert of[FANO].value == pytest.approx(1, abs=0.05)
    assert abs(of[CORRELATION].value) < 0.005
    assert CORRELATION in verdicts["outside"]  # prefrontal neurons share some, it is reported


@pytest.mark.parametrize("seed", SEEDS)
def test_regular_neurons_are_outside(seed):
    found = compared(seed).controls["regular"]
    assert {*INTERVALS, FANO} <= set(by_verdict(found)["outside"])
    of = {m.name: m.estimate for m in found}
    assert of[INTERVALS[0]].value == pytest.approx(0.2, abs=0.06)
    assert of[INTERVALS[1]].value == pytest.approx(0.225, abs=0.06)


@pytest.mark.parametrize("seed", SEEDS)
def test_shuffled_weights_are_outside_where_those_of_cortex_are_within(seed):
    found = compared(seed)
    assert set(TYPED) <= set(by_verdict(beside(found.metrics, SENSORY))["within"])
    shuffled = by_verdict(beside(found.controls["shuffled"], SENSORY))
    assert {*TYPED, "share of inhibitory neurons"} <= set(shuffled["outside"])


def test_a_control_takes_over_the_rows_that_it_does_not_change():
    found = compared(0)
    own = {m.name: m.row for m in found.metrics}
    for control, metrics in found.controls.items():
        rows = {m.name: m.row for m in metrics}
        taken = {name for name in own if rows[name] == own[name]}
        changed = {name for name in own if changes(control, name)}
        assert not taken & changed - {"outgoing weight of one sign"}
        kept = {*own} - changed - taken
        assert all("rate" in n or "neurons above" in n or n == "connected pairs" for n in kept)
    assert changes("silent", "median firing rate")
    assert not changes("poisson", "median firing rate")


def test_without_noise_the_variability_of_repeats_does_not_apply():
    whole = observed(0)
    first = whole.repeats.spikes[whole.repeats.spikes[:, 1] == 0]
    shift = np.array([0, 1, 0, 0])
    copies = [first + k * shift for k in range(whole.repeats.n_repeats)]
    frozen = replace(whole.repeats, spikes=np.vstack(copies))
    network = replace(whole, repeats=frozen)
    found = compare_with_cortex(network, PREFRONTAL, np.random.default_rng(0))
    of = {m.name: m for m in found.metrics}
    for name in (FANO, CORRELATION, "synchrony: correlation in 5 ms"):
        assert of[name].verdict == "not applicable"
        assert "no noise" in of[name].reason
        assert np.isnan(of[name].estimate.value)
    assert of[INTERVALS[0]].verdict == "within"  # irregularity within a trial needs no noise


def test_without_dales_law_there_are_no_types():
    W = np.random.default_rng(0).normal(size=(N, N))
    network = replace(observed(0, repeats=2), W=W, types=cell_types(W))
    found = compare_with_cortex(network, SENSORY, np.random.default_rng(0))
    of = {m.name: m for m in found.metrics}
    for name in (*TYPED, "share of inhibitory neurons", "outgoing weight of one sign"):
        assert of[name].verdict == "not applicable"
        assert "Dale" in of[name].reason
    assert of["connected pairs"].estimate.value == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("reported", "reason"),
    [
        (Reported(0.5, 1.5, "", "told by someone"), "no source gives one"),
        (Reported(0.5, np.nan, "A, B 1, 2 (2000)", "at least a half"), "does not give two ends"),
        (None, "no source gives one"),
    ],
)
def test_a_range_without_a_source_or_an_end_judges_nothing(reported, reason):
    ranges = {} if reported is None else {FANO: reported}
    metrics = beside(compared(0).metrics, Area("mine", "my area", ranges))
    metric = next(m for m in metrics if m.name == FANO)
    assert metric.verdict == "no range"
    assert reason in metric.reason
    assert reason in metric.reported.range
    assert np.isfinite(metric.estimate.value)
    assert not any(FANO in names for names in by_verdict(metrics).values())


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.5, 1.5, "within"), (1.2, 1.5, "outside"), (0.3, 0.6, "outside"), (0.95, 1.5, "undecided")],
)
def test_a_verdict_is_on_the_whole_interval(low, high, verdict):
    area = Area("mine", "", {FANO: Reported(low, high, "A, B 1, 2 (2000)", "")})
    metrics = beside(compared(0).controls["poisson"], area)
    metric = next(m for m in metrics if m.name == FANO)
    if verdict == "undecided":
        middle = (metric.estimate.low + metric.estimate.high) / 2
        metric = replace(metric, reported=replace(metric.reported, low=middle))
    assert metric.verdict == verdict


def test_every_range_of_an_area_is_cited_and_quoted_and_of_a_row_that_there_is():
    names = {m.name for m in compared(0).metrics}
    for area in AREAS.values():
        assert area.ranges.keys() <= names
        for reported in area.ranges.values():
            assert not reported.low > reported.high
            assert reported.source
            assert any(mark in reported.what for mark in ("'", "pairs"))


def test_a_large_network_is_looked_at_in_a_sample():
    few = bernoulli(0, np.full(400, 10.0), conditions=1, repeats=3, steps=100)
    W = np.zeros((10, 400))
    network = Observed(few, W, np.arange(10), None)
    found = compare_with_cortex(network, PREFRONTAL, np.random.default_rng(0))
    assert len(found.metrics) == 21
