"""Functions of kernels in single precision, which are arithmetic of their own."""

import sys

import mpmath
import numpy as np
import pytest
from numba import njit
from spikemodes.learning import Twin
from spikemodes.learning.kernels.cache import load_kernels
from spikemodes.learning.kernels.groups import MODES
from spikemodes.learning.kernels.source import kernel_source
from spikemodes.models import LIF, AdEx

FINFO = np.finfo(np.float32)
FINE = np.geomspace(FINFO.tiny, 80, 20_000)
WIDE = np.geomspace(FINFO.tiny, FINFO.max, 20_000)
NEAR_ONE = np.linspace(0.4, 2.2, 20_000)


def source_of(neuron, draw_network, dtype="float32"):
    model = Twin(draw_network(neuron)).model
    return kernel_source(model, groups=MODES, peaks=False, dtype=dtype)


@pytest.fixture(scope="module")
def functions(draw_network, cache):
    """The functions of a kernel in single precision, each for arrays."""
    module = vars(sys.modules[load_kernels(source_of(AdEx(), draw_network)).directory.name])

    def of_arrays(name):
        function = module[name]

        @njit(fastmath={"contract", "reassoc", "nsz"})
        def run(x, y):
            for i in range(len(x)):
                y[i] = function(x[i])

        def call(x):
            x = np.asarray(x, np.float32)
            y = np.empty_like(x)
            run(x, y)
            return y

        return call

    return of_arrays


@pytest.mark.parametrize(
    ("name", "exact", "arguments"),
    [
        ("exp", np.exp, np.linspace(-87.3, 88, 20_000)),
        ("exp", np.exp, FINE),
        ("expm1", np.expm1, np.linspace(-20, 88, 20_000)),
        ("expm1", np.expm1, np.concatenate([FINE, -FINE])),
        ("expm1", np.expm1, NEAR_ONE - 1),
        ("log", np.log, WIDE),
        ("log", np.log, NEAR_ONE),
        ("log", np.log, np.geomspace(1e-44, FINFO.tiny, 2_000)),
        ("log1p", np.log1p, WIDE),
        ("log1p", np.log1p, NEAR_ONE - 1),
        ("log1p", np.log1p, -np.geomspace(FINFO.tiny, 0.9999999, 20_000)),
    ],
)
def test_functions_are_right_to_two_units_in_the_last_place(functions, name, exact, arguments):
    x = arguments.astype(np.float32)
    wanted = exact(x.astype(float))
    unit = np.spacing(np.abs(wanted).astype(np.float32)).astype(float)
    assert (np.abs(functions(name)(x) - wanted) / unit).max() <= 2


def test_functions_have_their_limits(functions):
    inf, nan = np.inf, np.nan
    largest = float(mpmath.exp(88))
    for name, x, wanted in [
        ("exp", [-inf, -88, 0, 88, 100, inf, nan], [0, 0, 1, largest, largest, largest, nan]),
        ("expm1", [-inf, 0, 1e-30, inf, nan], [-1, 0, 1e-30, largest, nan]),
        ("log", [-1, 0, 1, inf, nan], [nan, -inf, 0, inf, nan]),
        ("log1p", [-2, -1, 0, 1e-30, inf, nan], [nan, -inf, 0, 1e-30, inf, nan]),
    ]:
        np.testing.assert_allclose(functions(name)(x), wanted, rtol=1e-6, err_msg=name)


@pytest.mark.parametrize(
    ("neuron", "dtype", "own"),
    [(AdEx(), "float32", True), (AdEx(), "float64", False), (LIF(), "float32", False)],
)
def test_only_kernels_in_single_precision_that_call_functions_have_their_own(
    neuron, dtype, own, draw_network
):
    text = source_of(neuron, draw_network, dtype).text
    assert ("def plain_exp(" in text) == own
    assert ("exp as plain_exp" in text) != own
