"""What a report is made of: key numbers, and sections with text, tables and figures."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from matplotlib.figure import Figure as Drawing
from spikemodes.analysis.figures.theme import Theme

from .explorer import Explorer


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
    finding
        What it says, in a sentence or two that are made from the numbers; stands above it.
    numbers
        Makes the table that is written as its CSV file; by default that of all that is drawn.

    Raises
    ------
    ValueError
        If `name` is not such a name.
    """

    name: str
    caption: str
    draw: Callable[[Theme], Drawing]
    finding: str = ""
    numbers: Callable[[], "Table"] | None = None

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
    """A section: paragraphs (parted by blank lines), a table, figures.

    Parameters
    ----------
    glossary
        What symbols and measures of the section mean, each in a sentence or less.
    explorer
        What moves above the figures, where scripts run.
    """

    title: str
    text: str = ""
    figures: tuple[Figure, ...] = ()
    table: Table | None = None
    glossary: Mapping[str, str] = field(default_factory=dict)
    explorer: Explorer | None = None


@dataclass(frozen=True)
class Report:
    """A report: its key numbers, what they leave open, then its sections.

    Parameters
    ----------
    limits
        What was not tested, in a sentence each.

    Raises
    ------
    ValueError
        If two figures have the same name, or there are two explorers.
    """

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    tiles: tuple[Tile, ...] = ()
    limits: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [figure.name for section in self.sections for figure in section.figures]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(
                    f"`sections` must name each figure differently: got {name!r} twice."
                )
        if len([section for section in self.sections if section.explorer]) > 1:
            raise ValueError("`sections` must have one explorer at most: got several.")
