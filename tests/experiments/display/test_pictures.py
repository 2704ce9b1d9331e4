"""Figures drawn side by side are those drawn one after the other."""

import multiprocessing.process
import os

import pytest
from spikemodes.analysis.figures import DARK, LIGHT
from spikemodes.experiments import cores
from spikemodes.experiments.display import Figure, pictures


def draw(n):
    def drawing(theme):
        figure = theme.figure(1.0, 1.0)
        figure.subplots().plot(range(n), color=theme.palette[0])
        return figure

    return Figure(f"line-{n}", "A line", drawing)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="figures are drawn one by one")
def test_a_pool_draws_the_same_bytes_in_the_same_order(monkeypatch):
    draws = [draw(n) for n in range(2, 8)]
    together = pictures.pictures_of(draws)
    monkeypatch.setattr(pictures, "_FEWEST", 100)
    assert together == pictures.pictures_of(draws)
    assert len({drawn.light for drawn in together}) == len(draws)
    assert all(drawn.light != drawn.dark for drawn in together)


def test_a_daemon_draws_without_children(monkeypatch):
    monkeypatch.setattr(multiprocessing.process.BaseProcess, "daemon", True)
    monkeypatch.delattr(cores, "ProcessPoolExecutor")
    assert len(pictures.pictures_of([draw(n) for n in range(2, 8)])) == 6


def test_what_a_figure_raises_reaches_the_caller():
    def fail(theme):
        raise RuntimeError(f"no data for {'light' if theme == LIGHT else 'dark'}")

    assert LIGHT != DARK
    with pytest.raises(RuntimeError, match="no data for light"):
        pictures.pictures_of([*(draw(n) for n in range(2, 6)), Figure("broken", "", fail)])
