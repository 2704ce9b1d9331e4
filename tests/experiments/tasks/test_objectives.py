import numpy as np
import pytest
import torch
from brian2 import ms
from spikemodes.experiments.tasks.objectives import (
    cross_entropy,
    explained_variance,
    fraction_classified,
    mean_squared_error,
    squared_error,
)
from spikemodes.models import Trials

RNG = np.random.default_rng(0)
LABELS = RNG.integers(4, size=6)
OUTPUTS = RNG.normal(size=(6, 4))
CLASSES = Trials(np.ones((5, 6, 2)), 2 * ms, labels=LABELS)


def log_softmax(x):
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def test_cross_entropy_is_the_mean_surprise_at_the_label():
    expected = -log_softmax(OUTPUTS)[np.arange(6), LABELS].mean()
    assert cross_entropy(torch.tensor(OUTPUTS), CLASSES).item() == pytest.approx(expected)


def test_a_second_softmax_bounds_the_loss_from_below():
    outputs = torch.tensor(OUTPUTS)
    twice = cross_entropy(outputs, CLASSES, double_softmax=True)
    once = np.exp(log_softmax(OUTPUTS))
    assert twice.item() == pytest.approx(-log_softmax(once)[np.arange(6), LABELS].mean())
    certain = 1e3 * torch.eye(4, dtype=torch.float64)[LABELS]
    bound = np.log(1 + 3 / np.e)
    assert cross_entropy(certain, CLASSES, double_softmax=True).item() == pytest.approx(bound)


def test_the_largest_output_is_the_class():
    assert fraction_classified(np.eye(4)[LABELS], CLASSES) == 1
    assert fraction_classified(-np.eye(4)[LABELS], CLASSES) == 0


@pytest.mark.parametrize("masked", [True, False])
def test_errors_count_where_the_mask_says(masked):
    targets, mask = RNG.normal(size=(5, 6, 3)), RNG.random((5, 6)) < 0.5
    trials = Trials(np.ones((5, 6, 2)), 2 * ms, targets, mask if masked else None)
    outputs = RNG.normal(size=targets.shape)
    cells = [
        (outputs[t, b] - targets[t, b]) ** 2
        for t, b in np.ndindex(5, 6)
        if mask[t, b] or not masked
    ]
    assert mean_squared_error(outputs, trials) == pytest.approx(np.mean(cells))
    assert squared_error(torch.tensor(outputs), trials).item() == pytest.approx(np.mean(cells))


@pytest.mark.parametrize("masked", [True, False])
def test_explained_variance_is_one_minus_error_over_spread(masked):
    targets, mask = RNG.normal(1.0, 2.0, size=(5, 6, 3)), RNG.random((5, 6)) < 0.5
    trials = Trials(np.ones((5, 6, 2)), 2 * ms, targets, mask if masked else None)
    outputs = RNG.normal(size=targets.shape)
    counted = mask if masked else np.ones_like(mask)
    error = ((outputs - targets)[counted] ** 2).sum()
    spread = ((targets[counted] - targets[counted].mean()) ** 2).sum()
    assert explained_variance(outputs, trials) == pytest.approx(1 - error / spread)
    assert explained_variance(targets, trials) == 1


def test_no_variance_is_explained_where_there_is_none():
    constant = Trials(np.ones((5, 6, 2)), 2 * ms, np.ones((5, 6, 3)))
    assert explained_variance(np.zeros((5, 6, 3)), constant) is None
    assert explained_variance(OUTPUTS, CLASSES) is None
