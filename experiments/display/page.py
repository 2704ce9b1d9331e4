"""The report of a run: one self-contained HTML file, and its figures as SVG and PNG."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jinja2
from markupsafe import Markup
from matplotlib.figure import Figure as Drawing
from spikemodes.analysis.figures.theme import DARK, LIGHT, Theme
from spikemodes.models.files import AnyPath, atomic_write

from .pictures import pictures_of

_REFERENCES = re.compile(r'(\bid="|\bhref="#|url\(#)')


@dataclass(frozen=True)
class Tile:
    """A key number: what it is, its value with unit, and a note on how to read it."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Figure:
    """A figure of the report.

    Parameters
    ----------
    name
        Name of its files, unique in the report: lower-case letters, digits and hyphens.
    caption
        What it shows; also its description for screen readers.
    draw
        Draws it in a theme; called once for each.

    Raises
    ------
    ValueError
        If `name` is not such a name.
    """

    name: str
    caption: str
    draw: Callable[[Theme], Drawing]

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", self.name):
            raise ValueError(
                "`name` must be lower-case letters, digits and single hyphens: got"
                f" {self.name!r}. It names the files of the figure."
            )


@dataclass(frozen=True)
class Table:
    """A table: column names, and rows of text or numbers.

    The first cell of a row is its heading. Floats are written with four digits, integers with
    commas.

    Raises
    ------
    ValueError
        If a row does not have one cell per column.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float, ...], ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(
                    f"`rows` must have {len(self.columns)} cells each: got {len(row)} in {row}."
                )


@dataclass(frozen=True)
class Section:
    """A section: paragraphs (parted by blank lines), a table, figures."""

    title: str
    text: str = ""
    figures: tuple[Figure, ...] = ()
    table: Table | None = None


@dataclass(frozen=True)
class Report:
    """A report: its key numbers, then its sections.

    Raises
    ------
    ValueError
        If two figures have the same name.
    """

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    tiles: tuple[Tile, ...] = ()

    def __post_init__(self) -> None:
        names = [figure.name for section in self.sections for figure in section.figures]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(
                    f"`sections` must name each figure differently: got {name!r} twice."
                )


def write_report(report: Report, path: AnyPath, figures_dir: AnyPath) -> None:
    """Write a report and its figures, every file whole or not at all, the report last.

    The HTML file holds each figure as inline SVG for light and for dark displays and needs no
    other file, script or network. The same report gives the same bytes.

    Parameters
    ----------
    report
        What to write.
    path
        The HTML file; its folder must exist.
    figures_dir
        Folder for ``NAME.svg`` and ``NAME.png`` of each figure, in the light theme, the
        SVG on a transparent and the PNG on a white background; made if missing.
    """
    path, figures_dir = Path(path), Path(figures_dir)
    figures_dir.mkdir(parents=True, exist_ok=True)
    figures = [figure for section in report.sections for figure in section.figures]
    inline = {}
    for figure, drawn in zip(figures, pictures_of([f.draw for f in figures]), strict=True):
        name = figure.name
        _write(figures_dir / f"{name}.svg", drawn.light)
        _write(figures_dir / f"{name}.png", drawn.png)
        inline[name] = {
            "light": _inline(drawn.light, f"{name}-light"),
            "dark": _inline(drawn.dark, f"{name}-dark"),
        }
    template = _templates().get_template("page.html")
    html = template.render(report=report, inline=inline, light=LIGHT, dark=DARK)
    _write(path, html.encode())


def _inline(svg: bytes, prefix: str) -> Markup:
    """An SVG element whose ids start with `prefix`, so that many fit into one page."""
    text = svg.decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = _REFERENCES.sub(rf"\g<1>{prefix}-", text)
    return Markup(re.sub(r"\n\s*\n+", "\n", text))


def _write(path: Path, content: bytes) -> None:
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = _cell
    environment.filters["paragraphs"] = lambda text: re.split(r"\n\s*\n", text.strip())
    return environment


def _cell(cell: str | int | float) -> str:
    match cell:
        case bool() | str():
            return str(cell)
        case int():
            return f"{cell:,}"
        case _:
            return f"{cell:.4g}"
