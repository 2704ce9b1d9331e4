"""The numbers of a figure as CSV, read from what is drawn."""

import csv
import re
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection, PathCollection, PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.quiver import Quiver

if TYPE_CHECKING:
    from .page import Table

_COLUMNS = ("panel", "x axis", "y axis", "series", "kind", "x", "y", "value")
_KINDS = {"-": "line", "--": "dashed line", ":": "dotted line", "-.": "line", "None": "points"}
_LETTERS = {"kappa": "κ", "xi": "ξ", "tau": "τ", "gamma": "γ", "sigma": "σ", "Delta": "Δ"}

Row = tuple[str, float, float, float | None]  # kind, x, y, value


def drawn_numbers(drawing: Drawing) -> str:
    """Write lines, points, bands, bars, intervals, arrows and images of a figure, a row a value.

    A series has the name that it has in the legend, by its colour where the legend is drawn apart.
    Lines that mark a level, shaded epochs and text are left out.
    """
    names = dict(_legend(drawing))
    rows = []
    for k, axes in enumerate(drawing.axes, start=1):
        if axes.get_label() == "<colorbar>":
            continue
        title = axes.get_title(loc="left") or axes.get_title() or f"{k}"
        x = axes.get_xlabel() or drawing.get_supxlabel()
        panel = tuple(plain(text) for text in (title, x, axes.get_ylabel()))
        for series, shown in _series(axes, names):
            rows += [(*panel, series, *_cells(row)) for row in shown]
    return _csv(_COLUMNS, rows)


def given_numbers(table: "Table") -> str:
    """Write a table."""
    return _csv(table.columns, table.rows)


def plain(text: str) -> str:
    """Write a label without the commands of formulas: κ_1^out for its formula."""
    text = re.sub(r"\\(mathrm|mathit|text)\{([^{}]*)\}", r"\2", text)
    text = re.sub(r"\\([A-Za-z]+)", lambda found: _LETTERS.get(found[1], ""), text)
    return re.sub(r"(?<!\\)[${}]", "", text).replace(r"\$", "$")


def _legend(drawing: Drawing) -> Iterator[tuple[str, str]]:
    """Give the names of colours, the first where several lines have one."""
    found: dict[str, str] = {}
    for legend in (*drawing.legends, *(a.get_legend() for a in drawing.axes)):
        for handle, text in zip(*(_entries(legend) if legend else ((), ())), strict=True):
            if colour := _colour(handle):
                found.setdefault(colour, plain(text.get_text()))
    yield from found.items()


def _entries(legend):
    return legend.legend_handles, legend.get_texts()


def _colour(artist: Artist | None) -> str:
    """The colour of an artist, ``""`` where it has none or several."""
    if isinstance(artist, Line2D):
        return to_hex(artist.get_color())
    get = getattr(artist, "get_facecolor", None)
    colours = np.atleast_2d(get()) if get else np.zeros((0, 4))
    if isinstance(artist, LineCollection):
        colours = np.atleast_2d(np.asarray(artist.get_color(), float))
    return to_hex(colours[0]) if len(colours) == 1 else ""


def _series(axes: Axes, names: Mapping[str, str]) -> Iterator[tuple[str, list[Row]]]:
    """Give what is drawn in the axes' data coordinates, each artist with its name."""
    for k, artist in enumerate(axes.get_children(), start=1):
        shown = list(_rows(axes, artist))
        if shown:
            label = str(artist.get_label())
            own = "" if label.startswith("_") else plain(label)
            other = "bars" if isinstance(artist, Rectangle) else f"{k}"
            yield own or names.get(_colour(artist), other), shown


def _rows(axes: Axes, artist: Artist) -> Iterator[Row]:
    if isinstance(artist, Line2D):
        if artist.get_transform() == axes.transData:
            kind = _KINDS.get(str(artist.get_linestyle()), "line")
            yield from _places(kind, artist.get_xydata())
    elif isinstance(artist, Rectangle):
        if artist is not axes.patch and artist.get_data_transform() == axes.transData:
            x, y = artist.get_x() + artist.get_width() / 2, artist.get_y() + artist.get_height()
            yield "bar", x, y, None
    elif isinstance(artist, Collection):
        yield from _of_collection(axes, artist)
    elif artist in axes.images:
        yield from _of_image(artist)


def _of_collection(axes: Axes, artist: Collection) -> Iterator[Row]:
    if isinstance(artist, Quiver):
        ends = np.ravel(artist.U), np.ravel(artist.V)
        for (x, y), u, v in zip(np.asarray(artist.XY), *ends, strict=True):
            yield "arrow from", float(x), float(y), None
            yield "arrow by", float(u), float(v), None
    elif isinstance(artist, PathCollection):
        values = artist.get_array()
        places = np.ma.asarray(artist.get_offsets()).filled(np.nan)
        yield from _places("points", places, None if values is None else np.ravel(values))
    elif isinstance(artist, LineCollection | PolyCollection):
        if artist.get_transform() != axes.transData:
            return
        kind = "interval" if isinstance(artist, LineCollection) else "edge of a band"
        for path in artist.get_paths():
            yield from _places(kind, path.vertices)


def _of_image(artist: Artist) -> Iterator[Row]:
    values = np.ma.asarray(artist.get_array())  # pyright: ignore[reportAttributeAccessIssue]
    if values.ndim != 2:
        return
    left, right, bottom, top = artist.get_extent()  # pyright: ignore[reportAttributeAccessIssue]
    n_rows, n_columns = values.shape
    if artist.origin == "upper":  # pyright: ignore[reportAttributeAccessIssue]
        bottom, top = top, bottom
    for (i, j), value in np.ma.ndenumerate(values):
        x = left + (j + 0.5) * (right - left) / n_columns
        yield "cell", x, bottom + (i + 0.5) * (top - bottom) / n_rows, float(value)


def _places(kind: str, places, values=None) -> Iterator[Row]:
    """Give points in the plane, those that are not known left out."""
    for k, (x, y) in enumerate(np.asarray(places, float)):
        if np.isfinite(x) and np.isfinite(y):
            yield kind, float(x), float(y), None if values is None else float(values[k])


def _cells(row: Row) -> tuple[str, str, str, str]:
    kind, x, y, value = row
    return kind, f"{x:.6g}", f"{y:.6g}", "" if value is None else f"{value:.6g}"


def _csv(columns, rows) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
