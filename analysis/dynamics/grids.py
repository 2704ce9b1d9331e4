"""States at which a flow is measured: boxes, grids, and sheets through its fixed points."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.interpolate import RegularGridInterpolator

from .side_by_side import Batched

_FLAT = 0.2
"""Spread of anchors along an axis, beside that along another, below which a sheet does not tilt."""


def box_around(
    states: Float[np.ndarray, "*rest P"], margin: float = 0.25
) -> Float[np.ndarray, "2 P"]:
    """Give the lowest and highest of the states, and `margin` of the range on either side.

    A coordinate that hardly varies gets a tenth of the widest range at least.
    """
    flat = states.reshape(-1, states.shape[-1])
    low, high = flat.min(axis=0), flat.max(axis=0)
    widest = float((high - low).max()) or 1.0
    half = np.maximum((0.5 + margin) * (high - low), 0.05 * widest)
    return (low + high) / 2 + np.stack([-half, half])


def grid(
    bounds: Float[np.ndarray, "2 P"],
    sizes: Sequence[int],
    axes: Sequence[int],
    elsewhere: Float[np.ndarray, " P"],
) -> Float[np.ndarray, "K P"]:
    """Give the states of a grid along some axes, the others held.

    Parameters
    ----------
    bounds
        Ends of the grid along each axis.
    sizes, axes
        How many states along which axis, K in all; the last axis varies fastest.
    elsewhere
        Where the other axes are held (P).
    """
    low, high = bounds
    along = [np.linspace(low[axis], high[axis], n) for axis, n in zip(axes, sizes, strict=True)]
    mesh = np.stack(np.meshgrid(*along, indexing="ij"), axis=-1).reshape(-1, len(along))
    points = np.tile(np.asarray(elsewhere, float), (len(mesh), 1))
    points[:, list(axes)] = mesh
    return points


def sheet(
    bounds: Float[np.ndarray, "2 P"],
    n: int,
    axes: tuple[int, int],
    anchors: Float[np.ndarray, "A P"],
) -> Float[np.ndarray, "K P"]:
    """Give a grid over two axes, on which the other coordinates follow those of the anchors.

    The others are the affine function of the two that fits the anchors by least squares, of least
    slope: up to three anchors lie on the sheet, so that, in a view along the two axes, nullclines
    cross at fixed points that are among them.

    Parameters
    ----------
    bounds, axes
        Of the grid, with n states along each of the two axes (K = n²).
    anchors
        States that the sheet should hold, such as fixed points.
    """
    points = grid(bounds, (n, n), axes, anchors.mean(axis=0))
    centred = anchors - anchors.mean(axis=0)
    two = list(axes)
    slopes = np.linalg.pinv(centred[:, two], rcond=_FLAT) @ centred
    others = [i for i in range(anchors.shape[1]) if i not in axes]
    moved = (points[:, two] - anchors.mean(axis=0)[two]) @ slopes
    points[:, others] += moved[:, others]
    return points


def interpolated(
    points: Float[np.ndarray, "K P"], values: Float[np.ndarray, "K P"], sizes: Sequence[int]
) -> Batched:
    """Interpolate F between the states of a `grid` over all axes; outside, as at its border."""
    shape = (*sizes, len(sizes))
    mesh = points.reshape(shape)
    along = tuple(
        np.moveaxis(mesh[..., axis], axis, 0).reshape(n, -1)[:, 0] for axis, n in enumerate(sizes)
    )
    between = RegularGridInterpolator(along, values.reshape(shape))
    low, high = points.min(axis=0), points.max(axis=0)
    return lambda kappa: between(np.clip(kappa, low, high))


def slowest(
    points: Float[np.ndarray, "K P"],
    flow: Float[np.ndarray, "K P"],
    n: int,
    apart: float,
    first: Float[np.ndarray, "S P"],
) -> Float[np.ndarray, "_ P"]:
    """Choose n states to look for fixed points from: `first`, then those where the flow is slowest.

    None is closer than `apart` to one before it, unless it is of `first`.

    Source: Sussillo & Barak, Neural Comput. 25, 626 (2013), for slow points.
    """
    chosen = list(first)
    for point in points[np.argsort(np.linalg.norm(flow, axis=1))]:
        if len(chosen) >= n:
            break
        if all(np.linalg.norm(point - other) >= apart for other in chosen):
            chosen.append(point)
    return np.array(chosen)
