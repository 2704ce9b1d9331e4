"""Trials of a task: what a network is shown and what it should answer."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from brian2 import Quantity
from jaxtyping import Bool, Float, Int

from .quantities import require_finite, time


@dataclass(frozen=True, eq=False)
class Trials:
    """A batch of B trials of T steps with C input channels and O outputs.

    Parameters
    ----------
    inputs
        Input channels, held constant over each step (T × B × C).
    dt
        Duration of a step [s, a Brian2 quantity].
    targets
        Wanted outputs (T × B × O), or ``None`` for a task with labels alone.
    mask
        Where the targets count (T × B); everywhere by default.
    labels
        Class of each trial (B), or ``None``.
    conditions
        Per trial values by condition name, such as ``{"context": (B,), "choice": (B,)}``.

    Raises
    ------
    ValueError
        If shapes do not fit together, a value is not finite, or `dt` is not a positive time.
    """

    inputs: Float[np.ndarray, "T B C"] | Bool[np.ndarray, "T B C"]
    dt: Quantity
    targets: Float[np.ndarray, "T B O"] | None = None
    mask: Bool[np.ndarray, "T B"] | None = None
    labels: Int[np.ndarray, " B"] | None = None
    conditions: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        time(self.dt, "dt")
        if self.inputs.ndim != 3 or 0 in self.inputs.shape:
            raise ValueError(
                "`inputs` must be time × trial × channel with none of them empty: got"
                f" {self.inputs.shape}. Use inputs[:, None, :] for a single trial."
            )
        require_finite(inputs=self.inputs)
        for name in ("targets", "mask"):
            array = getattr(self, name)
            if array is not None and array.shape[:2] != self.inputs.shape[:2]:
                raise ValueError(
                    f"`{name}` must have the steps and trials of `inputs`: expected"
                    f" {self.inputs.shape[:2]}, got {array.shape[:2]}."
                )
        if self.targets is not None:
            if self.targets.ndim != 3:
                raise ValueError(
                    "`targets` must be time × trial × output: got"
                    f" {self.targets.shape}. Use targets[..., None] for a single output."
                )
            require_finite(targets=self.targets)
        per_trial = dict(self.conditions)
        if self.labels is not None:
            per_trial["labels"] = self.labels
        for name, values in per_trial.items():
            if len(values) != self.n_trials:
                raise ValueError(
                    f"`{name}` must have one value per trial: expected {self.n_trials},"
                    f" got {len(values)}."
                )

    @property
    def n_steps(self) -> int:
        """T."""
        return self.inputs.shape[0]

    @property
    def n_trials(self) -> int:
        """B."""
        return self.inputs.shape[1]

    @property
    def n_inputs(self) -> int:
        """C."""
        return self.inputs.shape[2]

    @cached_property
    def scored(self) -> Bool[np.ndarray, "T B"]:
        """The mask, all true where none was given."""
        return np.ones(self.inputs.shape[:2], bool) if self.mask is None else self.mask

    def subset(self, trials: np.ndarray | slice) -> "Trials":
        """The chosen trials, in the given order."""
        return Trials(
            inputs=self.inputs[:, trials],
            dt=self.dt,
            targets=None if self.targets is None else self.targets[:, trials],
            mask=None if self.mask is None else self.mask[:, trials],
            labels=None if self.labels is None else self.labels[trials],
            conditions={name: values[trials] for name, values in self.conditions.items()},
        )


def side_by_side(trials: Sequence[Trials]) -> Trials:
    """Make one batch of several of the same length, with targets and without labels."""

    def along_trials(arrays: Iterable[np.ndarray]) -> np.ndarray:
        return np.concatenate(list(arrays), axis=1)

    return Trials(
        inputs=along_trials(one.inputs for one in trials),
        dt=trials[0].dt,
        targets=along_trials(one.targets for one in trials if one.targets is not None),
        mask=along_trials(one.scored for one in trials),
    )


def in_batches(trials: Trials, size: int) -> Iterator[Trials]:
    """Cut trials into batches of `size`; the last is filled up with trials from the start."""
    for start in range(0, trials.n_trials, size):
        chosen = slice(start, start + size)
        whole = start + size <= trials.n_trials
        yield trials.subset(chosen if whole else np.arange(start, start + size) % trials.n_trials)
