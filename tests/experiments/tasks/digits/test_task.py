import gzip
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from brian2 import ms
from spikemodes.experiments import parse_spec
from spikemodes.experiments.config.nested_keys import merge, parse_setting
from spikemodes.experiments.tasks import Digits
from spikemodes.experiments.tasks.digits import images as digit_images
from spikemodes.experiments.tasks.digits.images import FOLDER, load_images
from spikemodes.experiments.tasks.digits.task import shifted

SMALL = Digits(dataset="digits8x8", duration=20 * ms)


def idx(array, kind=8, n_axes=None):
    header = bytes([0, 0, kind, array.ndim if n_axes is None else n_axes])
    sizes = np.array(array.shape, ">u4").tobytes()
    return header + sizes + array.astype(np.uint8).tobytes()


def write_mnist(folder, pack=lambda content: content, end="", **changed):
    """Write a tiny MNIST of 5 × 4 pixels; `changed` replaces the bytes of a file by its name."""
    rng = np.random.default_rng(0)
    contents = {}
    for part, size in (("train", 30), ("t10k", 12)):
        contents[f"{part}-images-idx3-ubyte"] = idx(rng.integers(256, size=(size, 5, 4)))
        contents[f"{part}-labels-idx1-ubyte"] = idx(np.arange(size) % 10)
    for name, content in contents.items():
        content = changed.get(name.replace("-", "_"), content)
        if content is not None:
            (folder / f"{name}{end}").write_bytes(pack(content))
    return folder


def test_mnist_is_read_from_a_folder_gzipped_or_not(tmp_path):
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    plain.mkdir()
    packed.mkdir()
    one = load_images("mnist", str(write_mnist(plain)))
    two = load_images("mnist", str(write_mnist(packed, gzip.compress, ".gz")))
    np.testing.assert_array_equal(one.test.images, two.test.images)
    assert one.train.images.shape == (30, 5, 4)
    np.testing.assert_array_equal(one.train.labels, np.arange(30) % 10)


def test_the_environment_names_the_folder_and_the_configuration_wins(tmp_path, monkeypatch):
    write_mnist(tmp_path)
    monkeypatch.setenv(FOLDER, str(tmp_path))
    assert Digits().n_inputs == 20
    with pytest.raises(ValueError, match="there is none in `/nowhere`"):
        Digits(data="/nowhere")


TRUNCATED = idx(np.zeros((12, 5, 4)))[:-3]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"train_images_idx3_ubyte": None}, "must be a folder with train-images-idx3-ubyte"),
        ({"t10k_labels_idx1_ubyte": None}, "must be a folder with t10k-labels-idx1-ubyte"),
        ({"t10k_images_idx3_ubyte": TRUNCATED}, "it holds 237 of 240 values announced"),
        ({"t10k_images_idx3_ubyte": b"\0\0"}, "it does not start as one of 3 axes"),
        ({"t10k_images_idx3_ubyte": idx(np.zeros((12, 5, 4)), 9)}, "does not start as one"),
        ({"t10k_labels_idx1_ubyte": idx(np.zeros(11))}, "has 11 for 12 images"),
        ({"t10k_labels_idx1_ubyte": idx(np.full(12, 10))}, "labels from 0 to 9.*has 10"),
    ],
)
def test_bad_files_are_named_in_one_line_before_anything_is_made(changed, message, tmp_path):
    write_mnist(tmp_path, **changed)
    with pytest.raises(ValueError, match=message) as caught:
        parse_spec(merge(map(parse_setting, ("task.name=digits", f"task.data={tmp_path}"))))
    assert str(caught.value).startswith("`task.data` must")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("cut", [5, -9])
def test_a_truncated_gzip_file_is_named(cut, tmp_path):
    write_mnist(tmp_path, lambda content: gzip.compress(content)[:cut], ".gz")
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte\.gz` is none, it cannot be unp"):
        load_images("mnist", str(tmp_path))


def test_without_folder_or_network_the_error_says_what_to_do(monkeypatch):
    def offline(*_, **__):
        raise OSError("no\nnetwork")

    monkeypatch.delenv(FOLDER, raising=False)
    monkeypatch.setattr("sklearn.datasets.fetch_openml", offline)
    digit_images._downloaded.cache_clear()
    with pytest.raises(ValueError, match=r"openml.org fails \(no network\). Set task.data or SPI"):
        Digits()


def test_the_download_has_the_published_split(monkeypatch):
    pixels = np.arange(70_000)[:, None] % 251 * np.ones(4)
    labels = (np.arange(70_000) % 10).astype(str)
    monkeypatch.delenv(FOLDER, raising=False)
    monkeypatch.setattr("sklearn.datasets.fetch_openml", lambda *_, **__: (pixels, labels))
    digit_images._downloaded.cache_clear()
    images = load_images("mnist")
    digit_images._downloaded.cache_clear()
    assert (len(images.train), len(images.test)) == (60_000, 10_000)
    assert images.test.images[1, 0, 0] == 60_001 % 251
    assert images.test.labels[1] == 1


def test_pixels_fire_with_their_intensity_as_probability():
    task = Digits(dataset="digits8x8", duration=8000 * ms)
    trials = task.sample_test(3, np.random.default_rng(0))
    test = task.images.test
    chosen = np.sort(np.random.default_rng(0).choice(len(test), 3, replace=False))
    expected = test.images[chosen].reshape(3, -1) / 16
    assert trials.inputs.dtype == bool
    np.testing.assert_allclose(trials.inputs.mean(0), expected, atol=4 * 0.5 / np.sqrt(4000))
    assert trials.inputs[:, expected == 1].all()
    assert trials.labels is not None
    np.testing.assert_array_equal(trials.labels, test.labels[chosen])


def test_training_and_test_images_are_distinct_and_all_test_images_can_be_asked_for():
    images = SMALL.images
    assert len(images.train) + len(images.test) == 1797
    assert len(images.test) == SMALL.n_test == 360
    every = SMALL.sample_test(360, np.random.default_rng(1))
    assert every.labels is not None
    np.testing.assert_array_equal(every.labels, images.test.labels)
    with pytest.raises(ValueError, match="`n_trials` must be from 1 to 360: got 361"):
        SMALL.sample_test(361, np.random.default_rng(1))
    with pytest.raises(
        ValueError, match=r"`simulate\.trials` must be no more than .* 360: got 400"
    ):
        parse_spec(
            {
                "task": {"name": "digits", "dataset": "digits8x8"},
                "simulate": {"trials": 400},
            }
        )


def test_validation_images_come_from_the_training_images_and_hide_the_test_images():
    tuning = Digits(dataset="digits8x8", validation=100)
    assert len(tuning.images.train) == len(SMALL.images.train) - 100
    assert tuning.n_test == 100
    np.testing.assert_array_equal(tuning.images.test.images, SMALL.images.train.images[-100:])


def test_shifts_move_images_as_a_whole_and_reach_every_place():
    rng = np.random.default_rng(2)
    image = rng.integers(1, 255, size=(3, 4), dtype=np.uint8)
    found = shifted(np.broadcast_to(image, (200, 3, 4)), 1, rng)
    padded = np.pad(image, 2)
    places = {(i, j): padded[1 + i : 4 + i, 1 + j : 5 + j] for i in range(3) for j in range(3)}
    seen = set()
    for moved in found:
        (place,) = [k for k, expected in places.items() if np.array_equal(moved, expected)]
        seen.add(place)
    assert seen == set(places)
    np.testing.assert_array_equal(shifted(found, 0, rng), found)


def test_right_answers_score_and_lower_the_loss():
    trials = SMALL.sample(6, np.random.default_rng(3))
    assert trials.labels is not None
    right = 5 * np.eye(10)[trials.labels]
    assert SMALL.score(right, trials).accuracy == 1
    assert SMALL.score(right, trials).mse is None
    assert SMALL.loss(torch.tensor(right), trials) < SMALL.loss(torch.tensor(-right), trials)
    published = Digits(dataset="digits8x8", double_softmax=True)
    assert published.loss(torch.tensor(right), trials) > np.log(1 + 9 / np.e)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"dataset": "mnist8"}, "`dataset` must be mnist or digits8x8: got 'mnist8'"),
        ({"shift": 1.0}, "`shift` must be 0 or more and below 1"),
        ({"validation": -1}, "`validation` must be from 0"),
        ({"duration": 3 * ms}, "`duration` must be a whole number of steps"),
    ],
)
def test_bad_parameters_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        Digits(**{"dataset": "digits8x8", **parameters})


@pytest.fixture
def mnist_folder():
    beside = Path(__file__).resolve().parents[5] / "shared" / "data" / "mnist"
    folder = Path(os.environ.get(FOLDER) or beside)
    if not folder.is_dir():
        pytest.skip(f"MNIST is not here; set {FOLDER} to its folder")
    return folder


@pytest.mark.reference
def test_mnist_is_whole(mnist_folder):
    images = load_images("mnist", str(mnist_folder))
    assert images.train.images.shape == (60_000, 28, 28)
    assert images.test.images.shape == (10_000, 28, 28)
    assert images.test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert images.train.images.mean() / 255 == pytest.approx(0.1307, abs=1e-4)
