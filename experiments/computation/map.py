"""The map of the modes: where a network would go from any κ, and where it would rest."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from spikemodes.analysis.dynamics.attractors import nearest, spacing
from spikemodes.analysis.dynamics.grids import box_around
from spikemodes.analysis.dynamics.side_by_side import Batched, side_by_side
from spikemodes.analysis.importance import mode_importance
from spikemodes.analysis.manifold.end_states import end_states
from spikemodes.models.brian.clamping import ClampedModes
from spikemodes.models.networks.modes import Modes

from ..pipeline.analyse import condition_labels
from ..pipeline.circumstances import Circumstances
from .chart import Chart, Survey, chart
from .contexts import ALL, Context, contexts_of, last_epoch
from .question import Answer, NotAskedError, Question, Subject

_AT_ONCE = 200  # κ in a run
_SHORTEST, _LONGEST, _USUAL = 0.3, 2.0, 0.6  # duration of a run [s]
_END = 0.2  # of a trial, in which its end state is taken, as its choice is [s]
_SHOWN = 3  # modes at most
_RARE = 0.5  # per cent of states at either end, which the box may leave out


@dataclass(frozen=True)
class Point:
    """A fixed point.

    Parameters
    ----------
    kappa
        F(κ) = κ here (P).
    stable
        Whether the real parts of all eigenvalues are below 1, see `FixedPoint.stable`.
    context
        The input that is on.
    eigenvalues
        Of ∂F/∂κ, real and imaginary part of each, the least stable first.
    residual
        |F(κ) - κ|, as measured.
    """

    kappa: list[float]
    stable: bool
    context: str
    eigenvalues: list[tuple[float, float]]
    residual: float


@dataclass(frozen=True)
class Turning:
    """A limit cycle.

    Parameters
    ----------
    context
        The input that is on.
    period
        In time constants of the filter, if F answered at once.
    amplitude
        Root mean square distance from its mean.
    """

    context: str
    period: float
    amplitude: float


@dataclass(frozen=True)
class End:
    """Where the trials of a condition end, in a context.

    Parameters
    ----------
    condition, context
        Their names.
    kappa
        Mean of the last 200 ms, or of the second half of a last epoch that is shorter (P).
    distance
        To the nearest stable fixed point of the context, over `Map.between`.
    """

    condition: str
    context: str
    kappa: list[float]
    distance: float


@dataclass(frozen=True)
class Map:
    """What the map says; lengths are in units of κ.

    Parameters
    ----------
    contexts
        Their names.
    fixed_points, cycles
        Of all contexts.
    distance, worst
        Mean and largest of the `distance` of `ends`.
    between
        Mean distance between the stable fixed points of a context; where none has two, the largest
        between the ends of two conditions.
    ends
        Of each condition in each context.
    error
        By how much values of F scatter about a smooth function.
    error_of_eigenvalues
        By how much that makes an entry of a Jacobian scatter, and about so its eigenvalues.
    tolerance, step
        Largest residual of a fixed point, and the step of the differences that make a Jacobian.
    held
        How many κ were held.
    shown
        Modes, counted from 0, along which grids and planes lie.
    """

    contexts: list[str]
    fixed_points: list[Point]
    cycles: list[Turning]
    distance: float
    worst: float
    between: float
    ends: list[End]
    error: float
    error_of_eigenvalues: float
    tolerance: float
    step: float
    held: int
    shown: list[int]


@dataclass(frozen=True, eq=False)
class _Ends:
    """Where trials of a context end (E × P), by condition."""

    context: Context
    conditions: tuple[str, ...]
    kappa: Float[np.ndarray, "E P"]


def draw_map(subject: Subject) -> Answer:
    """Hold the modes in Brian2 at many κ, in every context, and find where they would rest.

    Raises `NotAskedError` if there are no modes, or what they drive is no function of κ.
    """
    modes, clamp = subject.modes(), _clamp(subject)
    epoch = last_epoch(subject.task, subject.trials)
    groups = [_ends(subject, epoch, c) for c in contexts_of(subject.trials, epoch)]
    visited = np.percentile(subject.recording.modes, (_RARE, 100 - _RARE), axis=(0, 1))
    survey = Survey(box_around(visited), _most_important(modes))
    charts, held = _charts(clamp, survey, groups)
    between = spacing([c.stable for c in charts], np.concatenate([g.kappa for g in groups]))
    ends = [
        End(condition, group.context.name, kappa.tolist(), float(distance / between))
        for group, found in zip(groups, charts, strict=True)
        for condition, kappa, distance in zip(
            group.conditions, group.kappa, nearest(group.kappa, found.stable), strict=True
        )
    ]
    apart = np.array([end.distance for end in ends])
    names = [group.context.name for group in groups]
    error = float(np.mean([found.error for found in charts]))
    numbers = Map(
        contexts=names,
        fixed_points=[p for n, c in zip(names, charts, strict=True) for p in _points(n, c)],
        cycles=[
            Turning(name, one.period, one.amplitude)
            for name, found in zip(names, charts, strict=True)
            for one in found.cycles
        ],
        distance=float(apart.mean()),
        worst=float(apart.max()),
        between=between,
        ends=ends,
        error=error,
        error_of_eigenvalues=error / (np.sqrt(2 * modes.n_modes) * survey.step),
        tolerance=float(np.max([found.tolerance for found in charts])),
        step=survey.step,
        held=held,
        shown=list(survey.shown),
    )
    return Answer(numbers, _arrays(names, charts))


MAP = Question("map", "Brian2: map of the modes", draw_map)


def _charts(clamp: ClampedModes, survey: Survey, groups: list[_Ends]) -> tuple[list[Chart], int]:
    """Chart all contexts side by side, so that they fill runs together; and count what was held."""
    inputs, held = np.stack([group.context.input for group in groups]), 0

    def function(places: np.ndarray) -> np.ndarray:
        nonlocal held
        held += len(places)
        return clamp.responses(places[:, :-1], inputs[places[:, -1].astype(int)])

    def charted(ask: Batched, index: int) -> Chart:
        def within(kappa: np.ndarray) -> np.ndarray:
            return ask(np.column_stack([kappa, np.full(len(kappa), index)]))

        return chart(within, survey, groups[index].kappa)

    return side_by_side(charted, range(len(groups)), function), held


def _clamp(subject: Subject) -> ClampedModes:
    """Hold the modes of a run, if possible in the program that its validation compiled."""
    spec, there = subject.spec, Circumstances.of(subject.spec)
    trials, step = subject.trials, float(subject.trials.dt)
    fits = _SHORTEST <= trials.n_steps * step <= _LONGEST
    compiled = fits and trials.n_trials >= _AT_ONCE // 2
    try:
        return ClampedModes(
            subject.spiking(),
            n_steps=trials.n_steps if fits else round(_USUAL / step),
            conditions=there.conditions,
            seed=there.seed,
            at_once=trials.n_trials if compiled else _AT_ONCE,
            batch=spec.simulate.batch,
            target=spec.simulate.target,
        )
    except ValueError as error:
        raise NotAskedError(f"The modes cannot be held: {error}") from None


def _ends(subject: Subject, epoch: slice, context: Context) -> _Ends:
    """Average where the trials of each condition end, in one context."""
    names = condition_labels(subject.trials)[context.trials]
    names = np.where(names == "", ALL, names)
    longest = max((epoch.stop - epoch.start) // 2, 1)
    last = min(longest, max(round(_END / float(subject.trials.dt)), 1))
    paths = subject.recording.modes[: epoch.stop, context.trials]
    found = end_states(paths, names, last)
    return _Ends(context, tuple(map(str, found.conditions)), found.means)


def _most_important(modes: Modes) -> tuple[int, ...]:
    importance = mode_importance(modes.xi_in, modes.scores, modes.xi_out)
    return tuple(sorted(np.argsort(-importance)[:_SHOWN].tolist()))


def _points(context: str, found: Chart) -> list[Point]:
    return [
        Point(
            kappa=point.kappa.tolist(),
            stable=point.stable,
            context=context,
            eigenvalues=[(float(v.real), float(v.imag)) for v in point.eigenvalues],
            residual=point.residual,
        )
        for point in found.points
    ]


def _arrays(names: list[str], charts: list[Chart]) -> dict[str, np.ndarray]:
    return {
        "contexts": np.array(names),
        "points": np.stack([found.grid for found in charts]),
        "flow": np.stack([found.flow for found in charts]),
        "plane_points": np.stack([found.plane_grid for found in charts]),
        "plane_flow": np.stack([found.plane_flow for found in charts]),
    }
