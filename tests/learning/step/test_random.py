"""Numbers that follow from a key and a counter: known answers, their distribution, both homes."""

import math
import sys
from dataclasses import replace

import mpmath
import numpy as np
import pytest
import torch
from scipy import stats
from spikemodes.learning import FusedBackend, Twin
from spikemodes.learning.kernels.cache import load_kernels
from spikemodes.learning.kernels.groups import MODES
from spikemodes.learning.kernels.source import kernel_source
from spikemodes.learning.step.random import Draws, drawn_from, new_key, source
from spikemodes.models import BiasedLIF

DTYPES = (torch.float32, torch.float64)
ALL = 2**32 - 1
KNOWN = (  # of Philox4x32-10, as published with the authors' Random123: counter, key, words
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ALL,) * 4, (ALL,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
)


def plain(dtype):
    """The functions on numbers."""
    number = np.dtype(dtype).type
    integer = np.dtype(dtype.replace("float", "int")).type
    scope = {
        "F": number, "I": integer, "number": number, "whole": int,
        "bits": lambda x: x.view(integer), "from_bits": lambda x: integer(x).view(number),
        "sqrt": np.sqrt, "select": lambda condition, a, b: a if condition else b,
    }  # fmt: skip
    exec(source(dtype), scope)
    return scope


def drawn(function="randn", *, shape=(50, 100), steps=200, key=(1, 2), dtype=torch.float64):
    """Step × trial × neuron."""
    draws = Draws([function], torch.zeros(shape, dtype=dtype), key)
    return torch.stack([draws(k)[0] for k in range(steps)]).numpy()


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
def test_words_are_those_that_the_authors_publish(counter, key, words):
    philox = plain("float64")["philox"]
    assert philox(*counter, *key) == words
    tensors = philox(*(torch.tensor([x]) for x in counter), *key)
    assert tuple(int(x) for x in tensors) == words


@pytest.mark.parametrize("dtype", DTYPES)
def test_normal_numbers_are_normal(dtype):
    x = drawn(dtype=dtype).ravel().astype(float)
    n = len(x)
    assert abs(x.mean()) < 4 / n**0.5
    assert abs(x.var() - 1) < 4 * (2 / n) ** 0.5
    assert abs(stats.skew(x)) < 4 * (6 / n) ** 0.5
    assert abs(stats.kurtosis(x)) < 4 * (24 / n) ** 0.5
    assert stats.kstest(x, "norm").pvalue > 0.01
    beyond = 2 * float(stats.norm.sf(4))
    assert (np.abs(x) > 4).mean() == pytest.approx(beyond, rel=4 / (n * beyond) ** 0.5)


@pytest.mark.parametrize("dtype", DTYPES)
def test_uniform_numbers_are_uniform(dtype):
    x = drawn("rand", dtype=dtype).ravel().astype(float)
    assert 0 <= x.min() < 1e-5
    assert 1 - 1e-5 < x.max() < 1
    assert stats.kstest(x, "uniform").pvalue > 0.01


def test_no_word_makes_a_uniform_number_of_1_or_a_normal_one_without_value():
    ends = [0, 1, 2**30, 2**31 - 1, 2**31, 2**32 - 1]
    for dtype in ("float32", "float64"):
        scope = plain(dtype)
        assert [scope["uniform"](w) for w in (0, ALL)] == pytest.approx([0, 1], abs=1e-7)
        assert scope["uniform"](ALL) < 1
        for first in ends:
            for second in ends:
                assert all(abs(x) < 6.7 for x in scope["normal_pair"](first, second))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal_numbers_are_exact_to_some_last_digits(dtype):
    """Radius and angle come from 31 bits each; near radius 0, numbers of 24 bits are coarse."""
    pair, eps = plain(dtype)["normal_pair"], np.finfo(dtype).eps
    rng = np.random.default_rng(0)
    for first, second in rng.integers(2**32, size=(300, 2)):
        radius = mpmath.sqrt(-2 * mpmath.log((int(first) % 2**31 + 0.5) / 2**31))
        angle = mpmath.pi / 4 * (int(second) % 2**31 - 2**30) / 2**30
        along, across = radius * mpmath.cos(angle), radius * mpmath.sin(angle)
        along = -along if second >= 2**31 else along
        expected = (across, along) if first >= 2**31 else (along, across)
        found = pair(int(first), int(second))
        assert all(type(x) is np.dtype(dtype).type for x in found)
        tolerance = 4 * eps * (radius + 1 / radius)
        assert max(abs(x - y) for x, y in zip(found, expected, strict=True)) < tolerance


def correlation(x, y):
    return abs(np.corrcoef(np.ravel(x), np.ravel(y))[0, 1]) * np.size(x) ** 0.5


@pytest.mark.parametrize("power", [1, 2], ids=["numbers", "squares"])
def test_neighbours_are_not_correlated(power):
    x = drawn() ** power
    for lag in (1, 2, 3, 4, 8):  # steps of a block, and blocks
        assert correlation(x[lag:], x[:-lag]) < 4
    for axis in (1, 2):
        first, second = (np.delete(x, end, axis) for end in (0, -1))
        assert correlation(first, second) < 4
    like = torch.zeros(50, 100, dtype=torch.float64)
    calls = Draws(["randn", "randn", "rand"], like, (1, 2))
    by_call = [np.stack(y) ** power for y in zip(*(calls(k) for k in range(200)), strict=True)]
    np.testing.assert_array_equal(by_call[0], x)
    assert correlation(by_call[0], by_call[1]) < 4
    assert correlation(by_call[1], by_call[2]) < 4
    for key in ((2, 2), (1, 3), (2, 1)):
        assert correlation(x, drawn(key=key) ** power) < 4


def test_steps_may_come_in_any_order():
    like = torch.zeros(2, 3)
    forward, back = (Draws(["randn", "rand"], like, (3, 4)) for _ in range(2))
    there = [forward(k) for k in range(10)]
    for k in reversed(range(10)):
        for x, y in zip(there[k], back(k), strict=True):
            assert torch.equal(x, y)


def test_a_neuron_draws_the_same_among_few_and_many():
    few, many = drawn(shape=(2, 3), steps=9), drawn(shape=(5, 40), steps=9)
    np.testing.assert_array_equal(few, many[:, :2, :3])


def test_both_precisions_draw_the_same_up_to_rounding():
    for function in ("rand", "randn"):
        single, double = (drawn(function, steps=40, dtype=dtype) for dtype in DTYPES)
        np.testing.assert_allclose(single, double, atol=1e-4)
        assert np.abs(single - double).mean() < 1e-7


@pytest.mark.parametrize(
    "kernels", ["interpreted", pytest.param("compiled", marks=pytest.mark.slow)], indirect=True
)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", ["rand", "randn"])
def test_kernels_draw_the_same_bits(function, dtype, kernels, draw_network):
    name = str(dtype).removeprefix("torch.")
    model = Twin(draw_network(BiasedLIF(noise=0.1))).model
    text = kernel_source(model, groups=MODES, peaks=False, dtype=name)
    module = vars(sys.modules[load_kernels(text).directory.name])
    trial, call, key, n = 5, 1, (17, ALL), 24
    draws, words = np.zeros((2, 4, n), name), np.zeros((4, n), np.uint32)
    expected = Draws([function] * 2, torch.zeros(trial + 1, n, dtype=dtype), key)
    for block in (0, 1, 300):
        module[f"draw_{function}"](draws, words, call, np.array(key), np.int32(block), trial)
        for i in range(4):
            np.testing.assert_array_equal(draws[call, i], expected(4 * block + i)[call][trial])
    assert not draws[0].any()


def test_each_pass_draws_anew_and_from_the_generator_of_pytorch(kernels, draw_network, draw_trials):
    inputs = torch.from_numpy(draw_trials().inputs)
    network = draw_network(BiasedLIF(bias=0.5, noise=0.5))
    twin = Twin(replace(network, W_in=2 * network.W_in))
    assert isinstance(twin.backend, FusedBackend)

    def outputs(seed, passes=1):
        with drawn_from(seed):
            return [twin(inputs).outputs.detach() for _ in range(passes)]

    first, second = outputs(0, 2)
    assert not torch.equal(first, second)
    assert not torch.equal(first, outputs(1)[0])
    assert torch.equal(first, outputs(0)[0])


def test_keys_have_two_words_of_32_bits():
    keys = np.array([new_key() for _ in range(2000)])
    assert keys.min() >= 0
    assert keys.max() <= ALL
    assert stats.kstest(keys.ravel() / 2**32, "uniform").pvalue > 0.01
    assert math.isclose(np.mean(keys % 2), 0.5, abs_tol=0.04)


def test_a_generator_that_was_borrowed_goes_on_as_before():
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    with drawn_from(np.random.SeedSequence(1)):
        first = torch.rand(2)
    assert torch.equal(torch.rand(3), expected)
    with drawn_from(np.random.SeedSequence(1)):
        assert torch.equal(torch.rand(2), first)
