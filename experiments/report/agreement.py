"""The report's section on how far the twin and Brian2 agree."""

import math

from ..display.page import Section, Table
from ..pipeline.cautions import as_paragraphs, uninformative
from ..pipeline.summary import Brian2Performance
from . import glossary
from .reported import Reported
from .summary_table import compared, label, measures


def agreement(found: Reported) -> Section:
    """Set the twin, Brian2, its finer step and the undisturbed network side by side."""
    summary, conditions = found.summary, found.conditions
    brian2, columns = summary.brian2, compared(summary)
    assert brian2 is not None  # the run is validated
    under = f" under the conditions that the network learned under ({conditions})" * bool(
        conditions
    )
    paragraphs = [
        "The PyTorch twin, in which the weights were learned, and Brian2's generated code ran the"
        f" same {brian2.performance.trials:,} unseen trials{under}. {_comparison(brian2)}",
        "The network did not run at a finer time step, as it has no continuous form:"
        f" {summary.left_out['fine']}."
        if summary.left_out
        else "The third column is the continuous form of the network: the same weights in"
        " differential equations, gain-matched, at a finer time step.",
    ]
    if conditions:
        paragraphs.append("The last column is the same network without the conditions.")
    paragraphs[-1] += as_paragraphs(uninformative(brian2.performance.measures))
    rows = [
        (label(key), *(part.all_measures.get(key) for part in columns.values()))
        for key in measures(summary)
    ]
    rows.append(("firing rate [Hz]", *(part.rate_hz for part in columns.values())))
    return Section(
        title="Twin and Brian2",
        text="\n\n".join(paragraphs),
        table=Table(
            caption=f"The same trials in the twin and in Brian2 ({brian2.target}).",
            columns=("", *columns),
            rows=tuple(tuple(math.nan if x is None else x for x in row) for row in rows),
        ),
        glossary=glossary.AGREEMENT,
    )


def _comparison(brian2: Brian2Performance) -> str:
    """Say how far both halves agree, or why that cannot be told."""
    divergence = brian2.first_divergence
    if brian2.not_compared is not None:
        return f"They are not compared spike for spike, because {brian2.not_compared}."
    if brian2.spike_match is None:
        found = "Rate neurons have no spikes to compare."
    elif divergence is None:
        found = "Every spike of every trial is the same in both."
    else:
        found = (
            f"The first spike that differs is that of neuron {divergence['neuron']} in trial"
            f" {divergence['trial']} at step {divergence['step']}."
        )
    if brian2.silenced is not None:
        found = f"Compared at a noise of size 0, since {brian2.silenced}. {found}"
    found += f" The outputs differ by {brian2.max_output_difference:.1e} at most."
    if own := brian2.own_equations:
        found += (
            " The neuron's equations, run by Brian2 as they are written and given the same input,"
            f" have every spike in common with the twin in {own['identical_trials']} of"
            f" {own['trials']} trials."
        )
    return found
