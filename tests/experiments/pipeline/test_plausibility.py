"""Frozen trials of a run, and its table as a file."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from spike_processes import bernoulli, cortical_weights
from spikemodes.analysis import AREAS, Observed, cell_types, compare_with_cortex
from spikemodes.experiments.config import parse_spec
from spikemodes.experiments.pipeline.plausibility import (
    COLUMNS,
    N_CONDITIONS,
    N_REPEATS,
    frozen,
    record_frozen,
    summarised,
    write_table,
)
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import ModeNetwork
from spikemodes.models.neurons.lif import LIF
from spikemodes.models.neurons.synaptic_filter import DoubleExponential


@pytest.fixture(scope="module")
def comparison():
    W = cortical_weights(0, 40)
    spikes = bernoulli(0, np.full(40, 15.0), conditions=2, repeats=6)
    network = Observed(spikes, W, np.arange(40), cell_types(W))
    return compare_with_cortex(network, AREAS["rodent-sensory"], np.random.default_rng(0))


def test_the_file_holds_the_table(comparison, tmp_path):
    write_table(comparison.metrics, tmp_path / "plausibility.csv")
    with (tmp_path / "plausibility.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    for row, metric in zip(rows, comparison.metrics, strict=True):
        assert (row["metric"], row["verdict"]) == (metric.name, metric.verdict)
        assert (row["reason"], row["source"]) == (metric.reason, metric.reported.source)
        if np.isfinite(metric.estimate.value):
            assert float(row["value"]) == pytest.approx(metric.estimate.value, rel=1e-5)
        else:
            assert row["value"] == ""


def test_the_summary_names_the_rows_of_each_verdict_and_adds_nothing_up(comparison):
    table = summarised(comparison)
    assert table.area == "rodent-sensory"
    judged = {name: m.verdict for name, m in table.metrics.items()}
    for verdict in ("within", "outside", "undecided", "not_applicable"):
        names = {n for n, v in judged.items() if v == verdict.replace("_", " ")}
        assert set(getattr(table.verdicts, verdict)) == names
    assert table.controls is not None
    assert table.controls.silent.within == ()


def test_frozen_trials_are_a_few_conditions_each_repeated_as_it_is(draw_trials):
    rng = np.random.default_rng(0)
    conditions = {"context": rng.integers(2, size=60), "evidence": rng.normal(size=60)}
    trials = replace(draw_trials(5, 60), conditions=conditions)
    shown = frozen(trials)
    assert shown.n_trials == N_CONDITIONS * N_REPEATS
    each = shown.inputs.reshape(5, N_CONDITIONS, N_REPEATS, -1)
    np.testing.assert_array_equal(each, np.broadcast_to(each[:, :, :1], each.shape))
    evidence = shown.conditions["evidence"][::N_REPEATS]
    assert len(np.unique(evidence)) == N_CONDITIONS  # graded evidence is no noise


def test_few_conditions_are_filled_up_with_their_other_trials(draw_trials):
    trials = replace(draw_trials(5, 20), conditions={"context": np.arange(20) % 2})
    shown = frozen(trials)
    assert shown.n_trials == N_CONDITIONS * N_REPEATS
    assert set(shown.conditions["context"]) == {0, 1}
    assert frozen(draw_trials(5, 3)).n_trials == 3 * N_REPEATS


@pytest.mark.parametrize(
    ("conditions", "varies"),
    [([], False), ([{"name": "membrane-noise", "sd": 0.3}], True)],
)
def test_repeats_vary_where_a_condition_makes_noise(conditions, varies):
    spec = parse_spec(
        {
            "task": {"name": "selective-integration"},
            "network": {"neurons": 6, "modes": 1},
            "train": {"conditions": conditions},
            "simulate": {"target": "numpy"},
        }
    )
    task, rng = spec.build_task(), np.random.default_rng(0)
    network = ModeNetwork(
        neuron=LIF(),
        filter=DoubleExponential(),
        W_in=0.2 * rng.random((6, task.n_inputs)),
        W_out=rng.normal(size=(task.n_outputs, 6)),
        dt=task.dt,
        modes=Modes(rng.normal(size=(6, 1)), np.ones(1), rng.normal(size=(6, 1))),
    )
    repeats = record_frozen(spec, network, task.sample(2, rng))
    assert len(repeats.spikes) > 0
    assert repeats.varies == varies
    assert repeats.shape[:2] == (2, N_REPEATS)


def test_an_unknown_area_is_refused():
    assert parse_spec({}).plausibility.area == "macaque-prefrontal"
    with pytest.raises(ValueError, match=r"`plausibility\.area` must be one of macaque-prefrontal"):
        parse_spec({"plausibility": {"area": "cat"}})
