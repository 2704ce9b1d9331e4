"""Digits: tell which digit an image shows, its pixels given as spike trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from brian2 import Quantity, ms
from jaxtyping import Float, UInt8
from spikemodes.learning.task import Score
from spikemodes.models.networks.network import PeakReadout
from spikemodes.models.quantities import time, whole_steps
from spikemodes.models.trials import Trials

from ..objectives import classes, cross_entropy, score_of_classes
from .images import N_CLASSES, DigitImages, LabelledImages, load_images

if TYPE_CHECKING:
    import torch

    from ...display.page import Figure

SETTINGS: dict[str, dict[str, Any]] = {
    "mnist": {"updates": 8_000, "learning_rate": 1e-2},
    "digits8x8": {"updates": 1_500, "learning_rate": 1e-2},
}
"""What suits each data set, found on images kept back from training."""


@dataclass(frozen=True, eq=False)
class Digits:
    """Classification of images whose pixels fire at random.

    In every step, a channel spikes with the intensity of its pixel, from 0 to 1, as probability.
    The largest filtered activity of each neuron over the trial, times W_out, gives one output per
    digit; the largest output is the answer.

    Parameters
    ----------
    dataset
        ``mnist``, or ``digits8x8``, which scikit-learn brings along.
    data
        Folder of MNIST's four idx-ubyte files, gzipped or not; by default that of the environment
        variable SPIKEMODES_DATA, else OpenML's copy is downloaded.
    duration
        How long an image is shown [s].
    dt
        Step of the trials [s].
    shift
        Training images are shifted at random along each axis by up to this share of their side,
        rounded down to whole pixels: 1 for MNIST, none for 8×8 pixels by default.
    validation
        How many of the training images, the last ones, are kept back and take the place of the
        test images, to choose settings without looking at these.
    double_softmax
        Train with the published loss, the softmax taken twice, instead of cross-entropy.

    Raises
    ------
    ValueError
        If the data are missing or damaged, or a parameter is out of range.

    Source: LeCun et al., Proc. IEEE 86, 2278 (1998), as in Lin & Huang, Phys. Rev. E 110, 024306
    (2024).
    """

    # without annotations these are no fields
    name = "digits"
    source = (
        "LeCun et al., Proc. IEEE 86, 2278 (1998), as in Lin & Huang, Phys. Rev. E 110, 024306"
        " (2024)"
    )
    description = (
        "The pixels of a handwritten digit fire at random, at rates that follow their intensity;"
        " the largest of ten outputs tells the digit."
    )
    n_outputs = N_CLASSES
    readout = PeakReadout()

    dataset: str = "mnist"
    data: str = ""
    duration: Quantity = field(default_factory=lambda: 100 * ms)
    dt: Quantity = field(default_factory=lambda: 2 * ms)
    shift: float = 0.04
    validation: int = 0
    double_softmax: bool = False

    def __post_init__(self) -> None:
        whole_steps(time(self.duration, "duration"), self.dt, "duration")
        n_train = len(load_images(self.dataset, self.data).train)
        if not 0 <= self.shift < 1:
            raise ValueError(f"`shift` must be 0 or more and below 1: got {self.shift}.")
        if not 0 <= self.validation < n_train:
            raise ValueError(
                f"`validation` must be from 0 to {n_train - 1:,} for {self.dataset}:"
                f" got {self.validation:,}."
            )

    @property
    def images(self) -> DigitImages:
        """The data set; with `validation`, images kept back in place of the test images."""
        images = load_images(self.dataset, self.data)
        if not self.validation:
            return images
        kept, held_out = images.train[: -self.validation], images.train[-self.validation :]
        return DigitImages(kept, held_out, images.white)

    @property
    def n_inputs(self) -> int:
        """One channel per pixel."""
        height, width = self.images.train.images.shape[1:]
        return height * width

    @property
    def n_test(self) -> int:
        """How many images are kept from training."""
        return len(self.images.test)

    @property
    def epochs(self) -> dict[str, range]:
        """The image is shown all the time."""
        return {"image": range(whole_steps(self.duration, self.dt, "duration"))}

    @property
    def settings(self) -> Mapping[str, Any]:
        """Enough training for the data set, and all its test images."""
        train = SETTINGS[self.dataset] | {
            "surrogate": {"name": "fast-sigmoid", "slope": 8.0},
            "checkpoint_every": 500,
        }
        return {"train": train, "simulate": {"trials": self.n_test}}

    def sample(self, n_trials: int, rng: np.random.Generator) -> Trials:
        """Draw training images, shifted at random, and their spikes from `rng`."""
        train = self.images.train
        chosen = rng.integers(len(train), size=n_trials)
        most = int(self.shift * min(train.images.shape[1:]))
        images = shifted(train.images[chosen], most, rng)
        return self._trials(LabelledImages(images, train.labels[chosen]), rng)

    def sample_test(self, n_trials: int, rng: np.random.Generator) -> Trials:
        """Draw spikes of test images: of all in their order, or of fewer that `rng` chooses."""
        test = self.images.test
        if not 1 <= n_trials <= len(test):
            raise ValueError(f"`n_trials` must be from 1 to {len(test):,}: got {n_trials:,}.")
        chosen = np.sort(rng.choice(len(test), n_trials, replace=False))
        return self._trials(test[chosen], rng)

    def loss(self, outputs: torch.Tensor, trials: Trials) -> torch.Tensor:
        """Compute the cross-entropy of the outputs (B × 10), taken as logits."""
        return cross_entropy(outputs, trials, double_softmax=self.double_softmax)

    def score(self, outputs: Float[np.ndarray, "B O"], trials: Trials) -> Score:
        """Score outputs: the fraction of images that are told right."""
        return score_of_classes(outputs, trials)

    def figures(self, outputs: Float[np.ndarray, "B O"], trials: Trials) -> list[Figure]:
        """Show a few images as the network sees them, and what it answers; errors first."""
        from spikemodes.analysis.figures.classification import draw_examples

        from ...display.page import Figure

        assert trials.labels is not None
        wrong = classes(outputs) != trials.labels
        shown = np.argsort(~wrong, kind="stable")[np.r_[:4, -4:0]] if len(wrong) > 8 else slice(8)
        seen = trials.inputs[:, shown].mean(0).reshape(-1, *self.images.test.images.shape[1:])
        draw = partial(
            draw_examples, images=seen, outputs=outputs[shown], labels=trials.labels[shown]
        )
        caption = (
            "Mean input of a few test images and the outputs they get; above, the answer and, where"
            " it is wrong, the digit. Errors come first, if there are any."
        )
        return [Figure("examples", caption, draw)]

    def _trials(self, shown: LabelledImages, rng: np.random.Generator) -> Trials:
        """Let pixels fire: a uniform whole number below `white` is below p with chance p/white."""
        pixels = shown.images.reshape(len(shown), -1)
        lit, n_steps = np.nonzero(pixels), len(self.epochs["image"])
        uniform = rng.integers(self.images.white, size=(n_steps, len(lit[0])), dtype=np.uint8)
        inputs = np.zeros((n_steps, *pixels.shape), bool)
        inputs[:, *lit] = uniform < pixels[lit]
        return Trials(
            inputs=inputs, dt=self.dt, labels=shown.labels, conditions={"digit": shown.labels}
        )


def shifted(
    images: UInt8[np.ndarray, "B H W"], most: int, rng: np.random.Generator
) -> UInt8[np.ndarray, "B H W"]:
    """Shift each image by up to `most` pixels along each axis; what enters is black."""
    if not most:
        return images
    n_images, height, width = images.shape
    padded = np.pad(images, ((0, 0), (most, most), (most, most)))
    rows, columns = rng.integers(2 * most + 1, size=(2, n_images))
    return padded[
        np.arange(n_images)[:, None, None],
        (rows[:, None] + np.arange(height))[:, :, None],
        (columns[:, None] + np.arange(width))[:, None, :],
    ]
