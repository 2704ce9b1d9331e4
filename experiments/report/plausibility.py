"""The plausibility table in the report of a run."""

from functools import partial
from typing import Any

import numpy as np
from spikemodes.analysis.cortex import plausibility
from spikemodes.analysis.figures.spiking import draw_spike_statistics
from spikemodes.analysis.spiking import SpikeStatistics
from spikemodes.analysis.weights import WeightStatistics

from ..display.page import Figure, Section, Table
from .reported import Reported


def cortex(found: Reported) -> Section | None:
    """Set statistics of spikes and weights beside those of cortex, and say what a trial costs."""
    cost, conditions = found.summary.energy, found.conditions
    if found.circuit is None:
        return None
    assert cost is not None  # the run is analysed
    spiking = SpikeStatistics(**{k: _number(v) for k, v in found.findings.spiking.items()})
    weights = WeightStatistics(**{k: _number(v) for k, v in found.findings.weights.items()})
    metrics = plausibility(spiking, weights)
    compared = [m for m in metrics if m.verdict in {"within", "outside"}]
    within = sum(m.verdict == "within" for m in compared)
    modes = cost.mode_operations_per_trial
    through = "" if modes is None else f", or {modes:,.0f} through the modes"
    acting = f" Spikes and weights are those under the conditions: {conditions}." * bool(conditions)
    return Section(
        title="Plausibility",
        text=(
            f"Of {len(compared)} statistics with a reported range, {within} lie within it. Trials"
            " of one condition count as repeats; a mean over neurons or pairs is compared."
            f"{acting}\n\nA trial takes {cost.spikes_per_trial:,.0f} spikes and"
            f" {cost.synaptic_operations_per_trial:,.0f} synaptic operations{through}: a proxy"
            " of its energy."
        ),
        table=Table(
            caption="The network beside cortex. A dash: the sources give no range.",
            columns=("metric", "value", "cortex", "", "source"),
            rows=tuple(
                (
                    f"{m.name} [{m.unit}]" if m.unit else m.name,
                    m.value if np.isfinite(m.value) else "–",
                    m.range,
                    m.verdict,
                    f"{m.reported.what}. {m.reported.source}",
                )
                for m in metrics
            ),
        ),
        figures=(
            Figure(
                "spike-statistics",
                "Distributions over neurons and pairs, and the ranges reported for cortex.",
                partial(draw_spike_statistics, spiking=spiking),
            ),
        ),
    )


def _number(value: np.ndarray) -> Any:
    return value if value.ndim else float(value)
