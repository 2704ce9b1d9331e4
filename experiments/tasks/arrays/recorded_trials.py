"""Recordings and sensor signals of the user's own, read from ``.npz`` and ``.csv`` files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from ..registry import listed

_LARGEST = float(np.finfo(np.float32).max)
_EXACT = 2**53  # up to here, floats are whole numbers without gaps
_NO_CLASSES = (
    "`labels` must be whole numbers from 0, or words: got {}. Call values that vary continuously"
    " targets."
)


def sample_of(trial: int, step: int) -> str:
    """Tell where a sample is in arrays."""
    return f"sample {step} of trial {trial}"


@dataclass(frozen=True, eq=False)
class RecordedTrials:
    """M recorded trials of up to T samples of C channels, each with a class or target traces.

    Parameters
    ----------
    inputs
        Samples (M × T × C); NaN all along a channel that is missing in a trial, and in all
        channels after a trial's end.
    labels
        Class of each trial, from 0 (M), or ``None``.
    targets
        Target traces (M × T × O), or ``None``; after a trial's end they do not count.
    channels
        Names of the channels (C); numbers from 0 by default.
    classes
        Names of the classes; numbers from 0 by default.
    place
        Tells where in its file a sample of a trial is, for messages.

    Raises
    ------
    ValueError
        If shapes do not fit together, a value is not finite or too large for float32, a label is
        out of range, or there are both or neither of labels and targets.
    """

    inputs: Float[np.ndarray, "M T C"]
    labels: Int[np.ndarray, " M"] | None = None
    targets: Float[np.ndarray, "M T O"] | None = None
    channels: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    place: Callable[[int, int], str] = sample_of

    def __post_init__(self) -> None:
        if self.inputs.ndim != 3 or 0 in self.inputs.shape:
            raise ValueError(
                f"`inputs` must be trial × time × channel: got shape {self.inputs.shape}."
            )
        if len(self.inputs) < 2:
            raise ValueError("`inputs` must have 2 trials or more, to train and to test: got 1.")
        if len(self.channel_names) != self.inputs.shape[2]:
            raise ValueError(
                f"`channels` must have one name per channel, {self.inputs.shape[2]}: got"
                f" {len(self.channels)}."
            )
        if self.targets is not None and (
            self.targets.ndim != 3
            or self.targets.shape[:2] != self.inputs.shape[:2]
            or 0 in self.targets.shape
        ):
            raise ValueError(
                "`targets` must be trial × time × output with the trials and samples of"
                f" `inputs`, {self.inputs.shape[:2]}: got shape {self.targets.shape}."
            )
        self._check_inputs()
        if (self.labels is None) == (self.targets is None):
            got = "neither" if self.labels is None else "both"
            raise ValueError(f"`labels` or `targets` must be given, one of them: got {got}.")
        if self.labels is not None:
            self._check_labels(self.labels)
        if self.targets is not None:
            self._check_targets(self.targets)

    @cached_property
    def channel_names(self) -> tuple[str, ...]:
        """Names of the channels (C)."""
        return self.channels or tuple(map(str, range(self.inputs.shape[2])))

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes; none if there are target traces."""
        return self.classes or tuple(map(str, [] if self.labels is None else range(self.n_classes)))

    @property
    def n_classes(self) -> int:
        """How many classes there are; 0 if there are target traces."""
        return 0 if self.labels is None else int(self.labels.max()) + 1

    @cached_property
    def lengths(self) -> Int[np.ndarray, " M"]:
        """How many samples each trial has, of T; all where it has no value at all (M)."""
        known = np.asarray(~np.isnan(self.inputs).all(axis=2))
        if self.targets is not None:
            known = known | ~np.isnan(self.targets).all(axis=2)
        n_samples = self.inputs.shape[1]
        return np.where(known.any(axis=1), n_samples - known[:, ::-1].argmax(axis=1), n_samples)

    @cached_property
    def inside(self) -> Bool[np.ndarray, "M T"]:
        """Where samples are, and not what fills up shorter trials."""
        return np.arange(self.inputs.shape[1]) < self.lengths[:, None]

    def _check_inputs(self) -> None:
        missing = np.isnan(self.inputs)
        if missing.all():
            raise ValueError("`inputs` must have values: all are missing.")
        gaps = missing & ~missing.all(1, keepdims=True) & self.inside[..., None]
        for trial, step, channel in np.argwhere(gaps)[:1]:
            raise ValueError(
                f"channel `{self.channel_names[channel]}` must have a value at each sample of a"
                f" trial, or at none: {self.place(trial, step)} has none. Fill the gap, or leave"
                " the channel out all along that trial."
            )
        _check_size(
            self.inputs, [f"channel `{listed([name])}`" for name in self.channel_names], self.place
        )

    def _check_labels(self, labels: np.ndarray) -> None:
        if labels.shape != self.inputs.shape[:1]:
            raise ValueError(
                f"`labels` must have one value per trial, {len(self.inputs)}: got shape"
                f" {labels.shape}."
            )
        if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0:
            raise ValueError("`labels` must be whole numbers from 0: got others.")
        present = np.unique(labels)
        if len(present) < 2:
            raise ValueError(
                "`labels` must have 2 classes or more: all trials have"
                f" {listed(self.class_names[-1:])}."
            )
        if len(present) != present[-1] + 1:
            raise ValueError(
                "`labels` must use every class from 0 to the largest: got"
                f" {', '.join(map(str, present[:10]))}. Number the classes 0, 1, 2 ..."
            )

    def _check_targets(self, targets: np.ndarray) -> None:
        for trial, step, output in np.argwhere(np.isnan(targets) & self.inside[..., None])[:1]:
            raise ValueError(
                f"`targets` must be finite: {self.place(trial, step)} has no value in target"
                f" {output}."
            )
        _check_size(targets, [f"target {output}" for output in range(targets.shape[2])], self.place)


def number_classes(
    labels: Shaped[np.ndarray, " M ..."],
) -> tuple[Int[np.ndarray, " M ..."], tuple[str, ...]]:
    """Number the classes from 0, in the order of their values, and give their names.

    Raises `ValueError` for labels that are neither words, booleans nor whole numbers.
    """
    kind = labels.dtype.kind
    if kind == "S":
        labels = np.char.decode(labels, "utf-8", "replace")
    elif kind == "f":
        whole = (np.abs(labels) < _EXACT) & (np.floor(labels) == labels)
        if not whole.all():
            raise ValueError(_NO_CLASSES.format(labels[~whole][0]))
        labels = labels.astype(int)
    elif kind not in "biuU":
        raise ValueError(_NO_CLASSES.format(labels.dtype))
    values, numbers = np.unique(labels, return_inverse=True)
    return numbers.reshape(labels.shape), tuple(map(str, values))


def positions(channels: Sequence[str], names: Sequence[str]) -> list[int]:
    """Find channels among the `names` of a file. Raises `ValueError` where one is not there."""
    for channel in channels:
        there = names.count(channel)
        if there != 1 or channels.count(channel) != 1:
            got = f"there {there} times" if there > 1 else "named twice" if there else "not there"
            raise ValueError(
                f"what task.channels names must be a channel: `{channel}` is {got}. There are"
                f" {listed(names)}."
            )
    return [names.index(channel) for channel in channels]


def _check_size(values: np.ndarray, names: Sequence[str], place: Callable[[int, int], str]) -> None:
    for trial, step, column in np.argwhere(np.abs(values) > _LARGEST)[:1]:
        raise ValueError(
            f"{names[column]} must be finite, {_LARGEST:.1e} at most: {place(trial, step)} has"
            f" {values[trial, step, column]:g}. Correct it, or leave it empty all along the trial."
        )
