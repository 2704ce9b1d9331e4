"""Findings are true of the numbers that they are made from."""

import numpy as np
from spikemodes.analysis import fit_power_law
from spikemodes.experiments.report import sentences
from spikemodes.models import Modes


def test_of_training():
    text = sentences.of_training(np.linspace(1, 0, 101), {"accuracy": np.linspace(0, 1, 101) ** 2})
    assert "fell from 0.955 to 0.045" in text
    assert "accuracy from 0.00 to 0.91" in text
    assert "rose" in sentences.of_training(np.array([1.0, 2.0] * 10)[:11], {})


def test_of_outputs():
    outputs = np.concatenate([np.full((50, 2), 0.0), np.array([[1.0, -1.0]] * 50)])
    labels = np.array(["left", "right"])
    text = sentences.of_outputs(outputs, outputs + 0.5, labels, 0.002)
    assert "+1.00 for left (target +1.50) and -1.00 for right (target -0.50)" in text
    assert "by 0.5 (root mean square)" in text


def test_of_classes():
    labels = np.array([0, 0, 0, 1, 1, 1])
    answers = np.array([0, 1, 1, 1, 1, 1])
    found = {"labels": labels, "answers": answers, "n_classes": 2}
    text = sentences.of_confusion(**found, names=("go", "stop"))
    assert text.startswith("4 of 6 trials are right.")
    assert text.endswith("Most often class go is taken for stop: 2 of its 3 trials.")
    assert "No class" in sentences.of_confusion(labels, labels, 2, ())
    text = sentences.of_class_accuracy(**found, names=())
    assert "Class 1 is right in most of its trials, 100.0 %, class 0 in fewest, 33.3 %" in text


def test_of_mode_space():
    paths = {"a": np.zeros((3, 2)), "b": np.array([[0.0, 0], [0, 9], [3, 4]])}
    text = sentences.of_mode_space(paths)
    assert text.startswith("The means end 5 apart in κ_out.")
    assert text.endswith("farthest along mode 2, over 9.")
    assert "from κ = 0" in sentences.of_mode_space({"all": np.ones((2, 1))})


def test_of_modes():
    fit = fit_power_law(np.array([1.0, 8.0]), np.ones((0, 2)))
    text = sentences.of_importance(fit)
    assert text.startswith("Mode 2 has the largest τ, 8, 8 times that of mode 1. 2 of 2 modes")
    rng = np.random.default_rng(0)
    xi_in, xi_out = rng.normal(size=(2, 20, 2))
    W = Modes(xi_in, np.array([1.0, 2.0]), xi_out)
    dense = xi_in @ W.sigma @ xi_out.T
    text = sentences.of_weights(W)
    assert f"mean {dense.mean():.2g} and standard deviation {dense.std():.2g}" in text
    values = np.linalg.eigvals(dense)
    assert f"{values[np.abs(values).argmax()].real:.3g}" in text


def test_of_a_raster():
    rate = np.array([0.0, 50.0, 0.0, 0.0])
    text = sentences.of_raster(np.array([1, 1]), np.array([0, 1]), 4, rate, 0.01)
    assert text.startswith("2 spikes in this trial are 12.5 Hz for each neuron; 2 of 4 neurons")
    assert "most at 20 ms, at 50.0 Hz" in text
    assert sentences.of_raster(np.zeros(0, int), np.zeros(0, int), 4, rate, 0.01).startswith("Noth")


def test_of_a_kernel():
    kernel = {"times": np.array([0.01, 0.02]), "attended": np.array([0.1, -0.3])}
    kernel |= {"attended low": np.array([-0.1, -0.4]), "attended high": np.array([0.2, -0.2])}
    text = sentences.of_kernel(kernel, ["attended"])
    assert "most 20 ms after" in text
    assert "1 of 2 bins" in text
    assert "do not tell" in sentences.of_kernel({"times": np.zeros(0)}, [])
