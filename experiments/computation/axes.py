"""Directions in which activity varies with context, choice and evidence; what is selected."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from brian2 import ms
from jaxtyping import Float
from spikemodes.analysis.manifold.axes import N_DENOISED, TargetedAxes, targeted_axes
from spikemodes.analysis.manifold.end_states import condition_means
from spikemodes.analysis.manifold.selection import integration
from spikemodes.learning.task import SumsEvidence

from .conditions import crossed, discrete_conditions, end_window, stops
from .question import Answer, NotAskedError, Question, Subject

_SAMPLE = 10 * ms
_FIRST = "choice"  # of the QR decomposition, as in the source
_MOST = 8  # variables


@dataclass(frozen=True)
class Selection:
    """How evidence is summed in one context.

    Parameters
    ----------
    attended
        The input that counts in it.
    time_constant_s
        Of the slowest mode, ``None`` where it does not decay.
    rotation_hz
        Turns of the slowest mode in a second, 0 for a line.
    eigenvalues
        Of the fitted dynamics in 10 ms, real and imaginary part, slowest first.
    line, selection
        The real parts of the slowest mode's right and left eigenvectors, in coordinates of modes.
    gains
        How far a unit of each input in 10 ms moves activity along the slowest mode.
    selectivity
        Gain of the attended input over the largest of the others.
    """

    attended: str
    time_constant_s: float
    rotation_hz: float
    eigenvalues: list[list[float]]
    line: list[float]
    selection: list[float]
    gains: dict[str, float]
    selectivity: float


@dataclass(frozen=True)
class Axes:
    """Targeted axes.

    Parameters
    ----------
    names
        Of the variables, in the order of the QR decomposition.
    angle_deg
        Between the axes of context and choice; ``None`` in a task without both.
    angles_deg
        Between each two, before they are made orthogonal (0 to 90).
    peaks_ms
        When each regression vector is longest.
    dimensions
        Of the space of principal components that the vectors are kept to.
    selection
        By context, in tasks with evidence that a context lets count.
    """

    names: list[str]
    angle_deg: float | None
    angles_deg: list[list[float]]
    peaks_ms: list[float]
    dimensions: int
    selection: dict[str, Selection]


def axes(subject: Subject) -> Answer:
    """Find the axes, and project onto them the mean course of each condition and all end states."""
    activity, labels = subject.activity, crossed(subject.trials)
    n_trials = activity.n_trials
    variables = {name: x[:n_trials] for name, x in _variables(subject).items()}
    variables = _independent(variables)
    found = targeted_axes(activity.rates, variables)
    names, angles = list(found.names), found.angles
    both = {"context", "choice"} <= set(names)
    numbers = Axes(
        names=names,
        angle_deg=float(angles[names.index("context"), names.index("choice")]) if both else None,
        angles_deg=angles.tolist(),
        peaks_ms=(1e3 * activity.times[list(found.peaks)]).tolist(),
        dimensions=min(N_DENOISED, activity.rates.shape[2]),
        selection=_selections(subject),
    )
    return Answer(numbers, _projected(subject, found, labels[:n_trials]))


def _projected(subject: Subject, found: TargetedAxes, labels: np.ndarray) -> dict[str, np.ndarray]:
    activity, trials = subject.activity, subject.trials
    means = np.stack(list(condition_means(activity.rates, labels).values()), axis=1)
    window = end_window(subject.task, trials) * float(trials.dt)
    kinds, index = np.unique(labels, return_inverse=True)
    return {
        "paths": found.project(means),
        "ends": found.project(activity.at_end(stops(trials), window)),
        "labels": index,
        "conditions": kinds,
        "norms": found.norms,
        "times": activity.times,
    }


def _variables(subject: Subject) -> dict[str, np.ndarray]:
    """Give evidence, and conditions with two values, as numbers; the choice first."""
    trials, found = subject.trials, {}
    two = {
        name: np.unique(values, return_inverse=True)[1]
        for name, values in discrete_conditions(trials).items()
        if len(np.unique(values)) == 2
    }
    graded = {
        name: values
        for name, values in trials.conditions.items()
        if values.dtype.kind == "f" and np.isfinite(values).all()
    }
    if _FIRST in two:
        found[_FIRST] = two.pop(_FIRST)
    return {**found, **graded, **two}


def _independent(variables: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Leave out variables that do not vary or follow from those before.

    Raises `NotAskedError` if none is left, or there are too few trials.
    """
    kept: dict[str, np.ndarray] = {}
    for name, values in variables.items():
        columns = np.column_stack([*kept.values(), values, np.ones(len(values))])
        if np.linalg.matrix_rank(columns) == columns.shape[1]:
            kept[name] = values
        if len(kept) == _MOST:
            break
    if not kept:
        raise NotAskedError("No condition of the task has two values or is graded evidence.")
    n_trials = len(next(iter(kept.values())))
    if n_trials < 2 * (len(kept) + 1):
        raise NotAskedError(
            f"There are {n_trials} trials, too few to regress activity on {', '.join(kept)}."
        )
    return kept


def _selections(subject: Subject) -> dict[str, Selection]:
    """Fit the dynamics of the modes while evidence is shown, context by context."""
    task, trials = subject.task, subject.trials
    if not isinstance(task, SumsEvidence) or subject.modes_if_any is None:
        return {}
    gates = task.gated_evidence.gates
    shown = trials.inputs[..., list(gates)].any(axis=(1, 2))
    first, n_steps = int(shown.argmax()), int(shown.sum())
    width = max(1, round(float(_SAMPLE / trials.dt)))
    n_samples = n_steps // width
    if first == 0 or n_samples < 2:
        return {}
    begins = first - 1 + width * np.arange(n_samples)
    states = subject.recording.modes[begins].astype(float)
    during = trials.inputs[first : first + n_samples * width].astype(float)
    means = during.reshape(n_samples, width, *during.shape[1:]).mean(axis=1)[..., list(gates)]
    names = [f"input {channel + 1}" for channel in gates]
    found = {}
    for i, gate in enumerate(gates.values()):
        open_ = during[:, :, gate].mean(axis=0) > 0.5
        if (n_samples - 1) * (np.count_nonzero(open_) - 1) <= states.shape[2] + len(gates):
            continue
        found[f"input {gate + 1} on"] = _selection(
            states[:, open_], means[:, open_], width * float(trials.dt), names, i
        )
    return found


def _selection(
    states: Float[np.ndarray, "T B P"],
    inputs: Float[np.ndarray, "T B C"],
    dt: float,
    names: list[str],
    attended: int,
) -> Selection:
    fit = integration(states, inputs, dt)
    others = np.delete(fit.gains, attended)
    return Selection(
        attended=names[attended],
        time_constant_s=fit.time_constant,
        rotation_hz=fit.rotation_hz,
        eigenvalues=[[float(x.real), float(x.imag)] for x in fit.eigenvalues],
        line=np.real(fit.line).tolist(),
        selection=np.real(fit.selection).tolist(),
        gains=dict(zip(names, fit.gains.tolist(), strict=True)),
        selectivity=float(fit.gains[attended] / others.max()) if others.any() else float("inf"),
    )


AXES = Question("axes", "axes of context, choice and evidence", axes)
