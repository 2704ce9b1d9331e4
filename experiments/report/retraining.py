"""The report's section on learning under conditions."""

from ..display.page import Section, Table
from ..pipeline.circumstances import described
from ..pipeline.summary import Retraining
from . import glossary
from .reported import Reported
from .summary_table import label


def retraining(found: Reported) -> Section | None:
    """Set the network before and after it learned on under conditions side by side."""
    return retraining_section(found.summary.retraining) if found.summary.retraining else None


def retraining_section(found: Retraining) -> Section:
    """Lay out the table of both networks."""
    columns = {
        "before, undisturbed": found.before.undisturbed,
        "after, undisturbed": found.after.undisturbed,
        "before, under conditions": found.before.under_conditions,
        "after, under conditions": found.after.under_conditions,
    }
    rows = [
        (label(key), *(part.all_measures.get(key) for part in columns.values()))
        for key in found.before.undisturbed.all_measures
    ]
    rows.append((label("rate_hz"), *(part.rate_hz for part in columns.values())))
    return Section(
        title="Learning under conditions",
        glossary=glossary.PERFORMANCE,
        text=(
            f"The trained network learned on under these conditions: {described(found.conditions)}."
            " Both networks ran the same unseen trials in Brian2, without the conditions and under"
            " the same draw of them."
        ),
        table=Table(
            caption="Before and after learning under the conditions, in Brian2.",
            columns=("", *columns),
            rows=tuple(
                (name, *("–" if value is None else f"{value:.3f}" for value in values))
                for name, *values in rows
            ),
        ),
    )
