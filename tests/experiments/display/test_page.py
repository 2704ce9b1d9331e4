"""The report: self-contained, escaped, the same bytes each time, and never half-written."""

import re
import xml.etree.ElementTree as ElementTree
from base64 import b64decode, b64encode
from dataclasses import replace
from gzip import decompress
from hashlib import sha256
from html.parser import HTMLParser

import numpy as np
import pytest
from spikemodes.experiments.display import Figure, Report, Section, Table, Tile
from spikemodes.experiments.display.explorer import Course, Explorer
from spikemodes.experiments.display.writing import write_report

KINDS = ("csv", "png", "svg")
EVIL = '<script>alert("&")</script>'


def draw(theme):
    figure = theme.figure(2.0, 1.5)
    axes = theme.style(figure.subplots(), x="time [ms]", y="v")
    axes.plot([0, 1, 2], [0, 1, 0], color=theme.palette[0], marker="o")
    axes.fill_between([0, 2], [0, 0], [1, 1], color=theme.palette[1], alpha=0.2)
    return figure


def report(*figures: Figure) -> Report:
    table = Table(
        "Twin and Brian2", ("measure", "twin"), (("rate [Hz]", 20.12345), ("spikes", 12345))
    )
    return Report(
        f"Run {EVIL}",
        "seed 0",
        (Section("Validation", f"One.\n\nTwo {EVIL}.", figures, table), Section("Modes")),
        (Tile("Accuracy", "99.5 %", "chance is 50 %"),),
    )


TWO_FIGURES = (Figure("raster", "A caption & more", draw), Figure("output", EVIL, draw))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    write_report(report(*TWO_FIGURES), folder / "report.html", folder / "figures")
    return folder


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.opened, self.attributes = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.opened.append(tag)
        self.attributes += attrs


def test_page_is_self_contained(written):
    tags = Tags((written / "report.html").read_text())
    assert not {"link", "img", "iframe"} & set(tags.opened)
    links = [value for name, value in tags.attributes if name in {"src", "href", "xlink:href"}]
    assert links
    assert all(link.startswith(("#", "data:")) for link in links)


def test_no_script_runs_but_those_whose_sum_the_policy_has(written):
    html = (written / "report.html").read_text()
    (policy,) = re.findall(r'Security-Policy" content="([^"]+)"', html)
    scripts = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    sums = [b64encode(sha256(script.encode()).digest()).decode() for script in scripts]
    assert scripts
    assert policy.startswith("default-src &#39;none&#39;;")
    assert re.findall(r"sha256-([^&]+)&", policy) == sums


def test_ids_are_unique_and_every_reference_resolves(written):
    html = (written / "report.html").read_text()
    ids = re.findall(r'\bid="([^"]+)"', html)
    references = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', html)
    assert len(ids) == len(set(ids))
    assert {a or b for a, b in references} <= set(ids)


def test_text_is_escaped(written):
    html = (written / "report.html").read_text()
    assert EVIL not in html
    assert html.count("&lt;script&gt;") >= 4


def test_figures_appear_in_both_themes_and_are_described(written):
    tags = Tags((written / "report.html").read_text())
    assert tags.opened.count("svg") == 4
    assert tags.attributes.count(("aria-label", "A caption & more")) == 2


def test_table_and_tiles_are_semantic(written):
    html = (written / "report.html").read_text()
    assert '<th scope="row">rate [Hz]</th><td class="number">20.12</td>' in html
    assert '<td class="number">12,345</td>' in html
    assert "<dt>Accuracy</dt>" in html


def test_figures_are_written_as_svg_and_png(written):
    names = sorted(file.name for file in (written / "figures").iterdir())
    assert names == [f"{name}.{kind}" for name in ("output", "raster") for kind in KINDS]
    assert ElementTree.parse(written / "figures" / "raster.svg").getroot().tag.endswith("svg")
    assert (written / "figures" / "raster.png").read_bytes().startswith(b"\x89PNG")


def test_the_page_holds_the_numbers_of_each_figure(written):
    tags = Tags((written / "report.html").read_text())
    links = [value for name, value in tags.attributes if name == "href" and "gzip" in value]
    files = [decompress(b64decode(link.split(",")[1])) for link in links]
    assert files == [(written / "figures" / f"{n}.csv").read_bytes() for n in ("raster", "output")]


def test_same_report_gives_the_same_bytes(written, tmp_path):
    write_report(report(*TWO_FIGURES), tmp_path / "report.html", tmp_path / "figures")
    for file in ("report.html", *(f"figures/raster.{kind}" for kind in KINDS)):
        assert (tmp_path / file).read_bytes() == (written / file).read_bytes()


def test_failing_figure_leaves_the_earlier_report_whole(tmp_path):
    page = tmp_path / "report.html"
    page.write_text("earlier")

    def fail(theme):
        raise RuntimeError("no data")

    with pytest.raises(RuntimeError, match="no data"):
        write_report(report(Figure("broken", "", fail)), page, tmp_path / "figures")
    assert page.read_text() == "earlier"
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["report.html"]


def test_a_page_with_an_explorer_is_small_and_holds_plotly_once(tmp_path):
    rng = np.random.default_rng(0)
    spikes = rng.uniform(0, 1000, 2600), rng.integers(100, size=2600)

    def course(name, spikes):
        path, output = rng.normal(size=(500, 3)), rng.normal(size=(500, 1))
        return Course(name, f"condition {name}", path, output, output, spikes, np.zeros(500))

    none = np.zeros(0), np.zeros(0, int)
    explorer = Explorer(
        axes=("κ1", "κ2", "κ3"),
        times=np.arange(500.0),
        means=[course(str(k), none) for k in range(8)],
        trials=[course(str(k), spikes) for k in range(24)],
        epochs=[(EVIL, 0.0, 100.0)],
        n_neurons=100,
    )
    shown = Report("r", "", (Section("Modes", explorer=explorer),))
    write_report(shown, tmp_path / "r.html", tmp_path)
    html = (tmp_path / "r.html").read_text()
    assert len(html) < 5e6  # figures take the rest of 8 MB
    assert html.count('<script type="text/plain" id="plotly">') == 1
    assert EVIL not in html
    with pytest.raises(ValueError, match="`sections` must have one explorer"):
        replace(shown, sections=shown.sections * 2)
    with pytest.raises(ValueError, match="`axes` must be 2 or 3"):
        replace(explorer, axes=("κ1",))
    with pytest.raises(ValueError, match="`means` must have a course"):
        replace(explorer, means=[])


def test_limits_findings_and_glossary_stand_in_the_page(tmp_path):
    figure = replace(TWO_FIGURES[0], finding=f"It rises {EVIL}.")
    section = Section("S", "run `spikemodes stress`", (figure,), glossary={"τ": "importance"})
    write_report(Report("r", "", (section,), limits=("one seed",)), tmp_path / "r.html", tmp_path)
    html = (tmp_path / "r.html").read_text()
    assert "<li>one seed</li>" in html
    assert "<code>spikemodes stress</code>" in html
    assert "<dt>τ</dt><dd>importance</dd>" in html
    assert '<p class="finding">It rises &lt;script&gt;' in html


def test_bad_reports_are_refused():
    with pytest.raises(ValueError, match="`name` must be lower-case"):
        Figure("../raster", "", draw)
    with pytest.raises(ValueError, match="name each figure differently"):
        report(TWO_FIGURES[0], TWO_FIGURES[0])
    with pytest.raises(ValueError, match="`rows` must have 2 cells"):
        Table("", ("a", "b"), (("x",),))


def test_names_in_a_script_that_the_font_lacks_warn_nobody(tmp_path):
    def draw_name(theme):
        figure = draw(theme)
        figure.axes[0].set_title("日本")
        return figure

    write_report(report(Figure("name", "A name", draw_name)), tmp_path / "r.html", tmp_path)
    assert (tmp_path / "name.svg").is_file()


def test_paths_in_the_page_are_rounded_and_files_are_not(tmp_path):
    def draw(theme):
        figure = theme.figure(3, 2)
        figure.add_subplot().plot([0.123456, 0.654321, 0.31337], [1.23456, 2.34567, 1.98765])
        return figure

    report = Report("t", "s", (Section("a", figures=(Figure("line", "A line.", draw),)),))
    write_report(report, tmp_path / "report.html", tmp_path / "figures")
    page, file = (tmp_path / "report.html").read_text(), (tmp_path / "figures/line.svg").read_text()
    of_page, of_file = (re.findall(r' d="([^"]*)"', text) for text in (page, file))
    assert any(re.search(r"\.\d{4}", path) for path in of_file)
    assert of_page
    assert not any(re.search(r"\.\d{3}", path) for path in of_page)
