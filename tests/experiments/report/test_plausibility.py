"""The plausibility section: verdicts in words, quotes, controls beside, and older runs."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
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


def section(plausibility: Any, spiking: dict[str, np.ndarray]) -> Any:
    found = SimpleNamespace(
        circuit=object(),
        conditions="",
        findings=SimpleNamespace(spiking=spiking),
        summary=Summary(energy=ENERGY, plausibility=plausibility),
    )
    return cortex(cast("Any", found))


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
    assert table.columns[5:] == ("silent", "Poisson", "regular", "W shuffled", "source")
    rows = {row[0]: dict(zip(table.columns[1:], row[1:], strict=True)) for row in table.rows}
    cv = rows["CV of interspike intervals"]
    assert (cv[""], cv["Poisson"], cv["regular"]) == ("within", "within", "outside")
    assert cv["silent"] == "not applicable"
    assert "'representative neurons with an LvR of 0.5, 1.0, and 1.5'" in cv["source"]
    assert rows["median firing rate [Hz]"][""] == "no range: no source gives one"
    assert made.figures[0].draw(LIGHT).axes


def test_a_run_of_an_older_version_is_shown_as_it_was():
    row = {"unit": "Hz", "value": 3.0, "low": 0.0, "high": 60.0, "verdict": "within"}
    older = Summary.of({"plausibility": {"metrics": {"firing rate": row}}}).plausibility
    unknown = np.full(3, np.nan)
    kept = {"rates": np.ones(3), "cv": unknown, "fano": unknown, "correlations": unknown}
    made = section(older, {**kept, "synchrony": np.ones(1)})
    assert "version that named no area" in made.text
    assert made.table.columns == ("statistic", "value", "interval", "cortex", "", "source")
    assert made.table.rows[0][:5] == ("firing rate [Hz]", 3.0, "–", "0 to 60", "within")
    assert made.figures[0].draw(LIGHT).axes


def test_a_network_of_rates_has_none():
    assert section(None, {}) is None
