"""The report's section on the configuration."""

from ..config.nested_keys import flat
from ..display.page import Section, Table
from .reported import Reported


def configuration(found: Reported) -> Section:
    """List every key."""
    rows = tuple((key, str(value)) for key, value in flat(found.spec.resolved()).items())
    return Section(
        title="Configuration",
        text="Everything that decides this run; `config.yaml` holds the same and repeats it.",
        table=Table(caption="", columns=("key", "value"), rows=rows),
    )
