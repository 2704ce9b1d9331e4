"""The functions of step programs in PyTorch, with derivatives that no overflow turns into NaN."""

from collections.abc import Callable

import torch
from torch import Tensor

LARGEST_EXPONENT = {torch.float32: 88.0, torch.float64: 709.0}
"""Beyond it, where exp(x) would be infinite, it counts as exp of it: so that quotients of it, of
which derivatives are made, have a value. A potential that grows that far is beyond any threshold.
"""


def _capped(x: Tensor) -> Tensor:
    return x.clamp(max=LARGEST_EXPONENT[x.dtype])


def _exp(x: Tensor) -> Tensor:
    return torch.exp(_capped(x))


def _exprel(x: Tensor) -> Tensor:
    safe = torch.where(x == 0, 1.0, _capped(x))
    return torch.where(x == 0, 1.0, torch.expm1(safe) / safe)


_SERIES = 18
"""Terms of the derivative of `exprel` below 1 in size: to the last digit of float64."""


def _exprel_slope(x: Tensor) -> Tensor:
    """((x - 1) exp(x) + 1)/x²: by its power series where the quotient would cancel."""
    x = _capped(x)
    small = torch.where(x.abs() < 1, x, 0.0)
    series = torch.zeros_like(x)
    for factor in exprel_slope_series():
        series = series * small + factor
    large = torch.where(x.abs() < 1, 1.0, x)
    return torch.where(
        x.abs() < 1, series, (large * torch.exp(large) - torch.expm1(large)) / large**2
    )


def exprel_slope_series() -> list[float]:
    """Factors of the power series of the derivative of `exprel`, highest power first."""
    factors, factorial = [], 1.0
    for n in range(_SERIES):  # (n + 1)/(n + 2)! x^n
        factorial *= n + 2
        factors.append((n + 1) / factorial)
    return factors[::-1]


def _sinh(x: Tensor) -> Tensor:
    return torch.sinh(_capped(x.abs())) * torch.sign(x)


def _cosh(x: Tensor) -> Tensor:
    return torch.cosh(_capped(x.abs()))


_DERIVATIVES: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor, Tensor], Tensor]]] = {
    "exp": (_exp, lambda x, y: y),
    "expm1": (lambda x: torch.expm1(_capped(x)), lambda x, y: y + 1),
    "exprel": (_exprel, lambda x, y: _exprel_slope(x)),
    "log": (torch.log, lambda x, y: 1 / x),
    "log10": (torch.log10, lambda x, y: 1 / (x * torch.log(torch.full_like(x, 10)))),
    "log1p": (torch.log1p, lambda x, y: 1 / (1 + x)),
    "sqrt": (torch.sqrt, lambda x, y: 0.5 / y),
    "sin": (torch.sin, lambda x, y: torch.cos(x)),
    "cos": (torch.cos, lambda x, y: -torch.sin(x)),
    "tan": (torch.tan, lambda x, y: 1 + y**2),
    "sinh": (_sinh, lambda x, y: _cosh(x)),
    "cosh": (_cosh, lambda x, y: _sinh(x)),
    "tanh": (torch.tanh, lambda x, y: 1 - y**2),
    "asin": (torch.asin, lambda x, y: 1 / torch.sqrt(1 - x**2)),
    "acos": (torch.acos, lambda x, y: -1 / torch.sqrt(1 - x**2)),
    "atan": (torch.atan, lambda x, y: 1 / (1 + x**2)),
}
"""Each function, and its derivative from argument and value."""


def _passed(g: Tensor, slope: Tensor) -> Tensor:
    """The gradient before a function: none where none comes in, or where its slope is infinite."""
    return torch.where((g == 0) | ~torch.isfinite(slope), 0.0, g * slope)


class _Call(torch.autograd.Function):
    """A function that no overflow of its slope turns into NaN."""

    @staticmethod
    def forward(ctx, x, name):
        y = _DERIVATIVES[name][0](x)
        ctx.save_for_backward(x, y)
        ctx.name = name
        return y

    @staticmethod
    def backward(ctx, *grad_outputs):
        (g,), (x, y) = grad_outputs, ctx.saved_tensors
        return _passed(g, _DERIVATIVES[ctx.name][1](x, y)), None


class _Power(torch.autograd.Function):
    """A power that is no whole number, likewise; its exponent is a constant."""

    @staticmethod
    def forward(ctx, x, exponent):
        ctx.save_for_backward(x, exponent)
        return x**exponent

    @staticmethod
    def backward(ctx, *grad_outputs):
        (g,), (x, exponent) = grad_outputs, ctx.saved_tensors
        return _passed(g, exponent * x ** (exponent - 1)), None


def _call(name: str) -> Callable[[Tensor], Tensor]:
    return lambda x: _Call.apply(torch.as_tensor(x), name)


def _power(x, exponent) -> Tensor:
    if isinstance(exponent, Tensor) and exponent.requires_grad:
        return x**exponent
    return _Power.apply(torch.as_tensor(x), torch.as_tensor(exponent).to(x))


def _select(condition, first, second) -> Tensor:
    return torch.where(torch.as_tensor(condition), first, second)


NAMESPACE = {name: _call(name) for name in _DERIVATIVES} | {
    "abs": torch.abs,
    "floor": torch.floor,
    "ceil": torch.ceil,
    "select": _select,
    "power": _power,
    "pi": torch.pi,
}
"""What the source of a step program is executed in."""


def torch_function(source: str, name: str) -> Callable:
    """Execute the source of a function, as `step.source` writes it, and give the function."""
    scope: dict = {}
    exec(source, dict(NAMESPACE), scope)
    return scope[name]
