import numpy as np
import pytest
from spikemodes.experiments.tasks.arrays.clocks import clocks

M, T = 12, 9
RNG = np.random.default_rng(0)
ROWS = np.arange(M * T).reshape(M, T)
WITHIN = np.tile(np.arange(T), (M, 1))


@pytest.mark.parametrize(
    "channel",
    [
        ROWS,
        -0.01 * ROWS,
        1.7e9 + 0.002 * (ROWS + 0.5 * RNG.random((M, T))),
        np.floor(ROWS / 30),
        RNG.permutation(M * T).reshape(M, T),
        np.tile(RNG.permutation(M)[:, None], (1, T)),
        np.tile(np.arange(M)[:, None] >= M // 2, (1, T)),
        WITHIN,
        WITHIN // 3,
        np.cumsum(RNG.random((M, T)), axis=1) + RNG.normal(size=(M, 1)),
        ROWS % 25,
        np.where(np.arange(M)[:, None] == 3, np.nan, ROWS),
        np.where(T - np.arange(M)[:, None] % 3 > WITHIN, ROWS, np.nan),
    ],
    ids=[
        "rows",
        "countdown",
        "seconds",
        "blocks",
        "shuffled",
        "trials",
        "halves",
        "within",
        "whole-seconds",
        "rising",
        "wraps",
        "missing",
        "unequal",
    ],
)
def test_clocks_and_counters_are_found_beside_noise(channel):
    noise = RNG.normal(size=(M, T))
    assert clocks(np.stack([noise, channel.astype(float), noise], axis=2)) == [1]


@pytest.mark.parametrize(
    "channel",
    [
        np.ones((M, T)),
        RNG.random((M, T)) < 0.1,
        WITHIN > 4,
        np.sin(ROWS / 5),
        RNG.normal(size=(M, 1)) + 0 * ROWS,
        np.where(WITHIN < 5, WITHIN, 8 - WITHIN),
        (ROWS == M * T - 1),
        np.where(np.arange(M)[:, None] % 2, WITHIN, -WITHIN) + RNG.normal(size=(M, T)),
        np.full((M, T), np.nan),
    ],
    ids=[
        "constant",
        "raster",
        "cue",
        "sine",
        "context",
        "triangle",
        "one-spike",
        "ramps",
        "missing",
    ],
)
def test_what_is_measured_is_taken(channel):
    assert not clocks(channel[..., None].astype(float))


def test_a_clock_that_is_not_exact_is_one():
    rng = np.random.default_rng(0)
    starts = 10.0 * np.arange(24)[:, None]
    jittered = starts + 0.5 * np.arange(12) + 0.7 * rng.standard_normal((24, 12))
    assert clocks(jittered[..., None]) == [0]
    assert clocks(rng.standard_normal((24, 12, 3))) == []
