"""A NeuroGym environment with its settings: checked, and drawn from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from inspect import Parameter, signature
from typing import Any

import numpy as np

from . import library
from .library import Drawn
from .timing import Duration, longest_draw

_SURVEYED = 100  # trials
_KEYS = {"dt": "interval", "timing": "timing"}  # arguments that are keys of the task


@dataclass(frozen=True, eq=False)
class Environment:
    """An environment with its settings, from which trials can be drawn.

    Parameters
    ----------
    name
        Its identifier.
    interval
        Its step [ms].
    timing
        Durations of periods in place of its own, as NeuroGym has them [ms].
    options
        Further keyword arguments.

    Raises
    ------
    ValueError
        If there is no such environment, it cannot be learned, or the settings do not suit it.
    """

    name: str
    interval: float
    timing: Mapping[str, Duration] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        library.require(self.name)
        if self.options:
            self._require_options()
        if self.timing:
            self._require_periods()
        for period, shortest in library.shortest(self._working(self.timing)).items():
            if shortest < self.interval:
                raise ValueError(
                    f"`interval` must be no longer than the periods of {self.name}, since it"
                    f" would leave {period} out, which lasts {shortest:g} ms:"
                    f" got {self.interval:g} ms. Shorten `interval`."
                )

    @cached_property
    def n_actions(self) -> int:
        """How many actions there are to choose from."""
        return int(self._make().unwrapped.action_space.n)

    @cached_property
    def n_observations(self) -> int:
        """How many values are observed at a step."""
        return library.draw(self._make()).observations.shape[1]

    @property
    def longest(self) -> int:
        """Steps of the longest trial."""
        return max(len(trial.actions) for trial in self._survey)

    @property
    def answers(self) -> set[int]:
        """Actions that are right at the end of a trial."""
        return {int(trial.actions[-1]) for trial in self._survey}

    def trials(self, rng: np.random.Generator) -> Iterator[Drawn]:
        """Draw trials, the environment seeded from `rng`; longer ones than `longest` again."""
        made, longest = self._make(), self.longest
        _seed(made, int(rng.integers(2**31)))
        if blocks := _blocks(made):  # a batch begins anywhere in them
            for _ in range(int(rng.integers(blocks))):
                library.draw(made)
        while True:
            trial = library.draw(made)
            if len(trial.actions) <= longest:
                yield trial

    @cached_property
    def _survey(self) -> list[Drawn]:
        """Many trials, half of them with each period at its longest."""
        usual, stretched = self._make(), self._make()
        for made in (usual, stretched):
            _seed(made, 0)
        for base in library.bases(stretched):
            base.timing = {period: longest_draw(base, period) for period in base.timing}
        return [library.draw(made) for made in (usual, stretched) for _ in range(_SURVEYED)]

    def _make(self, timing: Mapping[str, Duration] | None = None) -> Any:
        timing = self.timing if timing is None else timing
        given = {**self.options, **({"timing": dict(timing)} if timing else {})}
        made = library.make(self.name, self.interval, **given)
        for base in library.bases(made):
            base.timing.update(timing)  # some of a collection overrule what they are given
        return made

    def _working(self, timing: Mapping[str, Duration]) -> Any:
        try:
            made = self._make(timing)
            if not (fault := library.fault(made)):
                return made
        except Exception as error:
            fault = library.reason(error)
        raise ValueError(f"`options` and `timing` must suit {self.name}: it fails ({fault}).")

    def _require_options(self) -> None:
        taken = signature(type(self._base())).parameters
        free = any(one.kind is Parameter.VAR_KEYWORD for one in taken.values())
        known = [name for name in taken if name not in _KEYS]
        for name, value in self.options.items():
            if name in _KEYS:
                raise ValueError(
                    f"`options.{name}` must be left out, since the task has a key for it:"
                    f" got {value!r}. Set `{_KEYS[name]}`."
                )
            if name not in known and not free:
                raise ValueError(
                    f"`options` must be arguments of {self.name}, which are {', '.join(known)}:"
                    f" got {name!r}.{library.nearest(name, known)}"
                )
            # members of a collection may be others with some arguments fixed
            fixed = getattr(self._base(), name, None)
            if isinstance(fixed, bool) and value != fixed == getattr(
                self._base(**{name: value}), name
            ):
                raise ValueError(
                    f"`options.{name}` must be {fixed} in {self.name}, which fixes it:"
                    f" got {value!r}. Leave it out."
                )

    def _require_periods(self) -> None:
        known = library.periods(self._working({}))
        for period in self.timing:
            if period not in known:
                raise ValueError(
                    f"`timing` must be of periods of {self.name}, which are {', '.join(known)}:"
                    f" got {period!r}.{library.nearest(period, known)}"
                )

    def _base(self, **options: Any) -> Any:
        return library.bases(library.make(self.name, self.interval, **options))[0]


def _seed(made: Any, seed: int) -> None:
    with library.quiet():
        made.seed(seed)
    for base in library.bases(made):
        if hasattr(base, "new_block"):  # the first block was drawn before there was a seed
            base.new_block()


def _blocks(made: Any) -> int:
    """Count the trials of a round of blocks, 0 if there are none."""
    lengths = getattr(vars(made).get("schedule"), "block_lens", ())
    return sum(lengths) or 2 * getattr(made.unwrapped, "block_size", 0)
