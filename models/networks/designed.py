"""Designed modes: drawn from a Gaussian distribution, with the overlaps that are asked for."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Float

from ..quantities import require_finite
from .modes import Modes

_ROUNDING = 1e-9
"""How far below 0 an eigenvalue of a covariance may be, beside the largest."""


@dataclass(frozen=True, eq=False)
class DesignedModes:
    """A Gaussian distribution of what each neuron has in every mode, and in its input weights.

    ::

        W = xi_in · xi_outᵀ / N                 overlaps = xi_outᵀ · xi_in / N
        κ = xi_outᵀ · r / N                     recurrent input of neuron i = Σ_p xi_in[i, p] κ_p

    In the mean field of a large network of one population κ obeys a dynamical system of as many
    dimensions as there are modes, in which the rest κ = 0 has the stability that the eigenvalues of
    the overlaps give it: a positive one above a critical value makes two states ± κ of it, a
    complex pair an oscillation.

    Parameters
    ----------
    covariance
        Of the columns xi_in, xi_out and, if there are any, W_in, in this order
        ((2P + C) × (2P + C)).
    n_modes
        P.
    means
        Of the same columns (2P + C); 0 by default, so that a rate which all neurons have in common
        adds nothing to κ.

    Raises
    ------
    ValueError
        If shapes do not fit together, a value is not finite, or the covariance is not symmetric or
        not positive semidefinite.

    Examples
    --------
    >>> bistable = DesignedModes.with_overlaps(np.array([[2.0]]))
    >>> modes, _ = bistable.draw(1000, np.random.default_rng(0))

    Source: Mastrogiuseppe & Ostojic, Neuron 99, 609 (2018); Beiran, Dubreuil, Valente, Mezzadri &
    Ostojic, Neural Comput. 33, 1572 (2021), whose m is a column of xi_in and n one of xi_out.
    """

    covariance: Float[np.ndarray, "K K"]
    n_modes: int
    means: Float[np.ndarray, " K"] | None = None

    def __post_init__(self) -> None:
        covariance, p = self.covariance, self.n_modes
        if covariance.ndim != 2 or covariance.shape[0] != covariance.shape[1]:
            raise ValueError(f"`covariance` must be square: got {covariance.shape}.")
        if not 1 <= p <= len(covariance) // 2:
            raise ValueError(
                "`n_modes` must be 1 or more, with columns of xi_in and of xi_out for each in"
                f" `covariance`, which has {len(covariance)}: got {p}."
            )
        means = np.zeros(len(covariance)) if self.means is None else np.asarray(self.means, float)
        if means.shape != (len(covariance),):
            raise ValueError(
                f"`means` must be one for each column of `covariance`: expected"
                f" ({len(covariance)},), got {means.shape}."
            )
        require_finite(covariance=covariance, means=means)
        if not np.allclose(covariance, covariance.T):
            raise ValueError(
                "`covariance` must be symmetric: the covariances of some two columns differ by"
                f" {np.abs(covariance - covariance.T).max():.3g}. Take their mean."
            )
        lowest, *_, highest = np.linalg.eigvalsh(covariance)
        if lowest < -_ROUNDING * highest or highest <= 0:
            raise ValueError(
                "`covariance` must be positive semidefinite, and not 0: its lowest eigenvalue is"
                f" {lowest:.3g}. Raise the variances of xi_out, or lower the overlaps."
            )
        object.__setattr__(self, "means", means)

    @classmethod
    def with_overlaps(cls, overlaps: Float[np.ndarray, "P P"], private: float = 1.0) -> Self:
        """Build modes of given overlaps: columns of xi_in are independent and of variance 1.

        ::

            xi_out = xi_in · overlapsᵀ + private · N(0, 1)

        Parameters
        ----------
        overlaps
            xi_outᵀ · xi_in / N (P × P), any real matrix: W has its eigenvalues.
        private
            Standard deviation of what xi_out has beside, which no neuron is driven along.

        Raises
        ------
        ValueError
            If `overlaps` are not square or `private` is negative.
        """
        overlaps = np.asarray(overlaps, float)
        if overlaps.ndim != 2 or overlaps.shape[0] != overlaps.shape[1] or not overlaps.size:
            raise ValueError(f"`overlaps` must be square, mode × mode: got {overlaps.shape}.")
        if not 0 <= private < np.inf:
            raise ValueError(f"`private` must be zero or positive, and finite: got {private}.")
        eye = np.eye(len(overlaps))
        of_outputs = overlaps @ overlaps.T + private**2 * eye
        return cls(np.block([[eye, overlaps.T], [overlaps, of_outputs]]), len(overlaps))

    @property
    def n_inputs(self) -> int:
        """C: columns of W_in."""
        return len(self.covariance) - 2 * self.n_modes

    @property
    def overlaps(self) -> Float[np.ndarray, "P P"]:
        """xi_outᵀ · xi_in / N: covariances, and products of means (P × P)."""
        p = self.n_modes
        assert self.means is not None
        along, against = self.means[:p], self.means[p : 2 * p]
        return self.covariance[p : 2 * p, :p] + np.outer(against, along)

    def draw(
        self, n_neurons: int, rng: np.random.Generator
    ) -> tuple[Modes, Float[np.ndarray, "N C"]]:
        """Draw modes, with scores of 1/N, and input weights.

        Means and covariances are those of the sample itself: in independent draws, overlaps would
        scatter by some 1/√N, and a bifurcation with them.

        Raises `ValueError` if there are no more neurons than columns.
        """
        columns, p = len(self.covariance), self.n_modes
        if n_neurons <= columns:
            raise ValueError(
                f"`n_neurons` must be above the number of columns, {columns}: got {n_neurons}."
            )
        drawn = rng.standard_normal((n_neurons, columns))
        basis, triangle = np.linalg.qr(drawn - drawn.mean(axis=0))
        independent = np.sqrt(n_neurons) * basis * np.sign(np.diag(triangle))
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
        sample = self.means + independent @ root
        xi_in, xi_out, W_in = np.split(sample, [p, 2 * p], axis=1)
        return Modes(xi_in, np.full(p, 1 / n_neurons), xi_out), W_in
