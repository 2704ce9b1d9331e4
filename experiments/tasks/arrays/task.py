"""Arrays: classify or map recordings and sensor signals of the user's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from brian2 import Quantity, ms
from jaxtyping import Bool, Float, Int
from spikemodes.learning.task import Score
from spikemodes.models.networks.network import PeakReadout, Readout, TraceReadout
from spikemodes.models.quantities import shown, time, whole_steps
from spikemodes.models.trials import Trials

from ..objectives import (
    cross_entropy,
    normalised_error,
    score_of_classes,
    score_of_traces,
    squared_error,
)
from .reading import read_trials
from .recorded_trials import RecordedTrials

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Arrays:
    """Classification of recorded trials, or regression of target traces on them.

    Channels are scaled to mean 0 and deviation 1 over the training trials; a missing channel is 0
    throughout its trial, and all are 0 after the end of a trial that is shorter than others, where
    targets do not count. With labels there is one output per class, the peak readout, and
    cross-entropy; with target traces, scaled likewise, one output per trace and their squared
    error.

    Parameters
    ----------
    data
        A ``.npz`` or ``.csv`` file; see `read_npz` and `read_csv` for what it holds.
    channels
        Names of the channels to take, in this order; all by default, and then none of them may
        rise or count like a clock.
    interval
        Time between two samples [s]; each is held until the next.
    dt
        Step of the network [s]; must divide `interval`.
    test
        Share of the trials that is kept for testing, chosen at random by `split_seed`.
    split_seed
        Seed of that choice.
    noise
        Standard deviation of the noise that is added to each sample while training, in units of
        the channel's own.
    missing
        Probability that a channel is left out of a trial while training.
    jitter
        Training trials are shifted in time by up to this much either way [s]; their ends are held.

    Raises
    ------
    ValueError
        If the file is missing or holds something else, or a parameter is out of range.
    """

    # without annotations these are no fields
    name = "arrays"
    source = "the user's own recordings"
    description = "Recorded signals drive the network, which tells their class or follows targets."

    data: str = ""
    channels: list[Any] = field(default_factory=list)
    interval: Quantity = field(default_factory=lambda: 2 * ms)
    dt: Quantity = field(default_factory=lambda: 2 * ms)
    test: float = 0.2
    split_seed: int = 0
    noise: float = 0.0
    missing: float = 0.0
    jitter: Quantity = field(default_factory=lambda: 0 * ms)

    def __post_init__(self) -> None:
        whole_steps(time(self.interval, "interval"), self.dt, "interval")
        whole_steps(time(self.jitter, "jitter", zero=True), self.interval, "jitter")
        for name, rule, holds in (
            ("test", "above 0 and below 1", 0 < self.test < 1),
            ("split_seed", "0 or more", self.split_seed >= 0),
            ("noise", "finite and zero or positive", 0 <= self.noise < np.inf),
            ("missing", "0 or more and below 1", 0 <= self.missing < 1),
        ):
            if not holds:
                raise ValueError(f"`{name}` must be {rule}: got {getattr(self, name)}.")
        recorded, (train, _) = self.recorded, self.split
        duration = recorded.inputs.shape[1] * self.interval
        if not self.jitter < duration:
            raise ValueError(
                f"`jitter` must be shorter than a trial, {shown(duration)}: got"
                f" {shown(self.jitter)}. Lower it, or check `interval`."
            )
        labels = recorded.labels
        if labels is not None and len(np.unique(labels[train])) <= labels.max():
            raise ValueError(
                f"`test` must leave trials of every class for training: {self.test} with"
                f" split_seed {self.split_seed} does not. Lower it, or change the seed."
            )

    @property
    def recorded(self) -> RecordedTrials:
        """All trials, as they were recorded."""
        return read_trials(self.data, tuple(map(str, self.channels)))

    @property
    def split(self) -> tuple[Int[np.ndarray, " K"], Int[np.ndarray, " L"]]:
        """Trials to train and to test with, one at least of each."""
        n_trials = len(self.recorded.inputs)
        n_test = min(max(1, round(self.test * n_trials)), n_trials - 1)
        order = np.random.default_rng(self.split_seed).permutation(n_trials)
        return np.sort(order[n_test:]), np.sort(order[:n_test])

    @property
    def n_test(self) -> int:
        """How many trials are kept for testing."""
        return len(self.split[1])

    @property
    def n_inputs(self) -> int:
        """Channels."""
        return self.recorded.inputs.shape[2]

    @property
    def n_outputs(self) -> int:
        """Classes, or target traces."""
        targets = self.recorded.targets
        return self.recorded.n_classes if targets is None else targets.shape[2]

    @property
    def channel_names(self) -> Sequence[str]:
        """What the file calls the channels."""
        return self.recorded.channel_names

    @property
    def class_names(self) -> Sequence[str]:
        """What the file calls the classes; none for target traces."""
        return self.recorded.class_names

    @property
    def readout(self) -> Readout:
        """Peaks for classes, traces for target traces."""
        return TraceReadout() if self.recorded.labels is None else PeakReadout()

    @property
    def epochs(self) -> dict[str, range]:
        """The recording from end to end."""
        return {"recording": range(self.recorded.inputs.shape[1] * self._held)}

    @property
    def settings(self) -> Mapping[str, Any]:
        """All test trials."""
        train = {"batch": 50, "learning_rate": 1e-2, "surrogate": {"slope": 8.0}}
        return {"train": train, "simulate": {"trials": self.n_test}}

    def sample(self, n_trials: int, rng: np.random.Generator) -> Trials:
        """Draw training trials from `rng`, varied by noise, missing channels and jitter."""
        train, _ = self.split
        chosen = rng.choice(train, n_trials)
        samples, targets = self._scaled(chosen)
        shift = np.zeros(n_trials, int)
        if most := whole_steps(self.jitter, self.interval, "jitter"):
            shift = rng.integers(-most, most + 1, n_trials)
        if self.noise:
            samples = samples + self.noise * rng.standard_normal(samples.shape)
        present = rng.random((1, n_trials, self.n_inputs)) >= self.missing
        lengths = self.recorded.lengths[chosen]
        samples, targets = (_moved(x, shift, lengths) for x in (samples * present, targets))
        return self._trials(samples, targets, chosen)

    def sample_test(self, n_trials: int, rng: np.random.Generator) -> Trials:
        """Give test trials as they were recorded: all, or fewer that `rng` chooses."""
        _, test = self.split
        if not 1 <= n_trials <= len(test):
            raise ValueError(f"`n_trials` must be from 1 to {len(test):,}: got {n_trials:,}.")
        chosen = np.sort(rng.choice(test, n_trials, replace=False))
        return self._trials(*self._scaled(chosen), chosen)

    def loss(self, outputs: torch.Tensor, trials: Trials) -> torch.Tensor:
        """Compute cross-entropy (outputs B × O) or squared error (outputs T × B × O)."""
        return (
            squared_error(outputs, trials)
            if trials.labels is None
            else cross_entropy(outputs, trials)
        )

    def score(self, outputs: np.ndarray, trials: Trials) -> Score:
        """Score outputs: the fraction told right, or the errors in units of the scaled traces."""
        if trials.labels is not None:
            return score_of_classes(outputs, trials)
        assert trials.targets is not None
        vary = np.ptp(trials.targets[trials.scored], axis=0).any()
        error = {"normalised_error": normalised_error(outputs, trials)} if vary else {}
        return score_of_traces(outputs, trials, **error)

    @property
    def _held(self) -> int:
        return whole_steps(self.interval, self.dt, "interval")

    @cached_property
    def _scales(self) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """Mean and deviation of each channel, and of each target, over the training trials."""
        recorded, (train, _) = self.recorded, self.split
        inside = recorded.inside[train]
        return tuple(
            _scale(values[train], inside)
            for values in (recorded.inputs, recorded.targets)
            if values is not None
        )

    def _scaled(
        self, chosen: np.ndarray
    ) -> tuple[Float[np.ndarray, "T B C"], Float[np.ndarray, "T B O"] | None]:
        """Samples and targets of the chosen trials, time first, scaled by the training trials.

        They are 0 where a channel is missing and after a trial's end.
        """
        recorded, inside = self.recorded, self.recorded.inside[chosen]

        def scaled(values: np.ndarray, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
            known = np.where(inside[..., None], (values[chosen] - mean) / deviation, 0)
            return np.nan_to_num(known).swapaxes(0, 1)

        samples = scaled(recorded.inputs, *self._scales[0])
        if recorded.targets is None:
            return samples, None
        return samples, scaled(recorded.targets, *self._scales[1])

    def _trials(
        self, samples: np.ndarray, targets: np.ndarray | None, chosen: np.ndarray
    ) -> Trials:
        recorded, inside = self.recorded, self.recorded.inside[chosen].T
        labels = None if recorded.labels is None else recorded.labels[chosen]
        samples = np.where(inside[..., None], samples, 0).astype(np.float32)
        return Trials(
            inputs=np.repeat(samples, self._held, axis=0),
            dt=self.dt,
            targets=None if targets is None else np.repeat(targets, self._held, axis=0),
            mask=None if recorded.inside.all() else np.repeat(inside, self._held, axis=0),
            labels=labels,
            conditions={} if labels is None else {"class": np.array(self.class_names)[labels]},
        )


def _scale(
    values: Float[np.ndarray, "M T K"], inside: Bool[np.ndarray, "M T"]
) -> tuple[Float[np.ndarray, " K"], Float[np.ndarray, " K"]]:
    """Give mean and deviation of present samples; one that never varies has a deviation of 1."""
    known = inside[..., None] & ~np.isnan(values)
    count = np.maximum(known.sum((0, 1)), 1)
    mean = np.sum(values, (0, 1), dtype=float, where=known) / count
    square = np.sum((values - mean) ** 2, (0, 1), dtype=float, where=known) / count
    low = np.min(values, (0, 1), where=known, initial=np.inf)
    high = np.max(values, (0, 1), where=known, initial=-np.inf)
    deviation, least = np.sqrt(square), float(np.finfo(np.float32).tiny)
    return mean, np.where((high > low) & (deviation > least), deviation, 1)


def _moved(values: Any, shift: Int[np.ndarray, " B"], lengths: Int[np.ndarray, " B"]) -> Any:
    """Shift each trial (T × B × anything) along time, its ends held."""
    if values is None:
        return None
    n_steps, n_trials = values.shape[:2]
    times = np.clip(np.arange(n_steps)[:, None] - shift, 0, lengths - 1)
    return values[times, np.arange(n_trials)]
