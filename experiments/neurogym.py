"""NeuroGym: any environment of that collection whose actions are choices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple
from warnings import catch_warnings, simplefilter

import numpy as np
from brian2 import Quantity, ms
from jaxtyping import Float
from spikemodes.learning.objectives import mean_squared_error
from spikemodes.learning.task import Score
from spikemodes.models.network import TraceReadout
from spikemodes.models.quantities import parse_quantity, time, whole_steps
from spikemodes.models.trials import Trials

if TYPE_CHECKING:
    import torch

_LENGTHS_TRIED = 100


class _Drawn(NamedTuple):
    """One trial: observations (T × C), right actions (T), and the step at which to decide."""

    observations: np.ndarray
    actions: np.ndarray
    decision: int


@dataclass(frozen=True, eq=False)
class NeuroGym:
    """Supervised learning of a NeuroGym environment: at every step, the right action.

    Observations are the input channels; each is held for the environment's own step. There is one
    output per action, wanted 1 while the action is right and 0 else; each action counts alike,
    however rarely it is right. Shorter trials are filled up with zeros, which do not count.

    Parameters
    ----------
    environment
        Its identifier, such as ``PerceptualDecisionMaking-v0``.
    interval
        Step of the environment [s].
    dt
        Step of the network [s]; must divide `interval`.
    timing
        Durations of the environment's periods in place of its own, such as
        ``{stimulus: 300 ms}``.
    options
        Further keyword arguments of the environment, such as ``{cohs: [25.6, 51.2]}``.

    Raises
    ------
    ValueError
        If NeuroGym is not installed, the environment is unknown or refuses its arguments, or its
        actions are no choices.

    Source: Molano-Mazón et al., NeuroGym, https://neurogym.github.io.
    """

    # without annotations these are no fields
    source = "Molano-Mazón et al., NeuroGym: https://neurogym.github.io"
    readout = TraceReadout()

    environment: str
    interval: Quantity = field(default_factory=lambda: 20 * ms)
    dt: Quantity = field(default_factory=lambda: 2 * ms)
    timing: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        whole_steps(time(self.interval, "interval"), self.dt, "interval")
        make = self._make
        with _quiet():
            try:
                taught = _teaches_choices(make())
            except Exception as error:  # environments raise what they like
                reason = " ".join(str(error).split()) or type(error).__name__
                raise ValueError(
                    f"`options` and `timing` must suit {self.environment}: it fails ({reason})."
                ) from None
        if not taught:
            raise ValueError(
                "`name` must be an environment whose actions are choices and which tells the right"
                f" ones: {self.environment} is none. Choose another."
            )

    @property
    def name(self) -> str:
        """``neurogym:`` and the environment."""
        return f"neurogym:{self.environment}"

    @property
    def description(self) -> str:
        """What its authors call it."""
        return f"{self.environment} of NeuroGym, its right actions learned at every step."

    @cached_property
    def n_inputs(self) -> int:
        """Observed values."""
        with _quiet():
            return int(np.prod(self._make().observation_space.shape))

    @cached_property
    def n_outputs(self) -> int:
        """Actions."""
        with _quiet():
            return int(self._make().action_space.n)

    @property
    def epochs(self) -> dict[str, range]:
        """The longest trial."""
        return {"trial": range(self._longest * whole_steps(self.interval, self.dt, "interval"))}

    @property
    def settings(self) -> Mapping[str, Any]:
        """Decisions under noise."""
        return {"train": {"updates": 500, "learning_rate": 1e-2}}

    def sample(self, n_trials: int, rng: np.random.Generator) -> Trials:
        """Draw trials, the environment seeded from `rng`.

        Conditions: ``answer`` (the right action at the end), and ``decision`` [s], when the period
        of that name begins, or, without one, the last right action.
        """
        if n_trials < 1:
            raise ValueError(f"`n_trials` must be 1 or more: got {n_trials}.")
        with _quiet():
            drawn = [trial for trial, _ in zip(self._draw(rng), range(n_trials), strict=False)]
        inputs = np.zeros((self._longest, n_trials, self.n_inputs), np.float32)
        targets = np.zeros((self._longest, n_trials, self.n_outputs), np.float32)
        mask = np.zeros((self._longest, n_trials), bool)
        for k, trial in enumerate(drawn):
            length = len(trial.actions)
            inputs[:length, k] = trial.observations
            targets[np.arange(length), k, trial.actions] = 1
            mask[:length, k] = True
        held = whole_steps(self.interval, self.dt, "interval")
        return Trials(
            inputs=np.repeat(inputs, held, axis=0),
            dt=self.dt,
            targets=np.repeat(targets, held, axis=0),
            mask=np.repeat(mask, held, axis=0),
            conditions={
                "answer": np.array([int(trial.actions[-1]) for trial in drawn]),
                "decision": np.array([trial.decision * float(self.interval) for trial in drawn]),
            },
        )

    def loss(self, outputs: torch.Tensor, trials: Trials) -> torch.Tensor:
        """Compute the squared error, averaged while each action is right, then over actions."""
        import torch

        targets = torch.as_tensor(trials.targets, dtype=outputs.dtype, device=outputs.device)
        error = (outputs - targets).square().mean(-1)
        scored = torch.as_tensor(trials.scored)
        right = [scored & (targets[..., action] == 1) for action in range(self.n_outputs)]
        return torch.stack([error[steps].mean() for steps in right if steps.any()]).mean()

    def score(self, outputs: Float[np.ndarray, "T B O"], trials: Trials) -> Score:
        """Score outputs: the fraction of trials in which the largest output decides right.

        Outputs are averaged from the decision to the end of the trial; ``chance`` is what the most
        frequent answer would reach.
        """
        answer, decision = trials.conditions["answer"], trials.conditions["decision"]
        times = float(self.dt) * np.arange(len(outputs))
        counts = trials.scored & (times[:, None] > decision - 0.5 * float(self.dt))
        choice = (outputs * counts[..., None]).sum(0).argmax(-1)
        return Score(
            accuracy=float((choice == answer).mean()),
            mse=mean_squared_error(outputs, trials),
            further={"chance": float(np.bincount(answer).max() / len(answer))},
        )

    @property
    def _make(self) -> Callable[[], Any]:
        """Make a new environment."""
        durations = {
            name: float(time(parse_quantity(str(value), f"timing.{name}"), f"timing.{name}") / ms)
            for name, value in self.timing.items()
        }
        options = {**self.options, **({"timing": durations} if durations else {})}
        make, step = _collection(self.environment), float(self.interval / ms)
        return lambda: make(self.environment, dt=step, **options).unwrapped

    @cached_property
    def _longest(self) -> int:
        """Steps of the environment in the longest of many trials; rarer ones are drawn again."""
        with _quiet():
            environment = self._make()
        environment.seed(0)
        return max(len(_trial(environment).actions) for _ in range(_LENGTHS_TRIED))

    def _draw(self, rng: np.random.Generator) -> Iterator[_Drawn]:
        environment = self._make()
        environment.seed(int(rng.integers(2**31)))
        while True:
            trial = _trial(environment)
            if len(trial.actions) <= self._longest:
                yield trial


def _teaches_choices(environment: Any) -> bool:
    """Whether actions are choices, and a trial comes with the right ones."""
    try:
        environment.new_trial()
    except AttributeError:
        return False
    return all(hasattr(environment, name) for name in ("gt", "ob")) and hasattr(
        environment.action_space, "n"
    )


def _trial(environment: Any) -> _Drawn:
    environment.new_trial()
    actions = np.asarray(environment.gt)
    changes = np.flatnonzero(np.diff(actions))
    last = int(changes[-1]) + 1 if len(changes) else 0
    start = getattr(environment, "start_ind", {}).get("decision", last)
    return _Drawn(environment.ob.reshape(len(actions), -1), actions, int(start))


def _collection(environment: str) -> Callable[..., Any]:
    """Give NeuroGym's function that makes environments, if it has this one."""
    with _quiet():
        try:
            neurogym = import_module("neurogym")
        except ImportError:
            raise ValueError(
                f"`name` must be a task that is installed: neurogym:{environment} needs NeuroGym."
                ' Install it: pip install "spikemodes[neurogym]".'
            ) from None
    known = neurogym.all_envs()
    if environment not in known:
        raise ValueError(
            f"`name` must be neurogym: and one of {', '.join(known)}: got {environment!r}."
        )
    return neurogym.make


@contextmanager
def _quiet() -> Iterator[None]:
    """Spare users the warnings that NeuroGym and Gymnasium have for their own developers."""
    with catch_warnings():
        simplefilter("ignore")
        yield


@cache
def neurogym_task(environment: str) -> Callable[..., NeuroGym]:
    """Give the maker of the task of one environment; its keyword arguments are the task's keys."""

    def make(
        interval: Quantity = 20 * ms,
        dt: Quantity = 2 * ms,
        timing: dict = {},  # noqa: B006
        options: dict = {},  # noqa: B006
    ) -> NeuroGym:
        return NeuroGym(environment, interval, dt, timing, options)

    return make
