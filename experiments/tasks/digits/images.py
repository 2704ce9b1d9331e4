"""Images of handwritten digits: MNIST from a folder or a download, and scikit-learn's own."""

import math
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8
from spikemodes.models.files import cache_directory

from .idx_files import find_idx, read_idx

FOLDER = "SPIKEMODES_DATA"
"""Environment variable that names the folder of MNIST."""

N_CLASSES = 10


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """Images (M × H × W) and the digit that each shows (M)."""

    images: UInt8[np.ndarray, "M H W"]
    labels: Int[np.ndarray, " M"]

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, chosen: slice | np.ndarray) -> "LabelledImages":
        return LabelledImages(self.images[chosen], self.labels[chosen])


@dataclass(frozen=True, eq=False)
class DigitImages:
    """A data set: images to train and to test with; a pixel of value `white` is full intensity."""

    train: LabelledImages
    test: LabelledImages
    white: int


def load_images(dataset: str, data: str = "") -> DigitImages:
    """Load ``mnist``, from the folder `data`, that of SPIKEMODES_DATA, or OpenML; or ``digits8x8``.

    ``digits8x8`` (1797 images, bundled with scikit-learn) has no test set: every fifth image is
    taken for one. Raises `ValueError` if the data set is unknown, missing or damaged.
    """
    if dataset == "digits8x8":
        return _bundled()
    if dataset != "mnist":
        raise ValueError(f"`dataset` must be mnist or digits8x8: got {dataset!r}. Choose one.")
    if folder := data or os.environ.get(FOLDER):
        paths = tuple(
            find_idx(Path(folder).expanduser(), f"{part}-{kind}", n_axes)
            for part in ("train", "t10k")
            for kind, n_axes in (("images", 3), ("labels", 1))
        )
        return _from_files(paths, tuple(path.stat().st_mtime_ns for path in paths))
    return _downloaded()


@cache
def _from_files(paths: tuple[Path, ...], modified: tuple[int, ...]) -> DigitImages:
    train_images, train_labels, test_images, test_labels = paths
    return DigitImages(_pair(train_images, train_labels), _pair(test_images, test_labels), 255)


def _pair(image_file: Path, label_file: Path) -> LabelledImages:
    images, labels = read_idx(image_file, 3), read_idx(label_file, 1)
    if len(images) != len(labels) or not len(images):
        raise ValueError(
            f"`data` must hold one label per image: `{label_file}` has {len(labels):,} for"
            f" {len(images):,} images. Fetch both again."
        )
    if labels.max() >= N_CLASSES:
        raise ValueError(
            f"`data` must hold labels from 0 to {N_CLASSES - 1}: `{label_file}` has"
            f" {labels.max()}. Fetch it again."
        )
    return LabelledImages(images, labels.astype(int))


@cache
def _downloaded() -> DigitImages:
    from sklearn.datasets import fetch_openml

    try:
        pixels, labels = fetch_openml(
            "mnist_784",
            version=1,
            as_frame=False,
            return_X_y=True,
            data_home=cache_directory() / "openml",
        )
    except Exception as error:  # urllib, sockets and sklearn each have their own
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(
            f"`data` must be a folder of MNIST where it cannot be downloaded: got none, and"
            f" openml.org fails ({reason}). Set task.data or {FOLDER}, or take"
            " task.dataset=digits8x8."
        ) from None
    every = _square(pixels, labels)
    return DigitImages(every[:60_000], every[60_000:], 255)


@cache
def _bundled() -> DigitImages:
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    every = _square(np.asarray(pixels), np.asarray(labels))
    test = np.arange(len(every)) % 5 == 0
    return DigitImages(every[~test], every[test], 16)


def _square(pixels: np.ndarray, labels: np.ndarray) -> LabelledImages:
    side = math.isqrt(pixels.shape[1])
    return LabelledImages(pixels.astype(np.uint8).reshape(-1, side, side), labels.astype(int))
