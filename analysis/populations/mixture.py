"""Cells as draws from a few classes: a mixture of Gaussians over the rows of their weights."""

import warnings
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

_STARTS = 5  # of the fit, each at other cells; the likeliest wins
_SMALLEST_VARIANCE = 1e-2  # that a class has along any axis, of the variance of all cells
_FEWEST = 2  # cells for each column


@dataclass(frozen=True, eq=False)
class Mixture:
    """K classes of cells, each a Gaussian over D weights.

    Parameters
    ----------
    weights
        Share of each class (K), summing to 1.
    means, covariances
        Of each class (K × D and K × D × D), in the units of the weights.
    labels
        The likeliest class of each cell that the mixture was fitted to (N).
    bic
        Bayesian information criterion of the fit, of standardised weights; lower is better.
    """

    weights: Float[np.ndarray, " K"]
    means: Float[np.ndarray, "K D"]
    covariances: Float[np.ndarray, "K D D"]
    labels: Int[np.ndarray, " N"]
    bic: float

    @property
    def n_classes(self) -> int:
        """K."""
        return len(self.weights)

    def draw(
        self, n_cells: int, rng: np.random.Generator
    ) -> tuple[Float[np.ndarray, "M D"], Int[np.ndarray, " M"]]:
        """Draw cells, each on its own: their rows and classes, shares as near as whole cells allow.

        Raises `ValueError` for fewer than one cell.
        """
        if n_cells < 1:
            raise ValueError(f"`n_cells` must be 1 or more: got {n_cells}.")
        ends = np.round(np.cumsum(self.weights) * n_cells).astype(int)
        counts = np.diff(ends, prepend=0)
        rows = [
            rng.multivariate_normal(mean, covariance, size=count)
            for mean, covariance, count in zip(self.means, self.covariances, counts, strict=True)
        ]
        return np.concatenate(rows), np.repeat(np.arange(self.n_classes), counts)


def fit_mixture(rows: Float[np.ndarray, "N D"], n_classes: int, seed: int = 0) -> Mixture:
    """Fit a mixture of Gaussians with full covariances by expectation maximisation.

    Columns are scaled to unit variance before, and a class is given at least a hundredth of it
    along any axis.

    Parameters
    ----------
    rows
        The weights of each cell (N × D).
    n_classes
        K.
    seed
        Of the cells at which the fit starts.

    Raises
    ------
    ValueError
        If there are fewer than two cells for each column and class, a weight is not finite, or
        `n_classes` is below 1.

    Source: Dubreuil, Valente, Beiran, Mastrogiuseppe & Ostojic, Nat. Neurosci. 25, 783 (2022), with
    scikit-learn's `GaussianMixture`.
    """
    most = most_classes(rows)
    if not 1 <= n_classes <= most:
        raise ValueError(
            f"`n_classes` must be between 1 and {most}, {_FEWEST} cells for each column and class:"
            f" got {n_classes} for {rows.shape[0]} cells with {rows.shape[1]} columns."
        )
    mean, scale = scale_of(rows)
    found = fitted((rows - mean) / scale, n_classes, seed)
    return Mixture(
        weights=np.asarray(found.weights_),
        means=mean + np.asarray(found.means_) * scale,
        covariances=np.asarray(found.covariances_) * np.outer(scale, scale),
        labels=found.predict((rows - mean) / scale).astype(int),
        bic=float(found.bic((rows - mean) / scale)),
    )


def most_classes(rows: Float[np.ndarray, "N D"]) -> int:
    """Give how many classes there are cells for.

    Raises `ValueError` if there are not even enough for one, or a weight is not finite.
    """
    n, d = rows.shape
    if n < _FEWEST * d:
        raise ValueError(
            f"`rows` must have {_FEWEST} cells or more for each column: got {n} cells with {d}"
            " columns. Take a network of more cells or fewer modes."
        )
    if not np.isfinite(rows).all():
        raise ValueError("`rows` must be finite: got NaN or infinity.")
    return n // (_FEWEST * d)


def scale_of(
    rows: Float[np.ndarray, "N D"],
) -> tuple[Float[np.ndarray, " D"], Float[np.ndarray, " D"]]:
    """Give the mean and the standard deviation of each column; 1 for one that does not vary."""
    deviation = rows.std(axis=0)
    return rows.mean(axis=0), np.where(deviation > 0, deviation, 1.0)


def fitted(scaled: Float[np.ndarray, "N D"], n_classes: int, seed: int) -> GaussianMixture:
    """Fit scaled rows; a fit that has not quite converged counts as it is."""
    model = GaussianMixture(
        n_classes,
        n_init=_STARTS if n_classes > 1 else 1,
        init_params="random_from_data",  # means by k-means would cut a Gaussian along its long axis
        reg_covar=_SMALLEST_VARIANCE,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(scaled)
