"""The report's section on what the network is shown and asked."""

from ..display.page import Section
from ..tasks.registry import listed
from .reported import Reported

_MOST_NAMED = 100  # channels and classes


def data(found: Reported) -> Section | None:
    """Name channels and classes, where the user's data have names for them."""
    texts = (
        ("The input channels are", found.summary.channels),
        ("The classes are", found.summary.classes),
    )
    named = [f"{text} {listed(names, _MOST_NAMED)}." for text, names in texts if names]
    return Section(title="Data", text="\n\n".join(named)) if named else None
