import numpy as np
import pytest
import sympy
from spikemodes.learning.step.source import expression_source

NUMPY = {
    "abs": np.abs, "select": np.where, "exp": np.exp, "sqrt": np.sqrt, "tanh": np.tanh,
    "floor": np.floor, "atan": np.arctan,
}  # fmt: skip
x = sympy.Symbol("x", real=True)
EXPRESSIONS = (
    x**2 - 3 * x,
    sympy.exp(-(x**2)) / (1 + x**2),
    sympy.sqrt(1 + x**2) + sympy.Rational(1, 3) * x,
    sympy.Abs(x - 1) * sympy.tanh(x),
    sympy.diff(sympy.Abs(x - sympy.Rational(1, 4)) ** 3, x),
    sympy.sign(x),
    sympy.floor(x) + sympy.atan(x),
    sympy.Piecewise((-1, x < -1), (1, x > 1), (x, True)),
    sympy.Piecewise((2 * x, sympy.And(x > -1, x < 1)), (0, True)),
    sympy.Piecewise((2 * x, sympy.Or(x < -1, x > 1)), (x**2, True)),
    sympy.diff(sympy.Piecewise((x**2, x > 0), (0, True)), x),
)


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
def test_written_out_an_expression_keeps_its_values(expression):
    scope: dict = {}
    exec(expression_source("f", "x", expression), NUMPY, scope)
    points = np.linspace(-2, 2, 41)
    expected = [float(expression.subs(x, point)) for point in points]
    np.testing.assert_allclose(scope["f"](points), expected, rtol=1e-12, atol=1e-15)
