import numpy as np
import pytest
import sympy
from brian2 import ms
from spikemodes.learning.kernels.adjoint import NoKernelError, derivative, linear_map
from spikemodes.models import DoubleExponential, SingleExponential, SynapticFilter
from spikemodes.models.translation.translator import translate

x, y = sympy.symbols("x y", real=True)


def matrix(filter_):
    program = translate(filter_, 2 * ms)
    constants = {name: float(value) for name, value in program.constants.items()}
    return np.array(linear_map(program.update, program.state, constants))


def test_a_filter_is_the_matrix_of_its_update():
    a_r, a_d = np.exp(-2 / 2), np.exp(-2 / 30)
    np.testing.assert_allclose(matrix(DoubleExponential()), [[a_d, 1 - a_d], [0, a_r]])
    np.testing.assert_allclose(matrix(SingleExponential()), [[a_d, 2 / 30], [0, 0]])


def test_a_filter_that_is_not_linear_has_no_kernel():
    squared = SynapticFilter(name="squared", equations="r : 1\nh : 1", update="r = h**2\nh = 0")
    with pytest.raises(NoKernelError, match="not linear"):
        matrix(squared)


@pytest.mark.parametrize("function", [sympy.floor, sympy.ceiling])
def test_a_function_without_derivative_is_named(function):
    with pytest.raises(NoKernelError, match=rf"{function.__name__}\(\) has no derivative"):
        derivative(function(x) * y, x)
