"""The plausibility section: verdicts in words, quotes, controls beside, and older runs."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from spike_processes import bernoulli, cortical_weights
from spikemodes.analysis import (
    AREAS,
    Observed,
    cell_types,
    compare_with_cortex,
    distributions,
)
from spikemodes.analysis.figures import LIGHT
from spikemodes.experiments.pipeline.plausibility import summarised
from spikemodes.experiments.pipeline.summary import Energy, Summary
from spikemodes.experiments.report.plausibility import cortex

ENERGY = Energy(100.0, 900.0, None)


def section(plausibility: Any, spiking: dict[str, np.ndarray], energy: Energy = ENERGY) -> Any:
    found = SimpleNamespace(
        circuit=object(),
        conditions="",
        findings=SimpleNamespace(spiking=spiking),
        summary=Summary(energy=energy, plausibility=plausibility),
    )
    return cortex(cast("Any", found))


def _through(energy: Energy) -> str:
    older = Summary.of({"plausibility": {"metrics": {}}}).plausibility
    unknown = np.full(3, np.nan)
    kept = {"rates": np.ones(3), "cv": unknown, "fano": unknown, "correlations": unknown}
    return section(older, kept, energy).text


def test_the_section_has_verdicts_reasons_quotes_and_controls():
    spikes = bernoulli(0, np.full(40, 15.0), conditions=2, repeats=6)
    W = cortical_weights(0, 40)
    network = Observed(spikes, W, np.arange(40), cell_types(W))
    area = AREAS["macaque-prefrontal"]
    comparison = compare_with_cortex(network, area, np.random.default_rng(0))
    made = section(summarised(comparison), dict(vars(distributions(spikes))))
    assert area.description in made.text
    assert "not added up" in made.text
    table = made.table
    assert table.columns[5:] == (
        "silent",
        "Poisson",
        "regular",
        "single weights permuted",
        "moved by",
        "source",
    )
    rows = {row[0]: dict(zip(table.columns[1:], row[1:], strict=True)) for row in table.rows}
    known = np.isfinite(distributions(spikes).cv).sum()
    cv = rows[
        f"CV of intervals, in operational time, neurons of ≥ 5 spikes a trial ({known} of 40)"
    ]
    assert cv["cortex"] == "0.632 to 1.41 (derived)"
    assert cv["single weights permuted"] == "same"
    inhibitory = rows["share of inhibitory neurons"]
    assert (inhibitory["Poisson"], inhibitory["regular"]) == ("same", "same")
    assert inhibitory["single weights permuted"] not in ("same", "–")
    assert area.caution in made.text
    assert (cv[""], cv["Poisson"], cv["regular"]) == ("within", "within", "outside")
    assert cv["silent"] == "not applicable"
    assert "'representative neurons with an LvR of 0.5, 1.0, and 1.5'" in cv["source"]
    assert "network.noise" in cv["moved by"]
    assert inhibitory["moved by"] == "network.excitatory"
    assert rows["median firing rate [Hz]"][""] == "no range: no source gives one"
    assert made.figures[0].draw(LIGHT).axes


def test_a_run_of_an_older_version_is_shown_as_it_was():
    row = {"unit": "Hz", "value": 3.0, "low": 0.0, "high": 60.0, "verdict": "within"}
    older = Summary.of({"plausibility": {"metrics": {"firing rate": row}}}).plausibility
    unknown = np.full(3, np.nan)
    kept = {"rates": np.ones(3), "cv": unknown, "fano": unknown, "correlations": unknown}
    made = section(older, {**kept, "synchrony": np.ones(1)})
    assert "version that named no area" in made.text
    assert made.table.columns == (
        "statistic",
        "value",
        "interval",
        "cortex",
        "",
        "moved by",
        "source",
    )
    assert made.table.rows[0][:5] == ("firing rate [Hz]", 3.0, "–", "0 to 60", "within")
    assert made.figures[0].draw(LIGHT).axes


@pytest.mark.parametrize(
    ("energy", "said"),
    [
        (Energy(100.0, 900.0, None), "900 synaptic operations."),
        (Energy(100.0, 900.0, 300.0), ", or 300 into the modes, without those from them"),
        (
            Energy(100.0, 900.0, 300.0, 15_000.0),
            ", or 15,300 through the modes (300 into them, 15,000 from them to all neurons",
        ),
    ],
)
def test_operations_through_modes_are_those_into_and_from_them(energy, said):
    assert said in _through(energy)


def test_a_network_of_rates_has_none():
    assert section(None, {}) is None
