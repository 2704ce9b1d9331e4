"""Losses and scores that tasks share: on target traces, and on the classes of trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int
from spikemodes.learning.task import Score, above_chance

if TYPE_CHECKING:
    import torch
    from spikemodes.models.trials import Trials


def squared_error(outputs: torch.Tensor, trials: Trials) -> torch.Tensor:
    """Compute the mean squared error of outputs (T × B × O) over the scored steps."""
    import torch

    targets = torch.as_tensor(trials.targets, dtype=outputs.dtype, device=outputs.device)
    error = (outputs - targets).square()
    return error.mean() if trials.mask is None else error[torch.as_tensor(trials.mask)].mean()


def mean_squared_error(outputs: Float[np.ndarray, "T B O"], trials: Trials) -> float:
    """Compute what `squared_error` does, of arrays."""
    assert trials.targets is not None
    return float(np.mean((outputs - trials.targets)[trials.scored] ** 2))


def explained_variance(
    outputs: Float[np.ndarray, "T B O"] | Float[np.ndarray, "B O"], trials: Trials
) -> float | None:
    """Compute the share of the targets' variance over the scored steps that outputs explain.

    ``None`` without target traces, or where they do not vary.
    """
    if trials.targets is None:
        return None
    variance = float(trials.targets[trials.scored].var())
    return 1 - mean_squared_error(outputs, trials) / variance if variance > 0 else None


def normalised_error(outputs: Float[np.ndarray, "T B O"], trials: Trials) -> float:
    """Compute the root of the mean squared error over that of the targets' deviation, their s.d.

    A constant output at the targets' mean has 1.
    """
    assert trials.targets is not None
    deviation = trials.targets[trials.scored].std(axis=0)
    return float(np.sqrt(mean_squared_error(outputs, trials) / np.mean(deviation**2)))


def cross_entropy(
    outputs: torch.Tensor, trials: Trials, *, double_softmax: bool = False
) -> torch.Tensor:
    """Compute the mean cross-entropy of outputs (B × O), taken as logits, with the labels.

    `double_softmax` takes their softmax for the logits, as the published code does, whose loss
    so stays above log(1 + (O - 1)/e).
    """
    import torch

    labels = torch.as_tensor(trials.labels, dtype=torch.long, device=outputs.device)
    logits = torch.softmax(outputs, dim=-1) if double_softmax else outputs
    return torch.nn.functional.cross_entropy(logits, labels)


def classes(outputs: Float[np.ndarray, "B O"]) -> np.ndarray:
    """Read the class of each trial: the largest output."""
    return outputs.argmax(axis=-1)


def score_of_traces(
    outputs: Float[np.ndarray, "T B O"],
    trials: Trials,
    *,
    accuracy: float | None = None,
    chance: float | None = None,
    **further: float,
) -> Score:
    """Score outputs by how much of their targets they explain, beside the accuracy if there is one.

    Where no target varies there is no performance.
    """
    explained = explained_variance(outputs, trials)
    return Score(
        performance=explained,
        accuracy=accuracy,
        explained_variance=explained,
        mse=mean_squared_error(outputs, trials),
        chance=chance,
        further=further,
    )


def score_of_classes(outputs: Float[np.ndarray, "B O"], trials: Trials) -> Score:
    """Score outputs by the share of trials told right, corrected for the most frequent label's."""
    assert trials.labels is not None
    accuracy, chance = fraction_classified(outputs, trials), most_frequent(trials.labels)
    return Score(performance=above_chance(accuracy, chance), accuracy=accuracy, chance=chance)


def constant_sign(*choices: Int[np.ndarray, " B"]) -> float | None:
    """Compute the share of trials that the better of two constant signs answers right.

    Parameters
    ----------
    choices
        The right signs of each trial, -1 or 1, of each time that it asks for one: an answer is
        right if all are. A trial with a 0 has no right answer and does not count.

    Returns
    -------
    share
        ``None`` where no trial counts.
    """
    signs = np.stack(choices)
    signs = signs[:, (signs != 0).all(axis=0)]
    if not signs.size:
        return None
    return float(max((signs == sign).all(axis=0).mean() for sign in (-1, 1)))


def most_frequent(answers: Int[np.ndarray, " B"]) -> float:
    """Compute the share of trials in which the most frequent answer is right."""
    return float(np.unique(answers, return_counts=True)[1].max() / len(answers))


def fraction_classified(outputs: Float[np.ndarray, "B O"], trials: Trials) -> float:
    """Compute the fraction of trials whose largest output is that of their label."""
    return float(np.mean(classes(outputs) == trials.labels))
