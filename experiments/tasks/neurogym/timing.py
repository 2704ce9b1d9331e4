"""Durations of NeuroGym's periods as people write them, fixed or random."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from brian2 import Quantity, ms
from spikemodes.models.quantities import parse_quantity, time

Duration = float | list[float] | tuple[str, Any]
"""As NeuroGym has it: a number, several to choose from, or a distribution's name and arguments."""

_ARGUMENTS = {
    "uniform": ("[lowest, highest]", 2, 2),
    "choice": ("a list of durations", 1, math.inf),
    "truncated_exponential": ("[mean, lowest, highest]", 1, 3),
    "constant": ("one duration", 1, 1),
    "until": ("the time at which the period ends", 1, 1),
}
_DRAWS = 1000
_RAREST = 1e-3  # share of an exponential's draws that must be within its limits


def duration(value: Any, name: str) -> Duration:
    """Read the duration of a period [ms].

    Parameters
    ----------
    value
        A time with its unit; a list of times, of which each trial draws one; or a distribution of
        NeuroGym's with its arguments, as ``{uniform: [200, 400]}`` or ``[uniform, [200, 400]]``.
        In lists and distributions a number without unit counts milliseconds, as in NeuroGym.
    name
        Of the key, for messages.

    Raises
    ------
    ValueError
        If it is none of these, or a distribution has no such arguments.
    """
    if isinstance(value, str | Quantity) and np.ndim(value) == 0:
        return _milliseconds(value, name)
    if isinstance(value, Mapping):
        if len(value) != 1:
            raise ValueError(
                f"`{name}` must be one distribution: got {_shown(value)}."
                " Write it like {uniform: [200 ms, 400 ms]}."
            )
        return _distribution(*next(iter(value.items())), name)
    if isinstance(value, Sequence | np.ndarray) and len(value):
        if len(value) == 2 and isinstance(value[0], str) and value[0] in _ARGUMENTS:
            return _distribution(value[0], value[1], name)
        return [_milliseconds(one, name) for one in value]
    raise ValueError(
        f"`{name}` must be a time, a list of times or a distribution: got {_shown(value)}. Write it"
        " like '300 ms', [200 ms, 400 ms] or {uniform: [200 ms, 400 ms]}."
    )


def upper_ends(given: Any) -> list[float]:
    """List the durations [ms] that a period is given, of a range its end, none if unknown."""
    match given:
        case int() | float():
            return [float(given)]
        case ("uniform", (_, highest)) | ("truncated_exponential", (_, _, highest)):
            return [highest]
        case ("choice", args):
            return list(args)
        case ("constant", args):
            return [args]
        case [int() | float(), *_]:
            return list(given)
    return []


def longest_draw(base: Any, period: str) -> Duration:
    """Give the longest of many durations that an environment draws for a period [ms]."""
    given = base.timing[period]
    if isinstance(given, tuple) and given[0] == "until":  # there is nothing random in it
        return given
    draws = 1 if isinstance(given, int | float) else _DRAWS
    # a Python number: NeuroGym does not take NumPy's for a duration
    return float(max(base.sample_time(period) for _ in range(draws)))


def _distribution(kind: Any, given: Any, name: str) -> tuple[str, Any]:
    """Check the arguments of a distribution as NeuroGym would use them."""
    if kind not in _ARGUMENTS:
        raise ValueError(
            f"`{name}` must be a distribution of NeuroGym, one of {', '.join(_ARGUMENTS)}:"
            f" got {kind!r}."
        )
    form, fewest, most = _ARGUMENTS[kind]
    several = isinstance(given, Sequence | np.ndarray | Quantity) and np.ndim(given) > 0
    listed: Iterable[Any] = given if several else [given]
    numbers = [_milliseconds(one, f"{name}.{kind}") for one in listed]
    if not fewest <= len(numbers) <= most or several == (most == 1):
        raise ValueError(f"`{name}.{kind}` must be {form}: got {_shown(given)}.")
    limits = numbers[1:] if kind == "truncated_exponential" else numbers
    if kind in ("uniform", "truncated_exponential") and limits != sorted(limits):
        raise ValueError(
            f"`{name}.{kind}` must be {form}, the lowest first: got {_shown(given)}. Swap them."
        )
    if kind == "truncated_exponential":
        mean, lowest, highest = [*numbers, *(0.0, math.inf)[len(numbers) - 1 :]]
        # NeuroGym draws until a value is within the limits
        if mean == 0 or math.exp(-lowest / mean) - math.exp(-highest / mean) < _RAREST:
            raise ValueError(
                f"`{name}.{kind}` must have limits within which such durations fall: of mean"
                f" {mean:g} ms hardly one is from {lowest:g} to {highest:g} ms. Change the mean."
            )
    return kind, numbers[0] if most == 1 else numbers


def _milliseconds(value: Any, name: str) -> float:
    """Read a time; a number without unit counts milliseconds."""
    if isinstance(value, int | float | np.number) and not isinstance(value, bool | Quantity):
        value = float(value) * ms
    quantity = value if isinstance(value, Quantity) else parse_quantity(str(value), name)
    # NeuroGym rounds down to whole steps: 1001.0000000000001 must not be more than 1001
    return round(float(time(quantity, name, zero=True) / ms), 9)


def _shown(value: Any) -> str:
    return " ".join(str(value).split())
