"""The numbers of a figure are those that are drawn, by the names of its legend."""

import csv
from io import StringIO

import numpy as np
from spikemodes.analysis.figures import LIGHT
from spikemodes.experiments.display import Table
from spikemodes.experiments.display.numbers import drawn_numbers, given_numbers, plain


def rows_of(figure):
    return list(csv.DictReader(StringIO(drawn_numbers(figure))))


def test_lines_bands_and_points_have_their_axes_and_names():
    figure = LIGHT.figure(3, 2)
    axes = LIGHT.style(figure.subplots(), x="time [ms]", y=r"$\kappa^\mathrm{out}_{1}$", title="T")
    (line,) = axes.plot([0, 1, 2], [3, np.nan, 5], color="#112233")
    axes.fill_between([0, 1], [0, 0], [1, 1], color="#445566", label="band")
    axes.scatter([7], [8], c=[9.0], label="dots")
    axes.axhline(99)
    axes.axvspan(0, 99)
    line.set_label("a line")
    LIGHT.legend(figure, [line])
    line.set_label("_hidden")
    found = rows_of(figure)
    assert {row["y axis"] for row in found} == {"κ^out_1"}
    assert {row["panel"] for row in found} == {"T"}
    assert [(r["x"], r["y"]) for r in found if r["series"] == "a line"] == [("0", "3"), ("2", "5")]
    assert {r["kind"] for r in found if r["series"] == "band"} == {"edge of a band"}
    assert [(r["x"], r["value"]) for r in found if r["series"] == "dots"] == [("7", "9")]
    assert "99" not in {row["y"] for row in found} | {row["x"] for row in found}


def test_bars_images_and_arrows_are_written():
    figure = LIGHT.figure(3, 2)
    bars, image, arrows = figure.subplots(1, 3)
    bars.bar([1, 2], [3.0, 4.0])
    image.imshow(np.ma.masked_array([[1.0, 2.0], [3.0, 4.0]], [[0, 1], [0, 0]]))
    arrows.quiver([0.0], [1.0], [2.0], [3.0])
    found = rows_of(figure)
    assert [(r["x"], r["y"]) for r in found if r["kind"] == "bar"] == [("1", "3"), ("2", "4")]
    cells = [(r["x"], r["y"], r["value"]) for r in found if r["kind"] == "cell"]
    assert cells == [("0", "0", "1"), ("0", "1", "3"), ("1", "1", "4")]
    assert [(r["x"], r["y"]) for r in found if r["kind"] == "arrow by"] == [("2", "3")]


def test_a_table_that_is_given_is_written_as_it_is():
    assert given_numbers(Table("", ("a", "b"), ((1, "x,y"),))) == 'a,b\n1,"x,y"\n'


def test_formulas_are_written_plainly():
    assert plain(r"$\xi_\mathrm{out}^\top$ of \$5") == "ξ_out^ of $5"
