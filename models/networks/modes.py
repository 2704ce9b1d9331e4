"""Mode-based connectivity: the recurrent weights as a product of modes and scores."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ..quantities import require_finite


@dataclass(frozen=True, eq=False)
class Modes:
    """Low-rank recurrent connectivity W = xi_in · Sigma · xi_outᵀ (post × pre).

    Parameters
    ----------
    xi_in
        Input modes, one column per mode (N × P).
    scores
        Sigma: the diagonal (P) or the full score matrix (P × P).
    xi_out
        Output modes, one column per mode (N × P, with the N of the cells that the weights come
        from where they go to others).

    Raises
    ------
    ValueError
        If the shapes do not fit together or a value is not finite.

    Source: Lin & Huang, Phys. Rev. E 110, 024306 (2024), eq. 1.
    """

    xi_in: Float[np.ndarray, "N P"]
    scores: Float[np.ndarray, " P"] | Float[np.ndarray, "P P"]
    xi_out: Float[np.ndarray, "M P"]

    def __post_init__(self) -> None:
        xi_in, xi_out, scores = self.xi_in, self.xi_out, self.scores
        if xi_in.ndim != 2 or xi_in.shape[0] < xi_in.shape[1]:
            raise ValueError(
                "`xi_in` must have one row per neuron and no more modes than neurons: expected"
                f" (N, P), got {xi_in.shape}. Transpose it if modes come first."
            )
        if xi_out.ndim != 2 or xi_out.shape[1] != xi_in.shape[1]:
            raise ValueError(
                f"`xi_out` must have the modes of `xi_in`: expected (N, {xi_in.shape[1]}), got"
                f" {xi_out.shape}. Transpose it if modes come first."
            )
        p = xi_in.shape[1]
        if scores.shape not in {(p,), (p, p)}:
            raise ValueError(
                f"`scores` must be ({p},) for diagonal scores or ({p}, {p}) for a full matrix:"
                f" got {scores.shape}."
            )
        require_finite(xi_in=xi_in, scores=scores, xi_out=xi_out)

    @property
    def n_neurons(self) -> int:
        """N, of the cells that the weights go to."""
        return self.xi_in.shape[0]

    @property
    def shape(self) -> tuple[int, int]:
        """How many cells the weights go to, and come from."""
        return len(self.xi_in), len(self.xi_out)

    @property
    def encoder(self) -> Float[np.ndarray, "M P"]:
        """xi_out: what a spike of each cell adds to each mode."""
        return self.xi_out

    @property
    def n_modes(self) -> int:
        """P."""
        return self.xi_in.shape[1]

    @property
    def sigma(self) -> Float[np.ndarray, "P P"]:
        """The score matrix Sigma."""
        return np.diag(self.scores) if self.scores.ndim == 1 else self.scores

    @property
    def feedback(self) -> Float[np.ndarray, "N P"]:
        """xi_in · Sigma: what each filtered mode activity adds to the neurons' input (N × P)."""
        return self.xi_in * self.scores if self.scores.ndim == 1 else self.xi_in @ self.scores

    def dense(self) -> Float[np.ndarray, "N M"]:
        """The N × N matrix W = xi_in · Sigma · xi_outᵀ (post × pre)."""
        return self.feedback @ self.xi_out.T

    def __matmul__(self, activity: np.ndarray) -> np.ndarray:
        """W @ activity in O(NP), without forming W; activity is (N × anything)."""
        return self.feedback @ (self.xi_out.T @ activity)

    def __rmul__(self, factor: float) -> "Modes":
        """The modes of factor · W."""
        return self.scaled(np.full(self.n_modes, factor))

    def cut(self, to: Float[np.ndarray, " N"], by: Float[np.ndarray, " M"]) -> "Modes":
        """Multiply weights by a factor of the cell that they go to and of that they come from."""
        return Modes(self.xi_in * to[:, None], self.scores, self.xi_out * by[:, None])

    def placed(self, n: int, post: np.ndarray, pre: np.ndarray) -> "Modes":
        """The same modes among n cells, onto and from those of given indices."""
        xi_in, xi_out = np.zeros((2, n, self.n_modes))
        xi_in[post], xi_out[pre] = self.xi_in, self.xi_out
        return Modes(xi_in, self.scores, xi_out)

    def scaled(self, factors: Float[np.ndarray, " P"]) -> "Modes":
        """Multiply each mode's score by its factor (0 ablates it); rows of a full Sigma."""
        factors = np.asarray(factors, float)
        return Modes(self.xi_in, (self.scores.T * factors).T, self.xi_out)
