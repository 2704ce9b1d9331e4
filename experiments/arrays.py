"""Arrays: classify or map recordings and sensor signals of the user's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from brian2 import Quantity, ms
from jaxtyping import Float, Int
from spikemodes.learning.objectives import (
    cross_entropy,
    fraction_classified,
    mean_squared_error,
    normalised_error,
    squared_error,
)
from spikemodes.learning.task import Score
from spikemodes.models.network import PeakReadout, Readout, TraceReadout
from spikemodes.models.quantities import time, whole_steps
from spikemodes.models.trials import Trials

from .recorded_trials import RecordedTrials, read_trials

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Arrays:
    """Classification of recorded trials, or regression of target traces on them.

    Channels are scaled to mean 0 and deviation 1 over the training trials; a missing channel is 0
    throughout its trial. With labels there is one output per class, the peak readout, and
    cross-entropy; with target traces, scaled likewise, one output per trace and their squared
    error.

    Parameters
    ----------
    data
        A ``.npz`` or ``.csv`` file; see `read_trials` for what it holds.
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
        labels = recorded.labels
        if labels is not None and len(np.unique(labels[train])) <= labels.max():
            raise ValueError(
                f"`test` must leave trials of every class for training: {self.test} with"
                f" split_seed {self.split_seed} does not. Lower it, or change the seed."
            )

    @property
    def recorded(self) -> RecordedTrials:
        """All trials, as they were recorded."""
        return read_trials(self.data)

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
        recorded = self.recorded
        if recorded.labels is not None:
            return int(recorded.labels.max()) + 1
        assert recorded.targets is not None
        return recorded.targets.shape[2]

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
        return self._trials(_moved(samples * present, shift), _moved(targets, shift), chosen)

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
            return Score(accuracy=fraction_classified(outputs, trials))
        return Score(
            mse=mean_squared_error(outputs, trials),
            further={"normalised_error": normalised_error(outputs, trials)},
        )

    @property
    def _held(self) -> int:
        return whole_steps(self.interval, self.dt, "interval")

    def _scaled(
        self, chosen: np.ndarray
    ) -> tuple[Float[np.ndarray, "T B C"], Float[np.ndarray, "T B O"] | None]:
        """Samples and targets of the chosen trials, time first, scaled by the training trials."""
        recorded, (train, _) = self.recorded, self.split
        samples = np.nan_to_num(_scaled_by(recorded.inputs[train], recorded.inputs[chosen]))
        if recorded.targets is None:
            return samples.swapaxes(0, 1), None
        targets = _scaled_by(recorded.targets[train], recorded.targets[chosen])
        return samples.swapaxes(0, 1), targets.swapaxes(0, 1)

    def _trials(
        self, samples: np.ndarray, targets: np.ndarray | None, chosen: np.ndarray
    ) -> Trials:
        labels = self.recorded.labels
        return Trials(
            inputs=np.repeat(samples.astype(np.float32), self._held, axis=0),
            dt=self.dt,
            targets=None if targets is None else np.repeat(targets, self._held, axis=0),
            labels=None if labels is None else labels[chosen],
            conditions={} if labels is None else {"class": labels[chosen]},
        )


def _scaled_by(example: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Scale by mean and deviation of an example; a channel that never varies is only centred."""
    present = np.ma.masked_invalid(example)
    mean, deviation = present.mean((0, 1)).filled(0), present.std((0, 1)).filled(0)
    return (values - mean) / np.where(deviation > 0, deviation, 1)


def _moved(values: Any, shift: Int[np.ndarray, " B"]) -> Any:
    """Shift each trial (T × B × anything) along time, its ends held."""
    if values is None:
        return None
    n_steps, n_trials = values.shape[:2]
    times = np.clip(np.arange(n_steps)[:, None] - shift, 0, n_steps - 1)
    return values[times, np.arange(n_trials)]
