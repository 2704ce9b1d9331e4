"""The page that shows runs as they go, and what it loads."""

from functools import cache
from pathlib import Path

import jinja2
from spikemodes.analysis.figures.theme import DARK, LIGHT

from ..display.scripts import plotly
from ..display.writing import FOLDER

_HERE = Path(__file__).parent
POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'unsafe-inline';"
    " img-src data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing but this server is asked for anything, and no other page holds this one."""


def page(folders: str) -> bytes:
    """Write the page for `folders`, in words."""
    loader = jinja2.FileSystemLoader([_HERE, FOLDER])
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    template = environment.get_template("watch.html")
    return template.render(folders=folders, light=LIGHT, dark=DARK).encode()


@cache
def script() -> bytes:
    """Give what fills the page."""
    return (_HERE / "watch.js").read_bytes()


@cache
def plotly_script() -> bytes:
    """Give what draws curves."""
    return plotly().encode()
