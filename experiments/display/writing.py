"""Write a report: one self-contained HTML file, and its figures as SVG, PNG and CSV."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape
from spikemodes.analysis.figures.theme import DARK, LIGHT
from spikemodes.models.files import AnyPath, atomic_write

from .explorer import Explorer
from .page import Report
from .pictures import Pictures, pictures_of
from .scripts import explorer_script, packed, page_script, plotly, policy

FOLDER = Path(__file__).parent
"""Holds the templates of pages."""

_REFERENCES = re.compile(r'(\bid="|\bhref="#|url\(#)')
_PATH, _DECIMALS = re.compile(r' d="[^"]*"'), re.compile(r"(\.\d\d)\d+")
_NARROW, _WIDE = 350, 520  # points: what a phone shows whole, and what takes the whole page


def write_report(report: Report, path: AnyPath, figures_dir: AnyPath) -> None:
    """Write a report and its figures, every file whole or not at all, the report last.

    The HTML file holds each figure as inline SVG for light and for dark displays, its numbers,
    and all scripts, and needs no other file and no network. The same report gives the same bytes.

    Parameters
    ----------
    report
        What to write.
    path
        The HTML file; its folder must exist.
    figures_dir
        Folder for ``NAME.svg``, ``NAME.png`` and ``NAME.csv`` of each figure, in the light theme,
        the SVG on a transparent and the PNG on a white background; made if missing.
    """
    path, figures_dir = Path(path), Path(figures_dir)
    figures_dir.mkdir(parents=True, exist_ok=True)
    figures = [figure for section in report.sections for figure in section.figures]
    shown = {}
    for figure, drawn in zip(figures, pictures_of(figures), strict=True):
        name = figure.name
        _write(figures_dir / f"{name}.svg", drawn.light)
        _write(figures_dir / f"{name}.png", drawn.png)
        _write(figures_dir / f"{name}.csv", drawn.numbers.encode())
        shown[name] = _shown(name, drawn)
    explorer = next((s.explorer for s in report.sections if s.explorer), None)
    html = _template().render(
        report=report, shown=shown, light=LIGHT, dark=DARK, **_scripts(explorer)
    )
    _write(path, html.encode())


def _shown(name: str, drawn: Pictures) -> dict[str, Any]:
    """What the page holds of a figure."""
    width = re.search(rb'<svg[^>]*\bwidth="([\d.]+)pt"', drawn.light)
    points = float(width[1]) if width else _NARROW
    return {
        "light": _inline(drawn.light, f"{name}-light"),
        "dark": _inline(drawn.dark, f"{name}-dark"),
        "size": "wide" if points > _WIDE else "narrow" if points < _NARROW else "",
        "numbers": packed(drawn.numbers),
    }


def _scripts(explorer: Explorer | None) -> dict[str, Any]:
    """The scripts of a page and their policy; Plotly, which is large, only where it is used."""
    if explorer is None:
        return {"page_script": Markup(page_script()), "policy": policy([page_script()])}
    scripts = page_script(), explorer_script(), plotly()
    palettes = {
        theme.name: list(theme.colours(explorer.conditions).values()) for theme in (LIGHT, DARK)
    }
    return {
        "page_script": Markup(page_script()),
        "explorer_script": Markup(explorer_script()),
        "plotly": packed(plotly()),
        "explored": Markup(explorer.as_json(palettes)),
        "policy": policy(scripts),
    }


def _inline(svg: bytes, prefix: str) -> Markup:
    """An SVG element whose ids start with `prefix`, so that many fit into one page."""
    text = svg.decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = _REFERENCES.sub(rf"\g<1>{prefix}-", text)
    text = _PATH.sub(lambda path: _DECIMALS.sub(r"\1", path[0]), text)  # to 1/100 point
    return Markup(re.sub(r"\n\s*\n+", "\n", text))


def _write(path: Path, content: bytes) -> None:
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = _cell
    environment.filters["code"] = _code
    environment.filters["paragraphs"] = lambda text: re.split(r"\n\s*\n", text.strip())
    return environment.get_template("page.html")


def _code(text: str) -> Markup:
    """Mark what stands in backticks."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _cell(cell: str | int | float) -> str:
    match cell:
        case bool() | str():
            return str(cell)
        case int():
            return f"{cell:,}"
        case _:
            return f"{cell:.4g}"
