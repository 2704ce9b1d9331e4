"""How output errors reach the neurons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np
from jaxtyping import Float

if TYPE_CHECKING:
    from torch import Tensor


class Feedback(Protocol):
    """How output errors reach the neurons."""

    def weights(self, W_out: Float[Tensor, "O N"]) -> Float[Tensor, "N O"]:
        """Give the weight of each output's error in each neuron."""
        ...


@dataclass(frozen=True)
class Symmetric:
    """Errors come back through the readout's own weights."""

    name: ClassVar[str] = "symmetric"

    def weights(self, W_out: Float[Tensor, "O N"]) -> Float[Tensor, "N O"]:
        """See `Feedback`."""
        return W_out.T


@dataclass(frozen=True)
class RandomFeedback:
    """Errors come back through fixed random weights, drawn from N(0, 1/N) as W_out is.

    Source: Lillicrap et al., Nat. Commun. 7, 13276 (2016).
    """

    name: ClassVar[str] = "random"
    seed: int = 0

    def weights(self, W_out: Float[Tensor, "O N"]) -> Float[Tensor, "N O"]:
        """See `Feedback`."""
        n_outputs, n_neurons = W_out.shape
        drawn = np.random.default_rng(self.seed).standard_normal((n_neurons, n_outputs))
        return W_out.new_tensor(drawn / np.sqrt(n_neurons))


FEEDBACKS: Mapping[str, Callable[..., Feedback]] = {
    kind.name: kind for kind in (Symmetric, RandomFeedback)
}
