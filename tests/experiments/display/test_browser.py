"""The page in Chromium: it turns, moves, sorts and prints, without an error or a request."""

import json

import numpy as np
import pytest
from browsing import until
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from spikemodes.experiments.display import Figure, Report, Section, Table
from spikemodes.experiments.display.explorer import Course, Explorer, FixedPoint, Flow
from spikemodes.experiments.display.writing import write_report

pytestmark = pytest.mark.browser

RNG = np.random.default_rng(0)
N_TIMES = 50
TIMES = 20.0 * np.arange(1, N_TIMES + 1)
GRID = RNG.normal(size=(20, 3))


def course(name, condition, *, trial):
    spikes = (TIMES[::2], np.arange(25)) if trial else (np.zeros(0), np.zeros(0, int))
    path = np.cumsum(RNG.normal(size=(N_TIMES, 3)), axis=0)
    output = RNG.normal(size=(N_TIMES, 1))
    rate = np.zeros(0) if trial else RNG.random(N_TIMES)
    return Course(name, condition, path, output, np.ones_like(output), spikes, rate)


EXPLORER = Explorer(
    axes=("κ1", "κ2", "κ3"),
    times=TIMES,
    means=[course("mean", name, trial=False) for name in ("left", "right")],
    trials=[course("trial 3", "right", trial=True)],
    epochs=[("stimulus", 0.0, 400.0), ("response", 400.0, 1000.0)],
    n_neurons=25,
    fixed_points=[FixedPoint((0.0, 0.0, 0.0), True, "context 0")],
    flows=[Flow("context 0", GRID, -GRID)],
)
TABLE = Table("", ("name", "value"), (("b", 10.0), ("a", 2.0), ("c", float("nan")), ("d", 1200)))


def draw(theme):
    figure = theme.figure(6.5, 2.0)
    theme.style(figure.subplots(), x="time [ms]").plot([0, 1], [2, 3], label="line")
    return figure


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    long = {"term": "a meaning " * 20}
    shown = Section(
        "Modes", "text " * 100, (Figure("f", "A", draw),), TABLE, glossary=long, explorer=EXPLORER
    )
    path = folder / "report.html"
    write_report(Report("A run", "", (shown, Section("Second"))), path, folder / "figures")
    return path


@pytest.fixture(scope="module")
def opened(browser, page):
    browser.get(page.as_uri())
    browser.execute_script("document.getElementById('explorer').scrollIntoView()")
    until(lambda: by_id(browser, "explorer").get_attribute("data-ready") == "true")
    return browser


def by_id(browser, name):
    return browser.find_element("id", name)


def of_plot(browser, name, expression):
    return browser.execute_script(f"const plot = document.getElementById('{name}'); {expression}")


def test_it_turns_on_drag(opened):
    camera = "return JSON.stringify(plot._fullLayout.scene._scene.getCamera().eye);"
    before = of_plot(opened, "explorer-space", camera)
    space = by_id(opened, "explorer-space")
    drag = ActionChains(opened).move_to_element(space).click_and_hold()
    drag.move_by_offset(90, 30).move_by_offset(30, 10).release().perform()
    until(lambda: of_plot(opened, "explorer-space", camera) != before)


def test_the_slider_moves_trajectory_spikes_and_output_together(opened):
    heads = "return plot.data[2 * 2].x;"  # after two whole and two past courses
    cursor = "return plot.layout.shapes[plot.layout.shapes.length - 1].x0;"
    slider = by_id(opened, "explorer-time")
    slider.send_keys(Keys.HOME)
    slider.send_keys(*[Keys.ARROW_RIGHT] * 9)
    until(lambda: of_plot(opened, "explorer-course-plot", cursor) == TIMES[9])
    shown = of_plot(opened, "explorer-space", heads)
    expected = [mean.path[9, 0] for mean in EXPLORER.means]
    np.testing.assert_allclose(shown, expected, rtol=1e-3)
    assert by_id(opened, "explorer-now").text == "200 ms, stimulus"


def test_a_trial_shows_its_spikes_and_the_map_of_a_context_its_flow(opened):
    kinds = "return plot.data.map((trace) => trace.type);"
    choose(opened, "explorer-course", "0")
    until(lambda: of_plot(opened, "explorer-course-plot", "return plot.data[0].x.length;") == 25)
    assert "cone" not in of_plot(opened, "explorer-space", kinds)
    choose(opened, "explorer-context", "context 0")
    until(lambda: "cone" in of_plot(opened, "explorer-space", kinds))
    choose(opened, "explorer-course", "")


def choose(browser, name, value):
    script = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('change'));"
    browser.execute_script(script, by_id(browser, name), value)


def test_tables_sort_by_click_and_by_keyboard(opened):
    name, value = opened.find_elements("css selector", "thead button")
    rows = "return [...document.querySelectorAll('tbody th')].map((cell) => cell.textContent);"
    opened.execute_script("arguments[0].scrollIntoView({block: 'center'})", value)
    value.click()
    assert opened.execute_script(rows) == ["a", "b", "d", "c"]  # what is not known comes last
    assert value.find_element("xpath", "..").get_attribute("aria-sort") == "ascending"
    value.send_keys(Keys.ENTER)
    assert opened.execute_script(rows) == ["d", "b", "a", "c"]
    name.send_keys(Keys.SPACE)
    assert opened.execute_script(rows) == ["a", "b", "c", "d"]
    assert value.find_element("xpath", "..").get_attribute("aria-sort") == "none"


def test_the_numbers_of_a_figure_are_in_the_page(opened):
    script = """
        const link = document.querySelector(".files a");
        window.unpacked(link.href.split(",")[1]).then(arguments[0]);
    """
    assert opened.execute_async_script(script).splitlines()[1] == "1,time [ms],,line,line,0,2,"


def test_a_phone_shows_it_without_scrolling_sideways(opened):
    size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    widths = "return [document.documentElement.scrollWidth, innerWidth];"
    until(lambda: opened.execute_script(widths) == [390, 390])
    text = "return document.querySelector('.light svg').getBoundingClientRect().width / 468;"
    assert opened.execute_script(text) > 1  # px for a point: labels of 9 points are legible
    opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_print_has_the_figures_and_what_is_folded(opened):
    opened.execute_cdp_cmd("Page.printToPDF", {})
    assert opened.execute_script("return document.querySelector('details').open;")
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert not by_id(opened, "explorer").is_displayed()
    assert opened.find_element("css selector", ".light svg").is_displayed()
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_nothing_failed_and_nothing_was_asked_of_the_network(opened, page):
    errors = [entry for entry in opened.get_log("browser") if entry["level"] == "SEVERE"]
    assert errors == []
    events = [json.loads(e["message"])["message"] for e in opened.get_log("performance")]
    sent = [e["params"] for e in events if e["method"] == "Network.requestWillBeSent"]
    asked = [e["request"]["url"] for e in sent if e["documentURL"] == page.as_uri()]
    assert page.as_uri() in asked
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
