"""What the report's explorer shows of a run: the space of its modes, spikes and outputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.ndimage import gaussian_filter1d
from spikemodes.analysis.importance import mode_importance
from spikemodes.analysis.manifold.dimensions import principal_components
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import Network
from spikemodes.models.recording import Recording
from spikemodes.models.trials import Trials

from ..display.explorer import Course, Explorer, FixedPoint, Flow
from ..pipeline.analyse import condition_labels
from .reported import Reported

_AXES = 3
_EACH, _TRIALS = 3, 24  # trials shown of each condition, and of all
_TIMES = 500
_NEURONS, _SPIKES = 200, 60_000  # at most: rows of the raster, and spikes of all trials shown
_POINTS = 400  # arrows of a context
_SMOOTH = 0.02  # s, of rates


@dataclass(frozen=True)
class Space:
    """Where courses are drawn: names of the axes, what they are, and how activity gets there.

    Parameters
    ----------
    axes
        Names of D coordinates.
    note
        What they are.
    modes
        The modes that they are; empty for principal components.
    """

    axes: tuple[str, ...]
    note: str
    modes: tuple[int, ...] = ()


def explorer_of(found: Reported) -> Explorer | None:
    """Make the explorer of a run; ``None`` if nothing spiked, or nothing has a course in time."""
    recording, trials = found.recording, found.trials
    W = found.network.recurrence
    spiking = isinstance(found.network, Network)
    same = (recording.n_steps, recording.n_trials) == (trials.n_steps, trials.n_trials)
    if not same or (spiking and not len(recording.spikes)):
        return None
    labels = labels_of(trials)
    if isinstance(W, Modes):
        space = _of_modes(W, found)
        paths, means = _in_modes(recording, labels, space)
    elif spiking and recording.n_neurons > 1:
        space, paths, means = _in_components(recording, labels)
    else:
        return None
    return _explorer(found, labels, space, paths, means)


def labels_of(trials: Trials) -> np.ndarray:
    """Name each trial by its conditions, by its class, or as one of all (B)."""
    labels = condition_labels(trials)
    if not labels.any() and trials.labels is not None:
        return np.array([f"class {k}" for k in trials.labels])
    return np.where(labels == "", "all trials", labels)


def _of_modes(W: Modes, found: Reported) -> Space:
    """Choose up to three modes: the most causal, if that is known, else the most important."""
    n = W.n_modes
    if n <= _AXES:
        chosen, which = list(range(n)), "The coordinates of activity, κ = xi_outᵀ R."
    else:
        causal = found.answers.numbers.get("causality", {})
        lost = causal.get("lost") if isinstance(causal, Mapping) else None
        known = isinstance(lost, Sequence) and len(lost) == n
        tau = lost if known else mode_importance(W.xi_in, W.scores, W.xi_out)
        chosen = sorted(np.argsort(-np.asarray(tau, float), kind="stable")[:_AXES].tolist())
        by = "that cost the most performance when ablated" if known else "of the largest τ"
        which = f"Of {n} modes the three {by}: the coordinates of activity, κ = xi_outᵀ R."
    axes = tuple(f"κ{mode + 1}" for mode in chosen)
    return Space(("time [ms]", *axes) if n == 1 else axes, which, tuple(chosen))


def _in_modes(
    recording: Recording, labels: np.ndarray, space: Space
) -> tuple[Float[np.ndarray, "T B D"], dict[str, Float[np.ndarray, "T D"]]]:
    """Give the courses of all trials and of the means; one mode is drawn against time."""
    paths = recording.modes[..., list(space.modes)].astype(float)
    if len(space.modes) == 1:
        times = 1e3 * float(recording.dt) * np.arange(1, recording.n_steps + 1)
        paths = np.concatenate([np.broadcast_to(times[:, None, None], paths.shape), paths], axis=2)
    return paths, {str(name): paths[:, labels == name].mean(1) for name in np.unique(labels)}


def _in_components(
    recording: Recording, labels: np.ndarray
) -> tuple[Space, Float[np.ndarray, "T B D"], dict[str, Float[np.ndarray, "T D"]]]:
    """Find the principal components of the conditions' mean rates, and the courses in them."""
    rates = {str(n): _rates(recording, labels == n) for n in np.unique(labels)}
    samples = np.concatenate(list(rates.values()))
    pca = principal_components(samples, min(_AXES, *samples.shape))
    shown = np.zeros((recording.n_steps, recording.n_trials, pca.components.shape[1]))
    for trial in chosen_trials(labels):
        shown[:, trial] = pca.project(_rates(recording, np.arange(len(labels)) == trial))
    explained = 100 * float(pca.explained.sum())
    note = (
        f"The network has no modes: {len(pca.explained)} principal components of the conditions'"
        f" mean rates, smoothed over {1e3 * _SMOOTH:g} ms, which have {explained:.0f} % of their"
        " variance."
    )
    axes = tuple(f"PC{k + 1}" for k in range(pca.components.shape[1]))
    return Space(axes, note), shown, {name: pca.project(own) for name, own in rates.items()}


def _rates(recording: Recording, trials: Bool[np.ndarray, " B"]) -> Float[np.ndarray, "T N"]:
    """Mean rates of each neuron in some trials [Hz], smoothed."""
    steps, _, neurons = recording.spikes[trials[recording.spikes[:, 1]]].T
    counts = np.zeros((recording.n_steps, recording.n_neurons))
    np.add.at(counts, (steps, neurons), 1)
    dt = float(recording.dt)
    return gaussian_filter1d(counts / (trials.sum() * dt), _SMOOTH / dt, axis=0)


def chosen_trials(labels: np.ndarray) -> list[int]:
    """Choose the first trials of each condition, in their order."""
    names = np.unique(labels)
    each = max(1, min(_EACH, _TRIALS // len(names)))
    return sorted(int(k) for n in names for k in np.flatnonzero(labels == n)[:each])[:_TRIALS]


def _explorer(
    found: Reported,
    labels: np.ndarray,
    space: Space,
    paths: Float[np.ndarray, "T B D"],
    means: dict[str, Float[np.ndarray, "T D"]],
) -> Explorer:
    recording = found.recording
    dt = float(recording.dt)
    every = slice(None, None, -(-recording.n_steps // _TIMES))
    outputs, targets = _in_time(recording, found.trials)
    trials = chosen_trials(labels)
    places = _places(recording, trials)

    def course(name: str, condition: str, which, path, spikes, rate) -> Course:
        output, target = (values[every, which].mean(1) for values in (outputs, targets))
        return Course(name, condition, path[every], output, target, spikes, rate[every])

    none = np.zeros(0), np.zeros(0, int)
    return Explorer(
        axes=space.axes,
        times=1e3 * dt * np.arange(1, recording.n_steps + 1)[every],
        means=[
            course("mean", name, labels == name, path, none, _rate(recording, labels == name))
            for name, path in means.items()
        ],
        trials=[
            course(
                f"trial {k}", str(labels[k]), [k], paths[:, k], _spikes(recording, k, places),
                np.zeros(0),
            )
            for k in trials
        ],
        epochs=[(e.name, 1e3 * e.start, 1e3 * e.stop) for e in found.epochs],
        n_neurons=int(places.max(initial=-1)) + 1,
        note=space.note,
        **_map(found.answers.numbers, found.answers.arrays, space),
    )  # fmt: skip


def _in_time(
    recording: Recording, trials: Trials
) -> tuple[Float[np.ndarray, "T B O"], Float[np.ndarray, "T B Q"]]:
    """Outputs and targets in time, none for what has one value a trial."""
    empty = np.zeros((recording.n_steps, recording.n_trials, 0))
    outputs = recording.outputs if recording.outputs.ndim == 3 else empty
    targets = empty if trials.targets is None else trials.targets
    return outputs.astype(float), targets.astype(float) if targets.ndim == 3 else empty


def _rate(recording: Recording, trials: Bool[np.ndarray, " B"]) -> Float[np.ndarray, " T"]:
    return _rates(recording, trials).mean(1)


def _places(recording: Recording, trials: list[int]) -> Int[np.ndarray, " N"]:
    """Row of each neuron in the raster, sorted by rate; -1 for those that are left out."""
    n = recording.n_neurons
    counts = np.bincount(recording.spikes[:, 2], minlength=n)
    shown = recording.spikes[np.isin(recording.spikes[:, 1], trials)]
    if not len(shown):
        return np.full(n, -1)
    rows = int(np.clip(n * _SPIKES / len(shown), 1, min(n, _NEURONS)))
    kept = np.argsort(counts, kind="stable")[np.linspace(0, n - 1, rows).astype(int)]
    places = np.full(n, -1)
    places[kept] = np.arange(rows)
    return places


def _spikes(
    recording: Recording, trial: int, places: Int[np.ndarray, " N"]
) -> tuple[Float[np.ndarray, " S"], Int[np.ndarray, " S"]]:
    """Times [ms] and rows of the spikes of a trial."""
    steps, _, neurons = recording.spikes[recording.spikes[:, 1] == trial].T
    shown = places[neurons] >= 0
    return 1e3 * float(recording.dt) * (steps[shown] + 1), places[neurons][shown]


def _map(
    numbers: Mapping[str, Any], arrays: Mapping[str, Mapping[str, np.ndarray]], space: Space
) -> dict[str, Any]:
    """Fixed points and flow in the modes shown, if the run has a map of them."""
    known, fields = numbers.get("map", {}), arrays.get("map", {})
    modes = list(space.modes)
    if len(modes) < 2:
        return {}
    points = [
        FixedPoint(
            tuple(float(point["kappa"][mode]) for mode in modes),
            bool(point["stable"]),
            context_name(point["context"]),
        )
        for point in known.get("fixed_points", ())
    ]
    flows = []
    if {"contexts", "points", "flow"} <= fields.keys():
        for name, places, flow in zip(*(fields[k] for k in ("contexts", "points", "flow")),
                                      strict=True):  # fmt: skip
            kept = np.linspace(0, len(places) - 1, min(len(places), _POINTS)).astype(int)
            flows.append(Flow(context_name(name), places[kept][:, modes], flow[kept][:, modes]))
    return {"fixed_points": points, "flows": flows}


def context_name(context: Any) -> str:
    """Write a context of the map for people."""
    value = context.item() if isinstance(context, np.generic) else context
    return f"context {value:g}" if isinstance(value, int | float) else str(value)
