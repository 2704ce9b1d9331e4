"""The page in Chromium: a run that grows is drawn, sorted and filtered, without an error."""

import json
from urllib.parse import quote

import numpy as np
import pytest
from brian2 import ms
from browsing import until
from spikemodes.experiments.pipeline.directory import Metrics
from spikemodes.experiments.pipeline.presence import at_work
from spikemodes.models import Recording

pytestmark = pytest.mark.browser

NAMES = "return [...document.querySelectorAll('tbody tr:not([hidden]) th')].map((c) => c.innerText)"


def trial(n_modes):
    rng = np.random.default_rng(0)
    spikes = np.array([[0, 0, 4], [1, 0, 2], [3, 0, 1]])
    outputs, modes = rng.normal(size=(4, 1, 1)), rng.normal(size=(4, 1, n_modes))
    return Recording(spikes, 5, 1, 4, 0.5 * ms, outputs, modes)


def test_runs_are_shown_as_they_go(served, browser):
    def text(name):
        return browser.find_element("id", name).text

    def plotted(name, expression):
        script = f"const plot = document.getElementById('{name}'); return plot.data?.{expression}"
        return browser.execute_script(script)

    browser.get(served.server.address)
    until(lambda: text("status") == "There are no runs yet: this page waits for them.")
    run = served.new_run(
        "sweep/cells/network.modes=3,seed=0", train={"method": "bptt", "updates": 3}
    )
    other = served.new_run("sweep/cells/network.modes=1,seed=0", task={"name": "digits"})
    Metrics(other.metrics).append({"step": 1, "loss": 7.0})
    with at_work(other, "train"):
        pass  # and it is killed
    metrics, probe = Metrics(run.metrics), Metrics(run.probe)
    with at_work(run, "train"):
        metrics.append({"step": 1, "loss": 2.0, "accuracy": 0.5, "rate_hz": 8.0})
        until(lambda: text("status") == "1 training, 1 killed")
        assert "1 / 3" in browser.find_element("css selector", "tbody tr:nth-child(2)").text
        browser.find_element("link text", "sweep/cells/network.modes=3,seed=0").click()
        until(lambda: plotted("loss", "[0].y") == [2.0])
        assert browser.current_url.endswith(
            "#" + quote("sweep/cells/network.modes=3,seed=0", safe="")
        )
        assert "after the validation" in text("no-trial")
        probe.append({"step": 2, "accuracy": 0.75, "seconds": 0.1})
        trial(3).save(run.probed_trial)
        metrics.append({"step": 2, "loss": 1.0, "accuracy": 0.6, "rate_hz": 8.0})
        until(lambda: plotted("loss", "[0].y") == [2.0, 1.0])
        until(lambda: plotted("space", "[0].type") == "scatter3d")
        assert plotted("raster", "[0].x") == [0.5, 1.0, 2.0]
        assert plotted("performance", "map((trace) => trace.name)") == [
            "accuracy",
            "accuracy in Brian2",
        ]
        assert "the probe after 2 updates" in text("raster-caption")
        run.metrics.unlink()  # resumed: what was done again replaces what was there
        Metrics(run.metrics).append({"step": 1, "loss": 3.0, "accuracy": 0.5})
        until(lambda: plotted("loss", "[0].y") == [3.0])
        run.network.touch()
        trial(2).save(run.recording)
    until(lambda: text("status") == "1 finished, 1 killed")
    until(lambda: plotted("space", "[0].type") == "scatter")
    assert "of the validation" in text("raster-caption")
    sorts_and_filters(browser)
    fits_a_phone(browser)
    nothing_failed_and_nobody_else_was_asked(browser, served.server.address)


def sorts_and_filters(browser):
    cells = [f"sweep/cells/network.modes={modes},seed=0" for modes in (1, 3)]
    assert browser.execute_script(NAMES) == cells
    (loss,) = browser.find_elements("xpath", "//thead//button[text()='Loss']")
    loss.click()
    assert browser.execute_script(NAMES) == cells[::-1]
    assert loss.find_element("xpath", "..").get_attribute("aria-sort") == "ascending"
    loss.click()
    assert browser.execute_script(NAMES) == cells
    box = browser.find_element("id", "text")
    box.send_keys("digits")
    assert browser.execute_script(NAMES) == cells[:1]
    box.clear()
    browser.execute_script(
        "const state = document.getElementById('state'); state.value = 'finished';"
        "state.dispatchEvent(new Event('change'))"
    )
    assert browser.execute_script(NAMES) == cells[1:]
    assert browser.find_element("id", "count").text == "1 of 2 runs"


def fits_a_phone(browser):
    size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    widths = "return [document.documentElement.scrollWidth, innerWidth];"
    until(lambda: browser.execute_script(widths) == [390, 390])
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def nothing_failed_and_nobody_else_was_asked(browser, address):
    errors = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert errors == []
    events = [json.loads(e["message"])["message"] for e in browser.get_log("performance")]
    sent = [e["params"] for e in events if e["method"] == "Network.requestWillBeSent"]
    asked = [e["request"]["url"] for e in sent if e["documentURL"].startswith(address)]
    assert address + "plotly.js" in asked
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
