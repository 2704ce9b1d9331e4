"""Fixed points of a map that can only be measured, and their stability."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float
from scipy.cluster.hierarchy import fclusterdata
from scipy.optimize import least_squares

from .side_by_side import Batched, side_by_side

_MOST_STEPS = 8
_RELATIVE_CHANGE = 1e-3  # of κ or of the error, below which a solver ends


@dataclass(frozen=True, eq=False)
class FixedPoint:
    """A state at which F(κ) = κ.

    Parameters
    ----------
    kappa
        The state (P).
    residual
        |F(κ) - κ|, as measured.
    jacobian
        ∂F/∂κ (row: component of F), by central differences.
    """

    kappa: Float[np.ndarray, " P"]
    residual: float
    jacobian: Float[np.ndarray, "P P"]

    @property
    def eigenvalues(self) -> Complex[np.ndarray, " P"]:
        """Of the Jacobian, the largest real part first."""
        values = np.linalg.eigvals(self.jacobian).astype(complex)
        return values[np.lexsort((-np.imag(values), -np.real(values)))]

    @property
    def stable(self) -> bool:
        """Whether all eigenvalues have a real part below 1.

        This is stability of τ dκ/dt = F(κ) - κ, a flow in which F answers at once. Of a network,
        whose cells take time to answer, it is a necessary condition: an eigenvalue that is real and
        above 1 grows in any case, but one that is complex, or real and far below -1, may grow in
        the network by its delay where it does not in this flow.
        """
        return bool((np.real(self.eigenvalues) < 1).all())


def jacobians(
    function: Batched, points: Float[np.ndarray, "K P"], step: float
) -> tuple[Float[np.ndarray, "K P"], Float[np.ndarray, "K P P"]]:
    """Measure F at points, and its Jacobian there by central differences, in one call.

    Parameters
    ----------
    function
        F, of many points.
    points
        Where (K × P).
    step
        Distance of the two states that are compared from the point: large beside the error of F
        over its slope, small beside its curvature.

    Returns
    -------
    values, jacobians
        K × P, and K × P × P (row: component of F).
    """
    k, p = points.shape
    shifts = step * np.concatenate([np.zeros((1, p)), np.eye(p), -np.eye(p)])
    found = function((points[:, None] + shifts).reshape(-1, p)).reshape(k, 2 * p + 1, p)
    differences = (found[:, 1 : p + 1] - found[:, p + 1 :]) / (2 * step)
    return found[:, 0], differences.transpose(0, 2, 1)


def error_of(function: Batched, points: Float[np.ndarray, "K P"], step: float) -> float:
    """Estimate how far values of F scatter about a smooth function: by noise, or as it is a stair.

    The root mean square of F(κ + h) - 2 F(κ) + F(κ - h), over √6, along all axes: what is linear in
    κ drops out, curvature counts as error.

    Parameters
    ----------
    function, points, step
        As for `jacobians`; the length of h is `step`.

    Returns
    -------
    error
        Standard deviation of the length of F.
    """
    k, p = points.shape
    shifts = step * np.concatenate([np.zeros((1, p)), np.eye(p), -np.eye(p)])
    found = function((points[:, None] + shifts).reshape(-1, p)).reshape(k, 2 * p + 1, p)
    bends = found[:, 1 : p + 1] - 2 * found[:, :1] + found[:, p + 1 :]
    return float(np.sqrt((bends**2).sum(axis=-1).mean() / 6))


def find_fixed_points(
    function: Batched,
    starts: Float[np.ndarray, "S P"],
    bounds: Float[np.ndarray, "2 P"],
    *,
    step: float,
    tolerance: float,
    apart: float,
) -> list[FixedPoint]:
    """Solve F(κ) = κ by least squares (scipy) from many starts, all side by side.

    Parameters
    ----------
    function
        F, of many points (K × P to K × P); its values may scatter.
    starts
        Where solvers start; those outside `bounds` start at the nearest state inside.
    bounds
        Lowest and highest κ that are tried.
    step
        Of the differences that make the Jacobian, see `jacobians`.
    tolerance
        Largest |F(κ) - κ| of what counts as a fixed point.
    apart
        Solutions that are closer than this to each other are one: that of the smallest error.

    Returns
    -------
    found
        Fixed points by the size of their leading eigenvalue, the most stable first.
    """
    low, high = bounds

    def solve(ask: Batched, start: np.ndarray) -> FixedPoint:
        known: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}

        def at(kappa: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            if kappa.tobytes() not in known:
                values, slopes = jacobians(ask, kappa[None], step)
                known[kappa.tobytes()] = values[0], slopes[0]
            return known[kappa.tobytes()]

        best = least_squares(
            lambda kappa: at(kappa)[0] - kappa,
            start,
            jac=lambda kappa: at(kappa)[1] - np.eye(len(kappa)),  # pyright: ignore[reportArgumentType]
            bounds=(low, high),
            xtol=_RELATIVE_CHANGE,
            ftol=_RELATIVE_CHANGE,
            max_nfev=_MOST_STEPS,
        ).x
        value, slopes = at(best)
        return FixedPoint(best, float(np.linalg.norm(value - best)), slopes)

    inside = 1e-6 * (high - low)
    solved = side_by_side(solve, list(np.clip(starts, low + inside, high - inside)), function)
    good = [one for one in solved if one.residual <= tolerance]
    return sorted(merged(good, apart), key=lambda one: np.real(one.eigenvalues[0]))


def merged(points: list[FixedPoint], apart: float) -> list[FixedPoint]:
    """Keep, of fixed points closer than `apart`, the one of the smallest error."""
    if len(points) < 2:
        return points
    kappa = np.stack([one.kappa for one in points])
    group = fclusterdata(kappa, apart, criterion="distance", method="single")
    return [
        min((points[i] for i in np.flatnonzero(group == g)), key=lambda one: one.residual)
        for g in np.unique(group)
    ]
