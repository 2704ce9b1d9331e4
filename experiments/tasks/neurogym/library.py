"""NeuroGym as a library: what of it can be learned, and how its wrappers are taken apart."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple
from warnings import catch_warnings, simplefilter

import numpy as np

from .timing import upper_ends

_USUAL_INTERVAL = 20.0
_CHECKED = 10  # trials


class Drawn(NamedTuple):
    """One trial: observations (T × C), right actions (T), and the step at which to decide."""

    observations: np.ndarray
    actions: np.ndarray
    decision: int


@contextmanager
def quiet() -> Iterator[None]:
    """Spare users the warnings that NeuroGym and Gymnasium have for their own developers."""
    with catch_warnings():
        simplefilter("ignore")
        yield


def library(environment: str) -> Any:
    """Import NeuroGym. Raises `ValueError` that says how to install it for `environment`."""
    if imported := sys.modules.get("neurogym"):
        return imported
    from matplotlib import rc_context

    with quiet(), rc_context():  # it sets, for all figures, a font that few machines have
        try:
            return import_module("neurogym")
        except ImportError:
            raise ValueError(
                f"`name` must be a task that is installed: neurogym:{environment} needs NeuroGym."
                ' Install it: pip install "spikemodes[neurogym]".'
            ) from None


def require(environment: str) -> None:
    """Raise `ValueError` that says why, if an environment cannot be learned."""
    if environment not in _all(library(environment)):
        offered = learnable()
        family = [name for name in offered if name.startswith(environment.split(".")[0] + ".")]
        raise ValueError(
            f"`name` must be neurogym: and one of {', '.join(family or offered)}:"
            f" got {environment!r}.{nearest(environment, offered)}"
        )
    if fault := _own_fault(environment):
        raise ValueError(
            "`name` must be an environment whose actions are choices and which tells the right"
            f" ones: {environment} is none ({fault}). Choose another."
        )


@cache
def learnable() -> tuple[str, ...]:
    """Name the environments, members of collections among them, that can be learned."""
    return tuple(name for name in _all(library("ENV")) if not _own_fault(name))


@cache
def usual_interval(environment: str) -> float:
    """Give a step [ms], 20 ms if that leaves out none of its periods, for an environment."""
    require(environment)
    return min([_USUAL_INTERVAL, *shortest(make(environment, _USUAL_INTERVAL)).values()])


def make(environment: str, interval: float, **options: Any) -> Any:
    """Make an environment of step `interval` [ms], without Gymnasium's wrappers.

    Those act when an agent does; NeuroGym's that make trials stay. Raises `ValueError` for other
    wrappers, and what the environment raises.
    """
    with quiet():
        made = library(environment).make(environment, dt=interval, **options)
    core = import_module("neurogym.core")
    kinds, layer = (core.TrialEnv, core.TrialWrapper), made
    while "env" in vars(layer):
        if not isinstance(layer, kinds) and not type(layer).__module__.startswith("gymnasium."):
            raise ValueError(f"its {type(layer).__name__} acts on steps, which trials do not take")
        layer = layer.env
    while not isinstance(made, kinds):
        made = made.env
    return made


def bases(made: Any) -> list[Any]:
    """List the environments that take turns in one, itself if there are no others."""
    while "env" in vars(made) and "envs" not in vars(made):
        made = made.env
    return [base for one in vars(made).get("envs", ()) for base in bases(one)] or [made]


def draw(made: Any) -> Drawn:
    """Draw the next trial."""
    with quiet():
        made.new_trial()
    base = made.unwrapped
    actions = np.asarray(base.gt)
    changes = np.flatnonzero(np.diff(actions))
    last = int(changes[-1]) + 1 if len(changes) else 0
    start = base.start_ind.get("decision", last)
    return Drawn(base.ob.reshape(len(actions), -1), actions, int(start))


def fault(made: Any) -> str:
    """Say what keeps the trials of an environment from being learned, ``""`` if nothing does."""
    for _ in range(_CHECKED):
        with quiet():
            made.new_trial()
        base = made.unwrapped
        n_actions = getattr(base.action_space, "n", None)
        if n_actions is None:
            return "its actions are no choices"
        if not hasattr(base, "gt") or not hasattr(base, "ob"):
            return "it does not tell the right actions"
        right = np.asarray(base.gt)
        if not len(right):
            return "a trial has no step"
        if right.ndim != 1 or right.min() < 0 or right.max() >= n_actions:
            return f"what is right, such as {right.max()}, is no index of its {n_actions} actions"
    return ""


def periods(made: Any) -> list[str]:
    """List the periods that occur in trials and have a duration to set."""
    for _ in range(_CHECKED):
        draw(made)
    found = bases(made)
    return [one for one in found[0].timing if any(one in base.start_ind for base in found)]


def shortest(made: Any) -> dict[str, float]:
    """Give the least duration [ms] of each period, apart from 0 and lower ends of ranges."""
    ends = {period: upper_ends(given) for period, given in bases(made)[0].timing.items()}
    lasting = {period: [end for end in found if end > 0] for period, found in ends.items()}
    return {period: min(found) for period, found in lasting.items() if found}


def nearest(name: Any, known: Iterable[str]) -> str:
    """Suggest the nearest of the known names, if one is near."""
    near = get_close_matches(str(name), list(known), n=1)
    return f" Did you mean {near[0]}?" if near else ""


def reason(error: Exception) -> str:
    """Write an error in one line; environments raise what they like."""
    return " ".join(str(error).split()) or type(error).__name__


def _all(neurogym: Any) -> list[str]:
    return neurogym.all_envs(psychopy=True, contrib=True, collections=True)


@cache
def _own_fault(environment: str) -> str:
    try:
        return fault(make(environment, _USUAL_INTERVAL))
    except Exception as error:
        return reason(error)
