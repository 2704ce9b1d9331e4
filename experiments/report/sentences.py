"""What figures say, in sentences made from the numbers that they are drawn from."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial.distance import pdist
from spikemodes.analysis.figures.classification import confusion
from spikemodes.analysis.power_law import PowerLawFit
from spikemodes.models.networks.modes import Modes

_LAST = 10  # updates over which ends of a training are averaged
_END = 0.1  # s at the end of a trial
_NAMED = 4  # conditions that a sentence names


def of_training(loss: Float[np.ndarray, " K"], shares: Mapping[str, np.ndarray]) -> str:
    """Say where the loss and the shares went."""
    n = max(1, min(_LAST, len(loss) // 2))
    first, last = float(loss[:n].mean()), float(loss[-n:].mean())
    how = "fell" if last < first else "rose"
    text = (
        f"The loss {how} from {first:.3g} to {last:.3g}, means of the first and last {n} updates."
    )
    moved = [f"{name} from {_share(own[:n])} to {_share(own[-n:])}" for name, own in shares.items()]
    return f"{text} Meanwhile went {' and '.join(moved)}." if moved else text


def _share(values: Float[np.ndarray, " K"]) -> str:
    return f"{round(float(values.mean()), 2) + 0.0:.2f}"  # 0 in place of -0


def of_outputs(
    outputs: Float[np.ndarray, "T B"],
    targets: Float[np.ndarray, "T B"],
    labels: np.ndarray,
    dt: float,
) -> str:
    """Say where outputs end, and how far they are from their targets."""
    names = np.unique(labels)
    n_last = min(max(1, round(_END / dt)), len(outputs))
    last = slice(-n_last, None)
    rms = float(np.sqrt(np.nanmean((outputs - targets) ** 2)))
    error = f"Over whole trials outputs differ from targets by {rms:.2g} (root mean square)."
    if len(names) > _NAMED:
        return f"There are {len(names)} conditions. {error}"
    ends = [
        f"{outputs[last, labels == n].mean():+.2f} for {n or 'all trials'}"
        f" (target {targets[last, labels == n].mean():+.2f})"
        for n in names
    ]
    return f"In the last {1e3 * dt * n_last:g} ms the mean output is {' and '.join(ends)}. {error}"


def of_confusion(
    labels: Int[np.ndarray, " B"],
    answers: Int[np.ndarray, " B"],
    n_classes: int,
    names: Sequence[str],
) -> str:
    """Say how many are right, and which class is most often taken for which."""
    counts = confusion(labels, answers, n_classes)
    right = f"{np.trace(counts)} of {counts.sum()} trials are right."
    errors = counts - np.diag(np.diag(counts))
    if not errors.any():
        return f"{right} No class is taken for another."
    row, column = np.unravel_index(errors.argmax(), errors.shape)
    one, other = (names[k] if names else str(k) for k in (int(row), int(column)))
    return (
        f"{right} Most often class {one} is taken for {other}: {errors.max()} of its"
        f" {counts[row].sum()} trials."
    )


def of_class_accuracy(
    labels: Int[np.ndarray, " B"],
    answers: Int[np.ndarray, " B"],
    n_classes: int,
    names: Sequence[str],
) -> str:
    """Say which classes are answered best and worst."""
    counts = confusion(labels, answers, n_classes)
    present = np.flatnonzero(counts.sum(1))
    share = 100 * counts[present, present] / counts[present].sum(1)
    best, worst = (present[k] for k in (share.argmax(), share.argmin()))
    one, other = (names[k] if names else str(k) for k in (int(best), int(worst)))
    if share.max() == share.min():
        return f"All classes are right in {share.max():.1f} % of their trials."
    return (
        f"Class {one} is right in most of its trials, {share.max():.1f} %, class {other} in fewest,"
        f" {share.min():.1f} %. Over all trials {100 * np.mean(labels == answers):.1f} % are right."
    )


def of_raster(
    steps: Int[np.ndarray, " S"],
    neurons: Int[np.ndarray, " S"],
    n_neurons: int,
    rate: Float[np.ndarray, " T"],
    dt: float,
) -> str:
    """Say how much neurons fire in a trial, and when most."""
    if not len(steps):
        return "Nothing spikes in this trial."
    counts = np.bincount(neurons, minlength=n_neurons)
    silent = int((counts == 0).sum())
    return (
        f"{len(steps):,} spikes in this trial are {len(steps) / (n_neurons * len(rate) * dt):.1f}"
        f" Hz for each neuron; {silent} of {n_neurons} neurons are silent in it. The population"
        f" fires most at {1e3 * dt * (int(rate.argmax()) + 1):.0f} ms, at {rate.max():.1f} Hz."
    )


def of_mode_space(kappa_out: Mapping[str, Float[np.ndarray, "T P"]]) -> str:
    """Say how far apart conditions end, and along which mode they move most."""
    ends = np.stack([path[-1] for path in kappa_out.values()])
    reach = np.ptp(np.concatenate(list(kappa_out.values())), axis=0)
    mode = int(reach.argmax())
    moved = f"Mean trajectories reach farthest along mode {mode + 1}, over {reach[mode]:.3g}."
    if len(ends) < 2:
        return f"The mean ends {np.linalg.norm(ends[0]):.3g} from κ = 0. {moved}"
    distances, pairs = pdist(ends), list(combinations(kappa_out, 2))
    one, other = pairs[int(distances.argmin())]
    between = (
        f"The means end {distances[0]:.3g} apart in κ_out"
        if len(pairs) == 1
        else f"The means end {distances.min():.3g} to {distances.max():.3g} apart in κ_out, the"
        f" closest of them “{one}” and “{other}”"
    )
    return f"{between}. {moved}"


def of_importance(fit: PowerLawFit) -> str:
    """Say which mode counts most by τ, and how many make up most of it."""
    tau, order = fit.importance, fit.order + 1
    if len(tau) == 1:
        return f"There is one mode, with τ = {tau[0]:.3g}."
    enough = int(np.searchsorted(np.cumsum(tau) / tau.sum(), 0.9)) + 1
    times = f", {tau[0] / tau[-1]:.3g} times that of mode {order[-1]}" if tau[-1] > 0 else ""
    return (
        f"Mode {order[0]} has the largest τ, {tau[0]:.3g}{times}."
        f" {enough} of {len(tau)} modes hold 90 % of the sum of τ."
    )


def of_weights(W: Modes) -> str:
    """Say how large the recurrent weights are, and which eigenvalue is largest."""
    n, m = W.shape
    inner = (W.xi_in.T @ W.xi_in) @ W.sigma @ (W.xi_out.T @ W.xi_out) @ W.sigma.T
    mean = float(W.xi_in.sum(0) @ W.sigma @ W.xi_out.sum(0)) / (n * m)
    spread = np.sqrt(max(np.trace(inner) / (n * m) - mean**2, 0.0))
    values = np.linalg.eigvals(W.sigma @ W.xi_out.T @ W.xi_in) if n == m else np.zeros(0)
    text = f"The weights have mean {mean:.2g} and standard deviation {spread:.2g}."
    if not len(values):
        return text
    largest = values[np.abs(values).argmax()]
    sign = f" ± {abs(largest.imag):.3g}i" if abs(largest.imag) > 1e-9 else ""
    return f"{text} The eigenvalue of W that is largest in magnitude is {largest.real:.3g}{sign}."


def of_kernel(kernel: Mapping[str, np.ndarray], kinds: Sequence[str]) -> str:
    """Say when evidence counts most, and in how many bins it can be told from none."""
    if not kinds or not all(np.isfinite(kernel[kind]).all() for kind in kinds):
        return "The choices do not tell how the weight of the evidence spreads over time."
    first = kinds[0]
    k = int(np.abs(kernel[first]).argmax())
    apart = [
        f"{int(((kernel[f'{kind} low'] > 0) | (kernel[f'{kind} high'] < 0)).sum())} of"
        f" {len(kernel[kind])} bins of the {kind} stream"
        for kind in kinds
    ]
    return (
        f"Evidence of the {first} stream weighs most {1e3 * kernel['times'][k]:.0f} ms after"
        f" stimulus onset: {kernel[first][k]:.2g} ({kernel[f'{first} low'][k]:.2g} to"
        f" {kernel[f'{first} high'][k]:.2g}). The interval excludes 0 in {' and in '.join(apart)}."
    )
