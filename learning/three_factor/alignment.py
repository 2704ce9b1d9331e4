"""How far the rule's gradient points where others do, block by block of the weights.

W_out is no block: its gradient is exact by construction, and the longest by far.
"""

from collections.abc import Mapping

import numpy as np
import torch
from spikemodes.models.trials import Trials
from torch import Tensor

from ..step.random import drawn_from
from ..task import Task
from ..training.rules import Cosines
from ..twin.twin import Twin
from .feedback import Feedback
from .gradients import learn

BLOCKS = ("W_in", "xi_in", "scores", "xi_out")
REFERENCES = {"e-prop": True, "bptt": False}
"""Gradients to compare with, and whether they stop where spikes enter the modes."""

Blocks = Mapping[str, Tensor]


def reference_gradients(task: Task, twin: Twin, trials: Trials) -> dict[str, Blocks]:
    """Differentiate the loss, with and without what spikes do to other neurons.

    Without it is e-prop as its authors have it: the gradient passes through each neuron's own
    states and resets, and stops where spikes enter the modes (Bellec et al., Nat. Commun. 11, 3625,
    2020). Takes memory that grows with the trial.
    """
    found = {}
    for name, stop_transmission in REFERENCES.items():
        with torch.random.fork_rng(devices=[]):  # each under the same noise
            response = twin(torch.from_numpy(trials.inputs), stop_transmission=stop_transmission)
        task.loss(response.outputs, trials).backward()
        found[name] = by_block(twin)
        twin.zero_grad()
    return found


def by_block(twin: Twin) -> Blocks:
    """Give the gradients of the blocks that are learned, flat."""
    return {
        block: weights.grad.detach().flatten().clone()
        for name, weights in twin.named_parameters()
        for block in set(name.split(".")) & set(BLOCKS)
        if weights.grad is not None
    }


def cosines(gradients: Blocks, references: Mapping[str, Blocks]) -> Cosines:
    """Give the cosine with each reference by block, where neither is zero."""
    return {
        name: {
            block: float(torch.cosine_similarity(gradients[block].double(), b.double(), dim=0))
            for block in BLOCKS
            if block in gradients and (b := reference[block]).any() and gradients[block].any()
        }
        for name, reference in references.items()
    }


@drawn_from(0)
def alignment(
    task: Task, twin: Twin, feedback: Feedback, n_trials: int, rng: np.random.Generator
) -> Cosines:
    """Compare the gradients of a twin on fresh trials."""
    trials = task.sample(n_trials, rng)
    references = reference_gradients(task, twin, trials)
    learn(twin, trials, feedback)
    found = cosines(by_block(twin), references)
    twin.zero_grad()
    return found
