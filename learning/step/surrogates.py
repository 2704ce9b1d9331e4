"""Surrogate derivatives of the spike, each defined once as an expression.

x is the distance from threshold in units of the neuron's `scale`; all have their peak at x = 0.
"""

from dataclasses import dataclass
from typing import Protocol

import sympy


class Surrogate(Protocol):
    """What stands for the derivative of the spike with respect to x."""

    def derivative(self, x: sympy.Symbol) -> sympy.Expr:
        """Give the surrogate derivative as an expression of x."""
        ...


@dataclass(frozen=True)
class FastSigmoid:
    """1/(slope·|x| + 1)² (Zenke & Ganguli, Neural Computation 30, 1514, 2018).

    The default slope learned best among 10 and 25 on selective integration.
    """

    slope: float = 10.0

    def derivative(self, x: sympy.Symbol) -> sympy.Expr:
        """See the class."""
        return 1 / (self.slope * sympy.Abs(x) + 1) ** 2


@dataclass(frozen=True)
class ATan:
    """(slope/2)/(1 + (π·slope·x/2)²) (Fang et al., ICCV 2021)."""

    slope: float = 2.0

    def derivative(self, x: sympy.Symbol) -> sympy.Expr:
        """See the class."""
        return sympy.Float(self.slope / 2) / (1 + (sympy.Float(sympy.pi) * self.slope * x / 2) ** 2)


@dataclass(frozen=True)
class Triangular:
    """height·max(0, 1 - slope·|x|) (Bellec et al., NeurIPS 2018)."""

    slope: float = 1.0
    height: float = 0.3

    def derivative(self, x: sympy.Symbol) -> sympy.Expr:
        """See the class."""
        inside = self.slope * sympy.Abs(x) < 1
        return sympy.Piecewise((self.height * (1 - self.slope * sympy.Abs(x)), inside), (0, True))


def SuperSpike(slope: float = 100.0) -> FastSigmoid:  # noqa: N802
    """Build the steep fast sigmoid of SuperSpike (Zenke & Ganguli 2018)."""
    return FastSigmoid(slope)


SURROGATES = {
    "fast-sigmoid": FastSigmoid,
    "atan": ATan,
    "triangular": Triangular,
    "super-spike": SuperSpike,
}
