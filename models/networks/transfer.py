"""Transfer functions of rate neurons: how a current x becomes a rate r."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

Rate = Float[np.ndarray, "..."] | float


@dataclass(frozen=True)
class Tanh:
    """r = tanh(x): of either sign, 0 at rest."""

    name: str = "tanh"
    text: str = "tanh(x)"

    def __call__(self, x: Rate) -> Rate:
        """Compute the rate."""
        return np.tanh(x)

    def slope(self, r: Any) -> Any:
        """Derivative where the rate, an array or a tensor, is r: 1 - r²."""
        return 1 - r * r


@dataclass(frozen=True)
class Sigmoid:
    """r = 1/(1 + exp(-x)): positive as a filtered spike train is, 1/2 at x = 0."""

    name: str = "sigmoid"
    text: str = "1/(1 + exp(-x))"

    def __call__(self, x: Rate) -> Rate:
        """Compute the rate."""
        return 0.5 * (1 + np.tanh(0.5 * x))  # no overflow at any x

    def slope(self, r: Any) -> Any:
        """Derivative where the rate, an array or a tensor, is r: r (1 - r)."""
        return r * (1 - r)


Transfer = Tanh | Sigmoid
TRANSFERS: dict[str, Transfer] = {f.name: f for f in (Tanh(), Sigmoid())}
