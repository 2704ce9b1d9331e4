"""What recurrent weights are made of, beside `Modes`: all of them, a few, or others under a mask.

Every connectivity gives its weights two ways: multiplied out (`dense`, post × pre), and as units
that filter spikes: a spike of cell j adds ``encoder[j]`` to the units, whose filtered activity
reaches the cells through `feedback`. Without `feedback`, unit i is the input of cell i.
"""

from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
from jaxtyping import Float, Int

from ..quantities import require_finite
from .modes import Modes


class Connectivity(Protocol):
    """Weights from cells (pre) to cells (post)."""

    @property
    def shape(self) -> tuple[int, int]:
        """How many cells the weights go to, and come from."""
        ...

    @property
    def encoder(self) -> Float[np.ndarray, "pre U"]:
        """What a spike of each cell adds to each of U units."""
        ...

    @property
    def feedback(self) -> Float[np.ndarray, "post U"] | None:
        """What each unit adds to each cell's input; ``None``: unit i drives cell i alone."""
        ...

    def dense(self) -> Float[np.ndarray, "post pre"]:
        """All weights."""
        ...

    def cut(self, to: Float[np.ndarray, " post"], by: Float[np.ndarray, " pre"]) -> Self:
        """Multiply weights by a factor of the cell that they go to and of that they come from."""
        ...

    def placed(self, n: int, post: Int[np.ndarray, " post"], pre: Int[np.ndarray, " pre"]) -> Self:
        """The same weights among n cells, between those of given indices."""
        ...


class _OneToOne:
    """Weights that reach each cell through a unit of its own."""

    def dense(self) -> Float[np.ndarray, "post pre"]:
        """See `Connectivity`."""
        raise NotImplementedError

    @property
    def encoder(self) -> Float[np.ndarray, "pre post"]:
        """Wᵀ: each cell's input has a unit of its own."""
        return self.dense().T

    @property
    def feedback(self) -> None:
        """One-to-one."""
        return


@dataclass(frozen=True, eq=False)
class Dense(_OneToOne):
    """All weights W (post × pre)."""

    W: Float[np.ndarray, "post pre"]

    def __post_init__(self) -> None:
        if self.W.ndim != 2:
            raise ValueError(f"`W` must be a matrix, post × pre: got {self.W.shape}.")
        require_finite(W=self.W)

    @property
    def shape(self) -> tuple[int, int]:
        """See `Connectivity`."""
        return self.W.shape

    def dense(self) -> Float[np.ndarray, "post pre"]:
        """W."""
        return self.W

    def cut(self, to: np.ndarray, by: np.ndarray) -> "Dense":
        """See `Connectivity`."""
        return Dense(self.W * by * to[:, None])

    def placed(self, n: int, post: np.ndarray, pre: np.ndarray) -> "Dense":
        """See `Connectivity`."""
        W = np.zeros((n, n), self.W.dtype)
        W[np.ix_(post, pre)] = self.W
        return Dense(W)


@dataclass(frozen=True, eq=False)
class Sparse(_OneToOne):
    """Few weights, one for each synapse that there is.

    Parameters
    ----------
    size
        How many cells the weights go to, and come from.
    post, pre
        The two cells of each synapse; no pair twice.
    weights
        Of each synapse.

    Raises
    ------
    ValueError
        For lists of different lengths, cells that there are not, a synapse twice, or values that
        are not finite.
    """

    size: tuple[int, int]
    post: Int[np.ndarray, " S"]
    pre: Int[np.ndarray, " S"]
    weights: Float[np.ndarray, " S"]

    def __post_init__(self) -> None:
        if not self.post.shape == self.pre.shape == self.weights.shape == (self.weights.size,):
            raise ValueError(
                "`post`, `pre` and `weights` must have one entry per synapse: got shapes"
                f" {self.post.shape}, {self.pre.shape} and {self.weights.shape}."
            )
        for name, size in zip(("post", "pre"), self.size, strict=True):
            cells = getattr(self, name)
            if cells.size and not (cells.min() >= 0 and cells.max() < size):
                raise ValueError(
                    f"`{name}` must be cells from 0 to {size - 1}: got {cells.min()} to"
                    f" {cells.max()}."
                )
        if np.unique(self.pre.astype(np.int64) * self.size[0] + self.post).size < self.post.size:
            raise ValueError("`post` and `pre` must name no pair of cells twice.")
        require_finite(weights=self.weights)

    @staticmethod
    def of(W: Float[np.ndarray, "post pre"]) -> "Sparse":
        """All weights of a matrix that are not 0, ordered by the cell that they come from."""
        pre, post = np.nonzero(W.T)
        return Sparse(W.shape, post, pre, W[post, pre])

    @property
    def shape(self) -> tuple[int, int]:
        """See `Connectivity`."""
        return self.size

    @property
    def there(self) -> Float[np.ndarray, "post pre"]:
        """1 where there is a synapse, 0 elsewhere."""
        return replace(self, weights=np.ones(self.weights.size)).dense()

    def dense(self) -> Float[np.ndarray, "post pre"]:
        """All weights, 0 where there is no synapse."""
        W = np.zeros(self.size, self.weights.dtype)
        W[self.post, self.pre] = self.weights
        return W

    def cut(self, to: np.ndarray, by: np.ndarray) -> "Sparse":
        """See `Connectivity`."""
        return replace(self, weights=self.weights * by[self.pre] * to[self.post])

    def placed(self, n: int, post: np.ndarray, pre: np.ndarray) -> "Sparse":
        """See `Connectivity`."""
        return Sparse((n, n), post[self.post], pre[self.pre], self.weights)


@dataclass(frozen=True, eq=False)
class Masked(_OneToOne):
    """Weights of which only some exist: W = mask ∘ (those of `under`).

    Parameters
    ----------
    under
        The weights without the mask, modes say; they learn where the pathway does, the mask stays.
    mask
        Factor on each weight (post × pre): 0 where there is no synapse. Over modes it makes up for
        what is missing where the others are 1/p for a share p of synapses.

    Raises
    ------
    ValueError
        For a mask of another shape, without entries, or with values that are not finite.
    """

    under: "Modes | Dense"
    mask: Float[np.ndarray, "post pre"]

    def __post_init__(self) -> None:
        if self.mask.shape != self.under.shape:
            raise ValueError(
                f"`mask` must have the shape of the weights, {self.under.shape}: got"
                f" {self.mask.shape}."
            )
        require_finite(mask=self.mask)
        if not self.mask.any():
            raise ValueError(
                "`mask` must leave a synapse: it has no entry that is not 0. Connect more cells."
            )

    @property
    def shape(self) -> tuple[int, int]:
        """See `Connectivity`."""
        return self.under.shape

    def dense(self) -> Float[np.ndarray, "post pre"]:
        """mask ∘ W."""
        return self.mask * self.under.dense()

    def cut(self, to: np.ndarray, by: np.ndarray) -> "Masked":
        """See `Connectivity`; a mask of which nothing is left stays, over weights of 0."""
        return replace(self, under=self.under.cut(to, by))

    def placed(self, n: int, post: np.ndarray, pre: np.ndarray) -> "Masked":
        """See `Connectivity`."""
        return Masked(self.under.placed(n, post, pre), Dense(self.mask).placed(n, post, pre).W)


AnyConnectivity = Modes | Dense | Sparse | Masked


def modes_of(connectivity: AnyConnectivity) -> Modes | None:
    """The modes that weights are made of, under a mask or not; ``None`` if of none."""
    match connectivity:
        case (Modes() as modes) | Masked(under=Modes() as modes):
            return modes
    return None
