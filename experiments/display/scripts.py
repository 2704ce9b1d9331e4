"""The scripts of a page, each once, and the policy by which a browser runs no others."""

import hashlib
from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from gzip import compress
from pathlib import Path

_HERE = Path(__file__).parent


@cache
def page_script() -> str:
    """Give what sorts tables and saves figures."""
    return (_HERE / "page.js").read_text(encoding="utf-8")


@cache
def explorer_script() -> str:
    """Give what draws an explorer, with Plotly."""
    return (_HERE / "explorer.js").read_text(encoding="utf-8")


@cache
def plotly() -> str:
    """Give the source of Plotly's script."""
    from plotly.offline import get_plotlyjs  # takes a moment, and few pages have an explorer

    return get_plotlyjs()


def packed(content: str) -> str:
    """Compress text to base64 that a page can hold, to the same bytes each time."""
    return b64encode(compress(content.encode(), mtime=0)).decode()


def policy(scripts: Iterable[str]) -> str:
    """Say that a page loads nothing, and runs these scripts alone."""
    sums = (b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{each}'" for each in sums)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline';"
        " img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
