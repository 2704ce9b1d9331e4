"""The two ways back: of output errors to neurons, and of neurons to the modes that drive them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

import numpy as np
from jaxtyping import Float

from ..training.seeds import child_of

if TYPE_CHECKING:
    from torch import Tensor


class Feedback(Protocol):
    """The two ways back: of output errors to neurons, and of neurons to modes."""

    def weights(self, W_out: Float[Tensor, "O N"]) -> Float[Tensor, "N O"]:
        """Give the weight of each output's error in each neuron."""
        ...

    def modes(self, xi_in: Float[Tensor, "N P"]) -> Float[Tensor, "N P"]:
        """Give the weight of each neuron in what comes back to each mode."""
        ...

    def drawn(self, seed: int | np.random.SeedSequence) -> Feedback:
        """Give the feedback with all that is random in it drawn, from the seed of a training."""
        ...


@dataclass(frozen=True)
class Symmetric:
    """Both ways back have the weights of the way there: W_out and xi_in are transported."""

    name: ClassVar[str] = "symmetric"

    def weights(self, W_out: Float[Tensor, "O N"]) -> Float[Tensor, "N O"]:
        """See `Feedback`."""
        return W_out.T

    def modes(self, xi_in: Float[Tensor, "N P"]) -> Float[Tensor, "N P"]:
        """See `Feedback`."""
        return xi_in

    def drawn(self, seed: int | np.random.SeedSequence) -> Self:
        """See `Feedback`: nothing is random."""
        return self


@dataclass(frozen=True)
class RandomFeedback:
    """Errors come back through fixed random weights, drawn from N(0, 1/N) as W_out is.

    To the modes neurons come back through xi_in, which is transported.

    Parameters
    ----------
    seed
        Of the random weights; ``None`` to draw them from the seed of the training.

    Raises
    ------
    ValueError
        For a seed that is negative.

    Source: Lillicrap et al., Nat. Commun. 7, 13276 (2016).
    """

    name: ClassVar[str] = "random"
    seed: int | None = field(default=None, metadata={"takes": int | None})

    def __post_init__(self) -> None:
        if self.seed is not None and self.seed < 0:
            raise ValueError(f"`seed` must be 0 or more: got {self.seed}. Leave it out.")

    def weights(self, W_out: Float[Tensor, "O N"]) -> Float[Tensor, "N O"]:
        """See `Feedback`. Raises `ValueError` if there is no seed."""
        n_outputs, n_neurons = W_out.shape
        return W_out.new_tensor(self._normal(0, n_neurons, n_outputs) / np.sqrt(n_neurons))

    def modes(self, xi_in: Float[Tensor, "N P"]) -> Float[Tensor, "N P"]:
        """See `Feedback`."""
        return xi_in

    def drawn(self, seed: int | np.random.SeedSequence) -> Self:
        """See `Feedback`."""
        if self.seed is not None:
            return self
        return replace(self, seed=int(child_of(seed, 0).generate_state(1)[0]))

    def _normal(self, way: int, *shape: int) -> np.ndarray:
        if self.seed is None:
            raise ValueError(
                "`seed` must be given where no training draws the feedback: got None. Give one, or"
                f" take {type(self).__name__}().drawn(seed)."
            )
        return np.random.default_rng([self.seed, way]).standard_normal(shape)


@dataclass(frozen=True)
class RandomModes(RandomFeedback):
    """Fixed random weights on both ways back: neither W_out nor xi_in is transported.

    In what scores and xi_out learn, a matrix drawn from N(0, 1/P) as xi_in is stands for xi_in; the
    scores still count on the way back as they do on the way there.

    Parameters
    ----------
    seed
        As for `RandomFeedback`.
    """

    name: ClassVar[str] = "random-modes"

    def modes(self, xi_in: Float[Tensor, "N P"]) -> Float[Tensor, "N P"]:
        """See `Feedback`. Raises `ValueError` if there is no seed."""
        return xi_in.new_tensor(self._normal(1, *xi_in.shape) / np.sqrt(xi_in.shape[1]))


FEEDBACKS: Mapping[str, Callable[..., Feedback]] = {
    kind.name: kind for kind in (Symmetric, RandomFeedback, RandomModes)
}
