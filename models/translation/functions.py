"""Functions of step programs that sympy lacks, and removable singularities made harmless."""

from collections.abc import Callable
from typing import Any

import sympy
from scipy.special import exprel as exprel_of_numbers

NUMERIC = [{"exprel": exprel_of_numbers}, "numpy"]
"""Where `sympy.lambdify` finds the functions of step programs."""


class exprel(sympy.Function):  # noqa: N801  (Brian2's name)
    """``(exp(x) - 1)/x``, 1 at 0."""

    nargs = 1

    @classmethod
    def eval(cls, x: Any) -> Any:
        """Give the value at 0."""
        return sympy.Integer(1) if x.is_zero else None

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """Differentiate to a function of its own: the quotient cancels near 0."""
        return exprel_slope(self.args[0])


class exprel_slope(sympy.Function):  # noqa: N801
    """Derivative of `exprel`: ``((x - 1) exp(x) + 1)/x²``, 1/2 at 0."""

    nargs = 1


def without_removable(
    expression: sympy.Expr, is_constant: Callable[[sympy.Expr], bool]
) -> sympy.Expr:
    """Write each ``f/(exp(u) - 1)`` whose f is a multiple of u by `exprel`, defined at u = 0, too.

    This is how textbooks write rate constants, such as ``0.1*(v + 40)/(1 - exp(-(v + 40)/10))``.
    And ``log(1 + exp(u))`` so that exp does not overflow where the logarithm of it is u.
    """
    return expression.replace(
        lambda e: isinstance(e, sympy.Mul), lambda product: _regular(product, is_constant)
    ).replace(sympy.log, _softplus)


def _softplus(x: sympy.Expr) -> sympy.Expr:
    if isinstance(x, sympy.Add) and len(x.args) == 2 and x.args[0] == 1:
        call = x.args[1]
        if isinstance(call, sympy.exp):
            u = call.args[0]
            above = sympy.Piecewise((u, u > 0), (0, True))
            return above + sympy.log(1 + sympy.exp(-sympy.Abs(u)), evaluate=False)
    return sympy.log(x)


def _regular(product: sympy.Expr, is_constant: Callable[[sympy.Expr], bool]) -> sympy.Expr:
    factors = list(product.args)
    for i, quotient in enumerate(factors):
        if not (quotient.is_Pow and quotient.exp == -1):
            continue
        found = _difference(quotient.base)
        if found is None:
            continue
        weight, u = found
        for j, f in enumerate(factors):
            if i != j and not is_constant(f):
                ratio = sympy.cancel(sympy.together(f / u))
                if is_constant(ratio):
                    rest = [x for k, x in enumerate(factors) if k not in (i, j)]
                    return sympy.Mul(*rest, ratio / weight, 1 / exprel(u))
    return product


def _difference(expression: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr] | None:
    """Read ``weight·(exp(u) - 1)``."""
    if not isinstance(expression, sympy.Add) or len(expression.args) != 2:
        return None
    for one, other in (expression.args, expression.args[::-1]):
        weight, rest = one.as_independent(sympy.exp, as_Add=False)
        if isinstance(rest, sympy.exp) and other == -weight:
            return weight, rest.args[0]
    return None
