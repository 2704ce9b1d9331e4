import numpy as np
import pytest
import sympy
from brian2 import ms
from spikemodes.learning.kernels.adjoint import NoKernelError, derivative
from spikemodes.learning.kernels.layout import filter_matrix
from spikemodes.models import (
    ContinuousDoubleExponential,
    DoubleExponential,
    SingleExponential,
    SynapticFilter,
)
from spikemodes.models.translation.translator import translate

x, y = sympy.symbols("x y", real=True)


def matrix(filter_):
    return filter_matrix(translate(filter_, 2 * ms))


def test_a_filter_is_the_matrix_of_its_update():
    a_r, a_d = np.exp(-2 / 2), np.exp(-2 / 30)
    np.testing.assert_allclose(matrix(DoubleExponential()), [[a_d, 1 - a_d], [0, a_r]])
    np.testing.assert_allclose(matrix(SingleExponential()), [[a_d, 2 / 30], [0, 0]])


@pytest.mark.parametrize("make", [DoubleExponential, ContinuousDoubleExponential])
def test_filters_that_differ_have_each_a_matrix(make):
    times = [10, 20, 40]
    together = matrix(make(tau_decay=times * ms))
    assert together.shape == (2, 2, 3)
    for i, time in enumerate(times):
        np.testing.assert_allclose(together[..., i], matrix(make(tau_decay=time * ms)), rtol=1e-14)


@pytest.mark.parametrize("update", ["r = h**2\nh = 0", "r = h + 0.1\nh = 0"])
def test_a_filter_that_is_not_linear_has_no_kernel(update):
    with pytest.raises(NoKernelError, match="not linear"):
        matrix(SynapticFilter(name="mine", equations="r : 1\nh : 1", update=update))


@pytest.mark.parametrize("function", [sympy.floor, sympy.ceiling])
def test_a_function_without_derivative_is_named(function):
    with pytest.raises(NoKernelError, match=rf"{function.__name__}\(\) has no derivative"):
        derivative(function(x) * y, x)
